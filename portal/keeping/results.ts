/**
 * What lies ready for a person: disarmed files that were unlocked, run again or brought, and what became of those that may
 * not pass. The vault holds the octets (ShelfFile); here stands whose they are. The same on both faces.
 */
import { randomBytes } from 'node:crypto'
import type { Report } from '../../core/verdict.ts'
import type { OwnDatabase, Row } from '../../store/sqlite/own-database.ts'
import type { Person } from '../people/person.ts'
import type { PublicId, Refusal, ShelfFile } from '../ports.ts'

export type Result = {
  readonly resultId: string
  readonly origin: 'unlocked' | 'again' | 'brought'
  /** The mail that it came with; undefined for what was brought. */
  readonly publicId: PublicId | undefined
  /** Of core/purposes PartRef, see portal/part-key.ts; '' for what was brought. */
  readonly partKey: string
  /** Of the disarmed file, or of what came when nothing may pass. */
  readonly name: string
  /** Undefined when nothing may pass. */
  readonly shelfId: string | undefined
  readonly mediaType: string
  readonly bytes: number
  /** Undefined when it was refused before anything was read. */
  readonly report: Report | undefined
  /** Why it was refused, where there is no report. */
  readonly refusal: Refusal['reason'] | undefined
  readonly madeAtMs: number
  readonly untilMs: number
  readonly takenAtMs: number | undefined
  readonly mailedAtMs: number | undefined
}

export type NewResult = Pick<Result, 'origin' | 'publicId' | 'partKey' | 'report'> &
  ({ readonly file: ShelfFile } | { readonly file: undefined; readonly name: string; readonly untilMs: number; readonly refusal?: Refusal['reason'] })

export class Results {
  readonly #db: OwnDatabase

  constructor(db: OwnDatabase) {
    this.#db = db
  }

  /** Returns its number: 128 random bits. */
  add({ tenant, personId }: Person, made: NewResult): string {
    const resultId = randomBytes(16).toString('hex')
    const { origin, publicId, partKey, report, file } = made
    const refusal = made.file === undefined ? (made.refusal ?? null) : null
    const about = file ?? { id: null, name: made.name, mediaType: '', bytes: 0, untilMs: made.untilMs }
    this.#db.write(() => {
      // A part that is unlocked again takes the place of the one before.
      if (publicId !== undefined) this.#db.run('DELETE FROM results WHERE person_id = ? AND public_id = ? AND part_key = ?', personId, publicId, partKey)
      this.#db.run(
        'INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)',
        ...[resultId, tenant, personId, origin, publicId ?? null, partKey, about.name, about.id, about.mediaType, about.bytes],
        ...[report === undefined ? null : JSON.stringify(report), refusal, this.#db.nowMs(), about.untilMs],
      )
    })
    return resultId
  }

  /** Newest first; of one mail where that is given. */
  of({ personId }: Person, { publicId, limit = 200 }: { readonly publicId?: PublicId; readonly limit?: number } = {}): Result[] {
    const sql = 'SELECT * FROM results WHERE person_id = ? AND until_ms > ? AND (? IS NULL OR public_id = ?) ORDER BY made_at_ms DESC, result_id LIMIT ?'
    return this.#db.all(sql, personId, this.#db.nowMs(), publicId ?? null, publicId ?? null, limit).map(resultFrom)
  }

  /** Of this person alone. */
  one({ personId }: Pick<Person, 'personId'>, resultId: string): Result | undefined {
    const row = this.#db.get('SELECT * FROM results WHERE result_id = ? AND person_id = ? AND until_ms > ?', resultId, personId, this.#db.nowMs())
    return row && resultFrom(row)
  }

  taken(resultId: string): void {
    this.#db.run('UPDATE results SET taken_at_ms = ? WHERE result_id = ?', this.#db.nowMs(), resultId)
  }

  mailed(resultId: string): void {
    this.#db.run('UPDATE results SET mailed_at_ms = ? WHERE result_id = ?', this.#db.nowMs(), resultId)
  }

  forget(beforeMs: number): void {
    this.#db.run('DELETE FROM results WHERE until_ms < ?', beforeMs)
  }
}

function resultFrom(row: Row): Result {
  const moment = (name: string) => (row[name] === null ? undefined : Number(row[name]))
  return {
    resultId: String(row['result_id']),
    origin: row['origin'] as Result['origin'],
    publicId: row['public_id'] === null ? undefined : String(row['public_id']),
    partKey: String(row['part_key']),
    name: String(row['name']),
    shelfId: row['shelf_id'] === null ? undefined : String(row['shelf_id']),
    mediaType: String(row['media_type']),
    bytes: Number(row['bytes']),
    report: row['report'] === null ? undefined : (JSON.parse(String(row['report'])) as Report),
    refusal: row['refusal'] === null ? undefined : (String(row['refusal']) as Refusal['reason']),
    madeAtMs: Number(row['made_at_ms']),
    untilMs: Number(row['until_ms']),
    takenAtMs: moment('taken_at_ms'),
    mailedAtMs: moment('mailed_at_ms'),
  }
}
