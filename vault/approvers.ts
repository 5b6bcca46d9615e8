/**
 * Who may agree that an original leaves, as the vault knows it: logins and the mailboxes that their letters go to.
 *
 *   portal: these people ──▶ [proposal] ──▶ letter to each registrar (vault.registrars) ──▶ number ──▶ enrolled
 *
 * The portal proposes and can take away; only a registrar, who is named in the settings, can let anybody in, after having
 * read in a letter of the vault's who that is. Nobody lets themselves in, and one mailbox stands for one person.
 */
import { randomBytes } from 'node:crypto'
import type { Asker, EnrolledApprover, Refusal } from '../core/purposes.ts'
import type { OwnDatabase } from '../store/sqlite/own-database.ts'
import { enrolmentWords } from './agreement-letters.ts'
import { fits, MOST_TRIES, newCode, written } from './codes.ts'
import { isRefusal, refuse } from './entrance.ts'
import type { House } from './house.ts'
import { sendWords } from './letters.ts'

export const MOST_PROPOSED = 200

export type Proposal = { readonly add: readonly EnrolledApprover[]; readonly remove: readonly string[] }

type Rooms = Pick<House, 'database' | 'entrance' | 'letters' | 'rules'>

export class ApproverBook {
  readonly #house: Rooms

  constructor(house: Rooms) {
    this.#house = house
  }

  list(tenant: string): EnrolledApprover[] {
    const rows = this.#house.database.all('SELECT login, name, mailbox FROM approvers WHERE tenant = ? ORDER BY login', tenant)
    return rows.map(row => ({ login: String(row['login']), name: String(row['name']), mailbox: String(row['mailbox']) }))
  }

  find(tenant: string, login: string): EnrolledApprover | undefined {
    return this.list(tenant).find(each => each.login === login)
  }

  /** Removals hold at once. */
  async propose({ add, remove }: Proposal, by: Asker): Promise<{ readonly kind: 'proposed'; readonly proposalId: string } | { readonly kind: 'removed' } | Refusal> {
    this.#remove(remove, by)
    if (add.length === 0) return { kind: 'removed' }
    const people = add.map(({ login, name, mailbox }) => ({ login, name, mailbox: mailbox.toLowerCase() }))
    if (!this.#mayStandTogether(people, by.tenant)) return refuse('not-granted')
    const registrars = this.#house.rules().registrars(by.tenant).filter(mailbox => !people.some(each => each.mailbox === mailbox))
    if (registrars.length === 0) return refuse('no-registrar')
    const refused = this.#house.entrance.admit('enrol', { subject: 'approvers', detail: { proposed: people.map(({ login }) => login).join(' ') } }, by)
    if (refused) return refused
    const proposalId = randomBytes(16).toString('hex')
    for (const registrar of registrars) {
      const answer = await this.#ask(proposalId, { registrar, people }, by)
      if (isRefusal(answer)) return answer
    }
    return { kind: 'proposed', proposalId }
  }

  confirm(proposalId: string, untrustedCode: string, by: Asker): { readonly kind: 'confirmed' } | Refusal {
    const { database } = this.#house
    return database.write(() => {
      const rows = database.all('SELECT * FROM proposals WHERE proposal_id = ? AND tenant = ?', proposalId, by.tenant)
      const first = rows[0]
      if (!first || Number(first['until_ms']) <= database.nowMs()) return refuse('expired')
      if (Number(first['tries']) >= MOST_TRIES) return refuse('rate')
      const row = rows.find(each => fits(untrustedCode, [proposalId, String(each['registrar'])], String(each['code_digest'])))
      if (!row) {
        database.run('UPDATE proposals SET tries = tries + 1 WHERE proposal_id = ?', proposalId)
        database.audit({ tenant: by.tenant, kind: 'refuse', actor: by.actor, subject: 'approvers', detail: { reason: 'wrong-code', address: by.address } })
        return refuse('wrong-code', { triesLeft: MOST_TRIES - Number(first['tries']) - 1 })
      }
      enrolApprovers(database, JSON.parse(String(row['people'])) as EnrolledApprover[], { ...by, actor: `registrar:${String(row['registrar'])}` })
      database.run('DELETE FROM proposals WHERE proposal_id = ? OR until_ms <= ?', proposalId, database.nowMs())
      return { kind: 'confirmed' }
    })
  }

  #remove(logins: readonly string[], { tenant, actor, address }: Asker): void {
    const { database } = this.#house
    database.write(() => {
      for (const login of logins) {
        if (database.run('DELETE FROM approvers WHERE tenant = ? AND login = ?', tenant, login) === 0) continue
        database.audit({ tenant, kind: 'enrol', actor, subject: login, detail: { act: 'removed', address } })
      }
    })
  }

  /** Two logins with one mailbox would be one person who counts twice. */
  #mayStandTogether(people: readonly EnrolledApprover[], tenant: string): boolean {
    const logins = new Set(people.map(({ login }) => login))
    const others = this.list(tenant).filter(({ login }) => !logins.has(login))
    const mailboxes = [...people, ...others].map(({ mailbox }) => mailbox)
    return people.length <= MOST_PROPOSED && logins.size === people.length && new Set(mailboxes).size === mailboxes.length
  }

  async #ask(proposalId: string, { registrar, people }: { readonly registrar: string; readonly people: readonly EnrolledApprover[] }, by: Asker): Promise<Refusal | { readonly kind: 'queued' }> {
    const { database, letters, rules } = this.#house
    const { code, digest } = newCode([proposalId, registrar])
    const untilMs = database.nowMs() + rules().codeMs
    database.write(() => database.run('INSERT INTO proposals VALUES (?, ?, ?, ?, ?, ?, 0)', proposalId, registrar, by.tenant, JSON.stringify(people), digest, untilMs))
    const words = enrolmentWords({ people, code: written(code), untilMs }, rules().recipient(registrar))
    return sendWords(words, { mailbox: registrar, tenant: by.tenant, files: [], onceKey: `enrol ${proposalId} ${registrar}` }, letters)
  }
}

/** Somebody who may has agreed to these. */
export function enrolApprovers(database: OwnDatabase, people: readonly EnrolledApprover[], { tenant, actor, address }: Asker): void {
  database.write(() => {
    for (const { login, name, mailbox } of people) {
      database.run('DELETE FROM approvers WHERE tenant = ? AND (login = ? OR mailbox = ?)', tenant, login, mailbox)
      database.run('INSERT INTO approvers VALUES (?, ?, ?, ?, ?)', tenant, login, name, mailbox, database.nowMs())
      database.audit({ tenant, kind: 'enrol', actor, subject: login, detail: { act: 'added', mailbox, address } })
    }
  })
}
