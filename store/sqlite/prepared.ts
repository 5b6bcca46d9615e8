/** Statements by their text, compiled once for each database: compiling costs as much as most of our reads. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** A text that depends on a question (mailboxes, conditions) has many forms: those that were made last are kept. */
const MOST_KEPT = 500
const books = new WeakMap<DatabaseSync, Map<string, StatementSync>>()

export function prepared(database: DatabaseSync, sql: string): StatementSync {
  const book = bookOf(database)
  const known = book.get(sql)
  if (known) return known
  if (book.size >= MOST_KEPT) book.delete(book.keys().next().value!)
  const statement = database.prepare(sql)
  book.set(sql, statement)
  return statement
}

function bookOf(database: DatabaseSync): Map<string, StatementSync> {
  const known = books.get(database)
  if (known) return known
  const book = new Map<string, StatementSync>()
  books.set(database, book)
  return book
}
