/**
 * Agreements: that a certain approver has agreed to a certain release. The portal says who should be asked and brings back
 * the number; what is agreed to stands in a letter that the vault itself writes, to a mailbox that the vault itself knows.
 *
 *   askAgreement ──▶ letter (facts, number) ──▶ approver reads ──▶ portal ──▶ agree(number) ──▶ row ──▶ grants.ts asks for it
 *
 * Invariant: a row holds for one request, one requester, these parts and this approver; asking again voids it.
 */
import type { Agreement, AgreementAsk, Asker, GrantAsk, Refusal } from '../core/purposes.ts'
import type { Row } from '../store/sqlite/own-database.ts'
import { releaseWords } from './agreement-letters.ts'
import { fits, MOST_TRIES, newCode, written } from './codes.ts'
import { type FoundPart, isRefusal, refuse } from './entrance.ts'
import type { House } from './house.ts'
import { sendWords } from './letters.ts'
import { neverLeaves } from './never.ts'

type Rooms = Pick<House, 'database' | 'entrance' | 'letters' | 'rules' | 'approvers'>

export class Agreements {
  readonly #house: Rooms

  constructor(house: Rooms) {
    this.#house = house
  }

  async ask(ask: AgreementAsk, by: Asker): Promise<{ readonly kind: 'asked'; readonly untilMs: number } | Refusal> {
    const { approvers, entrance, database, rules } = this.#house
    const approver = approvers.find(by.tenant, ask.approver)
    if (!approver) return this.#refused(ask, by, 'not-enrolled')
    const isOwn = ask.approver === ask.requester || approvers.find(by.tenant, ask.requester)?.mailbox === approver.mailbox
    if (isOwn || ask.partIds.length === 0) return this.#refused(ask, by, 'not-granted')
    const found = await this.#parts(ask, by)
    if (isRefusal(found)) return this.#refused(ask, by, found.reason)
    // Counted for whom the letters go to, whoever says that they ask.
    const refused = entrance.admit('agreement', { subject: found[0]!.message.queueId, detail: { approver: ask.approver, request: ask.requestId } }, { ...by, actor: `user:${ask.approver}` })
    if (refused) return refused
    const { code, digest } = newCode(aboutOf(ask))
    const untilMs = database.nowMs() + rules().codeMs
    this.#keep(ask, by, { digest, untilMs })
    const words = releaseWords({ message: found[0]!.message, parts: found.map(each => each.part), ...ask, code: written(code), untilMs }, rules().recipient(approver.mailbox))
    const sent = await sendWords(words, { mailbox: approver.mailbox, tenant: by.tenant, files: [], onceKey: `agreement ${digest}` }, this.#house.letters)
    return isRefusal(sent) ? sent : { kind: 'asked', untilMs }
  }

  agree({ requestId, approver, code }: Agreement, by: Asker): { readonly kind: 'agreed' } | Refusal {
    const { database } = this.#house
    return database.write(() => {
      const row = database.get('SELECT * FROM agreements WHERE tenant = ? AND request_id = ? AND approver = ?', by.tenant, requestId, approver)
      if (!row || row['revoked_at_ms'] !== null || Number(row['until_ms']) <= database.nowMs()) return this.#notAgreed({ requestId, approver }, by, refuse('expired'))
      const tries = Number(row['tries'])
      if (tries >= MOST_TRIES) return this.#notAgreed({ requestId, approver }, by, refuse('rate'))
      const about = aboutOf({ requestId, approver, requester: String(row['requester']), publicId: String(row['public_id']), partIds: partIdsOf(row) })
      if (!fits(code, about, String(row['code_digest']))) {
        database.run('UPDATE agreements SET tries = tries + 1 WHERE tenant = ? AND request_id = ? AND approver = ?', by.tenant, requestId, approver)
        return this.#notAgreed({ requestId, approver }, by, refuse('wrong-code', { triesLeft: MOST_TRIES - tries - 1 }))
      }
      database.run('UPDATE agreements SET agreed_at_ms = coalesce(agreed_at_ms, ?) WHERE tenant = ? AND request_id = ? AND approver = ?', database.nowMs(), by.tenant, requestId, approver)
      database.audit({ tenant: by.tenant, kind: 'agree', actor: `user:${approver}`, subject: requestId, detail: { message: String(row['public_id']), parts: partIdsOf(row).join(' '), requester: String(row['requester']), address: by.address } })
      return { kind: 'agreed' }
    })
  }

  /** Whether all of these approvers have agreed to this part for this person, and as many as any of them was told. */
  covers({ requestId, part, requester, approvers }: GrantAsk, { tenant }: Asker): boolean {
    const { database, rules } = this.#house
    const rows = [...new Set(approvers)].map(approver => database.get('SELECT * FROM agreements WHERE tenant = ? AND request_id = ? AND approver = ?', tenant, requestId, approver))
    const sinceMs = database.nowMs() - rules().agreementMs
    const holds = (row: Row | undefined) =>
      row !== undefined && row['agreed_at_ms'] !== null && Number(row['agreed_at_ms']) > sinceMs && row['revoked_at_ms'] === null &&
      row['requester'] === requester && row['public_id'] === part.publicId && partIdsOf(row).includes(part.partId) &&
      this.#house.approvers.find(tenant, String(row['approver'])) !== undefined && Number(row['needed']) <= rows.length
    return rows.length > 0 && rows.every(holds)
  }

  /** Of one request, or of all. */
  revoke(requestId: string | 'all', tenant: string): void {
    const { database } = this.#house
    if (requestId === 'all') database.run('UPDATE agreements SET revoked_at_ms = ? WHERE revoked_at_ms IS NULL', database.nowMs())
    else database.run('UPDATE agreements SET revoked_at_ms = ? WHERE revoked_at_ms IS NULL AND request_id = ? AND tenant = ?', database.nowMs(), requestId, tenant)
  }

  /** What may never leave is not even asked for. */
  async #parts({ publicId, partIds }: AgreementAsk, by: Asker): Promise<readonly FoundPart[] | Refusal> {
    const found: FoundPart[] = []
    for (const partId of partIds) {
      const part = await this.#house.entrance.find({ publicId, partId, member: [] }, by)
      const never = part && neverLeaves(part.part)
      if (!part || never) return refuse(never ?? 'gone')
      found.push(part)
    }
    return found
  }

  #keep({ requestId, approver, publicId, partIds, requester, needed }: AgreementAsk, { tenant }: Asker, { digest, untilMs }: { readonly digest: string; readonly untilMs: number }): void {
    const { database, rules } = this.#house
    database.write(() => {
      database.run('DELETE FROM agreements WHERE until_ms <= ?', database.nowMs() - rules().agreementMs)
      const values = [tenant, requestId, approver, publicId, JSON.stringify(partIds), requester, needed, digest, untilMs]
      database.run('INSERT OR REPLACE INTO agreements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL, NULL)', ...values)
    })
  }

  #notAgreed({ requestId, approver }: Omit<Agreement, 'code'>, { tenant, actor, address }: Asker, refusal: Refusal): Refusal {
    this.#house.database.audit({ tenant, kind: 'refuse', actor, subject: requestId, detail: { reason: refusal.reason, approver, address } })
    return refusal
  }

  #refused({ requestId, approver, requester }: AgreementAsk, { tenant, actor, address }: Asker, reason: Refusal['reason']): Refusal {
    const { database } = this.#house
    database.write(() => database.audit({ tenant, kind: 'refuse', actor, subject: requestId, detail: { reason, approver, requester, address } }))
    return refuse(reason)
  }
}

type About = Pick<AgreementAsk, 'requestId' | 'approver' | 'requester' | 'publicId' | 'partIds'>

function aboutOf({ requestId, approver, requester, publicId, partIds }: About): string[] {
  return [requestId, approver, requester, publicId, ...partIds]
}

function partIdsOf(row: Row): string[] {
  return JSON.parse(String(row['part_ids'])) as string[]
}
