/** What is wrong with a file of people, and what to do about it; and how a change of posts reads. */
import type { Language } from '../http/route.ts'
import type { PersonDiff, PostText } from '../people/laying.ts'
import type { ChangeDiff } from '../people/personnel-change.ts'
import type { DepartmentDiff } from '../people/reorganising.ts'
import type { TableProblem } from '../people/table-file.ts'

const ja = {
  at: (line: number, column: string) => [line > 0 ? `${line}行目` : '', column === '' ? '' : `「${column}」`].filter(Boolean).join(' '),
  problems: {
    'too-large': 'ファイルが大きすぎます。16MB以内に分けてください。',
    encoding: 'この行の文字を読めません。Excelなら「CSV UTF-8」で保存し直してください。',
    empty: 'ファイルが空です。',
    'too-many': '行が多すぎます。5万行以内に分けてください。',
    quotes: '引用符（"）が閉じていません。この行の近くを直してください。',
    'no-column': 'この列がありません。1行目に列の名前を書いてください。',
    'too-long': '長すぎます。500文字以内にしてください。',
    'no-person': '職員番号かユーザーIDを入れてください。',
    kind: '区分を読めません。本務、兼務、育休、休職、復職、退職のどれかにしてください。',
    'no-department': '所属コードを入れてください。',
    'yes-or-no': '承認者は「○」か空にしてください。',
    day: '日付を読めません。2027-04-01や令和9年4月1日のように書いてください。',
    'day-before': '終了日が発令日より前です。',
    roles: '役割を読めません。職員、管理者、監査人を「・」で区切ってください。',
    'unknown-person': 'この人は登録されていません。番号を確かめるか、先に本務の行で登録してください。',
    'new-needs': '新しい人には、ユーザーIDと氏名が要ります。',
    'unknown-department': 'この所属はありません。先に所属を登録してください。',
    'closed-department': 'この所属は、発令日には廃止されているか、まだありません。',
    'no-approver': 'この所属に承認者がいなくなります。誰かの行の「承認者」に○を入れてください。',
    login: 'ユーザーIDは半角の英数字と . _ - @ で、64文字以内にしてください。',
    'login-taken': 'このユーザーIDは別の職員番号の人が使っています。',
    name: '氏名を100文字以内で入れてください。',
    mailbox: 'メールアドレスの形が違います。',
    'mailbox-taken': 'このメールアドレスは別の人か共用で使われています。',
    'staff-number-taken': 'この職員番号は別の人のものです。',
    'last-administrator': '管理者がいなくなります。先に別の管理者を決めてください。',
    dates: '日付の前後が逆です。',
    'department-kind': '区分を読めません。新設、変更、統合、廃止のどれかにしてください。',
    'department-twice': '同じ所属コードが2回あります。1行にまとめてください。',
    'no-department-name': '新しい所属の名称を入れてください。',
    'no-merge-target': '統合先コードに、別の所属のコードを入れてください。',
    classification: '機密性は1、2、3か空にしてください。',
    department: 'この所属は、ここに置けません。自分より下に置くことと、13段より深くすることはできません。コードは英数字などで40文字以内です。',
    'department-taken': 'この所属コードは、廃止したものも含めて、もう使われています。',
    'not-empty': 'この所属の下に、まだ所属があります。先に移すか、一緒に廃止してください。',
    'planned-departments': 'この日までに予定している機構改革が、いまの状態に合いません。取り消して作り直してください。',
  } as Readonly<Record<string, string>>,
  kinds: { new: '新規', moved: '異動', left: '退職', leave: '休業', back: '復職', changed: '変更' } satisfies Record<PersonDiff['kind'], string>,
  departmentKinds: { new: '新設', change: '変更', merge: '統合', close: '廃止' } satisfies Record<DepartmentDiff['kind'], string>,
  departmentAlso: { classification: '機密性', sharesAbove: '上位の共用メール' } satisfies Record<DepartmentDiff['also'][number], string>,
  peopleMove: (count: number) => `職員${count}人が移る`,
  peopleStay: (count: number) => `職員${count}人が残る。人事異動で移してください`,
  mailboxesMove: (list: string) => `共用メール ${list} も移る`,
  mailboxesStay: (list: string) => `共用メール ${list} が残る`,
  concurrent: '兼務',
  approves: '承認者',
  until: (day: string) => `${day}まで`,
  nothing: 'なし',
  also: { name: '氏名', mailbox: 'メールアドレス', roles: '役割', staffNumber: '職員番号', toDate: '終了日' } as Readonly<Record<string, string>>,
}

export type PeopleImportTexts = typeof ja

const en: PeopleImportTexts = {
  at: (line, column) => [line > 0 ? `line ${line}` : '', column === '' ? '' : `“${column}”`].filter(Boolean).join(' '),
  problems: {
    'too-large': 'The file is too large. Split it into files of at most 16 MB.',
    encoding: 'The characters of this line cannot be read. In Excel, save as “CSV UTF-8”.',
    empty: 'The file is empty.',
    'too-many': 'Too many lines. Split the file into files of at most 50,000 lines.',
    quotes: 'A quotation mark (") is not closed. Look near this line.',
    'no-column': 'This column is missing. Its name belongs into the first line.',
    'too-long': 'Too long: at most 500 characters.',
    'no-person': 'A staff number or a user ID is needed.',
    kind: 'Not a kind of change. Write main, concurrent, leave, back or retire.',
    'no-department': 'A department code is needed.',
    'yes-or-no': 'Write yes, or leave it empty.',
    day: 'Not a day. Write it like 2027-04-01.',
    'day-before': 'The last day is before the date of effect.',
    roles: 'Not a role. Write staff, administrator, auditor, separated by spaces.',
    'unknown-person': 'Nobody has this number or user ID. Check it, or add the person with a main post first.',
    'new-needs': 'A new person needs a user ID and a name.',
    'unknown-department': 'There is no such department. Add it first.',
    'closed-department': 'On the date of effect this department is closed, or not there yet.',
    'no-approver': 'This department would have no approver. Mark somebody of it as approver.',
    login: 'A user ID has letters, digits and . _ - @, at most 64 characters.',
    'login-taken': 'This user ID belongs to a person with another staff number.',
    name: 'A name of at most 100 characters is needed.',
    mailbox: 'Not a mail address.',
    'mailbox-taken': 'This mail address is somebody else’s, or shared.',
    'staff-number-taken': 'This staff number is somebody else’s.',
    'last-administrator': 'No administrator would be left. Name another one first.',
    dates: 'The last day is before the first.',
    'department-kind': 'Not a kind of change. Write new, change, merge or close.',
    'department-twice': 'This department code stands twice. Make one line of it.',
    'no-department-name': 'A new department needs a name.',
    'no-merge-target': 'The code of another department is needed, into which it is merged.',
    classification: 'Write 1, 2 or 3, or leave it empty.',
    department: 'The department cannot stand there: not below itself, nor deeper than 12 levels. A code has letters and digits, at most 40 characters.',
    'department-taken': 'This department code is in use already, or was.',
    'not-empty': 'There are departments below this one. Move them first, or close them, too.',
    'planned-departments': 'The reorganisation that is planned until this day no longer fits. Withdraw it and plan it anew.',
  },
  kinds: { new: 'new', moved: 'moves', left: 'leaves', leave: 'on leave', back: 'returns', changed: 'changed' },
  departmentKinds: { new: 'new', change: 'changes', merge: 'is merged', close: 'closes' },
  departmentAlso: { classification: 'confidentiality', sharesAbove: 'mail of the one above' },
  peopleMove: count => `${count} people move along`,
  peopleStay: count => `${count} people are left in it: move them by a personnel change`,
  mailboxesMove: list => `shared mailboxes ${list} move along`,
  mailboxesStay: list => `shared mailboxes ${list} are left`,
  concurrent: 'concurrent',
  approves: 'approver',
  until: day => `until ${day}`,
  nothing: 'none',
  also: { name: 'name', mailbox: 'mail address', roles: 'roles', staffNumber: 'staff number', toDate: 'last day' },
}

export function peopleImportTexts(language: Language): PeopleImportTexts {
  return { ja, en }[language]
}

/** `3行目 「区分」: 区分を読めません。… (「出向」)`. */
export function problemText({ line, column, problem, value }: TableProblem, language: Language): string {
  const texts = peopleImportTexts(language)
  const where = texts.at(line, column)
  return `${where === '' ? '' : `${where}: `}${texts.problems[problem] ?? problem}${value === '' ? '' : ` (${value})`}`
}

export function changeText(diff: ChangeDiff, language: Language): string {
  return 'code' in diff ? departmentText(diff, language) : diffText(diff, language)
}

/** `104 統合: 総務部 収納課 → 総務部 税務収納課（職員3人が移る）`. */
function departmentText(diff: DepartmentDiff, language: Language): string {
  const { code, kind, before, after } = diff
  const texts = peopleImportTexts(language)
  const notes = departmentNotes(diff, texts)
  const moved = before === after ? after : `${before || texts.nothing} → ${after || texts.nothing}`
  return `${code} ${texts.departmentKinds[kind]}: ${moved}${notes.length === 0 ? '' : ` [${notes.join(', ')}]`}`
}

/** What else changes, moves along or stays. */
export function departmentNotes({ kind, also, people, mailboxes }: DepartmentDiff, texts: PeopleImportTexts): string[] {
  const stays = kind === 'close'
  return [
    ...also.map(each => texts.departmentAlso[each]),
    ...(people > 0 ? [(stays ? texts.peopleStay : texts.peopleMove)(people)] : []),
    ...(mailboxes.length > 0 ? [(stays ? texts.mailboxesStay : texts.mailboxesMove)(mailboxes.join(', '))] : []),
  ]
}

/** `佐藤 花子 (sato) 異動: 税務課 主事 → 情報政策課 主任`. */
function diffText({ name, login, kind, before, after, also }: PersonDiff, language: Language): string {
  const texts = peopleImportTexts(language)
  const posts = (list: readonly PostText[]) => (list.length === 0 ? texts.nothing : list.map(post => postText(post, texts)).join(', '))
  const more = also.length === 0 ? '' : ` [${also.map(each => texts.also[each] ?? each).join(', ')}]`
  const moved = posts(before) === posts(after) ? posts(after) : `${posts(before)} → ${posts(after)}`
  return `${name} (${login}) ${texts.kinds[kind]}: ${moved}${more}`
}

export function postText({ department, post, isConcurrent, approves, until }: PostText, texts: PeopleImportTexts): string {
  const flags = [isConcurrent ? texts.concurrent : '', approves ? texts.approves : '', until === undefined ? '' : texts.until(until)].filter(Boolean)
  return `${department} ${post}`.trim() + (flags.length === 0 ? '' : ` (${flags.join(', ')})`)
}
