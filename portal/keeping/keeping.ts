/** What the portal remembers of the work of staff, in portal.db. */
import type { OwnDatabase } from '../../store/sqlite/own-database.ts'
import { Cares } from './cares.ts'
import { ReadMarks } from './read-marks.ts'
import { Results } from './results.ts'
import { Shares } from './shares.ts'
import { Waits } from './waits.ts'

export type Keeping = { readonly readMarks: ReadMarks; readonly cares: Cares; readonly shares: Shares; readonly results: Results; readonly waits: Waits }

const DAY_MS = 86_400_000

export function openKeeping(db: OwnDatabase): Keeping {
  return { readMarks: new ReadMarks(db), cares: new Cares(db), shares: new Shares(db), results: new Results(db), waits: new Waits(db) }
}

/** What is of no use any more. Marks outlive the originals, so that a mail does not become unread while its list entry stays. */
export function forgetOld(keeping: Keeping, nowMs: number): void {
  keeping.readMarks.forget(nowMs - 400 * DAY_MS)
  keeping.cares.forget(nowMs - 400 * DAY_MS)
  keeping.shares.forget(nowMs - 400 * DAY_MS)
  keeping.results.forget(nowMs)
  keeping.waits.forget(nowMs - 30 * DAY_MS)
}
