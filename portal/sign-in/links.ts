/**
 * Links that are good once: the first administrator's set-up, and the invitation with which a new person chooses a password.
 * The row holds a hash; opening the page changes nothing (link scanners open pages), only its form uses the link up.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { PortalDb } from '../db/open.ts'

const HOUR_MS = 3_600_000

/** `personId` undefined: whoever comes with it becomes the first administrator. */
export type Link = { readonly tenant: string; readonly personId: number | undefined }

export class Links {
  readonly #db: PortalDb

  constructor(db: PortalDb) {
    this.#db = db
  }

  /** The last part of the address; an earlier link for the same person is void. */
  make({ tenant, personId }: Link, hours: number): string {
    const token = randomBytes(24).toString('base64url')
    const nowMs = this.#db.nowMs()
    this.#db.write(() => {
      this.#db.run('DELETE FROM links WHERE (tenant = ? AND person_id IS ?) OR expires_at_ms < ?', tenant, personId ?? null, nowMs)
      this.#db.run('INSERT INTO links VALUES (?, ?, ?, ?, NULL)', hashOf(token), tenant, personId ?? null, nowMs + hours * HOUR_MS)
    })
    return token
  }

  /** What it is for; undefined when it was used, is over, or never was. */
  look(untrustedToken: string): Link | undefined {
    if (!/^[\w-]{32}$/.test(untrustedToken)) return undefined
    const row = this.#db.get('SELECT * FROM links WHERE hash = ? AND used_at_ms IS NULL AND expires_at_ms > ?', hashOf(untrustedToken), this.#db.nowMs())
    if (!row) return undefined
    return { tenant: String(row['tenant']), personId: row['person_id'] === null ? undefined : Number(row['person_id']) }
  }

  /** As `look`, and from then on it is used. */
  use(untrustedToken: string): Link | undefined {
    return this.#db.write(() => {
      const link = this.look(untrustedToken)
      if (link) this.#db.run('UPDATE links SET used_at_ms = ? WHERE hash = ?', this.#db.nowMs(), hashOf(untrustedToken))
      return link
    })
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(`link ${token}`).digest('hex')
}
