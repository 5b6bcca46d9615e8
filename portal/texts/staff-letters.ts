/** Words of mails that the portal writes to staff: digests, and that a password may have come. A link in them only opens a page. */
import type { Language } from '../http/route.ts'

const ja = {
  digest: {
    subject: (count: number) => `【関所】保管しているファイルのあるメール ${count}件`,
    intro: (name: string) => `${name}さん\n\nまだ開いていないメールのうち、渡せずに保管しているファイルがあるものです。\n件名の下のページで、理由と手続きを確かめてください。`,
    line: (date: string, sender: string, subject: string, kept: number) => `・${date} ${sender}\n  ${subject}（保管 ${kept}件）`,
    pendingLine: (date: string, sender: string, subject: string) => `・${date} ${sender}\n  ${subject}（処理中。終わったら送ります）`,
    more: (count: number) => `ほか${count}件は、ポータルのメール一覧で見てください。`,
    end: 'このお知らせは、ポータルの「自分の設定」で止められます。',
  },
  password: {
    subject: '【関所】パスワードの候補が届きました',
    text: (name: string, subject: string) => `${name}さん\n\n「${subject}」のファイルのパスワードと思われるものが、別のメールで届きました。\n下のページを開いて、候補を確かめてください。押すまでは何も試しません。`,
  },
  noSubject: '（件名なし）',
  contact: (contact: string) => `困ったとき: ${contact}`,
}

export type StaffLettersTexts = typeof ja

const en: StaffLettersTexts = {
  digest: {
    subject: count => `[Sekisho] ${count} mail(s) with files kept back`,
    intro: name => `Dear ${name},\n\nthese mails have files that were kept back, and you have not opened them yet.\nThe page below each subject says why, and what you can do.`,
    line: (date, sender, subject, kept) => `- ${date} ${sender}\n  ${subject} (${kept} kept back)`,
    pendingLine: (date, sender, subject) => `- ${date} ${sender}\n  ${subject} (still being worked on; it will be sent when done)`,
    more: count => `${count} more are in the portal's list of mail.`,
    end: 'You can turn this off in the portal under "My settings".',
  },
  password: {
    subject: '[Sekisho] A password may have come',
    text: (name, subject) => `Dear ${name},\n\nanother mail has something that looks like the password of the files of "${subject}".\nOpen the page below and see. Nothing is tried until you press.`,
  },
  noSubject: '(no subject)',
  contact: contact => `Help: ${contact}`,
}

export function staffLettersTexts(language: Language): StaffLettersTexts {
  return { ja, en }[language]
}
