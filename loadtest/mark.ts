/**
 * The mark: one word that stands in the Message-ID, the text and the files of one mail, and in no other.
 *
 *   slt k2q9xw1a 000000042 z
 *       run      number
 *
 * Letters and digits only and always of one length: it survives every charset, folding and conversion, and can be
 * written over another one without moving anything. By it the sink knows which mail came, how often, and whether
 * something of another mail came with it.
 */
export type RunId = string

const HEAD = 'slt'
const RUN_LENGTH = 8
const DIGITS = 9
export const MARK_LENGTH = HEAD.length + RUN_LENGTH + DIGITS + 1
export const MOST_NUMBERS = 10 ** DIGITS

/** Stands in a template where the mark of each mail will stand. */
export const MARK_PLACE = 'sltplacehld000000000z'

/** Eight letters and digits out of numbers 0 ≤ x < 1. */
export function newRunId(random: () => number): RunId {
  return Array.from({ length: RUN_LENGTH }, () => Math.floor(random() * 36).toString(36)).join('')
}

export function markOf(run: RunId, number: number): string {
  return `${HEAD}${run}${String(number).padStart(DIGITS, '0')}z`
}

/** Numbers of all marks of this run, each once, in the order in which they stand. */
export function marksIn(octets: Buffer, run: RunId): number[] {
  const needle = HEAD + run
  const found = new Set<number>()
  for (let at = octets.indexOf(needle, 0, 'latin1'); at !== -1; at = octets.indexOf(needle, at + 1, 'latin1')) {
    const rest = octets.toString('latin1', at + needle.length, at + MARK_LENGTH)
    if (/^\d{9}z$/.test(rest)) found.add(Number(rest.slice(0, DIGITS)))
  }
  return [...found]
}
