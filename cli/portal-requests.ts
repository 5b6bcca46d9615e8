/** Requests for originals, with their values from the settings, and the clock that ends what nobody decides. */
import type { Config } from '../config/schema.ts'
import type { House } from '../portal/house.ts'
import { openRequests, type RequestRooms } from '../portal/requests/rooms.ts'
import type { Classification, RequestRules } from '../portal/requests/rules.ts'
import { classRules } from './class-retention.ts'
import type { PortalRooms } from './portal-rooms.ts'
import { originOf } from './portal-towns.ts'

const TICK_MS = 60_000

export function requestRooms(config: Config, { db, directory }: PortalRooms, { mail, vault }: Pick<House, 'mail' | 'vault'>): RequestRooms {
  const rules = requestRules(config)
  const { era } = config.portal
  return openRequests({ db, directory, mail, vault, era, contact: config.contact, rules: () => rules, origins: tenant => ({ inner: originOf(config, 'inner', tenant), outer: originOf(config, 'outer', tenant) }) })
}

export function requestRules(config: Config): RequestRules {
  const { requests } = config.portal
  const { opens, closes, closedDays, class1, class2, class3, bringApprovalWhen, ...rest } = requests
  return {
    ...rest,
    hours: { opens, closes, closedDays },
    bringApprovalWhen: bringApprovalWhen.map(({ departments = [], detected = [], classification = 1 }) => ({ departments, detected, classification: classification as Classification })),
    ...classRules(config),
    classes: { 1: class1, 2: class2, 3: class3 },
  }
}

/** Returns how to stop it. What fails is said and tried again: nothing is approved by a clock that stands still. */
export function runClock({ desk, outbox }: RequestRooms, { seeEmergency }: { readonly seeEmergency: () => Promise<void> }, onError: (error: unknown) => void): () => void {
  const tick = () => {
    try {
      desk.tick()
    } catch (error) {
      onError(error)
    }
    outbox.send().catch(onError)
    // A gateway that does not answer is said by whoever needs it.
    seeEmergency().catch(() => {})
  }
  tick()
  const timer = setInterval(tick, TICK_MS)
  return () => clearInterval(timer)
}
