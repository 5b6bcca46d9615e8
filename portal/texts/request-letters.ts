/** Mails about requests for originals: short, the next step in them, nothing that acts by a click. */
import { makeHarmlessLine } from '../../core/text/harmless.ts'
import type { Language } from '../http/route.ts'
import { type Era, timeText } from '../http/when.ts'
import type { KeptRequest } from '../requests/records.ts'
import { factWords, partName, senderVerdict } from './request-facts.ts'

export const LETTERS = ['ask', 'approved', 'refused', 'escalated', 'lapsed', 'expired', 'revoked', 'passed-on'] as const
export type Letter = (typeof LETTERS)[number]

export type LetterContext = {
  readonly name: string
  readonly language: Language
  readonly inPlaceOf: string | undefined
  readonly why?: string
  /** Address of the page on each face; '' where there is none. */
  readonly inner: string
  readonly outer: string
  readonly era: Era
  readonly contact: string
}

type Words = {
  /** Where a subject or a text speaks of originals, about what was brought in it says this. */
  readonly brought: readonly (readonly [from: string, to: string])[]
  readonly subjects: Readonly<Record<Letter, string>>
  readonly openings: Readonly<Record<Letter, string>>
  readonly to: (name: string) => string
  readonly labels: Readonly<Record<'files' | 'sender' | 'requester' | 'reason' | 'place' | 'antivirus' | 'until' | 'why' | 'page' | 'outerPage' | 'contact', string>>
  readonly deputy: (name: string) => string
}

const ja: Words = {
  brought: [['元のファイルの取り出しについて', '持ち込んだファイルの受け取りについて'], ['元のファイルの取り出し', '持ち込んだファイルの受け取り'], ['元のファイルを取り出せる', '持ち込んだファイルを受け取れる'], ['元のファイルの申請', '持ち込んだファイルの申請'], ['インターネット側の端末で下のページを開き、期限までに受け取ってください。受け取れるのは、ファイルごとに1回だけです。', '期限までに、ポータルの「受け取り」で受け取ってください。']],
  subjects: {
    ask: '【承認のお願い】元のファイルの取り出し',
    approved: '【承認されました】元のファイルの取り出し',
    refused: '【承認されませんでした】元のファイルの取り出し',
    escalated: '【お知らせ】元のファイルの申請は上位の承認者に回りました',
    lapsed: '【期限切れ】元のファイルの申請は承認されませんでした',
    expired: '【期限切れ】元のファイルを取り出せる期間が終わりました',
    revoked: '【取り消し】元のファイルの申請は取り消されました',
    'passed-on': '【引き継ぎ】元のファイルの申請を引き継ぎました',
  },
  openings: {
    ask: '元のファイルの取り出しについて、承認のお願いがあります。下のページで内容を確かめてから決めてください。',
    approved: 'インターネット側の端末で下のページを開き、期限までに受け取ってください。受け取れるのは、ファイルごとに1回だけです。',
    refused: '申請は承認されませんでした。理由を読んで、必要なら承認者に相談してください。',
    escalated: '期限までに決まらなかったため、上位の承認者に回しました。することはありません。',
    lapsed: '期限までに誰も決めなかったため、承認されませんでした。まだ必要なら、承認者に声をかけてから、もう一度申請してください。',
    expired: '受け取らないまま期限が過ぎました。まだ必要なら、もう一度申請してください。',
    revoked: '申請と承認は取り消されました。まだ必要なら、下の連絡先に相談してください。',
    'passed-on': '異動などにより、前の担当者の申請を引き継ぎました。要らないときは、下のページで取り下げてください。',
  },
  to: name => `${name} 様`,
  labels: { files: 'ファイル', sender: '送信者', requester: '申請した人', reason: '理由', place: '取り出し先', antivirus: 'ウイルス検査', until: '期限', why: '理由（決めた人から）', page: 'ページ', outerPage: 'ページ（インターネット側）', contact: '困ったとき' },
  deputy: name => `${name}さんの代わり（代決）としてお願いします。`,
}

const en: Words = {
  brought: [['An original file', 'A file that was brought in'], ['Your original file', 'The file that you brought in'], ['Your request for an original', 'Your request'], ['A request for an original', 'A request'], ['The original can', 'The file can'], ['that an original file is given out', 'that somebody gets a file that they brought in, disarmed'], ['Open the page below on a terminal of the Internet side and take the file in time. Each file can be taken once.', 'Take it under “Pick up” in time.']],
  subjects: {
    ask: '[Approval wanted] An original file',
    approved: '[Approved] Your original file',
    refused: '[Not approved] Your original file',
    escalated: '[For your information] Your request went to the next approvers',
    lapsed: '[Time is over] Your request was not approved',
    expired: '[Time is over] The original can no longer be taken',
    revoked: '[Taken back] Your request for an original',
    'passed-on': '[Handed over] A request for an original is yours now',
  },
  openings: {
    ask: 'You are asked to approve that an original file is given out. Look at the page below, then decide.',
    approved: 'Open the page below on a terminal of the Internet side and take the file in time. Each file can be taken once.',
    refused: 'Your request was not approved. Read why, and talk to the approver if you need the file.',
    escalated: 'Nobody decided in time, so the next approvers are asked. You need not do anything.',
    lapsed: 'Nobody decided in time, so it was not approved. If you still need it, speak to an approver and ask again.',
    expired: 'The time has passed and the file was not taken. If you still need it, ask again.',
    revoked: 'Your request and its approval were taken back. If you still need it, ask the contact below.',
    'passed-on': 'You have taken over the request of somebody before you. If you do not need it, withdraw it on the page below.',
  },
  to: name => `Dear ${name},`,
  labels: { files: 'Files', sender: 'Sender', requester: 'Asked by', reason: 'Reason', place: 'Taken to', antivirus: 'Antivirus', until: 'Until', why: 'Reason (of who decided)', page: 'Page', outerPage: 'Page (Internet side)', contact: 'Help' },
  deputy: name => `You are asked in place of ${name}.`,
}

const TEXTS: Readonly<Record<Language, Words>> = { ja, en }
const LONGEST = 300

export function letterTo(letter: Letter, request: KeptRequest, context: LetterContext): { readonly subject: string; readonly text: string } {
  const words = TEXTS[context.language]
  const { department, brought } = request.facts
  const fitting = (text: string) => (brought === undefined ? text : words.brought.reduce((said, [from, to]) => said.replace(from, to), text))
  const subject = `${fitting(words.subjects[letter])}${letter === 'ask' && department !== '' ? (context.language === 'ja' ? `（${line(department)}）` : ` (${line(department)})`) : ''}`
  const paragraphs = [words.to(line(context.name)), `${fitting(words.openings[letter])}${context.inPlaceOf === undefined ? '' : `\n${words.deputy(line(context.inPlaceOf))}`}`, facts(letter, request, context).join('\n'), places(brought === undefined ? letter : 'ask', context).join('\n')]
  return { subject, text: `${paragraphs.filter(each => each !== '').join('\n\n')}\n` }
}

function facts(letter: Letter, { facts: { brought, parts, sender, senderChecks, reason, antivirus, department }, state }: KeptRequest, { language, era, why = '' }: LetterContext): string[] {
  const { labels } = TEXTS[language]
  const words = factWords(language)
  const of = (label: keyof Words['labels'], value: string) => `${labels[label]}: ${value}`
  const always = [of('files', parts.map(part => line(partName(part, language))).join(words.and))]
  if (why !== '') always.push(of('why', line(why)))
  if (letter === 'approved' && state.stage.kind === 'approved') always.push(of('until', timeText(state.stage.untilMs, language, era)))
  if (letter !== 'ask') return [...always, of('reason', line(reason))]
  const asked = [
    ...always,
    ...(brought === undefined ? [of('sender', `${line(sender)} (${words.sender[senderVerdict(senderChecks)]})`)] : []),
    of('requester', `${line(state.requester.name)}${department === '' ? '' : ` (${line(department)})`}`),
    of('reason', line(reason)),
    of('place', brought === undefined ? words.place : words.broughtPlace),
    of('antivirus', words.antivirus[antivirus]),
  ]
  if (state.stage.kind === 'waiting') asked.push(of('until', `${timeText(state.stage.dueAtMs, language, era)}${language === 'ja' ? '。' : '. '}${words.noAutomatic}`))
  return asked
}

function places(letter: Letter, { language, inner, outer, contact }: LetterContext): string[] {
  const { labels } = TEXTS[language]
  const pages = letter === 'approved' ? [outer && `${labels.outerPage}: ${outer}`] : [inner && `${labels.page}: ${inner}`, !inner && outer && `${labels.outerPage}: ${outer}`]
  return [...pages, contact && `${labels.contact}: ${contact}`].filter(each => typeof each === 'string' && each !== '') as string[]
}

/** Names, subjects and reasons come from people and senders: one line each, whatever they hold. */
function line(text: string): string {
  return makeHarmlessLine(text, LONGEST)
}
