/** How often each token was used in the hour that runs, and what is left of that in the audit chain. */
import type { PortalDb } from '../db/open.ts'
import type { ApiToken } from '../http/route.ts'

type Hour = { readonly token: ApiToken; readonly hourMs: number; readonly counts: Map<string, number>; readonly addresses: Set<string> }
type Use = { readonly token: ApiToken; readonly address: string; readonly nowMs: number }

const HOUR_MS = 3_600_000
const MOST_ADDRESSES = 10

export class TokenUses {
  readonly #db: PortalDb
  readonly #hours = new Map<number, Hour>()

  constructor(db: PortalDb) {
    this.#db = db
  }

  /** `operation`: what was asked, or that it was refused. */
  count({ token, address, nowMs }: Use, operation: string): void {
    const hourMs = nowMs - (nowMs % HOUR_MS)
    const known = this.#hours.get(token.tokenId)
    if (known && known.hourMs !== hourMs) this.#end(known)
    const hour = known?.hourMs === hourMs ? known : this.#begin({ token, hourMs, counts: new Map(), addresses: new Set([address]) }, operation)
    hour.counts.set(operation, (hour.counts.get(operation) ?? 0) + 1)
    if (hour.addresses.size < MOST_ADDRESSES) hour.addresses.add(address)
  }

  turn(nowMs: number): void {
    for (const hour of this.#hours.values()) if (hour.hourMs + HOUR_MS <= nowMs) this.#end(hour)
  }

  #begin(hour: Hour, operation: string): Hour {
    this.#hours.set(hour.token.tokenId, hour)
    this.#write(hour, { act: 'use', operation, address: [...hour.addresses].join() })
    return hour
  }

  #end(hour: Hour): void {
    const { token, counts, addresses, hourMs } = hour
    this.#hours.delete(token.tokenId)
    const requests = [...counts.values()].reduce((sum, count) => sum + count, 0)
    this.#write(hour, { act: 'used', hour: new Date(hourMs).toISOString(), requests, refused: counts.get('refused') ?? 0, operations: [...counts].map(([name, count]) => `${name} ${count}`).join(', '), addresses: [...addresses].join(' ') })
  }

  #write({ token: { tenant, tokenId, name } }: Hour, detail: Readonly<Record<string, string | number>>): void {
    this.#db.write(() => this.#db.audit({ tenant, kind: 'token', actor: `token:${name}`, subject: `token:${tokenId}`, detail }))
  }
}
