/**
 * Where requests for originals are decided and called off. Each act is: who may (deciders.ts), what comes next
 * (request.ts), written down with its audit record and the mails it causes, in one transaction.
 *
 *   file ─▶ mails to approvers ─▶ decide ─▶ (next level) ─▶ approved: mail to the requester ─▶ take (taking.ts)
 *     tick: what nobody decided goes to the next level, then lapses; it never approves.
 */
import { typeMatches } from '../../core/policy/decide.ts'
import type { Act } from '../../store/contract.ts'
import type { Result } from '../keeping/results.ts'
import type { Person } from '../people/person.ts'
import type { MailMessage } from '../ports.ts'
import { Asking, type DeskOptions } from './asking.ts'
import { type Asked, deciderOf, decidersOf, levelFrom, nextStep } from './deciders.ts'
import { type Approver, refOf } from './directory.ts'
import { type Filed, Filing } from './filing.ts'
import { type KeptRequest, RequestRecords } from './records.ts'
import { type Acting, type Impossible, mayCount, type RequestEvent } from './request.ts'
import type { BringRow, RequestRules } from './rules.ts'

const ASK_AGAIN_MS = 3_600_000

export type Decided = { readonly kind: 'decided'; readonly request: KeptRequest } | { readonly kind: 'cannot'; readonly why: Impossible['why'] | 'not-asked' }
export type Verdict = { readonly kind: 'approve' } | { readonly kind: 'refuse'; readonly why: string }

/** How a person stands to a request; see rights/table.ts. */
export type Relation = 'requester' | 'approver' | 'none'

export class RequestDesk {
  readonly records: RequestRecords
  readonly filing: Filing
  readonly #options: DeskOptions
  readonly #asking: Asking
  #askedAgainMs = 0

  constructor(options: DeskOptions) {
    this.#options = options
    this.#asking = new Asking(options)
    this.records = new RequestRecords(options.db)
    this.filing = new Filing(options, this.records)
  }

  get rules(): RequestRules {
    return this.#options.rules()
  }

  /** The caller has seen that this person may ask for parts of this mail. */
  file(person: Person, message: MailMessage, asked: { readonly partKeys: readonly string[]; readonly reason: string }): Filed {
    return this.#options.db.write(() => {
      const filed = this.filing.file(person, message, asked)
      if (filed.kind === 'filed') this.#ask(filed.request)
      return filed
    })
  }

  /** By who brings it, and what it is. */
  needsApprovalToBring({ tenant, departments }: Person, detectedType: string): boolean {
    const { bringApproval, bringApprovalWhen, defaultClass } = this.rules
    const { directory } = this.#options
    const codes = directory.departmentCodes(departments)
    const isOf = (wanted: readonly string[]) => wanted.includes('*') || codes.some(code => wanted.includes(code))
    const classification = directory.classificationOf(tenant, [], departments) ?? defaultClass
    const fits = (row: BringRow) =>
      (row.departments.length === 0 || isOf(row.departments)) &&
      (row.detected.length === 0 || row.detected.some(pattern => typeMatches(pattern, detectedType))) &&
      classification >= row.classification
    return isOf(bringApproval) || bringApprovalWhen.some(fits)
  }

  fileBrought(person: Person, result: Result, reason: string): Filed {
    return this.#options.db.write(() => {
      const filed = this.filing.fileBrought(person, result, reason)
      if (filed.kind === 'filed') this.#ask(filed.request)
      return filed
    })
  }

  decide(requestId: string, person: Person, verdict: Verdict): Decided {
    return this.#options.db.write(() => {
      const request = this.#settled(requestId)
      if (!request || request.tenant !== person.tenant) return cannot('not-asked')
      if (request.state.stage.kind !== 'waiting') return cannot('order')
      const acting = this.#actingOf(request, person)
      if (!acting) return cannot(mayCount(request.state, { by: refOf(person) }) === 'oneself' ? 'oneself' : 'not-asked')
      return this.append(requestId, eventOf(verdict, acting, { atMs: this.#asking.nowMs, next: this.#next(request, acting) }))
    })
  }

  withdraw(requestId: string, person: Person): Decided {
    return this.#options.db.write(() => {
      const request = this.#settled(requestId)
      if (!request || request.tenant !== person.tenant) return cannot('not-asked')
      return this.append(requestId, { kind: 'withdrawn', atMs: this.#asking.nowMs, by: refOf(person) })
    })
  }

  relationOf(request: KeptRequest, person: Person): Relation {
    if (request.tenant !== person.tenant) return 'none'
    if (request.state.requesters.includes(person.personId)) return 'requester'
    const hasDecided = request.events.some(event => (event.kind === 'approved' || event.kind === 'refused') && event.by.personId === person.personId)
    return hasDecided || this.deciderAmong(request, person) ? 'approver' : 'none'
  }

  /** In whose name this person may decide now; undefined when they may not. */
  deciderAmong(request: KeptRequest, person: Person): Approver | undefined {
    return deciderOf(request.state, this.#asking.about(request.state.requester.personId), person.personId)
  }

  deciders(request: KeptRequest): readonly Approver[] {
    return decidersOf(request.state, this.#asking.about(request.state.requester.personId))
  }

  /** What waits for this person's decision, oldest first. */
  waitingFor(person: Person): KeptRequest[] {
    const asked = new Map<number, Asked>()
    return this.records.inStage(person.tenant, 'waiting').filter(({ state }) => {
      const { personId } = state.requester
      if (!asked.has(personId)) asked.set(personId, this.#asking.about(personId))
      return deciderOf(state, asked.get(personId)!, person.personId) !== undefined
    })
  }

  /** Once a minute: what is over goes on; now and then whoever came to decide since is asked. Returns how many went on. */
  tick(): number {
    const { nowMs } = this.#asking
    const due = this.records.due(nowMs)
    for (const { requestId } of due) this.#options.db.write(() => void this.#settled(requestId))
    if (nowMs - this.#askedAgainMs >= ASK_AGAIN_MS) {
      this.#askedAgainMs = nowMs
      this.#options.db.write(() => {
        for (const request of this.records.open()) this.#ask(request)
      })
    }
    return due.length
  }

  /** Takes back everything that is open, or one request. Returns how many. The vault's grants are taking.ts's. */
  revoke(which: string | 'all', { actor, reason }: Act): number {
    return this.#options.db.write(() => {
      const open = this.records.open().filter(each => which === 'all' || each.requestId === which)
      return open.filter(each => this.append(each.requestId, { kind: 'revoked', atMs: this.#asking.nowMs, actor, why: reason }).kind === 'decided').length
    })
  }

  /**
   * After a personnel change: open requests of who left, or reads the mailbox no more, go to the successor; without one,
   * or where the successor has approved it, they end. Whoever came to decide is asked.
   */
  peopleChanged(successors: ReadonlyMap<number, number>, by: Act): void {
    this.#options.db.write(() => {
      for (const request of this.records.open()) {
        if (this.#stillTheirs(request, request.state.requester.personId)) this.#ask(request)
        else if (!this.#passOn(request, successors.get(request.state.requester.personId), by)) this.revoke(request.requestId, by)
      }
    })
  }

  /** One more event, with the mails that it causes. */
  append(requestId: string, event: RequestEvent): Decided {
    return this.#options.db.write(() => {
      const kept = this.records.append(requestId, event)
      if (kept.kind === 'impossible') return cannot(kept.why)
      this.#tell(kept.request, event)
      return { kind: 'decided', request: kept.request }
    })
  }

  #passOn(request: KeptRequest, successorId: number | undefined, by: Act): boolean {
    const to = successorId === undefined ? undefined : this.#options.directory.person(successorId, this.#asking.today)
    if (!to || to.tenant !== request.tenant || !this.#stillTheirs(request, to.personId)) return false
    const again = request.state.approvals.length === 0 ? {} : { again: this.#firstLevel(to, request) }
    return this.append(request.requestId, { kind: 'passed-on', atMs: this.#asking.nowMs, to: refOf(to), why: by.reason, ...again }).kind === 'decided'
  }

  /** The vault holds an approval for whom it was given for, so the successor's approvers are asked from the start. */
  #firstLevel({ personId }: Person, { state }: KeptRequest): { readonly fromLevel: number; readonly level: number; readonly dueAtMs: number } {
    const anew = { ...state, approvals: [], requesters: [...state.requesters, personId] }
    const level = levelFrom(anew, this.#asking.about(personId).levels, 0) ?? 0
    return { fromLevel: level, level, dueAtMs: this.#asking.decideUntilMs }
  }

  #stillTheirs({ facts, state }: KeptRequest, personId: number): boolean {
    const { directory } = this.#options
    // What somebody brought in is theirs as long as they are there, and nobody else's.
    if (facts.brought !== undefined) return personId === state.requester.personId && directory.person(personId, this.#asking.today) !== undefined
    const mailboxes = directory.person(personId, this.#asking.today) ? directory.mailboxesOf(personId, this.#asking.today) : []
    return facts.mailboxes.some(mailbox => mailboxes.includes(mailbox))
  }

  /** As it stands now: what time has done to it is written down first. */
  #settled(requestId: string): KeptRequest | undefined {
    const request = this.records.byId(requestId)
    if (!request || request.state.stage.kind === 'closed') return request
    const { stage } = request.state
    const { nowMs: atMs } = this.#asking
    if (atMs < (stage.kind === 'waiting' ? stage.dueAtMs : stage.untilMs)) return request
    const settled = this.append(requestId, stage.kind === 'waiting' ? this.#afterWaiting(request, stage.level, atMs) : { kind: 'expired', atMs })
    return settled.kind === 'decided' ? settled.request : undefined
  }

  #afterWaiting({ state }: KeptRequest, level: number, atMs: number): RequestEvent {
    const above = levelFrom(state, this.#asking.about(state.requester.personId).levels, level + 1)
    return above === undefined ? { kind: 'lapsed', atMs } : { kind: 'escalated', atMs, level: above, dueAtMs: this.#asking.decideUntilMs }
  }

  #next({ state }: KeptRequest, acting: Acting): Extract<RequestEvent, { kind: 'approved' }>['next'] {
    return nextStep(state, acting, this.#asking.about(state.requester.personId).levels, { dueAtMs: this.#asking.decideUntilMs, untilMs: this.#asking.approvedUntilMs })
  }

  #actingOf(request: KeptRequest, person: Person): Acting | undefined {
    const decider = this.deciderAmong(request, person)
    return decider && { by: refOf(person), ...(decider.inPlaceOf ? { inPlaceOf: refOf(decider.inPlaceOf) } : {}) }
  }

  /** Mails to everybody who may decide now and was not asked yet at this step. */
  #ask(request: KeptRequest): void {
    if (request.state.stage.kind === 'waiting') for (const approver of this.deciders(request)) this.#options.post.ask(request, approver)
  }

  #tell(request: KeptRequest, event: RequestEvent): void {
    this.#ask(request)
    const requester = this.#options.directory.person(request.state.requester.personId, this.#asking.today)
    if (requester) this.#options.post.tell(request, event, requester)
  }
}

function eventOf(verdict: Verdict, acting: Acting, { atMs, next }: Pick<Extract<RequestEvent, { kind: 'approved' }>, 'atMs' | 'next'>): RequestEvent {
  return verdict.kind === 'refuse' ? { kind: 'refused', atMs, ...acting, why: verdict.why.trim() } : { kind: 'approved', atMs, ...acting, next }
}

function cannot(why: Impossible['why'] | 'not-asked'): Decided {
  return { kind: 'cannot', why }
}
