/** Mails about break-glass: to those who may be the second person, and to those whose mail is read. */
import { makeHarmlessLine } from '../../core/text/harmless.ts'
import type { Glass } from '../glass/book.ts'
import type { Language } from '../http/route.ts'
import { type Era, timeText } from '../http/when.ts'

export type GlassLetter = 'asked' | 'open'
type Context = { readonly name: string; readonly language: Language; readonly era: Era; readonly contact: string }

const ja = {
  subjects: { asked: '【確認のお願い】緊急閲覧（ほかの人のメールを読むこと）', open: '【重要】あなたに届いたメールを、管理者が読めるようになりました' },
  to: (name: string) => `${name} 様`,
  openings: {
    asked: '管理者から、ほかの人に届いたメール1通を読みたいという申し出がありました。理由に納得できるときだけ、管理画面の「緊急閲覧」で認めてください。だれも認めなければ、1日で終わります。',
    open: '次のメール1通を、管理者が期限まで読めるようになりました。読むことだけができ、ファイルの取り出しはできません。心当たりがないときや納得できないときは、すぐに連絡してください。',
  },
  labels: { asker: '読む人', decider: '認めた人', reason: '理由', mailboxes: '届いたあて先', received: '届いた日時', until: '期限', page: 'メールの番号', contact: '連絡先' },
}

const en: typeof ja = {
  subjects: { asked: '[Your confirmation is wanted] Break-glass: reading somebody else’s mail', open: '[Important] An administrator can now read a mail that came to you' },
  to: name => `Dear ${name},`,
  openings: {
    asked: 'An administrator asks to read one mail of somebody else. Agree under “Break-glass” in the administration only if the reason convinces you. If nobody does, it ends after a day.',
    open: 'An administrator can now read the following mail until the time below. They can read it and nothing else: no file can be taken out. If you do not understand why, speak up at once.',
  },
  labels: { asker: 'Reader', decider: 'Agreed by', reason: 'Reason', mailboxes: 'Came to', received: 'Received', until: 'Until', page: 'Number of the mail', contact: 'Contact' },
}

const TEXTS: Readonly<Record<Language, typeof ja>> = { ja, en }

export function glassLetter(what: GlassLetter, glass: Glass, { name, language, era, contact }: Context): { readonly subject: string; readonly text: string } {
  const { subjects, to, openings, labels } = TEXTS[language]
  const line = (label: keyof typeof labels, value: string) => `${labels[label]}: ${makeHarmlessLine(value, 500)}`
  const facts = [
    line('asker', `${glass.asker.name} (${glass.asker.login})`),
    ...(glass.decider ? [line('decider', `${glass.decider.name} (${glass.decider.login})`)] : []),
    line('reason', glass.reason),
    line('mailboxes', glass.mailboxes.join(' ')),
    line('received', timeText(glass.acceptedAtMs, language, era)),
    line('until', timeText(glass.untilMs, language, era)),
    line('page', glass.publicId),
    ...(contact === '' ? [] : [line('contact', contact)]),
  ]
  return { subject: subjects[what], text: `${[to(makeHarmlessLine(name, 100)), openings[what], facts.join('\n')].join('\n\n')}\n` }
}
