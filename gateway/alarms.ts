/**
 * Alarms for people, by a path that is not this hop: standard error always, a webhook where one is set.
 *
 * The same alarm is given again after `repeatMs` at the earliest, so that a storm of failures is one message.
 * What is sent is words for operators; text from a mail is printable and short.
 */

export type AlarmOptions = {
  /** '' for none. */
  readonly webhook: string
  readonly repeatMs: number
  readonly hostname: string
  readonly nowMs: () => number
  readonly write: (line: string) => void
}

export type RaiseAlarm = (kind: string, text: string) => void

const POST_WITHIN_MS = 10_000
const LONGEST_TEXT = 500
const MOST_REMEMBERED = 1000

export function createAlarms(options: AlarmOptions): RaiseAlarm {
  const lastAtMs = new Map<string, number>()
  return (kind, untrustedText) => {
    const text = untrustedText.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_TEXT)
    const key = `${kind} ${text.replace(/[0-9A-Z]{26}/g, '')}`
    const nowMs = options.nowMs()
    if (nowMs - (lastAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < options.repeatMs) return
    if (lastAtMs.size >= MOST_REMEMBERED) lastAtMs.clear()
    lastAtMs.set(key, nowMs)
    options.write(`sekisho: alarm ${kind}: ${text}\n`)
    if (options.webhook !== '') void post(options, { kind, text, at: new Date(nowMs).toISOString(), host: options.hostname })
  }
}

/** A webhook that fails is one line more; the alarm itself stands in the log already. */
async function post({ webhook, write }: AlarmOptions, body: Readonly<Record<string, string>>): Promise<void> {
  try {
    const response = await fetch(webhook, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(POST_WITHIN_MS),
    })
    if (!response.ok) write(`sekisho: the alarm webhook answered ${response.status}\n`)
  } catch (error) {
    write(`sekisho: the alarm webhook cannot be reached: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}
