/**
 * Lock-out with back-off, per account and per address.
 *
 * A try is counted as failed before it is looked at, and taken back when it was right: so tries that come at once count, too.
 * While locked nothing is looked at. An account that does not exist is locked like one that does. A row is forgotten a day
 * after its last failure; behind one address there may be a whole office on a Monday morning, so there one failure is
 * forgotten each minute. Whoever locks somebody else out does so for 15 minutes at most.
 */
import { isIPv6 } from 'node:net'
import type { PortalDb } from '../db/open.ts'

const MINUTE_MS = 60_000
const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 15 * MINUTE_MS
const FORGET_AFTER_MS = 24 * 60 * MINUTE_MS
/** Failures without consequence. */
const FREE_TRIES = { account: 5, address: 100 } as const

export type TryKey = { readonly kind: keyof typeof FREE_TRIES; readonly tenant: string; readonly name: string }

export class LockOut {
  readonly #db: PortalDb

  constructor(db: PortalDb) {
    this.#db = db
  }

  /** Counts a try under each key; or, while one is locked, counts nothing and says how long it still is. */
  begin(keys: readonly TryKey[]): { readonly kind: 'go' } | { readonly kind: 'locked'; readonly retryAfterMs: number } {
    return this.#db.write(() => {
      const nowMs = this.#db.nowMs()
      this.#db.run('DELETE FROM sign_in_failures WHERE last_at_ms < ?', nowMs - FORGET_AFTER_MS)
      const retryAfterMs = Math.max(...keys.map(key => this.#lockedForMs(key, nowMs)))
      if (retryAfterMs > 0) return { kind: 'locked', retryAfterMs }
      for (const key of keys) {
        this.#db.run('INSERT OR REPLACE INTO sign_in_failures VALUES (?, ?, ?, ?)', textOf(key), key.tenant, this.#failures(key, nowMs).count + 1, nowMs)
      }
      return { kind: 'go' }
    })
  }

  /** The try was right: the account starts anew; the address only takes this one back. */
  succeeded(keys: readonly TryKey[]): void {
    this.#db.write(() => {
      for (const key of keys) {
        if (key.kind === 'account') this.#db.run('DELETE FROM sign_in_failures WHERE key = ?', textOf(key))
        else this.#db.run('UPDATE sign_in_failures SET count = max(0, count - 1) WHERE key = ?', textOf(key))
      }
    })
  }

  /** The try could not be looked at: nobody's fault. */
  takeBack(keys: readonly TryKey[]): void {
    for (const key of keys) this.#db.run('UPDATE sign_in_failures SET count = max(0, count - 1) WHERE key = ?', textOf(key))
  }

  /** By an administrator, who has spoken with the person. */
  clearFor(tenant: string, login: string): void {
    for (const key of [accountKey(tenant, login), secondFactorKey(tenant, login)]) this.#db.run('DELETE FROM sign_in_failures WHERE key = ?', textOf(key))
  }

  #lockedForMs(key: TryKey, nowMs: number): number {
    const { count, lastAtMs } = this.#failures(key, nowMs)
    return Math.max(0, lastAtMs + waitMs(count - FREE_TRIES[key.kind]) - nowMs)
  }

  #failures(key: TryKey, nowMs: number): { readonly count: number; readonly lastAtMs: number } {
    const row = this.#db.get('SELECT count, last_at_ms FROM sign_in_failures WHERE key = ?', textOf(key))
    if (!row) return { count: 0, lastAtMs: 0 }
    const lastAtMs = Number(row['last_at_ms'])
    const forgotten = key.kind === 'address' ? Math.floor((nowMs - lastAtMs) / MINUTE_MS) : 0
    return { count: Math.max(0, Number(row['count']) - forgotten), lastAtMs }
  }
}

/** Nothing for the free tries, then 30 s, doubled with each failure. */
function waitMs(failuresBeyond: number): number {
  return failuresBeyond < 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** Math.min(failuresBeyond, 10), LONGEST_WAIT_MS)
}

export function accountKey(tenant: string, login: string): TryKey {
  return { kind: 'account', tenant, name: login.normalize('NFKC').trim().toLowerCase().slice(0, 64) }
}

/** Apart from the password's: knowing that must not buy new tries here. */
export function secondFactorKey(tenant: string, login: string): TryKey {
  return { kind: 'account', tenant, name: `${login} second-factor` }
}

/** One household of IPv6 has a /64 to itself. */
export function addressKey(tenant: string, address: string): TryKey {
  return { kind: 'address', tenant, name: isIPv6(address) && !address.includes('.') ? networkOf(address) : address }
}

function networkOf(address: string): string {
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const groups = head.split(':').filter(group => group !== '')
  const after = (tail ?? '').split(':').filter(group => group !== '')
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length
  const whole = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after]
  return whole.slice(0, 4).map(group => Number.parseInt(group, 16).toString(16)).join(':')
}

function textOf({ kind, tenant, name }: TryKey): string {
  return JSON.stringify([kind, tenant, name])
}
