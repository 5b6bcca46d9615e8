/**
 * Ten codes to print and lock away: each is a second factor once, for the day when phone or key is gone.
 * 80 random bits each, so a plain hash keeps them. Shown only when they are made.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { PortalDb } from '../db/open.ts'

const CODES = 10
const CODE_BYTES = 10
/** Crockford's base 32: without letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export class RecoveryCodes {
  readonly #db: PortalDb

  constructor(db: PortalDb) {
    this.#db = db
  }

  /** New ones; the old ones are void. */
  renew(personId: number, tenant: string): string[] {
    const codes = Array.from({ length: CODES }, newCode)
    this.#db.write(() => {
      this.#db.run('DELETE FROM recovery_codes WHERE person_id = ?', personId)
      for (const code of codes) this.#db.run('INSERT INTO recovery_codes VALUES (?, ?, ?, NULL)', personId, tenant, hashOf(personId, code))
    })
    return codes
  }

  /** True once per code. */
  use(personId: number, untrustedCode: string): boolean {
    const code = plain(untrustedCode)
    if (code.length !== (CODE_BYTES * 8) / 5) return false
    const sql = 'UPDATE recovery_codes SET used_at_ms = ? WHERE person_id = ? AND hash = ? AND used_at_ms IS NULL'
    return this.#db.run(sql, this.#db.nowMs(), personId, hashOf(personId, code)) > 0
  }

  left(personId: number): number {
    return Number(this.#db.get('SELECT count(*) AS count FROM recovery_codes WHERE person_id = ? AND used_at_ms IS NULL', personId)?.['count'])
  }

  remove(personId: number): void {
    this.#db.run('DELETE FROM recovery_codes WHERE person_id = ?', personId)
  }
}

/** `7K2Q-…`, four groups of four. */
function newCode(): string {
  const bits = [...randomBytes(CODE_BYTES)].map(byte => byte.toString(2).padStart(8, '0')).join('')
  const letters = bits.match(/.{5}/g)!.map(five => ALPHABET[Number.parseInt(five, 2)]!)
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

/** As people type what they have printed. */
function plain(untrusted: string): string {
  if (untrusted.length > 100) return ''
  return untrusted.normalize('NFKC').toUpperCase().replace(/[^0-9A-Z]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
}

function hashOf(personId: number, code: string): string {
  return createHash('sha256').update(`recovery ${personId} ${plain(code)}`).digest('hex')
}
