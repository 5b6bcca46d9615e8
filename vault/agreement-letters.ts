/**
 * Letters of the vault to those who agree: what exactly they would agree to, and a number that is good for that alone.
 *
 * They are the screen that a taken-over portal cannot draw on: every fact is the vault's own, or is marked as what somebody
 * wrote. The number stands in the text and never in the subject, which lists show.
 */
import type { EnrolledApprover } from '../core/purposes.ts'
import { makeHarmlessLine } from '../core/text/harmless.ts'
import type { MailMessage } from '../store/contract.ts'
import type { PartReport } from '../core/verdict.ts'
import type { RecipientRules } from './rules.ts'

export type Words = { readonly subject: string; readonly lines: readonly string[] }

type Release = {
  readonly message: MailMessage
  readonly parts: readonly PartReport[]
  readonly requester: string
  /** As the portal says. */
  readonly requesterName: string
  readonly reason: string
  readonly needed: number
  readonly code: string
  readonly untilMs: number
}

type Enrolment = { readonly people: readonly EnrolledApprover[]; readonly code: string; readonly untilMs: number }

const TEXTS = {
  ja: {
    release: '【承認番号】元のファイルの取り出し',
    enrolment: '【登録の確認番号】元のファイルの承認者',
    outside: '【元のファイル】',
    outsideFirst: '承認された元のファイルを送ります。無害化していません。送信者を確かめてから開いてください。マクロは必要なときだけ有効にしてください。',
    releaseFirst: '下の番号を入れると、次のことを承認したことになります。内容がちがうとき、心当たりがないときは、入れないでください。',
    enrolmentFirst: '下の番号を入れると、次の人たちが元のファイルの取り出しを承認できるようになります。心当たりがないときは、入れないでください。',
    who: '取り出す人',
    files: 'ファイル（無害化していないもの）',
    mail: '元のメール',
    from: '差出人',
    reason: '理由（申請した人の言葉）',
    needed: (count: number) => `承認が必要な人数: ${count}人`,
    person: (name: string, login: string, mailbox: string) => `・${name}（${login}） ${mailbox}`,
    code: '番号',
    until: '番号の期限',
    doubt: 'おかしいと思ったら、何もせずに連絡してください',
  },
  en: {
    release: '[Approval number] An original file',
    enrolment: '[Confirmation number] Approvers of original files',
    outside: '[Original file] ',
    outsideFirst: 'Here is the original file that was approved. It is not sanitized. Make sure who sent it before you open it, and enable macros only if you must.',
    releaseFirst: 'Entering the number below approves the following. If it is not what you expect, do not enter it.',
    enrolmentFirst: 'Entering the number below lets the following people approve that originals leave. If you did not expect this, do not enter it.',
    who: 'Taken by',
    files: 'Files (not sanitized)',
    mail: 'Original message',
    from: 'From',
    reason: 'Reason (in the words of who asked)',
    needed: (count: number) => `People who must approve: ${count}`,
    person: (name: string, login: string, mailbox: string) => `- ${name} (${login}) ${mailbox}`,
    code: 'Number',
    until: 'Good until',
    doubt: 'If anything looks wrong, do nothing and tell',
  },
} as const

const LONGEST = 300

export function releaseWords({ message, parts, requester, requesterName, reason, needed, code, untilMs }: Release, { language, contact }: RecipientRules): Words {
  const words = TEXTS[language]
  const lines = [
    words.releaseFirst,
    '',
    `${words.who}: ${requester}${requesterName === '' ? '' : ` (${requesterName})`}`,
    `${words.files}:`,
    ...parts.map(({ name, sha256 }) => `  ${name || '-'} (SHA-256 ${sha256.slice(0, 16)})`),
    `${words.mail}: ${message.subject}`,
    `${words.from}: ${message.headerFrom}`,
    `${words.reason}: ${reason}`,
    words.needed(needed),
    '',
    ...closing(code, untilMs, { language, contact }),
  ]
  return { subject: words.release, lines: lines.map(harmless) }
}

export function enrolmentWords({ people, code, untilMs }: Enrolment, { language, contact }: RecipientRules): Words {
  const words = TEXTS[language]
  const lines = [words.enrolmentFirst, '', ...people.map(({ name, login, mailbox }) => words.person(name, login, mailbox)), '', ...closing(code, untilMs, { language, contact })]
  return { subject: words.enrolment, lines: lines.map(harmless) }
}

/** Around an original on its way to a mailbox of the Internet side. */
export function outsideWords({ subject, headerFrom }: MailMessage, name: string, { language, contact }: RecipientRules): Words {
  const words = TEXTS[language]
  const lines = [words.outsideFirst, '', `${words.files}: ${name}`, `${words.mail}: ${subject}`, `${words.from}: ${headerFrom}`, ...(contact === '' ? [] : [`${words.doubt}: ${contact}`])]
  return { subject: harmless(`${words.outside}${name}`), lines: lines.map(harmless) }
}

function closing(code: string, untilMs: number, { language, contact }: Pick<RecipientRules, 'language' | 'contact'>): string[] {
  const words = TEXTS[language]
  const until = new Intl.DateTimeFormat(language === 'ja' ? 'ja-JP' : 'en-GB', { timeZone: 'Asia/Tokyo', dateStyle: 'medium', timeStyle: 'short' }).format(untilMs)
  return [`${words.code}: ${code}`, `${words.until}: ${until}`, ...(contact === '' ? [] : [`${words.doubt}: ${contact}`])]
}

function harmless(line: string): string {
  return makeHarmlessLine(line, LONGEST)
}
