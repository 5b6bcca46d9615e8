/**
 * Security keys and passkeys as a second factor. Needs a domain name and a certificate that the terminals trust; where there
 * is none, TOTP serves.
 *
 * A challenge belongs to one session and is good once. A counter that does not rise is a copied key: refused.
 * Standards: W3C WebAuthn Level 2, §7.1 (registration) and §7.2 (assertion).
 */
import { isIP } from 'node:net'
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { PortalDb } from '../db/open.ts'
import type { Person } from '../people/person.ts'
import type { Sessions } from './sessions.ts'

/** Who the browser says we are: one of the portal's origins, and its domain or one above it. */
export type RelyingParty = { readonly id: string; readonly origin: string; readonly name: string }

export type KeyRow = { readonly credentialId: string; readonly name: string; readonly createdAtMs: number; readonly usedAtMs: number | undefined }

const MOST_KEYS = 10
const TIMEOUT_MS = 120_000
const LONGEST_NAME = 60

export class WebauthnFactor {
  readonly #db: PortalDb
  readonly #sessions: Sessions

  constructor(db: PortalDb, sessions: Sessions) {
    this.#db = db
    this.#sessions = sessions
  }

  /** What the browser is given to make a new key with. Undefined when there are enough. */
  async offer(sessionId: string, person: Person, rp: RelyingParty): Promise<object | undefined> {
    const known = this.keysOf(person.personId)
    if (known.length >= MOST_KEYS) return undefined
    const options = await generateRegistrationOptions({
      rpID: rp.id,
      rpName: rp.name,
      userName: person.login,
      userDisplayName: person.name,
      userID: Uint8Array.from(Buffer.from(`${person.tenant}/${person.personId}`)),
      timeout: TIMEOUT_MS,
      attestationType: 'none',
      excludeCredentials: known.map(({ credentialId }) => ({ id: credentialId })),
      authenticatorSelection: { residentKey: 'discouraged', userVerification: 'preferred' },
    })
    this.#sessions.setChallenge(sessionId, options.challenge)
    return options
  }

  async register(sessionId: string, person: Person, answer: { readonly untrusted: unknown; readonly name: string }, rp: RelyingParty): Promise<boolean> {
    const expectedChallenge = this.#sessions.takeChallenge(sessionId)
    if (expectedChallenge === '' || this.keysOf(person.personId).length >= MOST_KEYS) return false
    const made = await orRefused(() =>
      verifyRegistrationResponse({
        response: answer.untrusted as RegistrationResponseJSON,
        expectedChallenge,
        expectedOrigin: rp.origin,
        expectedRPID: rp.id,
        requireUserVerification: false,
      }),
    )
    if (!made?.verified) return false
    const { id, publicKey, counter, transports } = made.registrationInfo.credential
    // A key that belongs to somebody already stays theirs.
    const added = this.#db.run(
      'INSERT OR IGNORE INTO webauthn_credentials VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)',
      ...[id, person.tenant, person.personId, publicKey, counter, (transports ?? []).join(' '), keyName(answer.name), this.#db.nowMs()],
    )
    return added > 0
  }

  /** What the browser is given to use a key with. */
  async ask(sessionId: string, person: Person, rp: RelyingParty): Promise<object> {
    const rows = this.#db.all('SELECT credential_id, transports FROM webauthn_credentials WHERE person_id = ?', person.personId)
    const options = await generateAuthenticationOptions({
      rpID: rp.id,
      timeout: TIMEOUT_MS,
      userVerification: 'preferred',
      allowCredentials: rows.map(row => ({ id: String(row['credential_id']), transports: String(row['transports']).split(' ').filter(Boolean) })),
    })
    this.#sessions.setChallenge(sessionId, options.challenge)
    return options
  }

  async check(sessionId: string, person: Person, untrusted: unknown, rp: RelyingParty): Promise<boolean> {
    const expectedChallenge = this.#sessions.takeChallenge(sessionId)
    const id = typeof untrusted === 'object' && untrusted !== null && 'id' in untrusted ? String(untrusted.id) : ''
    const row = this.#db.get('SELECT * FROM webauthn_credentials WHERE credential_id = ? AND person_id = ?', id, person.personId)
    if (expectedChallenge === '' || !row) return false
    const credential = { id, publicKey: Uint8Array.from(row['public_key'] as Uint8Array), counter: Number(row['counter']) }
    const used = await orRefused(() =>
      verifyAuthenticationResponse({
        response: untrusted as AuthenticationResponseJSON,
        expectedChallenge,
        expectedOrigin: rp.origin,
        expectedRPID: rp.id,
        credential,
        requireUserVerification: false,
      }),
    )
    if (!used?.verified) return false
    const sql = 'UPDATE webauthn_credentials SET counter = ?, used_at_ms = ? WHERE credential_id = ? AND counter = ?'
    return this.#db.run(sql, used.authenticationInfo.newCounter, this.#db.nowMs(), id, credential.counter) > 0
  }

  keysOf(personId: number): KeyRow[] {
    const rows = this.#db.all('SELECT * FROM webauthn_credentials WHERE person_id = ? ORDER BY created_at_ms, credential_id', personId)
    return rows.map(row => ({
      credentialId: String(row['credential_id']),
      name: String(row['name']),
      createdAtMs: Number(row['created_at_ms']),
      usedAtMs: row['used_at_ms'] === null ? undefined : Number(row['used_at_ms']),
    }))
  }

  remove(personId: number, credentialId: string): boolean {
    return this.#db.run('DELETE FROM webauthn_credentials WHERE person_id = ? AND credential_id = ?', personId, credentialId) > 0
  }
}

/** Undefined where browsers offer no keys: without https, except on localhost, and for an address in place of a name. */
export function relyingPartyOf(origin: string, configuredId: string, name: string): RelyingParty | undefined {
  if (!URL.canParse(origin)) return undefined
  const { hostname, protocol } = new URL(origin)
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || (protocol !== 'https:' && hostname !== 'localhost')) return undefined
  const id = configuredId === '' ? hostname : configuredId
  return hostname === id || hostname.endsWith(`.${id}`) ? { id, origin, name } : undefined
}

/** The library throws at whatever does not fit; who sent it learns only that it did not. */
async function orRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch {
    return undefined
  }
}

function keyName(untrusted: string): string {
  return untrusted.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ').trim().slice(0, LONGEST_NAME) || 'key'
}
