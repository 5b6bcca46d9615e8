/**
 * Delivery status notifications: what we tell a sender whose mail we could not deliver, or not yet.
 *
 *   relay (settle) ──▶ [composeDsn] ──▶ store ──▶ outward route
 *
 * Composed by us from values, like every message. Carries nothing of the content but five header fields as *we*
 * composed them, and nothing of the inside: no host names, no words of the inner server, only code and status.
 * Invariant: 7-bit, CRLF, lines of at most 998 octets.
 * Standards: RFC 3464 (delivery-status), RFC 6522 (multipart/report), RFC 3834 (Auto-Submitted),
 * RFC 6533 §3 (non-ASCII mailboxes), RFC 2047 (Subject).
 */
import type { Mailbox, QueueId } from './envelope.ts'

export type DsnRecipient = {
  readonly mailbox: Mailbox
  /** SMTP reply code of the last attempt. */
  readonly code: number
  readonly status: string
}

export type DsnReport = {
  readonly kind: 'failed' | 'delayed'
  /** Of the DSN itself: makes its Message-ID and boundary. */
  readonly queueId: QueueId
  readonly hostname: string
  readonly from: Mailbox
  readonly to: Mailbox
  readonly nowMs: number
  readonly arrivedAtMs: number
  readonly retryUntilMs: number
  readonly recipients: readonly DsnRecipient[]
  /** The composed message that was not delivered; undefined when it could not be read. */
  readonly message: Uint8Array | undefined
}

export const DSN_SUBJECTS = {
  failed: 'メールを届けられませんでした / Mail could not be delivered',
  delayed: 'メールの配達が遅れています / Mail is delayed',
} as const

/** The only fields of the message that go back. */
const RETURNED_FIELDS = ['from', 'to', 'subject', 'date', 'message-id']
const LONGEST_HEADER = 64 * 1024
/** RFC 2047 §2: lines with encoded words have at most 76 characters, with the field name 'Subject: ' on the first. */
const OCTETS_OF_A_WORD = 39

/** First row whose status begins so; the sender reads these, so they say what to do. */
const REASONS = [
  {
    status: '5.1.',
    ja: '宛先のアドレスが見つかりません。アドレスを確かめてください。',
    en: 'The address does not exist. Please check it.',
  },
  { status: '5.2.2', ja: '宛先のメールボックスがいっぱいです。', en: 'The mailbox is full.' },
  { status: '5.2.3', ja: 'メールが大きすぎます。', en: 'The message is too large.' },
  { status: '5.3.4', ja: 'メールが大きすぎます。', en: 'The message is too large.' },
  { status: '5.4.7', ja: '期限までに配達できませんでした。', en: 'It could not be delivered in time.' },
  {
    status: '5.6.7',
    ja: '宛先のサーバーは、英数字以外のアドレスを受け取れません。',
    en: 'The server does not take addresses with non-ASCII characters.',
  },
  { status: '5.', ja: '宛先のサーバーが受け取りませんでした。', en: 'The server did not accept it.' },
  { status: '', ja: '宛先のサーバーにまだ渡せません。', en: 'It could not be handed over yet.' },
] as const

export function composeDsn(report: DsnReport): Uint8Array {
  const boundary = `=_dsn_${report.queueId}`
  const parts = [textPart(report), statusPart(report), headerPart(report.message)].filter(part => part !== undefined)
  const body = parts.map(lines => [`--${boundary}`, ...lines, ''].join('\r\n')).join('\r\n')
  const header = [
    `From: <${report.from}>`,
    `To: ${isAscii(report.to) ? `<${report.to}>` : 'sender:;'}`,
    `Subject: ${encodedWords(DSN_SUBJECTS[report.kind])}`,
    `Date: ${rfc5322Date(report.nowMs)}`,
    `Message-ID: <${report.queueId}@${report.hostname}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    ` boundary="${boundary}"`,
  ]
  return Buffer.from(`${header.join('\r\n')}\r\n\r\n${body}\r\n--${boundary}--\r\n`, 'latin1')
}

function textPart(report: DsnReport): readonly string[] {
  const { kind, recipients } = report
  const lines =
    kind === 'failed'
      ? [
          '次の宛先に、メールを届けられませんでした。',
          '',
          ...recipients.map(line('ja')),
          '',
          'このお知らせは自動で送っています。お困りのときは、宛先の方に電話などでご連絡ください。',
          '',
          '----',
          '',
          'Your message could not be delivered to:',
          '',
          ...recipients.map(line('en')),
          '',
          'This is an automatic notice. If you need help, please contact the recipient by other means.',
          '',
        ]
      : [
          '次の宛先に、メールがまだ届いていません。',
          '',
          ...recipients.map(line('ja')),
          '',
          `配達は続けて試みます（${rfc5322Date(report.retryUntilMs)} まで）。もう一度送る必要はありません。`,
          '',
          '----',
          '',
          'Your message has not been delivered yet to:',
          '',
          ...recipients.map(line('en')),
          '',
          `We keep trying until ${rfc5322Date(report.retryUntilMs)}. You need not send it again.`,
          '',
        ]
  const encoded = Buffer.from(lines.join('\r\n')).toString('base64')
  return [
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...(encoded.match(/.{1,76}/g) ?? []),
  ]
}

function line(language: 'ja' | 'en'): (recipient: DsnRecipient) => string {
  return ({ mailbox, status }) =>
    `  <${mailbox}>\r\n    ${REASONS.find(row => status.startsWith(row.status))?.[language]} (${status})`
}

/** RFC 3464 §2: one block for the message, one for each recipient. */
function statusPart(report: DsnReport): readonly string[] {
  const perMessage = [`Reporting-MTA: dns; ${report.hostname}`, `Arrival-Date: ${rfc5322Date(report.arrivedAtMs)}`]
  const perRecipient = report.recipients.flatMap(({ mailbox, code, status }) => [
    '',
    `Final-Recipient: ${typedAddress(mailbox)}`,
    `Action: ${report.kind}`,
    `Status: ${status}`,
    `Diagnostic-Code: smtp; ${code} ${status}`,
    ...(report.kind === 'delayed' ? [`Will-Retry-Until: ${rfc5322Date(report.retryUntilMs)}`] : []),
  ])
  return ['Content-Type: message/delivery-status', '', ...perMessage, ...perRecipient]
}

function headerPart(message: Uint8Array | undefined): readonly string[] | undefined {
  if (message === undefined) return undefined
  return ['Content-Type: text/rfc822-headers', '', ...returnedFields(message)]
}

/** The returned fields with their folded lines, of a message in our canonical form; odd octets become '?'. */
function returnedFields(message: Uint8Array): readonly string[] {
  const header = Buffer.from(message.buffer, message.byteOffset, Math.min(message.length, LONGEST_HEADER)).toString(
    'latin1',
  )
  const lines = header.split('\r\n\r\n', 1)[0]!.split('\r\n')
  let returned = false
  return lines
    .filter(text => {
      if (!/^[ \t]/.test(text))
        returned = RETURNED_FIELDS.includes(text.slice(0, Math.max(text.indexOf(':'), 0)).toLowerCase())
      return returned
    })
    .map(text => text.replace(/[^\t\x20-\x7e]/g, '?').slice(0, 998))
}

/** RFC 3464 §2.1.2; non-ASCII as utf-8-addr-xtext, so that the part stays 7-bit (RFC 6533 §3). */
function typedAddress(mailbox: Mailbox): string {
  if (isAscii(mailbox)) return `rfc822; ${mailbox}`
  const xtext = (char: string) => `\\x{${char.codePointAt(0)?.toString(16).toUpperCase()}}`
  return `utf-8; ${mailbox.replace(/[^\x21-\x7e]|[\\+=]/gu, xtext)}`
}

/** Whole characters in every word (RFC 2047 §5), folded between words. */
function encodedWords(text: string): string {
  const words: string[] = []
  let piece = ''
  for (const char of text) {
    if (Buffer.byteLength(piece + char) > OCTETS_OF_A_WORD) {
      words.push(piece)
      piece = ''
    }
    piece += char
  }
  return [...words, piece].map(word => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ')
}

/** RFC 5322 §3.3, in UTC. */
function rfc5322Date(atMs: number): string {
  return new Date(atMs).toUTCString().replace('GMT', '+0000')
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}
