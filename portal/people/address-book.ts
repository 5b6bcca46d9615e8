/**
 * The address book of the mail server: aliases and lists, and what each leads to. Imported as a whole, since no process here
 * asks the inner directory; its age is shown. CSV (アドレス,種類,宛先,名前; several destinations with ; or one line each) or LDIF.
 * Standards: RFC 2849 (LDIF); attributes as Active Directory and common mail servers name them.
 */
import type { Act } from '../../store/contract.ts'
import type { PortalDb } from '../db/open.ts'
import { checkMailbox, PeopleProblem } from './people.ts'
import { type Columns, readTable, type TableProblem } from './table-file.ts'
import { readLdif } from './ldif.ts'

export type BookEntry = { readonly address: string; readonly kind: 'alias' | 'list'; readonly name: string; readonly targets: readonly string[] }

export type Book = { readonly kind: 'book'; readonly entries: readonly BookEntry[] } | { readonly kind: 'problems'; readonly problems: readonly TableProblem[] }

type Field = 'address' | 'kind' | 'targets' | 'name'

const COLUMNS: Columns<Field> = {
  address: { names: ['アドレス', 'address', 'メールアドレス', 'mail'], required: true },
  kind: { names: ['種類', 'kind', '区分', 'type'] },
  targets: { names: ['宛先', 'targets', 'members', '転送先', 'メンバー'], required: true },
  name: { names: ['名前', 'name', '名称', '表示名'] },
}
const LIST_WORDS = ['リスト', '一覧', 'グループ', 'list', 'group', 'ml']

/** Takes the place of the book before, or nothing changes. */
export function importBook(db: PortalDb, tenant: string, untrusted: Uint8Array, by: Act): Book {
  const book = readBook(untrusted)
  if (book.kind === 'problems') return book
  db.write(() => {
    db.run('DELETE FROM book_targets WHERE tenant = ?', tenant)
    db.run('DELETE FROM book_entries WHERE tenant = ?', tenant)
    for (const { address, kind, name, targets } of book.entries) {
      db.run('INSERT INTO book_entries VALUES (?, ?, ?, ?)', tenant, address, kind, name)
      for (const target of targets) db.run('INSERT INTO book_targets VALUES (?, ?, ?)', tenant, address, target)
    }
    db.run('INSERT INTO book_imports VALUES (NULL, ?, ?, ?, ?)', tenant, db.nowMs(), by.actor, book.entries.length)
    db.audit({ tenant, kind: 'person', actor: by.actor, subject: 'address book', detail: { act: 'book', entries: book.entries.length, reason: by.reason } })
  })
  return book
}

/** Addresses, each with where it leads to. */
export type BookDiff = { readonly added: readonly string[]; readonly changed: readonly string[]; readonly removed: readonly string[] }

/** What the file would change. */
export function bookDiff(db: PortalDb, tenant: string, untrusted: Uint8Array): BookDiff | Extract<Book, { kind: 'problems' }> {
  const book = readBook(untrusted)
  if (book.kind === 'problems') return book
  const rows = db.all('SELECT address, group_concat(target, \' \') AS targets FROM (SELECT address, target FROM book_targets WHERE tenant = ? ORDER BY address, target) GROUP BY address', tenant)
  const before = new Map(rows.map(row => [String(row['address']), String(row['targets'])]))
  const after = new Map(book.entries.map(({ address, targets }) => [address, [...targets].sort().join(' ')]))
  const told = (address: string) => `${address} → ${(after.get(address) ?? before.get(address) ?? '').replaceAll(' ', ', ')}`
  return {
    added: [...after.keys()].filter(address => !before.has(address)).map(told),
    changed: [...after].filter(([address, targets]) => before.has(address) && before.get(address) !== targets).map(([address]) => told(address)),
    removed: [...before.keys()].filter(address => !after.has(address)).map(told),
  }
}

/** When the book in force came, and how many entries it has; undefined where there is none. */
export function bookAge(db: PortalDb, tenant: string): { readonly atMs: number; readonly entries: number } | undefined {
  const row = db.get('SELECT at_ms, entries FROM book_imports WHERE tenant = ? ORDER BY import_id DESC LIMIT 1', tenant)
  return row && { atMs: Number(row['at_ms']), entries: Number(row['entries']) }
}

export function readBook(untrusted: Uint8Array): Book {
  const head = Buffer.from(untrusted.subarray(0, 200)).toString('latin1').replace(/^(?:\xef\xbb\xbf)?(?:#[^\n]*\n|\s)*/, '')
  return /^(?:version|dn)::? /i.test(head) ? merged(readLdif(untrusted)) : readCsvBook(untrusted)
}

function readCsvBook(untrusted: Uint8Array): Book {
  const table = readTable(untrusted, COLUMNS)
  if (table.kind === 'problems') return table
  const problems: TableProblem[] = []
  const entries = table.rows.map((row): BookEntry => {
    const mailbox = (written: string, field: Field) => mailboxOr(written, problem => problems.push({ line: row.line, column: row.column(field), problem, value: written }))
    const targets = row.get('targets').split(/[;\s]+/).filter(Boolean).map(each => mailbox(each, 'targets'))
    const isList = LIST_WORDS.includes(row.get('kind').toLowerCase()) || targets.length > 1
    return { address: mailbox(row.get('address'), 'address'), kind: isList ? 'list' : 'alias', name: row.get('name').slice(0, 100), targets }
  })
  return problems.length > 0 ? { kind: 'problems', problems: problems.slice(0, 100) } : merged({ kind: 'book', entries })
}

/** Several lines of one address are one entry; what leads to itself only is none. */
function merged(book: Book): Book {
  if (book.kind === 'problems') return book
  const byAddress = Map.groupBy(book.entries, ({ address }) => address)
  const entries = [...byAddress].flatMap(([address, list]): BookEntry[] => {
    const targets = [...new Set(list.flatMap(each => each.targets))].filter(target => target !== address)
    const kind = targets.length > 1 || list.some(each => each.kind === 'list') ? 'list' : 'alias'
    return targets.length === 0 ? [] : [{ address, kind, name: list.find(each => each.name !== '')?.name ?? '', targets }]
  })
  return { kind: 'book', entries }
}

export function mailboxOr(written: string, bad: (problem: string) => void): string {
  try {
    return checkMailbox(written)
  } catch (error) {
    if (!(error instanceof PeopleProblem)) throw error
    bad(error.key)
    return ''
  }
}
