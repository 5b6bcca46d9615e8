/** Settings of requests for originals: who must agree, how long, and what is confidential. */
import { clockTime, day, domain, entry, flag, integer, line, lines, list, optional, section, text, wholeNumber } from './kinds.ts'

const ofClass = (defaults: { readonly en: string; readonly ja: string; readonly steps: number }) =>
  section(
    { en: defaults.en, ja: defaults.ja },
    {
      steps: integer({ default: defaults.steps, min: 1, max: 3, en: 'How many people must approve.', ja: '承認が必要な人数。' }),
      preview: flag({ default: true, en: 'Whether approvers see pictures of the pages.', ja: '承認者が画像プレビューを使えるかどうか。' }),
      originalDays: integer({
        default: 0,
        min: 0,
        max: 3650,
        en: 'Days to keep originals of this class, instead of those of the tenant and of `store.retention`; 0: as these say. For mail that comes from now on.',
        ja: 'この機密性の原本を保管する日数。テナントと `store.retention` の日数の代わりになる。0ならそれらのとおり。これから届くメールに効く。',
      }),
      askDays: integer({ default: 30, min: 1, max: 3650, en: 'Days after receipt in which the original can be asked for.', ja: '届いてから申請できる日数。' }),
    },
  )

const classification = () => wholeNumber({ min: 1, max: 3 })

export const requests = section(
  { en: 'Asking for originals (docs/portal.md).', ja: '元のファイルの申請と承認（docs/portal.md）。' },
  {
    decideDays: integer({ default: 3, min: 1, max: 30, en: 'Working days in which one level of approvers decides; then the next level is asked, and after the last one the request ends.', ja: '1段階の承認者が決める期限（開庁日数）。過ぎると上位へ回り、最後は承認なしで終わる。' }),
    approvalDays: integer({ default: 3, min: 1, max: 30, en: 'Working days in which an approved original can be taken.', ja: '承認後に受け取れる期限（開庁日数）。' }),
    grantMinutes: integer({ default: 15, min: 1, max: 120, en: 'Minutes from the second factor in which it must be taken.', ja: '二要素目の再確認から受け取るまでの時間（分）。' }),
    opens: clockTime({ default: '08:30', en: 'When offices open (Japan).', ja: '始業時刻。' }),
    closes: clockTime({ default: '17:15', en: 'When they close; deadlines end then.', ja: '終業時刻。期限はこの時刻まで。' }),
    closedDays: list(day(), { default: [], en: 'Days like 2027-06-15 on which this office is closed besides weekends, public holidays and the turn of the year.', ja: '土日祝日と年末年始のほかに閉庁する日。例: 2027-06-15' }),
    dutyDepartment: text({ default: '', en: 'Code of the department whose approvers decide at nights and on holidays, for every department. Empty: nobody.', ja: '夜間と休日に、すべての課の申請を決める部署のコード。空ならなし。' }),
    antivirusRequired: flag({ default: false, en: 'Whether only mails that the antivirus has scanned can be asked for.', ja: 'ウイルス検査をしたメールだけ申請できるようにする。' }),
    outsideDomains: list(domain(), { default: [], max: 1, en: 'Domain of the Internet-side mailboxes to which an approved original may be sent. An outward route must name it. Empty: it is taken by hand only.', ja: '承認された元のファイルを送れる、インターネット側メールボックスのドメイン。このドメインを名指しする outward の経路が要る。空なら画面で受け取るだけ。' }),
    bringApproval: list(text({ default: '', en: 'Code.', ja: 'コード。' }), { default: [], max: 500, en: 'Codes of departments whose people need an approval before they get what they brought in; `*` for all. Empty: nobody.', ja: '持ち込んだファイルの受け取りに承認が要る部署のコード。`*` ならすべて。空なら承認は要らない。' }),
    bringApprovalWhen: list(
      entry({
        departments: optional(lines(), { en: 'Codes of departments of who brings it; `*` for all.', ja: '持ち込む人の部署のコード。`*` ならすべて。' }),
        detected: optional(lines(), { en: 'Detected types of the file, as in `policy.rows`: `application/pdf`, `image/*`.', ja: '判定したファイルの種類。`policy.rows` と同じ書き方。例: `application/pdf`、`image/*`' }),
        classification: optional(classification(), { en: 'Confidentiality of the department, this or higher.', ja: '部署の機密性。これ以上。' }),
      }),
      { default: [], max: 100, en: 'What besides needs such an approval: each entry by department, kind of file and class; all that it names must hold.', ja: 'ほかに承認が要る持ち込み。部署、ファイルの種類、機密性で決める。一つの項目に書いた条件はすべて満たす必要がある。' },
    ),
    openPerPerson: integer({ default: 20, min: 1, max: 1000, en: 'Open requests of one person.', ja: '1人が同時に出せる申請の数。' }),
    defaultClass: integer({ default: 2, min: 1, max: 3, en: 'Confidentiality of mail that nothing else gives one: mailbox, department, or a match below.', ja: '機密性の既定値。メールボックス、部署、下の条件に当てはまらないメールに使う。' }),
    class1: ofClass({ steps: 1, en: 'Confidentiality 1.', ja: '機密性1。' }),
    class2: ofClass({ steps: 1, en: 'Confidentiality 2.', ja: '機密性2。' }),
    class3: ofClass({ steps: 2, en: 'Confidentiality 3.', ja: '機密性3。' }),
    matches: list(
      entry({
        from: optional(line(), { en: 'Address of the sender, or `@domain`.', ja: '送信者のアドレス、または `@ドメイン`。' }),
        subject: optional(line(), { en: 'Part of the subject.', ja: '件名の一部。' }),
        classification: classification(),
      }),
      { default: [], max: 200, en: 'Mail that is more confidential than its mailbox says; the highest class wins.', ja: '条件で決める機密性。いちばん高いものになる。' },
    ),
  },
)
