/**
 * The way in: every question that needs something sealed passes here first.
 *
 *   question ──▶ whose message? ──▶ how often lately? ──▶ [written down, flushed] ──▶ unsealed
 *
 * Invariant: nothing is unsealed before its record is durable. One record names one purpose.
 */
import type { Asker, PartRef, PublicId, Refusal } from '../core/purposes.ts'
import type { MemberReport, PartReport } from '../core/verdict.ts'
import type { MailMessage } from '../store/contract.ts'
import { recordFrom } from '../store/sqlite/chain.ts'
import type { OwnDatabase } from '../store/sqlite/own-database.ts'
import type { Gateway } from './ports.ts'
import type { RateClass, VaultRules } from './rules.ts'

export const PURPOSES = {
  text: 'texts',
  file: 'texts',
  passwords: 'texts',
  preview: 'pictures',
  names: 'pictures',
  unlock: 'files',
  again: 'files',
  bring: 'files',
  shelf: 'files',
  mail: 'mails',
  agreement: 'mails',
  enrol: 'mails',
  original: 'originals',
  pending: undefined,
} as const satisfies Record<string, RateClass | undefined>
export type Purpose = keyof typeof PURPOSES

/** What is written down of purposes that open nothing. */
const KINDS: Partial<Record<Purpose, string>> = { agreement: 'agree', enrol: 'enrol' }

export type FoundPart = {
  readonly message: MailMessage
  readonly part: PartReport
  /** On the way to the file that is meant; [] for the part itself. */
  readonly members: readonly MemberReport[]
}

const ASKING_KINDS: ReadonlySet<string> = new Set(['unseal', ...Object.values(KINDS)])

/** Of mails that we wrote ourselves (gateway/own-mail.ts). */
const OWN_PROFILE = 'own'
const HOUR_MS = 3_600_000
const MOST_KNOWN = 10_000

export class Entrance {
  readonly #database: OwnDatabase
  readonly #gateway: Gateway
  readonly #rules: () => VaultRules
  /** When each person asked, by what it costs; the audit records of the last hour, so that a restart forgives nothing. */
  readonly #lately: Map<string, number[]>

  constructor(database: OwnDatabase, gateway: Gateway, rules: () => VaultRules) {
    this.#database = database
    this.#gateway = gateway
    this.#rules = rules
    this.#lately = latelyIn(database)
  }

  async message(purpose: Purpose, publicId: PublicId, by: Asker): Promise<MailMessage | Refusal> {
    const message = await this.#own(publicId, by)
    return message ? (this.admit(purpose, { subject: message.queueId, detail: {} }, by) ?? message) : refuse('gone')
  }

  async part(purpose: Purpose, ref: PartRef, by: Asker): Promise<FoundPart | Refusal> {
    const found = await this.find(ref, by)
    if (!found) return refuse('gone')
    const detail = { part: ref.partId, ...(ref.member.length > 0 ? { member: ref.member.join('.') } : {}) }
    return this.admit(purpose, { subject: found.message.queueId, detail }, by) ?? found
  }

  /** Facts of the report only: nothing is unsealed, nothing written down. */
  async find({ publicId, partId, member }: PartRef, by: Asker): Promise<FoundPart | undefined> {
    const message = await this.#own(publicId, by)
    const part = message?.report.parts.find(each => each.id === partId)
    if (!message || !part) return undefined
    const members: MemberReport[] = []
    for (const index of member) {
      const next = (members.at(-1) ?? part).members?.[index]
      if (!next) return undefined
      members.push(next)
    }
    return { message, part, members }
  }

  /** Counts and writes down; a refusal when it is too often. */
  admit(purpose: Purpose, about: { readonly subject: string; readonly detail: Readonly<Record<string, string>> }, by: Asker): Refusal | undefined {
    const rate = PURPOSES[purpose]
    if (rate && !this.#mayAsk(`${by.actor} ${rate}`, this.#rules().perHour[rate])) return refuse('rate')
    const { actor, tenant, address } = by
    const detail = { purpose, address, ...about.detail }
    this.#database.write(() => this.#database.audit({ tenant, kind: KINDS[purpose] ?? 'unseal', actor, subject: about.subject, detail }))
    return undefined
  }

  async #own(publicId: PublicId, { tenant }: Asker): Promise<MailMessage | undefined> {
    const message = await this.#gateway.message(publicId)
    // A letter of ours may hold a number for an approver's eyes alone; whoever asks here would read it before them.
    return message?.tenant === tenant && message.report.profile !== OWN_PROFILE ? message : undefined
  }

  #mayAsk(key: string, most: number): boolean {
    const nowMs = this.#database.nowMs()
    if (this.#lately.size > MOST_KNOWN) this.#forget(nowMs)
    const times = (this.#lately.get(key) ?? []).filter(atMs => atMs > nowMs - HOUR_MS)
    this.#lately.set(key, times)
    if (times.length >= most) return false
    times.push(nowMs)
    return true
  }

  #forget(nowMs: number): void {
    for (const [key, times] of this.#lately) if ((times.at(-1) ?? 0) < nowMs - HOUR_MS) this.#lately.delete(key)
  }
}

/** Records are numbered in the order of time: read backwards, as far as an hour goes. */
function latelyIn(database: OwnDatabase): Map<string, number[]> {
  const lately = new Map<string, number[]>()
  const sinceMs = database.nowMs() - HOUR_MS
  for (const row of database.connection.prepare('SELECT * FROM audit ORDER BY seq DESC').iterate()) {
    const { atMs, kind, actor, detail } = recordFrom(row)
    if (atMs <= sinceMs) break
    const rate = ASKING_KINDS.has(kind) ? rateOf(detail['purpose']) : undefined
    if (rate !== undefined) lately.set(`${actor} ${rate}`, [atMs, ...(lately.get(`${actor} ${rate}`) ?? [])])
  }
  return lately
}

function rateOf(purpose: unknown): RateClass | undefined {
  return typeof purpose === 'string' && Object.hasOwn(PURPOSES, purpose) ? PURPOSES[purpose as Purpose] : undefined
}

export function refuse(reason: Refusal['reason'], more: Omit<Refusal, 'kind' | 'reason'> = {}): Refusal {
  return { kind: 'cannot', reason, ...more }
}

export function isRefusal(answer: object): answer is Refusal {
  return 'kind' in answer && answer.kind === 'cannot'
}
