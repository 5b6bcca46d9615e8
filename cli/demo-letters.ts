/** What the people of the demonstration would read in their mail: numbers of the vault's letters, from the Maildir that everything goes to. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readComposed } from '../core/mime/composed.ts'

const MOST_NUMBERS = 10
const MOST_LOOKED_AT = 500

export type LetterNumber = { readonly code: string; readonly mailbox: string; readonly subject: string }

/** Newest first. */
export function approvalNumbers(maildir: string): LetterNumber[] {
  if (!existsSync(maildir)) return []
  const files = readdirSync(maildir).map(name => join(maildir, name)).map(path => ({ path, atMs: statSync(path).mtimeMs }))
  const newest = files.sort((a, b) => b.atMs - a.atMs).slice(0, MOST_LOOKED_AT)
  return newest.flatMap(({ path }) => numberIn(readFileSync(path))).slice(0, MOST_NUMBERS)
}

function numberIn(mail: Buffer): LetterNumber[] {
  const head = mail.subarray(0, 4_000).toString('latin1')
  if (!head.includes('Auto-Submitted: auto-generated')) return []
  const { text } = readComposed(mail)
  const code = /^(?:番号|Number): (\d{4}-\d{4})$/m.exec(text)?.[1]
  return code === undefined ? [] : [{ code, mailbox: /^To: <([^>]*)>/m.exec(head)?.[1] ?? '', subject: text.includes('承認したこと') ? '承認番号' : '登録の確認番号' }]
}
