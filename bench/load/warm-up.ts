/**
 * Brings a system to where it is after its first minutes: code compiled, connections and caches there. By the mails that are measured
 * afterwards where those are small: what only signed mails go through is not warm from others.
 */
import { type Cell, type Load, measure } from './measure.ts'
import type { System } from './starting.ts'

const CELL = { connections: 20, perConnection: 50, seconds: 5 }
/** For systems that will never come so far. */
const MOST_RUNS = 8

export async function warmUp(system: System, load: Load, mails: number, mailClass: 'S' | 'signed' = 'S'): Promise<void> {
  const cell: Cell = { ...CELL, mailClass }
  let taken = 0
  for (let run = 0; run < MOST_RUNS && taken < mails; run++) taken += (await measure(system, cell, load)).mails
}
