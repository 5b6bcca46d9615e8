/**
 * Delivery reports and read receipts, put into words.
 *
 * Both are machine-readable parts that mail programs show as raw fields or not at all; for a clerk whose mail did
 * not arrive, the address, what happened and why are what matters, so these come first.
 *
 * Invariants: a bounded number of lines comes out, whatever comes in; every value is made harmless; undefined when
 * the part holds nothing that belongs in such a report, so that the caller can show it as it is.
 * Standards: RFC 3464 (DSN), RFC 3463 (status codes), RFC 8098 (MDN).
 */
import { makeHarmlessLine } from './harmless.ts'

export type ReportLanguage = 'ja' | 'en'
type Words = Readonly<Record<ReportLanguage, string>>

const MAX_CHARACTERS = 256 * 1024
const MAX_RECIPIENTS = 50
const MAX_VALUE = 500
const MAX_FIELDS_PER_GROUP = 100

/** Field name in lower case → value; the first of a name counts. */
type Fields = ReadonlyMap<string, string>

const ACTIONS: Readonly<Record<string, Words>> = {
  failed: { ja: '配達できませんでした', en: 'not delivered' },
  delayed: { ja: '配達が遅れています', en: 'delayed, still being tried' },
  delivered: { ja: '配達されました', en: 'delivered' },
  relayed: { ja: '次のサーバーへ渡しました', en: 'passed on to the next server' },
  expanded: { ja: '複数の宛先へ展開しました', en: 'passed on to several recipients' },
}

/** The details of RFC 3463 that people ask about; the class digit is left off. */
const STATUS_DETAILS: Readonly<Record<string, Words>> = {
  '1.1': { ja: '宛先がありません', en: 'no such address' },
  '1.2': { ja: '宛先のドメインがありません', en: 'no such domain' },
  '1.3': { ja: '宛先の書き方が誤っています', en: 'malformed address' },
  '1.10': { ja: '宛先のドメインはメールを受け取りません', en: 'the domain accepts no mail' },
  '2.1': { ja: '宛先の受信箱は使えません', en: 'mailbox disabled' },
  '2.2': { ja: '宛先の受信箱がいっぱいです', en: 'mailbox full' },
  '2.3': { ja: 'メールが大きすぎます', en: 'message too large' },
  '3.4': { ja: 'メールが大きすぎます', en: 'message too large' },
  '4.1': { ja: '相手のサーバーが応答しません', en: 'the other server does not answer' },
  '4.4': { ja: '配送先のサーバーが見つかりません', en: 'no route to the other server' },
  '4.7': { ja: '期限までに配達できませんでした', en: 'time for delivery ran out' },
  '7.1': { ja: '相手のサーバーに受信を断られました', en: 'refused by the other server' },
  '7.26': { ja: '送信者の認証に失敗しました', en: 'sender authentication failed' },
}

const DISPOSITION_TYPES: Readonly<Record<string, Words>> = {
  displayed: { ja: '開かれました', en: 'displayed' },
  deleted: { ja: '開かれずに削除されました', en: 'deleted without being read' },
  dispatched: { ja: '転送または処理されました', en: 'forwarded or processed' },
  processed: { ja: '自動で処理されました', en: 'processed automatically' },
}

/** One shown line: the field it comes from and what it is called. */
type Row = readonly [field: string, label: Words]

const DSN_MESSAGE_ROWS: readonly Row[] = [
  ['reporting-mta', { ja: '報告したサーバー', en: 'Reporting server' }],
  ['arrival-date', { ja: '受け付けた日時', en: 'Arrived' }],
  ['original-envelope-id', { ja: '元の配送番号', en: 'Envelope id' }],
]
const DSN_RECIPIENT_ROWS: readonly Row[] = [
  ['diagnostic-code', { ja: '理由の詳細', en: 'Diagnostic' }],
  ['remote-mta', { ja: '相手のサーバー', en: 'Remote server' }],
  ['last-attempt-date', { ja: '最後に試した日時', en: 'Last attempt' }],
  ['will-retry-until', { ja: '再送の期限', en: 'Will be tried until' }],
]
const MDN_ROWS: readonly Row[] = [
  ['original-message-id', { ja: '元のメールの番号', en: 'Original message' }],
  ['reporting-ua', { ja: '報告したソフト', en: 'Reported by' }],
  ['error', { ja: 'エラー', en: 'Error' }],
  ['failure', { ja: '失敗', en: 'Failure' }],
  ['warning', { ja: '警告', en: 'Warning' }],
]

const RECIPIENT: Words = { ja: '宛先', en: 'Recipient' }
const RESULT: Words = { ja: '結果', en: 'Result' }
const STATUS: Words = { ja: '状態コード', en: 'Status' }
const MORE: Words = { ja: 'ほかの宛先: {n} 件', en: 'Further recipients: {n}' }

/**
 * A message/delivery-status part (RFC 3464 §2) as lines of text, one block for each recipient.
 * undefined when it holds no recipient. Never throws.
 */
export function deliveryStatusToText(untrustedText: string, language: ReportLanguage): string | undefined {
  const groups = readGroups(untrustedText)
  const recipients = groups.filter(group => recipientOf(group) !== '')
  if (recipients.length === 0) return undefined
  const first = groups[0]!
  const about = recipientOf(first) === '' ? rowsToLines(DSN_MESSAGE_ROWS, first, language) : []
  const blocks = recipients.slice(0, MAX_RECIPIENTS).map(group => recipientBlock(group, language).join('\n'))
  if (recipients.length > MAX_RECIPIENTS) {
    blocks.push(MORE[language].replace('{n}', String(recipients.length - MAX_RECIPIENTS)))
  }
  if (about.length > 0) blocks.push(about.join('\n'))
  return blocks.join('\n\n')
}

/**
 * A message/disposition-notification part (RFC 8098 §3) as lines of text; undefined when it holds no disposition.
 * Never throws.
 */
export function dispositionNotificationToText(untrustedText: string, language: ReportLanguage): string | undefined {
  const group = readGroups(untrustedText).find(each => each.has('disposition'))
  if (group === undefined) return undefined
  const disposition = group.get('disposition')!
  const type = /;\s*([A-Za-z-]{1,40})/.exec(disposition)?.[1]?.toLowerCase() ?? ''
  const words = Object.hasOwn(DISPOSITION_TYPES, type) ? DISPOSITION_TYPES[type]![language] : undefined
  return [
    line(RECIPIENT, recipientOf(group), language),
    line(RESULT, words === undefined ? disposition : `${words} (${disposition})`, language),
    ...rowsToLines(MDN_ROWS, group, language),
  ]
    .filter(each => each !== '')
    .join('\n')
}

function recipientBlock(group: Fields, language: ReportLanguage): string[] {
  const action = (group.get('action') ?? '').toLowerCase()
  const words = Object.hasOwn(ACTIONS, action) ? ACTIONS[action]![language] : ''
  return [
    line(RECIPIENT, recipientOf(group), language),
    line(RESULT, words || (group.get('action') ?? ''), language),
    line(STATUS, statusText(group.get('status') ?? '', language), language),
    ...rowsToLines(DSN_RECIPIENT_ROWS, group, language),
  ].filter(each => each !== '')
}

/** `5.1.1` with its meaning where we know it. */
function statusText(status: string, language: ReportLanguage): string {
  const detail = /^[245]\.(\d{1,3}\.\d{1,3})/.exec(status)?.[1] ?? ''
  return Object.hasOwn(STATUS_DETAILS, detail) ? `${status} (${STATUS_DETAILS[detail]![language]})` : status
}

/** The address of a group: `Final-Recipient: rfc822; user@example.jp`, with the original one where it differs. */
function recipientOf(group: Fields): string {
  const final = withoutType(group.get('final-recipient') ?? '')
  const original = withoutType(group.get('original-recipient') ?? '')
  if (final === '' || original === '' || final === original) return final || original
  return `${original} → ${final}`
}

/** Drops the type in front of an address, host or code: `rfc822;`, `dns;`, `smtp;`. */
function withoutType(value: string): string {
  return value.replace(/^\s{0,10}[A-Za-z0-9-]{1,20}\s{0,10};\s{0,10}/, '')
}

function rowsToLines(rows: readonly Row[], group: Fields, language: ReportLanguage): string[] {
  return rows
    .map(([field, label]) => line(label, withoutType(group.get(field) ?? ''), language))
    .filter(each => each !== '')
}

function line(label: Words, value: string, language: ReportLanguage): string {
  return value === '' ? '' : `${label[language]}: ${value}`
}

/** Groups of fields separated by blank lines, unfolded (RFC 3464 §2.1.1). Bounded in every direction. */
function readGroups(untrustedText: string): Fields[] {
  const groups: Map<string, string>[] = []
  let group = new Map<string, string>()
  let lastKey = ''
  for (const rawLine of untrustedText.slice(0, MAX_CHARACTERS).split(/\r?\n/)) {
    if (rawLine.trim() === '') {
      if (group.size > 0) groups.push(group)
      group = new Map()
      lastKey = ''
    } else if (/^[ \t]/.test(rawLine)) {
      const before = group.get(lastKey) ?? ''
      if (lastKey !== '' && before.length < MAX_VALUE) group.set(lastKey, shown(`${before} ${rawLine.trim()}`))
    } else lastKey = readField(rawLine, group)
  }
  if (group.size > 0) groups.push(group)
  return groups
}

/** Puts one field into its group and returns its key; '' for a line that is none, or a repeated field. */
function readField(rawLine: string, group: Map<string, string>): string {
  const colon = rawLine.indexOf(':')
  const key = rawLine.slice(0, Math.max(0, colon)).trim().toLowerCase()
  if (!/^[a-z0-9-]{1,60}$/.test(key) || group.has(key) || group.size >= MAX_FIELDS_PER_GROUP) return ''
  group.set(key, shown(rawLine.slice(colon + 1)))
  return key
}

function shown(value: string): string {
  return makeHarmlessLine(value, MAX_VALUE)
}
