/**
 * Filing a request: which parts, why, who would decide, and what stands against it. What the form shows and what is
 * accepted come from one place.
 */
import { classify } from '../../core/classification.ts'
import type { Person } from '../people/person.ts'
import type { Result } from '../keeping/results.ts'
import type { MailMessage } from '../ports.ts'
import { Asking, type DeskOptions } from './asking.ts'
import { decidersOf, independentDeciders, levelFrom } from './deciders.ts'
import { type Approver, refOf } from './directory.ts'
import { type Askable, type AskablePart, askableParts, type RequestedPart } from './parts.ts'
import type { KeptRequest, RequestFacts, RequestRecords } from './records.ts'
import { type RequestState, step } from './request.ts'
import type { Classification } from './rules.ts'

export const LONGEST_REASON = 1_000
const DAY_MS = 86_400_000

export type CannotFile =
  /** One administrator could make every other person: a second one must be named first. */
  | 'one-administrator'
  | 'no-approver'
  | 'too-few-approvers'
  | 'gone'
  | 'too-many-open'
  | 'no-part'
  | 'no-reason'
  | 'long-reason'
  | 'already-asked'
  | Extract<Askable, { kind: 'no' }>['why']

export type Filed = { readonly kind: 'filed'; readonly request: KeptRequest } | { readonly kind: 'cannot'; readonly why: CannotFile }

/** What the form shows before anything is asked. */
export type Outlook = {
  readonly parts: readonly AskablePart[]
  readonly classification: Classification
  readonly steps: number
  readonly askedFirst: readonly Approver[]
  readonly dueAtMs: number
  /** Why nobody could approve it now. */
  readonly blocked: CannotFile | undefined
}

export class Filing {
  readonly #options: DeskOptions
  readonly #records: RequestRecords
  readonly #asking: Asking

  constructor(options: DeskOptions, records: RequestRecords) {
    this.#options = options
    this.#records = records
    this.#asking = new Asking(options)
  }

  outlook(person: Person, message: MailMessage): Outlook {
    const rules = this.#options.rules()
    const classification = this.classOf(person, message)
    const { steps } = rules.classes[classification]
    const asked = this.#asking.about(person.personId)
    const state = unfiled(person, steps)
    const level = levelFrom(state, asked.levels, 0)
    const askedFirst = level === undefined ? [] : decidersOf({ ...state, stage: { kind: 'waiting', fromLevel: level, level, dueAtMs: 0 } }, asked)
    const possible = independentDeciders(state, asked.levels)
    const blocked = this.#goneBy(message, classification) ?? this.#nobodyFor(person, possible, steps)
    return { parts: askableParts(message.report, rules), classification, steps, askedFirst, dueAtMs: this.#asking.decideUntilMs, blocked }
  }

  /** The caller has seen that this person may ask for parts of this mail, and tells whom it concerns. */
  file(person: Person, message: MailMessage, { partKeys, reason }: { readonly partKeys: readonly string[]; readonly reason: string }): Filed {
    const outlook = this.outlook(person, message)
    const chosen = outlook.parts.filter(part => partKeys.includes(part.key))
    const why = outlook.blocked ?? wrongIn(chosen, new Set(partKeys).size, reason) ?? this.#alreadyAsked(person, message, chosen)
    if (why) return { kind: 'cannot', why }
    const level = levelFrom(unfiled(person, outlook.steps), this.#asking.about(person.personId).levels, 0) ?? 0
    const facts = this.#factsOf(person, message, { chosen, reason, classification: outlook.classification })
    const filed = { kind: 'filed', atMs: this.#asking.nowMs, by: refOf(person), parts: chosen.length, steps: outlook.steps, level, dueAtMs: outlook.dueAtMs } as const
    return { kind: 'filed', request: this.#records.add(person.tenant, facts, filed) }
  }

  /** What was brought in: the file as it was disarmed, and the class of the department. */
  fileBrought(person: Person, result: Result, reason: string): Filed {
    const rules = this.#options.rules()
    const classification = this.#options.directory.classificationOf(person.tenant, [], person.departments) ?? rules.defaultClass
    const { steps } = rules.classes[classification]
    const { levels } = this.#asking.about(person.personId)
    const why = this.#nobodyFor(person, independentDeciders(unfiled(person, steps), levels), steps) ?? wrongReason(reason)
    if (why) return { kind: 'cannot', why }
    const facts = this.#factsOfBrought(person, result, { reason, classification })
    const level = levelFrom(unfiled(person, steps), levels, 0) ?? 0
    return { kind: 'filed', request: this.#records.add(person.tenant, facts, { kind: 'filed', atMs: this.#asking.nowMs, by: refOf(person), parts: 1, steps, level, dueAtMs: this.#asking.decideUntilMs }) }
  }

  #factsOfBrought(person: Person, { resultId, name, mediaType, bytes, report, madeAtMs }: Result, { reason, classification }: { readonly reason: string; readonly classification: Classification }): RequestFacts {
    const came = report?.parts[0]
    const removed = [...new Set((report?.parts ?? []).flatMap(part => part.removed.map(each => each.what)))]
    return {
      brought: resultId,
      publicId: '',
      queueId: '',
      department: this.#options.directory.departmentNames(person.departments)[0] ?? '',
      reason: reason.trim(),
      classification,
      parts: [{ partId: '', name, detectedType: came?.detectedType ?? mediaType, bytes, sha256: came?.sha256 ?? '', reason: '', removed }],
      subject: '',
      sender: '',
      senderChecks: [],
      antivirus: report?.antivirus === 'clean' ? 'clean' : 'not-scanned',
      acceptedAtMs: madeAtMs,
      mailboxes: [],
    }
  }

  classOf(person: Person, message: MailMessage): Classification {
    const ofPeople = this.#options.directory.classificationOf(person.tenant, this.#mailboxesIn(person, message), person.departments)
    return classify(message, ofPeople, this.#options.rules())
  }

  #goneBy({ originalUntilMs, acceptedAtMs }: MailMessage, classification: Classification): CannotFile | undefined {
    const { nowMs } = this.#asking
    if (originalUntilMs === undefined || originalUntilMs <= nowMs) return 'gone'
    return nowMs - acceptedAtMs > this.#options.rules().classes[classification].askDays * DAY_MS ? 'gone' : undefined
  }

  #nobodyFor({ tenant, personId }: Person, possible: number, steps: number): CannotFile | undefined {
    if (this.#options.directory.administrators(tenant, this.#asking.today).length < 2) return 'one-administrator'
    if (possible < steps) return possible === 0 ? 'no-approver' : 'too-few-approvers'
    return this.#records.openOf(tenant, personId).length >= this.#options.rules().openPerPerson ? 'too-many-open' : undefined
  }

  #alreadyAsked(person: Person, { publicId }: MailMessage, chosen: readonly AskablePart[]): CannotFile | undefined {
    const open = this.#records.openOf(person.tenant, person.personId).filter(each => each.facts.publicId === publicId)
    const isSame = (part: RequestedPart) => chosen.some(each => each.partId === part.partId)
    return open.some(each => each.facts.parts.some((part, index) => isSame(part) && each.state.parts[index]?.kind === 'ready')) ? 'already-asked' : undefined
  }

  #factsOf(person: Person, message: MailMessage, { chosen, reason, classification }: { readonly chosen: readonly AskablePart[]; readonly reason: string; readonly classification: Classification }): RequestFacts {
    const { publicId, queueId, subject, headerFrom, report, acceptedAtMs } = message
    return {
      publicId,
      queueId,
      department: this.#options.directory.departmentNames(person.departments)[0] ?? '',
      reason: reason.trim(),
      classification,
      parts: chosen.map(({ key: _key, askable: _askable, ...part }) => part),
      subject,
      sender: headerFrom,
      senderChecks: report.senderChecks ?? [],
      antivirus: report.antivirus === 'clean' ? 'clean' : 'not-scanned',
      acceptedAtMs,
      mailboxes: this.#mailboxesIn(person, message),
    }
  }

  #mailboxesIn(person: Person, message: MailMessage): string[] {
    const theirs = this.#options.directory.mailboxesOf(person.personId, this.#asking.today)
    return message.recipients.map(each => each.mailbox.toLowerCase()).filter(mailbox => theirs.includes(mailbox))
  }
}

function wrongIn(chosen: readonly AskablePart[], asked: number, reason: string): CannotFile | undefined {
  // A key that is not in the mail was not sent by our form.
  if (chosen.length === 0 || chosen.length !== asked) return 'no-part'
  for (const { askable } of chosen) if (askable.kind === 'no') return askable.why
  return wrongReason(reason)
}

function wrongReason(reason: string): 'no-reason' | 'long-reason' | undefined {
  if (reason.trim() === '') return 'no-reason'
  return reason.trim().length > LONGEST_REASON ? 'long-reason' : undefined
}

/** As it would stand right after filing, for asking who could decide. */
function unfiled(person: Person, steps: number): RequestState {
  const filed = step(undefined, { kind: 'filed', atMs: 0, by: refOf(person), parts: 1, steps, level: 0, dueAtMs: 0 })
  if (filed.kind === 'impossible') throw new Error('a request needs at least one step')
  return filed.state
}
