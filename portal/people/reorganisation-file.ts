/**
 * The file of a reorganisation (機構改革): one line for each department that is new, changed, merged into another, or closed
 * from the date of effect on. Departments that are not in the file stay as they are; so does what a line leaves empty.
 *
 *   区分,所属コード,名称,上位コード,統合先コード,機密性,上位の共用メール
 *   新設,130,デジタル推進課,10,,2,
 *   変更,102,税務収納課,,,,
 *   統合,104,,,102,,
 *   廃止,106,,,,,
 */
import type { Classification } from './departments.ts'
import { type Columns, readTable, type TableProblem, type TableRow, yesOrNo } from './table-file.ts'

type Field = 'kind' | 'code' | 'name' | 'parent' | 'into' | 'classification' | 'sharesAbove'

const COLUMNS: Columns<Field> = {
  kind: { names: ['区分', 'kind', '改正区分', 'change'], required: true },
  code: { names: ['所属コード', 'department', 'department code', 'code', '部署コード', '課コード'], required: true },
  name: { names: ['名称', 'name', '所属名', '新名称', '部署名'] },
  parent: { names: ['上位コード', 'parent', 'parent code', '上位所属コード'] },
  into: { names: ['統合先コード', 'into', 'merged into', '統合先'] },
  classification: { names: ['機密性', 'classification', 'class'] },
  sharesAbove: { names: ['上位の共用メール', 'shares above', '上位共用'] },
}

const KINDS = {
  new: ['新設', '設置', 'new'],
  change: ['変更', '改称', '名称変更', '移管', '所属替え', 'change', 'rename', 'move'],
  merge: ['統合', '合併', 'merge'],
  close: ['廃止', 'close'],
} as const satisfies Record<string, readonly string[]>

/** Written where a department becomes an organ of its own. */
const NOBODY_ABOVE = ['-', 'なし', '無', 'none']

export type DepartmentLine = {
  readonly line: number
  readonly kind: keyof typeof KINDS
  readonly code: string
  /** '' leaves it as it is; so do the undefined ones. */
  readonly name: string
  /** '' for nobody above. */
  readonly parentCode: string | undefined
  readonly into: string
  readonly classification: Classification | undefined
  readonly sharesAbove: boolean | undefined
}

export type ReorganisationFile = { readonly kind: 'lines'; readonly lines: readonly DepartmentLine[] } | { readonly kind: 'problems'; readonly problems: readonly TableProblem[] }

export function readReorganisationFile(untrusted: Uint8Array): ReorganisationFile {
  const table = readTable(untrusted, COLUMNS)
  if (table.kind === 'problems') return table
  const problems: TableProblem[] = []
  const lines = table.rows.map(row => lineOf(row, problems))
  const seen = new Map<string, number>()
  for (const { code, line } of lines) {
    if (seen.has(code)) problems.push({ line, column: '', problem: 'department-twice', value: code })
    seen.set(code, line)
  }
  return problems.length > 0 ? { kind: 'problems', problems: problems.slice(0, 100) } : { kind: 'lines', lines }
}

function lineOf(row: TableRow<Field>, problems: TableProblem[]): DepartmentLine {
  const bad = (field: Field, problem: string) => void problems.push({ line: row.line, column: row.column(field), problem, value: row.get(field) })
  const kind = (Object.keys(KINDS) as DepartmentLine['kind'][]).find(each => (KINDS[each] as readonly string[]).includes(row.get('kind').toLowerCase()))
  if (!kind) bad('kind', 'department-kind')
  const [code, name, into, parent] = [row.get('code'), row.get('name'), row.get('into'), row.get('parent')]
  if (code === '') bad('code', 'no-department')
  if (kind === 'new' && name === '') bad('name', 'no-department-name')
  if (kind === 'merge' && (into === '' || into === code)) bad('into', 'no-merge-target')
  const classification = row.get('classification')
  if (!['', '1', '2', '3'].includes(classification)) bad('classification', 'classification')
  const sharesAbove = row.get('sharesAbove') === '' ? undefined : yesOrNo(row.get('sharesAbove'))
  if (sharesAbove === 'unknown') bad('sharesAbove', 'yes-or-no')
  return {
    line: row.line,
    kind: kind ?? 'change',
    code,
    name,
    parentCode: parent === '' ? undefined : NOBODY_ABOVE.includes(parent.toLowerCase()) ? '' : parent,
    into,
    classification: classification === '' ? undefined : (Number(classification) as Classification),
    sharesAbove: sharesAbove === 'unknown' ? undefined : sharesAbove,
  }
}
