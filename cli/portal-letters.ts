/** The rounds of the portal for staff: digests, passwords that somebody waits for, and forgetting what is old. */
import type { House } from '../portal/house.ts'
import { forgetOld } from '../portal/keeping/keeping.ts'
import { type DigestRooms, sendDigests } from '../portal/letters/digests.ts'
import { tellOfPasswords } from '../portal/letters/passwords.ts'
import { dayOf } from '../portal/people/day.ts'
import type { PortalRooms } from './portal-rooms.ts'

const ROUND_MS = 120_000
/** What became due while the portal stood still does not wait for a whole round. */
const FIRST_ROUND_MS = 5_000

/** Returns how to stop them. One round at a time; what fails is said and tried with the next one. */
export function runLetters(house: House, { db, directory }: PortalRooms, onError: (error: unknown) => void): () => void {
  const rooms: DigestRooms = { house, db, personOf: personId => directory.person(personId, dayOf(db.nowMs())) }
  let running = false
  const round = async () => {
    if (running) return
    running = true
    try {
      forgetOld(house.keeping, db.nowMs())
      house.requests.bringing.forget()
      await tellOfPasswords(rooms)
      await sendDigests(rooms)
      await house.requests.outbox.send()
    } catch (error) {
      onError(error)
    } finally {
      running = false
    }
  }
  const first = setTimeout(round, FIRST_ROUND_MS)
  const timer = setInterval(round, ROUND_MS)
  return () => {
    clearTimeout(first)
    clearInterval(timer)
  }
}
