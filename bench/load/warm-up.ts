/** Brings a system to where it is after its first minutes: code compiled, connections and caches there. */
import { type Cell, type Load, measure } from './measure.ts'
import type { System } from './starting.ts'

const CELL: Cell = { mailClass: 'S', connections: 20, perConnection: 50, seconds: 5 }
/** For systems that will never come so far. */
const MOST_RUNS = 8

export async function warmUp(system: System, load: Load, mails: number): Promise<void> {
  let taken = 0
  for (let run = 0; run < MOST_RUNS && taken < mails; run++) taken += (await measure(system, CELL, load)).mails
}
