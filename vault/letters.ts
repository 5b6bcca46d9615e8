/**
 * Mails of ours, with rebuilt files or in words only: composed here, verified by the verifier as every message is, queued by the gateway.
 */
import { randomBytes } from 'node:crypto'
import type { Asker, Refusal } from '../core/purposes.ts'
import { composeOwnLetter } from '../core/own-mail.ts'
import { uniqueNames } from '../core/media/filename.ts'
import type { Mailbox, QueueId } from '../core/smtp/envelope.ts'
import { makeHarmlessLine } from '../core/text/harmless.ts'
import type { MailMessage } from '../store/contract.ts'
import type { VerifyWorkshop } from '../workers/contract.ts'
import { refuse } from './entrance.ts'
import type { Gateway } from './ports.ts'
import type { VaultRules } from './rules.ts'
import type { Rebuilt } from './shelf.ts'

export type Letter = {
  readonly kind: 'asked' | 'finished'
  readonly mailbox: string
  readonly files: readonly Rebuilt[]
  readonly about: MailMessage | undefined
  readonly onceKey: string
}

export type LetterDesk = {
  readonly gateway: Gateway
  readonly workshop: VerifyWorkshop
  readonly rules: () => VaultRules
  readonly newQueueId: () => QueueId
  readonly nowMs: () => number
  readonly onAlarm: (text: string) => void
}

const TEXTS = {
  ja: {
    sender: '無害化ゲートウェイ',
    asked: { subject: '【ご依頼のファイル】', first: '【無害化のお知らせ】ご依頼のファイルをお届けします。' },
    finished: { subject: '【処理が終わりました】', first: '【無害化のお知らせ】時間がかかっていたファイルの処理が終わりました。' },
    files: 'ファイル',
    about: '元のメール',
    from: '差出人',
    contact: '困ったとき',
  },
  en: {
    sender: 'Sanitization gateway',
    asked: { subject: '[The files you asked for]', first: '[Sanitization notice] Here are the files that you asked for.' },
    finished: { subject: '[Processing has finished]', first: '[Sanitization notice] The files that took longer are ready.' },
    files: 'Files',
    about: 'Original message',
    from: 'From',
    contact: 'Questions',
  },
} as const

export async function sendLetter(letter: Letter, { tenant }: Pick<Asker, 'tenant'>, desk: LetterDesk): Promise<{ readonly kind: 'queued'; readonly queueId: string } | Refusal> {
  const { mailbox, files, onceKey } = letter
  return sendWords(wordsOf(letter, desk.rules()), { mailbox, files, onceKey, tenant }, desk)
}

type Words = { readonly subject: string; readonly lines: readonly string[] }
type Way = Pick<Letter, 'mailbox' | 'files' | 'onceKey'> & { readonly tenant: string; /** With an approved original: to the Internet side, and never inward. */ readonly isOutward?: true }

/** Of a file that nobody has rebuilt; the verifier lets it pass for the vault alone, and nothing with it goes inward. */
export const ORIGINAL_TYPE = 'application/octet-stream'

/** `words`: made harmless already. */
export async function sendWords({ subject, lines }: Words, { mailbox, files: given, onceKey, tenant, isOutward }: Way, desk: LetterDesk): Promise<{ readonly kind: 'queued'; readonly queueId: string } | Refusal> {
  const { gateway, workshop, rules, newQueueId, nowMs, onAlarm } = desk
  const { sender } = TEXTS[rules().recipient(mailbox).language]
  if (!isOutward && given.some(({ mediaType }) => mediaType === ORIGINAL_TYPE)) return refuse('not-inward')
  const queueId = newQueueId()
  const names = uniqueNames(given.map(({ name }) => name))
  const files = given.map((file, index) => ({ ...file, name: names[index]! }))
  const seed = randomBytes(16).toString('hex')
  const composed = composeOwnLetter({ sender, subject, text: lines.join('\n'), queueId, hostname: rules().hostname, to: mailbox as Mailbox, files, nowMs: nowMs(), seed })
  const differences = await workshop.verify(composed)
  if (differences === undefined) return refuse('busy')
  if (differences.length > 0) {
    onAlarm(`a mail of ours was not verified: ${differences.join('; ').slice(0, 300)}`)
    return refuse('cannot-disarm')
  }
  const { messageId, message } = composed
  const mail = { queueId, tenant, mailbox, subject, messageId, onceKey }
  const submitted = isOutward ? await gateway.submitOutside(mail, message) : await gateway.submit(mail, message)
  if (submitted.kind === 'queued') return submitted
  if (submitted.reason === 'faulty') onAlarm(`a mail of ours was refused: ${submitted.why}`)
  return refuse(submitted.reason === 'faulty' ? 'busy' : submitted.reason)
}

function wordsOf({ kind, mailbox, files, about }: Letter, rules: VaultRules): Words {
  const { language, contact } = rules.recipient(mailbox)
  const words = TEXTS[language]
  const subject = makeHarmlessLine(`${words[kind].subject}${about ? about.subject : (files[0]?.name ?? '')}`, 300)
  const lines = [
    words[kind].first,
    ...(about ? [`${words.about}: ${about.subject}`, `${words.from}: ${about.headerFrom}`] : []),
    `${words.files}: ${files.map(({ name }) => name).join(language === 'ja' ? '、' : ', ')}`,
    ...(contact === '' ? [] : [`${words.contact}: ${contact}`]),
  ]
  return { subject, lines: lines.map(line => makeHarmlessLine(line, 900)) }
}
