/**
 * Requests as kept in portal.db: facts once, events one after another, and an audit record beside each event in the same
 * transaction. The state is worked out from the events each time, so nothing that is kept can say "approved" by itself.
 */
import { randomBytes } from 'node:crypto'
import type { Row } from '../../store/sqlite/own-database.ts'
import type { PublicId } from '../../core/purposes.ts'
import type { PortalDb } from '../db/open.ts'
import type { RequestedPart } from './parts.ts'
import { type Impossible, type RequestEvent, type RequestState, replay, step } from './request.ts'
import type { Classification } from './rules.ts'

/** What does not change, as it was when the request was filed. */
export type RequestFacts = {
  readonly publicId: PublicId
  readonly queueId: string
  readonly department: string
  readonly reason: string
  readonly classification: Classification
  readonly parts: readonly RequestedPart[]
  readonly subject: string
  readonly sender: string
  readonly senderChecks: readonly { readonly method: string; readonly result: string }[]
  readonly antivirus: 'clean' | 'not-scanned'
  readonly acceptedAtMs: number
  /** Of a file that was brought in: the result that it became (keeping/results.ts); there is no mail then. */
  readonly brought?: string
  /** Mailboxes by which the requester reads the mail. */
  readonly mailboxes: readonly string[]
}

export type KeptRequest = {
  readonly requestId: string
  readonly tenant: string
  readonly filedAtMs: number
  readonly facts: RequestFacts
  readonly events: readonly RequestEvent[]
  readonly state: RequestState
}

/** Of every event: the kind of its audit record (docs/audit.md). */
const AUDIT_KIND = {
  filed: 'request',
  withdrawn: 'request',
  'passed-on': 'request',
  approved: 'decision',
  refused: 'decision',
  escalated: 'decision',
  lapsed: 'decision',
  expired: 'decision',
  granted: 'grant',
  broken: 'grant',
  taken: 'release',
  revoked: 'revoke',
} as const satisfies Record<RequestEvent['kind'], string>

const MOST_ROWS = 500
const COLUMNS = 'SELECT request_id, tenant, filed_at_ms, facts FROM requests'

export class RequestRecords {
  readonly #db: PortalDb

  constructor(db: PortalDb) {
    this.#db = db
  }

  add(tenant: string, facts: RequestFacts, filed: Extract<RequestEvent, { kind: 'filed' }>): KeptRequest {
    const requestId = randomBytes(16).toString('base64url')
    const state = replay([filed])
    return this.#db.write(() => {
      this.#db.run('INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...[requestId, tenant, facts.publicId, filed.by.personId, filed.atMs, JSON.stringify(facts), ...columnsOf(state)])
      this.#db.run("INSERT INTO request_people VALUES (?, ?, ?, 'requester')", filed.by.personId, filed.atMs, requestId)
      const request: KeptRequest = { requestId, tenant, filedAtMs: filed.atMs, facts, events: [filed], state }
      this.#keep(request, filed)
      return request
    })
  }

  /** One more event, looked at against what is kept now, not against what the caller has seen. */
  append(requestId: string, event: RequestEvent): { readonly kind: 'kept'; readonly request: KeptRequest } | Impossible {
    return this.#db.write(() => {
      const before = this.byId(requestId)
      if (!before) return { kind: 'impossible', why: 'order' }
      const next = step(before.state, event)
      if (next.kind === 'impossible') return next
      const { state } = next
      const request = { ...before, events: [...before.events, event], state }
      this.#db.run('UPDATE requests SET stage = ?, due_at_ms = ?, requester_id = ? WHERE request_id = ?', ...columnsOf(state), state.requester.personId, requestId)
      const concerned = event.kind === 'passed-on' ? event.to : event.kind === 'approved' || event.kind === 'refused' ? event.by : undefined
      if (concerned) this.#db.run('INSERT OR IGNORE INTO request_people VALUES (?, ?, ?, ?)', concerned.personId, before.filedAtMs, requestId, event.kind === 'passed-on' ? 'requester' : 'decided')
      this.#keep(request, event)
      return { kind: 'kept', request }
    })
  }

  byId(requestId: string): KeptRequest | undefined {
    const row = this.#db.get(`${COLUMNS} WHERE request_id = ?`, requestId)
    return row && this.#from(row)
  }

  /** Newest first; `relation` of this person to them. */
  ofPerson(personId: number, relation: 'requester' | 'decided', { beforeMs, limit }: { readonly beforeMs: number; readonly limit: number }): KeptRequest[] {
    const ids = this.#db.all('SELECT request_id FROM request_people WHERE person_id = ? AND relation = ? AND filed_at_ms < ? ORDER BY filed_at_ms DESC LIMIT ?', personId, relation, beforeMs, limit)
    return ids.flatMap(row => this.byId(String(row['request_id'])) ?? [])
  }

  /** Oldest first. */
  inStage(tenant: string, stage: 'waiting' | 'approved'): KeptRequest[] {
    return this.#db.all(`${COLUMNS} WHERE tenant = ? AND stage = ? ORDER BY filed_at_ms LIMIT ?`, tenant, stage, MOST_ROWS).map(row => this.#from(row))
  }

  /** Of every tenant. */
  open(): KeptRequest[] {
    return this.#db.all(`${COLUMNS} WHERE due_at_ms IS NOT NULL ORDER BY due_at_ms`).map(row => this.#from(row))
  }

  due(nowMs: number): KeptRequest[] {
    return this.#db.all(`${COLUMNS} WHERE due_at_ms IS NOT NULL AND due_at_ms <= ? ORDER BY due_at_ms LIMIT ?`, nowMs, MOST_ROWS).map(row => this.#from(row))
  }

  /** All of a tenant, newest first; `after`: the last one of the page before. */
  page(tenant: string, { after, stage, limit }: { readonly after?: string; readonly stage?: 'waiting' | 'approved'; readonly limit: number }): KeptRequest[] {
    const before = after === undefined ? undefined : this.#db.get('SELECT filed_at_ms FROM requests WHERE tenant = ? AND request_id = ?', tenant, after)
    if (after !== undefined && !before) return []
    const atMs = before ? Number(before['filed_at_ms']) : Number.MAX_SAFE_INTEGER
    const where = `tenant = ? AND (filed_at_ms, request_id) < (?, ?)${stage === undefined ? '' : ' AND stage = ?'}`
    return this.#db.all(`${COLUMNS} WHERE ${where} ORDER BY filed_at_ms DESC, request_id DESC LIMIT ?`, tenant, atMs, after ?? '', ...(stage === undefined ? [] : [stage]), limit).map(row => this.#from(row))
  }

  openOf(tenant: string, personId: number): KeptRequest[] {
    return this.#db.all(`${COLUMNS} WHERE tenant = ? AND requester_id = ? AND due_at_ms IS NOT NULL ORDER BY filed_at_ms`, tenant, personId).map(row => this.#from(row))
  }

  ofMessage(tenant: string, publicId: PublicId): KeptRequest[] {
    return this.#db.all(`${COLUMNS} WHERE tenant = ? AND public_id = ? ORDER BY filed_at_ms DESC LIMIT 50`, tenant, publicId).map(row => this.#from(row))
  }

  #from(row: Row): KeptRequest {
    const requestId = String(row['request_id'])
    const events = this.#db.all('SELECT event FROM request_events WHERE request_id = ? ORDER BY number', requestId).map(each => JSON.parse(String(each['event'])) as RequestEvent)
    return { requestId, tenant: String(row['tenant']), filedAtMs: Number(row['filed_at_ms']), facts: JSON.parse(String(row['facts'])) as RequestFacts, events, state: replay(events) }
  }

  #keep({ requestId, tenant, events, facts }: KeptRequest, event: RequestEvent): void {
    this.#db.run('INSERT INTO request_events VALUES (?, ?, ?, ?)', requestId, events.length, event.atMs, JSON.stringify(event))
    this.#db.audit({ tenant, kind: AUDIT_KIND[event.kind], actor: actorOf(event), subject: requestId, detail: detailOf(event, facts) })
  }
}

function columnsOf({ stage }: RequestState): [string, number | null] {
  if (stage.kind === 'waiting') return ['waiting', stage.dueAtMs]
  return stage.kind === 'approved' ? ['approved', stage.untilMs] : [stage.why, null]
}

function actorOf(event: RequestEvent): string {
  if (event.kind === 'revoked') return event.actor
  return 'by' in event ? `user:${event.by.login}` : 'system'
}

function detailOf(event: RequestEvent, facts: RequestFacts): Record<string, string | number> {
  const { kind, atMs: _, ...rest } = event
  const told: Record<string, string | number> = { act: kind, message: facts.publicId }
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'inPlaceOf' || name === 'to') told[name] = `user:${(value as { login: string }).login}`
    else if (typeof value === 'string' || typeof value === 'number') told[name] = value
  }
  if (event.kind === 'filed') Object.assign(told, { reason: facts.reason, classification: facts.classification, sha256: facts.parts.map(part => part.sha256).join(' ') })
  if ('part' in event) told['sha256'] = facts.parts[event.part]?.sha256 ?? ''
  return told
}
