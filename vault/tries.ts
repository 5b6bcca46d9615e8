/**
 * Passwords may be tried a few times only, per person and part, by whatever purpose: counted before anything is opened,
 * and only their number is kept. What fits is not counted.
 */
import type { Asker, PartRef, Refusal } from '../core/purposes.ts'
import { refuse } from './entrance.ts'
import type { House } from './house.ts'

const HOUR_MS = 3_600_000

export type Try = { readonly kind: 'try'; readonly id: number; readonly left: number }

export function mayTry({ database, rules }: House, { publicId, partId, member }: PartRef, { actor, tenant }: Asker): Try | Refusal {
  const part = JSON.stringify([tenant, publicId, partId, member])
  const nowMs = database.nowMs()
  return database.write(() => {
    database.run('DELETE FROM tries WHERE at_ms <= ?', nowMs - HOUR_MS)
    const before = Number(database.get('SELECT count(*) AS count FROM tries WHERE actor = ? AND part = ?', actor, part)?.['count'])
    const left = rules().tries - before - 1
    if (left < 0) return refuse('rate', { triesLeft: 0 })
    return { kind: 'try', id: database.insert('INSERT INTO tries (actor, part, at_ms) VALUES (?, ?, ?)', actor, part, nowMs), left }
  })
}

/** Gives the try back unless the password was wrong; says then how many are left. */
export function afterTry({ database }: House, { id, left }: Try, refusal: Refusal | undefined): Refusal | undefined {
  if (refusal?.reason === 'wrong-password') return { ...refusal, triesLeft: left }
  database.write(() => database.run('DELETE FROM tries WHERE try_id = ?', id))
  return refusal
}
