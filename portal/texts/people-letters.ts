/** Mails to somebody whose account an administrator has touched in a way that could let others in. */
import type { Language } from '../http/route.ts'

const ja = {
  subjects: { invited: '【関所】パスワードを決めるリンクが出されました', reset: '【関所】二要素目が消されました', delegated: '【関所】あなたのメールの代理閲覧が登録されました' },
  what: {
    invited: '管理者が、あなたのパスワードを決め直すためのリンクを出しました。',
    reset: '管理者が、あなたの確認コードの機器、セキュリティキー、予備コードをすべて消しました。',
    delegated: '管理者が、あなた宛てのメールを同僚が見られるようにしました。',
  },
  text: (name: string, what: string, more: string) => `${name}さん\n\n${what}${more === '' ? '' : `\n${more}`}\n\n心当たりがないときは、すぐに情報システムの担当か監査人に電話で知らせてください。`,
}

export type PeopleLettersTexts = typeof ja
export type PeopleLetter = keyof PeopleLettersTexts['subjects']

const en: PeopleLettersTexts = {
  subjects: { invited: '[Sekisho] A link to choose your password was made', reset: '[Sekisho] Your second factors were taken away', delegated: '[Sekisho] Your mail was delegated' },
  what: {
    invited: 'An administrator made a link with which a new password for you can be chosen.',
    reset: 'An administrator took away your code device, security keys and recovery codes.',
    delegated: 'An administrator let a colleague see the mail addressed to you.',
  },
  text: (name, what, more) => `Dear ${name},\n\n${what}${more === '' ? '' : `\n${more}`}\n\nIf you know nothing of this, call the people who run the systems, or an auditor, at once.`,
}

export function peopleLettersTexts(language: Language): PeopleLettersTexts {
  return { ja, en }[language]
}
