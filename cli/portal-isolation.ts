/**
 * What isolating means for the portal (the bad day): nothing that was approved leaves, what is leaving is cut off, and nobody
 * stays signed in. From the page of emergencies at once; at the command line within a minute, when the clock sees it.
 */
import type { Act, Emergency } from '../store/contract.ts'
import type { Asker } from '../portal/ports.ts'
import type { RequestRooms } from '../portal/requests/rooms.ts'
import type { PortalRooms } from './portal-rooms.ts'

const REASON = 'emergency isolate'
const SYSTEM: Asker = { actor: 'system', tenant: 'default', address: '' }

export type Isolation = {
  /** `sessionId`: of whoever did it, who stays. */
  shutOut(by: Asker & { readonly sessionId: string }): Promise<void>
  seen(emergency: Emergency): Promise<void>
}

export function isolation({ taking }: Pick<RequestRooms, 'taking'>, { sessions }: Pick<PortalRooms, 'sessions'>): Isolation {
  let isShut = false
  const shut = async (sessionId: string, act: Act, by: Asker) => {
    isShut = true
    sessions.endAllBut(sessionId)
    await taking.revoke('all', act, by)
  }
  return {
    shutOut: ({ sessionId, ...by }) => shut(sessionId, { actor: by.actor, reason: REASON }, by),
    seen: async emergency => {
      if (emergency !== 'isolate') isShut = false
      else if (!isShut) await shut('', { actor: SYSTEM.actor, reason: REASON }, SYSTEM)
    },
  }
}
