/**
 * Grants: one person, one part, once, for minutes. Made from a request that others have agreed to before the vault itself
 * (agreements.ts), and burned here when the original leaves.
 *
 *   request ──▶ [grant: agreed, part, never programs or malware] ──▶ row ──▶ [original: burned, written down] ──▶ octets
 *
 * A download that broke may begin again within minutes, by the same person from the same address.
 */
import { randomBytes } from 'node:crypto'
import { isProgram } from '../core/media/dangerous-names.ts'
import type { Asker, GrantAsk, PartRef, Refusal } from '../core/purposes.ts'
import { makeHarmlessLine } from '../core/text/harmless.ts'
import type { Row } from '../store/sqlite/own-database.ts'
import { type FoundPart, isRefusal, refuse } from './entrance.ts'
import type { House } from './house.ts'
import { looseFile, rulesOf } from './looks.ts'
import { ORIGINAL_TYPE, sendWords } from './letters.ts'
import { outsideWords } from './agreement-letters.ts'
import { neverLeaves } from './never.ts'

const RESUME_MS = 10 * 60_000
const PIECE_BYTES = 256 * 1024

type Original = { readonly kind: 'original'; readonly name: string; readonly bytes: AsyncIterable<Uint8Array>; readonly size: number }

export class Grants {
  readonly #house: House

  constructor(house: House) {
    this.#house = house
  }

  async grant(ask: GrantAsk, by: Asker): Promise<{ readonly kind: 'granted'; readonly grantId: string } | Refusal> {
    const { entrance, database } = this.#house
    const { approvers: wanted, grantMs } = this.#house.rules()
    const found = await entrance.find(ask.part, by)
    if (!found || ask.part.member.length > 0) return this.#refused(ask, by, 'gone')
    const approvers = new Set(ask.approvers)
    const isAlone = approvers.has(ask.requester) || approvers.size < wanted || approvers.size === 0
    const untilMs = Math.min(ask.validUntilMs, database.nowMs() + grantMs)
    if (isAlone || ask.requester === '' || untilMs <= database.nowMs()) return this.#refused(ask, by, isAlone ? 'not-granted' : 'expired')
    const never = this.#neverOf(found.part, ask, by) ?? (await this.#neverOfLocked(found, ask.part, by))
    if (never) return this.#refused(ask, by, never)
    const grantId = randomBytes(16).toString('hex')
    this.#write(grantId, { ...ask, approvers: [...approvers], validUntilMs: untilMs }, { found, by })
    return { kind: 'granted', grantId }
  }

  /** @throws Gone */
  async original(grantId: string, by: Asker): Promise<Original | Refusal> {
    const taken = await this.#take(grantId, by)
    return isRefusal(taken) ? taken : { kind: 'original', name: taken.found.part.name, bytes: pieces(taken.octets), size: taken.octets.length }
  }

  /** To a mailbox that the settings allow; a grant is not burned for another one. @throws Gone */
  async originalToMailbox(grantId: string, mailbox: string, by: Asker): Promise<{ readonly kind: 'queued'; readonly queueId: string } | Refusal> {
    const { rules, letters } = this.#house
    if (!rules().outside(by.tenant, mailbox)) return this.#refusedUse(grantId, by, 'not-outward')
    const taken = await this.#take(grantId, by, { to: mailbox })
    if (isRefusal(taken)) return taken
    const { found: { message, part }, octets } = taken
    const file = { name: makeHarmlessLine(part.name, 200) || 'file', mediaType: ORIGINAL_TYPE, bytes: octets }
    const words = outsideWords(message, file.name, rules().recipient(mailbox))
    return sendWords(words, { mailbox, files: [file], onceKey: `original ${grantId}`, tenant: by.tenant, isOutward: true }, letters)
  }

  /** Burned and written down, then unsealed. @throws Gone */
  async #take(grantId: string, by: Asker, way: { readonly to?: string } = {}): Promise<{ readonly found: FoundPart; readonly octets: Uint8Array } | Refusal> {
    const { database, entrance, unsealing, gateway } = this.#house
    if ((await gateway.state()).emergency === 'isolate') this.revoke('all', { ...by, actor: 'system' })
    const row = database.get('SELECT * FROM grants WHERE grant_id = ? AND tenant = ?', grantId, by.tenant)
    const refusal = row ? this.#refusalOf(row, by) : 'not-granted'
    if (!row || refusal) return this.#refusedUse(grantId, by, refusal ?? 'not-granted')
    const part: PartRef = { publicId: String(row['public_id']), partId: String(row['part_id']), member: [] }
    const found = await entrance.part('original', part, by)
    if (isRefusal(found)) return found
    await this.#burn(row, { found, way }, by)
    return { found, octets: await unsealing.part(found.message, found.part) }
  }

  revoke(requestId: string | 'all', { tenant, actor }: Asker): number {
    const { database, agreements } = this.#house
    return database.write(() => {
      agreements.revoke(requestId, tenant)
      const [which, values] = requestId === 'all' ? ['1', []] : ['request_id = ? AND tenant = ?', [requestId, tenant]]
      const sql = `UPDATE grants SET revoked_at_ms = ? WHERE revoked_at_ms IS NULL AND valid_until_ms > ? AND ${which}`
      const count = database.run(sql, database.nowMs(), database.nowMs(), ...values)
      if (count > 0) database.audit({ tenant, kind: 'revoke', actor, subject: requestId, detail: { grants: count } })
      return count
    })
  }

  /** Nothing is unsealed before all of this holds. */
  #neverOf(part: FoundPart['part'], ask: GrantAsk, by: Asker): Refusal['reason'] | undefined {
    const never = neverLeaves(part)
    if (never) return never
    if (!this.#house.agreements.covers(ask, by)) return 'not-granted'
    return this.#isTaken(ask, by) ? 'used' : undefined
  }

  /** Of one request each part leaves once; what broke off may be begun again within a grant's time from its first use. */
  #isTaken({ requestId, part }: GrantAsk, { tenant }: Asker): boolean {
    const { database } = this.#house
    const sinceMs = database.nowMs() - this.#house.rules().grantMs
    return database.get('SELECT 1 FROM grants WHERE tenant = ? AND request_id = ? AND part_id = ? AND used_at_ms <= ?', tenant, requestId, part.partId, sinceMs) !== undefined
  }

  #write(grantId: string, { requestId, requester, approvers, validUntilMs, part }: GrantAsk, { found, by }: { readonly found: FoundPart; readonly by: Asker }): void {
    const { database } = this.#house
    const { tenant, actor, address } = by
    const detail = { request: requestId, part: part.partId, requester, approvers: approvers.join(' '), validUntilMs, address }
    database.write(() => {
      const sql = 'INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)'
      database.run(sql, grantId, requestId, tenant, part.publicId, part.partId, '', requester, JSON.stringify(approvers), validUntilMs)
      database.audit({ tenant, kind: 'grant', actor, subject: found.message.queueId, detail })
    })
  }

  #refusalOf(row: Row, { actor, address }: Asker): Refusal['reason'] | undefined {
    const nowMs = this.#house.database.nowMs()
    if (actor !== `user:${String(row['requester'])}`) return 'not-granted'
    if (row['revoked_at_ms'] !== null) return 'revoked'
    if (Number(row['valid_until_ms']) <= nowMs) return 'expired'
    if (row['used_at_ms'] === null) return undefined
    const mayResume = Number(row['used_at_ms']) + RESUME_MS > nowMs && row['used_from'] === address
    return mayResume ? undefined : 'used'
  }

  /** Durable here and in the mail's own chain before the first octet leaves. */
  async #burn(row: Row, { found: { message, part }, way }: { readonly found: FoundPart; readonly way: { readonly to?: string } }, { tenant, actor, address }: Asker): Promise<void> {
    const { database, gateway } = this.#house
    const [grantId, request] = [String(row['grant_id']), String(row['request_id'])]
    const detail = { part: part.id, request, address, sha256: part.sha256, again: row['used_at_ms'] === null ? 0 : 1, ...way }
    database.write(() => {
      database.run('UPDATE grants SET used_at_ms = coalesce(used_at_ms, ?), used_from = coalesce(used_from, ?) WHERE grant_id = ?', database.nowMs(), address, grantId)
      database.audit({ tenant, kind: 'release', actor, subject: message.queueId, detail })
    })
    await gateway.recordRelease({ tenant, actor, subject: message.queueId, detail })
  }

  /** Names in a locked archive are in the clear: a program there is one all the same. */
  async #neverOfLocked(found: FoundPart, ref: PartRef, by: Asker): Promise<Refusal['reason'] | undefined> {
    if (found.part.detectedType !== 'application/zip') return undefined
    const admitted = await this.#house.entrance.part('names', ref, by)
    if (isRefusal(admitted)) return admitted.reason
    const octets = await this.#house.unsealing.part(found.message, found.part)
    const names = await this.#house.looks.lockedNames(looseFile(octets, found), rulesOf(this.#house, found))
    return names.some(name => isProgram(name, '')) ? 'program' : undefined
  }

  #refused({ requestId, part, requester }: GrantAsk, { tenant, actor, address }: Asker, reason: Refusal['reason']): Refusal {
    const { database } = this.#house
    const detail = { reason, request: requestId, part: part.partId, requester, address }
    database.write(() => database.audit({ tenant, kind: 'refuse', actor, subject: part.publicId, detail }))
    return refuse(reason)
  }

  #refusedUse(grantId: string, { tenant, actor, address }: Asker, reason: Refusal['reason']): Refusal {
    const { database } = this.#house
    database.write(() => database.audit({ tenant, kind: 'refuse', actor, subject: grantId.slice(0, 64), detail: { reason, address } }))
    return refuse(reason)
  }
}

async function* pieces(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; at += PIECE_BYTES) yield octets.subarray(at, at + PIECE_BYTES)
}
