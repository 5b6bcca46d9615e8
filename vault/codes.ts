/**
 * Numbers that stand in a letter of the vault's and come back through the portal: eight digits, good for one thing, for some
 * minutes and for a few tries. Only a digest is kept, bound to what the number is about.
 */
import { createHash, randomInt, timingSafeEqual } from 'node:crypto'

export const MOST_TRIES = 5

export type Code = { readonly code: string; readonly digest: string }

/** `about`: what the number is good for; another one's digest never fits. */
export function newCode(about: readonly string[]): Code {
  const code = String(randomInt(100_000_000)).padStart(8, '0')
  return { code, digest: digestOf(code, about) }
}

/** As people type it: full-width digits, spaces and hyphens do not matter. */
export function fits(untrustedCode: string, about: readonly string[], digest: string): boolean {
  const code = untrustedCode.normalize('NFKC').replace(/[\s\-‐-―ー−]/g, '')
  return /^\d{8}$/.test(code) && timingSafeEqual(Buffer.from(digestOf(code, about), 'hex'), Buffer.from(digest, 'hex'))
}

/** As it stands in the letter: `4821-9937`. */
export function written(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

function digestOf(code: string, about: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify([code, ...about])).digest('hex')
}
