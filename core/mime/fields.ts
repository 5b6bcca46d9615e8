/**
 * The header of the delivered message: an allow-list of fields, each decoded once and written again one way.
 *
 * Trace fields keep their order; of every other field the first one counts and a second one is a finding. What
 * cannot be written in ASCII as its grammar wants (a mailbox with non-ASCII local part, a damaged address)
 * becomes text: in To and Cc the name of an empty group, which shows it and sends nothing there (RFC 6857 §3.1.4).
 * A missing or repeated From becomes our own address with the original shown as text.
 * Standards: RFC 5322 §3.6, RFC 2919 and RFC 2369 (List-*), RFC 3834 (Auto-Submitted), RFC 8601.
 */
import type { Finding } from '../finding.ts'
import type { SanitizeJob } from '../job.ts'
import type { Policy } from '../policy/model.ts'
import { harmlessReceived, LOOP_MARK_FIELD, ourReceived } from '../smtp/trace.ts'
import { makeHarmlessLine } from '../text/harmless.ts'
import { type Address, parseAddressList } from './address.ts'
import type { OutField } from './compose.ts'
import { canonicalDate } from './date.ts'
import { encodePhrase, encodeUnstructured } from './encode.ts'
import type { HeaderFinding } from './header.ts'
import type { HeaderField } from './part.ts'
import { decodeUnstructured } from './words.ts'

export type ComposedFields = {
  readonly fields: readonly OutField[]
  readonly subject: string
  readonly messageId: string
  /** The authors that stand in the composed From; none when it had to be replaced. */
  readonly authors: readonly Address[]
  /** What stood in From when it could not be kept; shown in the body. */
  readonly replacedFrom: string
  readonly findings: readonly Finding[]
}

export type FieldContext = {
  readonly job: SanitizeJob
  readonly policy: Policy
  readonly header: readonly HeaderField[]
  /** Value of our Authentication-Results, if there is one. */
  readonly authenticationResults: string | undefined
}

const LONGEST_TEXT = 2000
const MOST_RECEIVED = 200
const MOST_REFERENCES = 50

const ADDRESS_FIELDS = ['sender', 'reply-to', 'to', 'cc'] as const
const TOKEN_FIELDS = new Map([
  ['importance', 'Importance'],
  ['precedence', 'Precedence'],
  ['auto-submitted', 'Auto-Submitted'],
])
const LIST_FIELDS = new Map([
  ['list-id', 'List-Id'],
  ['list-help', 'List-Help'],
  ['list-unsubscribe', 'List-Unsubscribe'],
  ['list-subscribe', 'List-Subscribe'],
  ['list-post', 'List-Post'],
  ['list-owner', 'List-Owner'],
  ['list-archive', 'List-Archive'],
])
const FIELD_NAMES: Readonly<Record<(typeof ADDRESS_FIELDS)[number], string>> = {
  sender: 'Sender',
  'reply-to': 'Reply-To',
  to: 'To',
  cc: 'Cc',
}

const OTHER_WRITTEN = ['received', 'authentication-results', 'date', 'from', 'subject', 'message-id', 'in-reply-to', 'references', 'mime-version', 'x-sekisho-origin', LOOP_MARK_FIELD.toLowerCase()]
const NEVER_WRITTEN = ['bcc']
const OWN_FIELDS = new Set<string>([...ADDRESS_FIELDS, ...TOKEN_FIELDS.keys(), ...LIST_FIELDS.keys(), ...OTHER_WRITTEN, ...NEVER_WRITTEN])

/** Whether composed messages have a field of this name (lower-case) of their own, or must not have any: then it cannot be kept as it came. */
export function isOwnField(name: string): boolean {
  return name.startsWith('content-') || OWN_FIELDS.has(name)
}

export function composeFields(context: FieldContext): ComposedFields {
  const picker = new FieldPicker(context.header)
  const author = composeAuthor(picker, context.job.hostname)
  const subject = composeSubject(picker, context.policy)
  const messageId = messageIds(picker.first('message-id'))[0] ?? `<${context.job.queueId}@${context.job.hostname}>`
  const fields: OutField[] = [
    ...traceFields(context),
    { name: 'Date', value: canonicalDate(picker.first('date')) ?? context.job.receivedDate },
    { name: 'From', value: author.value },
    ...ADDRESS_FIELDS.flatMap(key => addressField(key, picker)),
    { name: 'Subject', value: encodeUnstructured(subject) },
    { name: 'Message-ID', value: messageId },
    ...idField('In-Reply-To', picker.first('in-reply-to')),
    ...idField('References', picker.first('references')),
    ...tokenFields(picker),
    ...extraFields(picker, context.policy),
    { name: LOOP_MARK_FIELD, value: context.job.loopMark },
    { name: 'X-Sekisho-Origin', value: 'internet' },
  ]
  return { fields, subject, messageId, authors: author.authors, replacedFrom: author.replaced, findings: picker.findings }
}

/** For a mail that stays a file: who, to whom, when, what, and its place in the thread; no trace of its way, none of ours. */
export function composeFileFields(header: readonly HeaderField[]): Pick<ComposedFields, 'fields' | 'subject' | 'messageId' | 'findings'> {
  const picker = new FieldPicker(header)
  const subject = makeHarmlessLine(picker.text('subject'), LONGEST_TEXT)
  const messageId = messageIds(picker.first('message-id'))[0] ?? ''
  const date = canonicalDate(picker.first('date'))
  const fields: OutField[] = [
    ...(date === undefined ? [] : [{ name: 'Date', value: date }]),
    { name: 'From', value: composeAuthor(picker, 'invalid').value },
    ...ADDRESS_FIELDS.flatMap(key => addressField(key, picker)),
    { name: 'Subject', value: encodeUnstructured(subject) },
    ...(messageId === '' ? [] : [{ name: 'Message-ID', value: messageId }]),
    ...idField('In-Reply-To', picker.first('in-reply-to')),
    ...idField('References', picker.first('references')),
  ]
  return { fields, subject, messageId, findings: picker.findings }
}

class FieldPicker {
  readonly findings: Finding[] = []
  readonly #byKey = new Map<string, string>()

  constructor(header: readonly HeaderField[]) {
    for (const field of header) {
      if (!this.#byKey.has(field.key)) this.#byKey.set(field.key, field.value)
      else if (SINGLE_FIELDS.has(field.key)) this.findings.push({ code: 'header.duplicate', partId: '', detail: field.key })
    }
    this.repeatedFrom = header.filter(field => field.key === 'from').length > 1
  }

  readonly repeatedFrom: boolean

  first(key: string): string {
    return this.#byKey.get(key) ?? ''
  }

  addresses(key: string): readonly Address[] {
    const { addresses, findings } = parseAddressList(this.first(key))
    this.#note(key, findings)
    return addresses
  }

  text(key: string): string {
    const { text, findings } = decodeUnstructured(this.first(key))
    this.#note(key, findings)
    return text
  }

  #note(key: string, findings: readonly HeaderFinding[]): void {
    for (const { code, detail } of findings) this.findings.push({ code, partId: '', detail: detail ? `${key}: ${detail}` : key })
  }
}

/** At most once by RFC 5322 §3.6; the structural ones are the reader's to report. */
const SINGLE_FIELDS = new Set(['date', 'from', 'sender', 'reply-to', 'to', 'cc', 'message-id', 'in-reply-to', 'references', 'subject'])

function traceFields({ job, header, authenticationResults }: FieldContext): OutField[] {
  const received = header.filter(field => field.key === 'received').slice(0, MOST_RECEIVED)
  return [
    { name: 'Received', value: ourReceived(job) },
    ...(authenticationResults ? [{ name: 'Authentication-Results', value: authenticationResults }] : []),
    ...received.map(field => ({ name: 'Received', value: harmlessReceived(field.value) })).filter(field => field.value !== ''),
  ]
}

function composeAuthor(picker: FieldPicker, hostname: string): { value: string; authors: readonly Address[]; replaced: string } {
  const usable = picker.addresses('from').filter(each => isPlainAddress(each.address))
  if (!picker.repeatedFrom && usable.length > 0) {
    return { value: usable.map(formatAddress).join(', '), authors: usable, replaced: '' }
  }
  const replaced = makeHarmlessLine(decodeUnstructured(picker.first('from')).text, 300)
  return { value: ourAddress(hostname, replaced), authors: [], replaced }
}

/** Our own address as the author, with what was written there as its display name. */
export function ourAddress(hostname: string, displayName: string): string {
  const name = displayName.replace(/[<>@]/g, ' ').trim()
  return `${name === '' ? '' : `${encodePhrase(name)} `}<sekisho@${hostname}>`
}

function composeSubject(picker: FieldPicker, policy: Policy): string {
  const subject = makeHarmlessLine(picker.text('subject'), LONGEST_TEXT)
  return policy.subjectTag === '' || subject.startsWith(policy.subjectTag) ? subject : `${policy.subjectTag} ${subject}`.trim()
}

function addressField(key: (typeof ADDRESS_FIELDS)[number], picker: FieldPicker): OutField[] {
  if (picker.first(key).trim() === '') return []
  const name = FIELD_NAMES[key]
  const addresses = picker.addresses(key)
  // Where a reply goes, text is of no use.
  const shown = key === 'to' || key === 'cc' ? addresses : addresses.filter(each => isPlainAddress(each.address))
  const value = shown.map(each => (isPlainAddress(each.address) ? formatAddress(each) : emptyGroup(each))).join(', ')
  if (value !== '') return [{ name, value }]
  return key === 'to' ? [{ name, value: 'undisclosed-recipients:;' }] : []
}

function emptyGroup({ name, address }: Address): string {
  const phrase = encodePhrase(makeHarmlessLine(`${name} ${address}`.trim(), 300))
  return `${phrase === '' ? 'undisclosed-recipients' : phrase}:;`
}

function formatAddress({ name, address }: Address): string {
  const phrase = encodePhrase(makeHarmlessLine(name, 300))
  return phrase === '' ? address : `${phrase} <${address}>`
}

/** `dot-atom@domain` in ASCII: the only form that every mailer reads alike. */
function isPlainAddress(address: string): boolean {
  return address.length <= 254 && /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(address)
}

function messageIds(written: string): string[] {
  return written.slice(0, 65_536).match(/<[!-;=?-~]{1,500}>/g) ?? []
}

function idField(name: string, written: string): OutField[] {
  const ids = messageIds(written)
  if (ids.length === 0) return []
  // The oldest id names the thread, the newest ones the place in it (RFC 5322 §3.6.4).
  const kept = ids.length > MOST_REFERENCES ? [ids[0]!, ...ids.slice(1 - MOST_REFERENCES)] : ids
  return [{ name, value: kept.join(' ') }]
}

function tokenFields(picker: FieldPicker): OutField[] {
  const tokens = [...TOKEN_FIELDS].map(([key, name]) => ({ name, value: picker.first(key).trim().slice(0, 100) }))
  const lists = [...LIST_FIELDS].map(([key, name]) => ({ name, value: picker.first(key).trim().slice(0, 900) }))
  return [...tokens.filter(field => /^[A-Za-z][A-Za-z0-9-]*(?:; ?[a-z-]+=[A-Za-z0-9-]+)?$/.test(field.value)), ...lists.filter(field => isListValue(field.value))]
}

/** Angle-bracketed mailto or web addresses, or a list id, with an optional plain phrase; never a script. */
function isListValue(value: string): boolean {
  return value !== '' && /^[\x20-\x7e]+$/.test(value) && !/=\?|[\\"]|(?:java|vb)script:|data:|file:/i.test(value) && /<[^<>]+>/.test(value)
}

function extraFields(picker: FieldPicker, policy: Policy): OutField[] {
  return policy.extraHeaderFields.flatMap(key => {
    const text = makeHarmlessLine(picker.text(key), LONGEST_TEXT)
    const name = key.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())
    return text === '' ? [] : [{ name, value: encodeUnstructured(text) }]
  })
}
