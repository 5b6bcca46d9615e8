/**
 * The file of a personnel change: one line for each post of each person from the date of effect on. Whoever is in the file
 * has, from that day, exactly the posts that are in it; whoever is not stays as they are.
 *
 *   職員番号,ユーザーID,氏名,メールアドレス,所属コード,職名,区分,承認者,役割,終了日
 *   10234,sato,佐藤 花子,sato@town.example.jp,102,主任,本務,,,
 *   10234,sato,佐藤 花子,sato@town.example.jp,101,主任,兼務,,,2027-09-30
 *   10077,ito,伊藤 次郎,,,,退職,,,
 */
import { type Day, parseDay } from './day.ts'
import { GIVEN_ROLES, type GivenRole } from './people.ts'
import { type Columns, readTable, type TableProblem, type TableRow, yesOrNo } from './table-file.ts'

type Field = 'staffNumber' | 'login' | 'name' | 'mailbox' | 'department' | 'post' | 'kind' | 'approves' | 'roles' | 'to'

const COLUMNS: Columns<Field> = {
  staffNumber: { names: ['職員番号', 'staff number', '社員番号', '職員コード'] },
  login: { names: ['ユーザーID', 'login', 'user id', 'ログインID', 'ユーザID'] },
  name: { names: ['氏名', 'name', '名前', '職員名'] },
  mailbox: { names: ['メールアドレス', 'mailbox', 'mail', 'email'] },
  department: { names: ['所属コード', 'department', 'department code', '部署コード', '課コード'], required: true },
  post: { names: ['職名', 'post', '役職', '補職'] },
  kind: { names: ['区分', 'kind', '異動区分', '発令区分'] },
  approves: { names: ['承認者', 'approver', 'approves', '承認'] },
  roles: { names: ['役割', 'roles', '権限'] },
  to: { names: ['終了日', 'until', 'last day', '任期満了日', '任期'] },
}

const KINDS = {
  main: ['', '本務', '主務', '専任', '採用', '異動', '昇任', 'main'],
  concurrent: ['兼務', '併任', '兼任', 'concurrent'],
  leave: ['育休', '育児休業', '休職', '休業', 'leave'],
  back: ['復職', '復帰', 'back'],
  retire: ['退職', '離職', '任期満了', '転出', 'retire'],
} as const satisfies Record<string, readonly string[]>

export type LineKind = keyof typeof KINDS

const ROLE_NAMES: Readonly<Record<string, GivenRole>> = { 職員: 'staff', 一般: 'staff', 管理者: 'administrator', 監査人: 'auditor', 監査: 'auditor' }

/** One line of the file, checked for itself. Whether person and department exist is seen when it is planned. */
export type PersonnelLine = {
  readonly line: number
  readonly staffNumber: string
  readonly login: string
  readonly name: string
  readonly mailbox: string
  readonly department: string
  readonly post: string
  readonly kind: LineKind
  readonly approves: boolean
  /** Undefined: as they are, for a new person staff. */
  readonly roles: readonly GivenRole[] | undefined
  readonly to: Day | undefined
}

export type PersonnelFile = { readonly kind: 'lines'; readonly lines: readonly PersonnelLine[] } | { readonly kind: 'problems'; readonly problems: readonly TableProblem[] }

export function readPersonnelFile(untrusted: Uint8Array, effective: Day): PersonnelFile {
  const table = readTable(untrusted, COLUMNS)
  if (table.kind === 'problems') return table
  const problems: TableProblem[] = []
  const lines = table.rows.map(row => lineOf(row, effective, problems))
  return problems.length > 0 ? { kind: 'problems', problems: problems.slice(0, 100) } : { kind: 'lines', lines }
}

function lineOf(row: TableRow<Field>, effective: Day, problems: TableProblem[]): PersonnelLine {
  const bad = (field: Field, problem: string) => void problems.push({ line: row.line, column: row.column(field), problem, value: row.get(field) })
  const [staffNumber, login] = [row.get('staffNumber'), row.get('login').toLowerCase()]
  if (staffNumber === '' && login === '') bad('staffNumber', 'no-person')
  const kind = (Object.keys(KINDS) as LineKind[]).find(each => (KINDS[each] as readonly string[]).includes(row.get('kind').toLowerCase()))
  if (!kind) bad('kind', 'kind')
  if ((kind === 'main' || kind === 'concurrent') && row.get('department') === '') bad('department', 'no-department')
  const [approves, writtenTo] = [yesOrNo(row.get('approves')), row.get('to')]
  if (approves === 'unknown') bad('approves', 'yes-or-no')
  const to = writtenTo === '' ? undefined : parseDay(writtenTo)
  if (writtenTo !== '' && to === undefined) bad('to', 'day')
  if (to !== undefined && to < effective) bad('to', 'day-before')
  const roles = rolesOf(row.get('roles'))
  if (roles === 'unknown') bad('roles', 'roles')
  return {
    line: row.line,
    staffNumber,
    login,
    name: row.get('name'),
    mailbox: row.get('mailbox').toLowerCase(),
    department: row.get('department'),
    post: row.get('post'),
    kind: kind ?? 'main',
    approves: approves === true,
    roles: roles === 'unknown' ? undefined : roles,
    to,
  }
}

function rolesOf(written: string): readonly GivenRole[] | undefined | 'unknown' {
  if (written === '') return undefined
  const roles = written.split(/[\s,;、・/]+/).map(each => ROLE_NAMES[each] ?? GIVEN_ROLES.find(role => role === each.toLowerCase()))
  return roles.every(role => role !== undefined) ? roles : 'unknown'
}
