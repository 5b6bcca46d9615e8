/**
 * Alarms for people, by paths that are not this hop: standard error always, syslog and webhooks where they are set.
 *
 * The same alarm is given again after `repeatMs` at the earliest, so that a storm of failures is one message.
 * What is sent is words for operators; text from a mail is printable and short. A path that fails is one line more
 * on standard error: the alarm itself stands there and in the mail log already.
 */
import { dayInJapan } from '../store/retention.ts'
import type { Syslog, SyslogLine } from './syslog.ts'

export type Severity = 'warning' | 'error' | 'critical'

export type Contact = {
  readonly name: string
  /** Told of alarms of this severity and above. */
  readonly from: Severity
  /** '' for none of their own. */
  readonly webhook: string
  /** Last day (Japan), `2027-03-31`; undefined: for good. */
  readonly until?: string | undefined
}

export type AlarmOptions = {
  /** '' for none. */
  readonly webhook: string
  readonly syslog: Syslog | undefined
  readonly contacts: readonly Contact[]
  readonly repeatMs: number
  readonly hostname: string
  readonly nowMs: () => number
  readonly write: (line: string) => void
}

export type RaiseAlarm = (kind: string, text: string) => void
export type Alarms = {
  readonly raise: RaiseAlarm
  /** A sign of life, to syslog: whoever watches there hears when it stops. */
  beat(text: string): void
}

const POST_WITHIN_MS = 10_000
const LONGEST_TEXT = 500
const MOST_REMEMBERED = 1000

const ORDER: readonly Severity[] = ['warning', 'error', 'critical']
/** Everything else is an error. Critical: mail stands still, or what we promise is in doubt. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  store: 'critical',
  workshop: 'critical',
  composed: 'critical',
  maillog: 'critical',
  quota: 'warning',
  undeliverable: 'warning',
  'no-outward-route': 'warning',
}

export function severityOf(kind: string): Severity {
  return Object.hasOwn(SEVERITIES, kind) ? SEVERITIES[kind]! : 'error'
}

export function createAlarms(options: AlarmOptions): Alarms {
  const lastAtMs = new Map<string, number>()
  const raise: RaiseAlarm = (kind, untrustedText) => {
    const text = untrustedText.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_TEXT)
    const key = `${kind} ${text.replace(/[0-9A-Z]{26}/g, '')}`
    const nowMs = options.nowMs()
    if (nowMs - (lastAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < options.repeatMs) return
    if (lastAtMs.size >= MOST_REMEMBERED) lastAtMs.clear()
    lastAtMs.set(key, nowMs)
    tell(options, { kind, text, nowMs })
  }
  return {
    raise,
    beat: text => log(options, { severity: 'info', messageId: 'heartbeat', text, atMs: options.nowMs() }),
  }
}

type Alarm = { readonly kind: string; readonly text: string; readonly nowMs: number }

function tell(options: AlarmOptions, { kind, text, nowMs }: Alarm): void {
  const severity = severityOf(kind)
  const told = options.contacts.filter(contact => isInForce(contact, nowMs) && ORDER.indexOf(severity) >= ORDER.indexOf(contact.from))
  const contacts = told.map(({ name }) => name)
  const call = contacts.length > 0 ? ` (tell: ${contacts.join(', ')})` : ''
  options.write(`sekisho: alarm ${kind}: ${text}${call}\n`)
  log(options, { severity, messageId: kind, text: `${text}${call}`, atMs: nowMs })
  const body = { kind, severity, text, at: new Date(nowMs).toISOString(), host: options.hostname, contacts }
  const addresses = new Set([options.webhook, ...told.map(({ webhook }) => webhook)])
  for (const address of addresses) if (address !== '') void post(address, body, options.write)
}

/** Whose contract has ended is told nothing any more. */
export function isInForce({ until }: Pick<Contact, 'until'>, nowMs: number): boolean {
  return until === undefined || dayInJapan(nowMs) <= until
}

function log({ syslog, write }: AlarmOptions, line: SyslogLine): void {
  syslog?.send(line).catch(error => write(`sekisho: syslog cannot be reached: ${messageOf(error)}\n`))
}

async function post(address: string, body: object, write: AlarmOptions['write']): Promise<void> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(POST_WITHIN_MS),
    })
    if (!response.ok) write(`sekisho: the alarm webhook answered ${response.status}\n`)
  } catch (error) {
    write(`sekisho: the alarm webhook cannot be reached: ${messageOf(error)}\n`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
