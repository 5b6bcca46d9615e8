/**
 * Sessions: an opaque random number in a cookie, everything else here.
 *
 * The row holds a hash of the number and of the face that it was begun on, so a reader of portal.db cannot use a session, and
 * nobody can carry one to another face under that face's cookie name. A session ends by itself (idle, absolute
 * limit), by its owner, and with every change of the person's rights (`session_epoch`, people.ts). The number changes at each
 * step that makes the session stronger, so one that was planted or seen before is worth nothing after.
 *
 *   begin ─▶ stage second-factor │ enrol │ new-password ─▶ stage open     only an open session is a SignedIn
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Row } from '../../store/sqlite/own-database.ts'
import type { PortalDb } from '../db/open.ts'
import { dayOf } from '../people/day.ts'
import type { People } from '../people/people.ts'
import type { Person, Session, SignedIn } from '../people/person.ts'

export type Stage = 'second-factor' | 'enrol' | 'new-password' | 'open'

export type SessionSettings = {
  readonly idleMs: number
  readonly absoluteMs: number
  /** How long a sign-in that was begun may take. */
  readonly unfinishedMs: number
  /** Sessions of one person at once; the oldest ends. */
  readonly mostPerPerson: number
}

/** How a session was begun. */
export type Opening = { readonly method: string; readonly factors: Session['factors']; readonly stage: Stage; readonly face: string; readonly address: string; readonly agent: string }

/** A sign-in that is not done yet. */
export type Unfinished = { readonly sessionId: string; readonly stage: Exclude<Stage, 'open'>; readonly person: Person; readonly factors: Session['factors']; readonly csrfToken: string }

/** One's own sessions, as shown to their owner. */
export type SessionRow = {
  readonly sessionId: string
  readonly method: string
  readonly address: string
  readonly agent: string
  readonly startedAtMs: number
  readonly seenAtMs: number
}

/** Written no more often, so that a click is not a flush. */
const SEEN_EVERY_MS = 30_000
const LONGEST_AGENT = 200

export class Sessions {
  readonly #db: PortalDb
  readonly #people: People
  readonly #settings: SessionSettings

  constructor(db: PortalDb, people: People, settings: SessionSettings) {
    this.#db = db
    this.#people = people
    this.#settings = settings
  }

  /** Returns the number for the cookie. It is in no log and nowhere else. */
  begin(personId: number, tenant: string, opening: Opening): string {
    const cookie = newNumber()
    const nowMs = this.#db.nowMs()
    const stepped = opening.factors === 'two' && opening.stage === 'open' ? nowMs : null
    this.#db.write(() => {
      this.#forgetEnded(nowMs)
      this.#db.run(
        `INSERT INTO sessions VALUES (?, ?, ?, (SELECT session_epoch FROM persons WHERE person_id = ?), ?, ?, ?, ?, '', ?, ?, ?, ?, ?)`,
        ...[randomBytes(12).toString('hex'), tenant, personId, personId, hashOf(cookie, opening.face)],
        ...[opening.stage, opening.method, opening.factors, opening.address, opening.agent.slice(0, LONGEST_AGENT), nowMs, nowMs, stepped],
      )
      this.#db.run(
        `DELETE FROM sessions WHERE person_id = ? AND session_id NOT IN
          (SELECT session_id FROM sessions WHERE person_id = ? ORDER BY started_at_ms DESC LIMIT ?)`,
        ...[personId, personId, this.#settings.mostPerPerson],
      )
    })
    return cookie
  }

  /** Who this is. Undefined for anything but an open session in force; counts as being seen. */
  find(cookie: string | undefined, face: string): SignedIn | undefined {
    const found = this.#inForce(cookie, face)
    if (found?.stage !== 'open') return undefined
    const { row, person, csrfToken } = found
    const stepped = row['stepped_up_at_ms']
    return {
      person,
      session: {
        sessionId: String(row['session_id']),
        startedAtMs: Number(row['started_at_ms']),
        factors: row['factors'] as Session['factors'],
        steppedUpAtMs: stepped === null ? undefined : Number(stepped),
        csrfToken,
      },
    }
  }

  unfinished(cookie: string | undefined, face: string): Unfinished | undefined {
    const found = this.#inForce(cookie, face)
    if (!found || found.stage === 'open') return undefined
    const { row, stage, person, csrfToken } = found
    return { sessionId: String(row['session_id']), stage, person, factors: row['factors'] as Session['factors'], csrfToken }
  }

  /** The session got stronger, or a second factor was shown again: a new number for the cookie, the old one is void. */
  raise(sessionId: string, to: { readonly stage: Stage; readonly factors: Session['factors']; readonly steppedUp: boolean; readonly face: string }): string {
    const cookie = newNumber()
    const nowMs = this.#db.nowMs()
    this.#db.run(
      `UPDATE sessions SET token_hash = ?, stage = ?, factors = ?, challenge = '', seen_at_ms = ?, stepped_up_at_ms = CASE WHEN ? THEN ? ELSE stepped_up_at_ms END
        WHERE session_id = ?`,
      ...[hashOf(cookie, to.face), to.stage, to.factors, nowMs, to.steppedUp ? 1 : 0, nowMs, sessionId],
    )
    return cookie
  }

  /** Sessions that this person could use now, the newest first. */
  ofPerson(personId: number): SessionRow[] {
    const nowMs = this.#db.nowMs()
    const rows = this.#db.all(
      `SELECT s.* FROM sessions s JOIN persons p ON p.person_id = s.person_id AND p.session_epoch = s.epoch
        WHERE s.person_id = ? AND s.stage = 'open' AND s.started_at_ms > ? AND s.seen_at_ms > ? ORDER BY s.started_at_ms DESC`,
      ...[personId, nowMs - this.#settings.absoluteMs, nowMs - this.#settings.idleMs],
    )
    return rows.map(row => ({
      sessionId: String(row['session_id']),
      method: String(row['method']),
      address: String(row['address']),
      agent: String(row['agent']),
      startedAtMs: Number(row['started_at_ms']),
      seenAtMs: Number(row['seen_at_ms']),
    }))
  }

  /** Ends one session of this person; false when it is not theirs or ended already. */
  end(personId: number, sessionId: string): boolean {
    return this.#db.run('DELETE FROM sessions WHERE session_id = ? AND person_id = ?', sessionId, personId) > 0
  }

  endOthers(personId: number, sessionId: string): number {
    return this.#db.run('DELETE FROM sessions WHERE person_id = ? AND session_id <> ?', personId, sessionId)
  }

  /** For the bad day: whoever pressed the button goes on. */
  endAllBut(sessionId: string): number {
    return this.#db.run('DELETE FROM sessions WHERE session_id <> ?', sessionId)
  }

  /** For the bad day (`emergency isolate`). */
  endAll(): number {
    return this.#db.run('DELETE FROM sessions')
  }

  /** A challenge of WebAuthn or OIDC belongs to one session and is good once. */
  setChallenge(sessionId: string, challenge: string): void {
    this.#db.run('UPDATE sessions SET challenge = ? WHERE session_id = ?', challenge, sessionId)
  }

  takeChallenge(sessionId: string): string {
    return this.#db.write(() => {
      const row = this.#db.get('SELECT challenge FROM sessions WHERE session_id = ?', sessionId)
      this.setChallenge(sessionId, '')
      return String(row?.['challenge'] ?? '')
    })
  }

  #inForce(cookie: string | undefined, face: string): { readonly row: Row; readonly stage: Stage; readonly person: Person; readonly csrfToken: string } | undefined {
    if (cookie === undefined || !/^[\w-]{43}$/.test(cookie)) return undefined
    const row = this.#db.get(
      'SELECT s.* FROM sessions s JOIN persons p ON p.person_id = s.person_id AND p.session_epoch = s.epoch WHERE s.token_hash = ?',
      hashOf(cookie, face),
    )
    if (!row) return undefined
    const nowMs = this.#db.nowMs()
    const stage = row['stage'] as Stage
    const absoluteMs = stage === 'open' ? this.#settings.absoluteMs : this.#settings.unfinishedMs
    const tooOld = nowMs - Number(row['started_at_ms']) >= absoluteMs || nowMs - Number(row['seen_at_ms']) >= this.#settings.idleMs
    const person = tooOld ? undefined : this.#people.person(Number(row['person_id']), dayOf(nowMs))
    if (!person) return undefined
    if (nowMs - Number(row['seen_at_ms']) >= SEEN_EVERY_MS) this.#db.run('UPDATE sessions SET seen_at_ms = ? WHERE session_id = ?', nowMs, row['session_id']!)
    return { row, stage, person, csrfToken: csrfOf(cookie) }
  }

  #forgetEnded(nowMs: number): void {
    this.#db.run('DELETE FROM sessions WHERE started_at_ms <= ?', nowMs - this.#settings.absoluteMs)
  }
}

/** 256 random bits, 43 characters of base64url. */
function newNumber(): string {
  return randomBytes(32).toString('base64url')
}

function hashOf(cookie: string, face: string): string {
  return createHash('sha256').update(`${face} ${cookie}`).digest('hex')
}

/** Follows from the cookie and does not give it away: nothing to store, and another session has another one. */
function csrfOf(cookie: string): string {
  return createHash('sha256').update(`csrf ${cookie}`).digest('base64url')
}
