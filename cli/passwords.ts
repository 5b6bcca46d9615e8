/**
 * Passwords to try, from a file or standard input. Never from an argument: those stand in the list of processes and in
 * the history of the shell.
 */
import { readFileSync } from 'node:fs'
import { MOST_PASSWORDS } from '../core/unlock.ts'
import { isUsable, USABLE_WORDS } from '../files/lock.ts'
import { EXIT, Failure } from './exit.ts'

export function readPasswords(file: string): string[] {
  const lines = readLines(file)
  if (lines.length === 0) throw new Failure(EXIT.usage, `${file} has no password in it`)
  if (lines.length > MOST_PASSWORDS) throw new Failure(EXIT.usage, `${file} has more than ${MOST_PASSWORDS} passwords in it`)
  return lines
}

/** The one password that results are locked with. */
export function readLockPassword(file: string): string {
  const [password, ...more] = readLines(file)
  if (password === undefined || more.length > 0) throw new Failure(EXIT.usage, `${file} must have one line, the password`)
  if (!isUsable(password)) throw new Failure(EXIT.usage, `the password in ${file} must be ${USABLE_WORDS}`)
  return password
}

function readLines(file: string): string[] {
  try {
    const text = readFileSync(file === '-' ? 0 : file, 'utf8').replace(/^\ufeff/, '')
    return text.split(/\r?\n/).filter(line => line !== '')
  } catch (error) {
    throw new Failure(EXIT.usage, `passwords cannot be read from ${file}: ${(error as NodeJS.ErrnoException).code ?? 'error'}`)
  }
}
