/**
 * Six digits from a clock, the second factor that always works: any phone, any desk device, no network.
 *
 * The step of the last code is remembered: a code that somebody read over a shoulder is void once used. One step of skew
 * each way. How often one may try is the caller's to keep (lock-out.ts).
 * Standards: RFC 6238 (TOTP), RFC 4226 (HOTP); key URI format of authenticator programs.
 */
import { Secret, TOTP } from 'otpauth'
import type { PortalDb } from '../db/open.ts'
import type { SecretBox } from './secret-box.ts'

const SECRET_BYTES = 20
const PERIOD_S = 30
const SKEW_STEPS = 1

/** Shown once, while it is set up. */
export type NewTotp = { readonly uri: string; readonly base32: string }

export class TotpFactor {
  readonly #db: PortalDb
  readonly #box: SecretBox
  readonly #issuer: string

  /** `issuer`: what the authenticator program shows, the portal's name. */
  constructor(db: PortalDb, box: SecretBox, issuer: string) {
    this.#db = db
    this.#box = box
    this.#issuer = issuer
  }

  /** A secret that counts once `confirm` has seen a code of it; the same one while the page is loaded again. Undefined when there is one in force. */
  offer(personId: number, tenant: string, login: string): NewTotp | undefined {
    if (this.has(personId)) return undefined
    let secret = this.#secretOf(personId)
    if (!secret) {
      secret = new Secret({ size: SECRET_BYTES })
      const sealed = this.#box.seal(new Uint8Array(secret.buffer), ownerOf(personId))
      this.#db.run('INSERT OR REPLACE INTO totp_secrets VALUES (?, ?, ?, NULL, 0)', personId, tenant, sealed)
    }
    const uri = new TOTP({ issuer: this.#issuer, label: login, secret, period: PERIOD_S }).toString()
    return { uri, base32: secret.base32.replace(/(.{4})(?=.)/g, '$1 ') }
  }

  /** True when the code is of the offered secret, which is in force from then on. */
  confirm(personId: number, untrustedCode: string): boolean {
    return !this.has(personId) && this.#take(personId, untrustedCode)
  }

  check(personId: number, untrustedCode: string): boolean {
    return this.has(personId) && this.#take(personId, untrustedCode)
  }

  has(personId: number): boolean {
    return this.#db.get('SELECT 1 FROM totp_secrets WHERE person_id = ? AND confirmed_at_ms IS NOT NULL', personId) !== undefined
  }

  remove(personId: number): boolean {
    return this.#db.run('DELETE FROM totp_secrets WHERE person_id = ?', personId) > 0
  }

  #take(personId: number, untrustedCode: string): boolean {
    const code = untrustedCode.normalize('NFKC').replace(/[\s-]/g, '')
    const secret = /^\d{6}$/.test(code) ? this.#secretOf(personId) : undefined
    if (!secret) return false
    const nowMs = this.#db.nowMs()
    const delta = new TOTP({ secret, period: PERIOD_S }).validate({ token: code, timestamp: nowMs, window: SKEW_STEPS })
    if (delta === null) return false
    const step = Math.floor(nowMs / 1000 / PERIOD_S) + delta
    const sql = 'UPDATE totp_secrets SET last_step = ?, confirmed_at_ms = coalesce(confirmed_at_ms, ?) WHERE person_id = ? AND last_step < ?'
    return this.#db.run(sql, step, nowMs, personId, step) > 0
  }

  #secretOf(personId: number): Secret | undefined {
    const sealed = this.#db.get('SELECT sealed FROM totp_secrets WHERE person_id = ?', personId)?.['sealed']
    const bytes = sealed instanceof Uint8Array ? this.#box.open(sealed, ownerOf(personId)) : undefined
    return bytes && new Secret({ buffer: Uint8Array.from(bytes).buffer })
  }
}

function ownerOf(personId: number): string {
  return `totp ${personId}`
}

/** The code of this moment, as the person's device shows it; for the demonstration, whose devices are ours. */
export function codeOf(base32: string, atMs: number): string {
  return new TOTP({ secret: Secret.fromBase32(base32.replaceAll(' ', '')), period: PERIOD_S }).generate({ timestamp: atMs })
}
