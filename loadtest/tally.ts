/**
 * Adds up what sender and sink tell. Pure: rows and arrivals in any order, numbers out.
 *
 *   rows of the sender ─┐
 *                       ├─▶ [Tally] ──▶ latencies, outcomes, moments
 *   arrivals ───────────┘           └─▶ each mail exactly once, for each recipient, unmixed?
 *
 * Per mail a handful of numbers are kept, nothing of its content. An arrival may be told before the row of its mail.
 */
import { noOutcomes, OUTCOMES } from './dialogue.ts'
import { Histogram } from './histogram.ts'
import { type Recipients, recipientsOf } from './recipients.ts'
import { type Batch, ROW, ROW_LENGTH } from './records.ts'
import type { LatencyName, Moment, Verification } from './result.ts'
import type { Arrival } from './sink.ts'

export type TallySettings = {
  readonly recipients: Recipients
  readonly seed: number
  readonly momentMs: number
  readonly kinds: readonly string[]
  /** Octets of each template, to say how much was sent. */
  readonly sizes: readonly number[]
}

type Step = {
  intended: number
  accepted: number
  troubled: number
  arrived: number
  queue: number | undefined
  readonly answered: Histogram
}
type Kind = { mails: number; accepted: number; readonly answered: Histogram }

const ACCEPTED = OUTCOMES.indexOf('accepted')
const DOUBTFUL = OUTCOMES.indexOf('doubtful')
const EXAMPLES = 5
const NOTHING = { intended: 0, accepted: 0, troubled: 0, arrived: 0, queue: undefined }

export class Tally {
  readonly #settings: TallySettings
  readonly outcomes = noOutcomes()
  readonly latency: Record<LatencyName, Histogram> = {
    answered: new Histogram(),
    service: new Histogram(),
    data: new Histogram(),
    arrived: new Histogram(),
  }
  readonly late = new Histogram()
  readonly troubles = new Map<string, number>()
  readonly kinds = new Map<string, Kind>()
  readonly recipients = { accepted: 0, refused: 0 }
  readonly #steps: Step[] = []
  readonly #texts: string[] = ['']
  /** By the number of the mail. */
  readonly #intendedMs: number[] = []
  readonly #outcome: number[] = []
  readonly #accepted: number[] = []
  readonly #seen: number[] = []
  readonly #firstMs: number[] = []
  readonly #examples = new Map<string, number[]>()
  readonly #unsanitizedBy: Record<string, number> = {}
  readonly #counts = { arrivals: 0, duplicated: 0, mixed: 0, unsanitized: 0, strangers: 0, withoutText: 0 }
  /** When the plan began; said with the first batch. */
  startedMs = Number.NaN
  mails = 0
  bytesSent = 0
  lastDoneMs = 0
  lastArrivalMs = 0

  constructor(settings: TallySettings) {
    this.#settings = settings
  }

  get arrivals(): number {
    return this.#counts.arrivals
  }

  addRows({ rows, troubles, startedMs }: Pick<Batch, 'rows' | 'troubles' | 'startedMs'>): void {
    this.startedMs = startedMs
    this.#texts.push(...troubles)
    for (let at = 0; at < rows.length; at += ROW_LENGTH) this.#addRow(rows.subarray(at, at + ROW_LENGTH))
  }

  addArrivals(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) this.#addArrival(arrival)
  }

  addQueue(atMs: number, queue: number): void {
    this.#stepAt(atMs).queue = queue
  }

  #addRow(row: Float64Array): void {
    const [number, template] = [row[ROW.number]!, row[ROW.template]!]
    const [intendedMs, startedMs, doneMs] = [row[ROW.intendedMs]!, row[ROW.startedMs]!, row[ROW.doneMs]!]
    const [outcome, accepted] = [row[ROW.outcome]!, row[ROW.accepted]!]
    this.mails++
    this.outcomes[OUTCOMES[outcome]!]++
    this.#intendedMs[number] = intendedMs
    this.#outcome[number] = outcome
    this.#accepted[number] = accepted
    this.lastDoneMs = Math.max(this.lastDoneMs, doneMs)
    const isFine = outcome === ACCEPTED
    this.#stepAt(intendedMs).intended++
    this.#stepAt(doneMs)[isFine ? 'accepted' : 'troubled']++
    this.#addTrouble(row)
    const kind = this.#kind(this.#settings.kinds[template]!)
    kind.mails++
    if (isFine) this.bytesSent += this.#settings.sizes[template]!
    if (isFine) kind.accepted++
    if (isFine) this.#countRecipients(accepted)
    this.late.add(row[ROW.lateMs]!)
    // A slow client's own slowness says nothing about the server, and one that refuses quickly is not a quick one.
    if (row[ROW.slow] === 1 || OUTCOMES[outcome] === 'deferred' || OUTCOMES[outcome] === 'refused') return
    for (const histogram of [this.latency.answered, kind.answered, this.#stepAt(intendedMs).answered])
      histogram.add(doneMs - intendedMs)
    if (OUTCOMES[outcome] === 'unsent') return
    this.latency.service.add(doneMs - startedMs)
    this.latency.data.add(doneMs - row[ROW.endOfDataMs]!)
  }

  #addTrouble(row: Float64Array): void {
    const index = row[ROW.trouble]!
    if (index > 0) this.troubles.set(this.#texts[index]!, (this.troubles.get(this.#texts[index]!) ?? 0) + 1)
    else if (OUTCOMES[row[ROW.outcome]!] === 'unsent')
      this.troubles.set('not begun in time', (this.troubles.get('not begun in time') ?? 0) + 1)
  }

  #countRecipients(accepted: number): void {
    const taken = bitsOf(accepted)
    this.recipients.accepted += taken
    this.recipients.refused += this.#settings.recipients.perMail - taken
  }

  #addArrival({ number, atMs, recipients, foreign, unsanitized, inText }: Arrival): void {
    this.#counts.arrivals++
    this.lastArrivalMs = Math.max(this.lastArrivalMs, atMs)
    if (number === -1) {
      this.#counts.strangers++
      return
    }
    this.#stepAt(atMs).arrived++
    this.#firstMs[number] ??= atMs
    const { bits, others } = this.#bitsFor(number, recipients)
    const again = bits & (this.#seen[number] ?? 0)
    this.#seen[number] = (this.#seen[number] ?? 0) | bits
    if (again !== 0) this.#count('duplicated', number)
    if (foreign.length > 0 || others) this.#count('mixed', number)
    if (inText === false) this.#count('withoutText', number)
    if (unsanitized.length > 0) this.#count('unsanitized', number)
    for (const rule of unsanitized) this.#unsanitizedBy[rule] = (this.#unsanitizedBy[rule] ?? 0) + 1
  }

  /** Without an envelope an arrival stands for all recipients of its mail. */
  #bitsFor(number: number, recipients: readonly string[] | undefined): { bits: number; others: boolean } {
    const { perMail } = this.#settings.recipients
    if (recipients === undefined) return { bits: 2 ** perMail - 1, others: false }
    const expected = recipientsOf(this.#settings.recipients, this.#settings.seed, number).map(each =>
      each.toLowerCase(),
    )
    const places = recipients.map(each => expected.indexOf(each.toLowerCase()))
    return {
      bits: places.reduce((bits, place) => (place === -1 ? bits : bits | (1 << place)), 0),
      others: places.includes(-1),
    }
  }

  #count(what: 'duplicated' | 'mixed' | 'unsanitized' | 'withoutText', number: number): void {
    this.#counts[what]++
    this.#example(what, number)
  }

  #example(what: string, number: number): void {
    const examples = this.#examples.get(what) ?? []
    if (examples.length < EXAMPLES) this.#examples.set(what, [...examples, number])
  }

  /** Copies that are still to come: recipients of accepted mails who have not got them. */
  missing(): number {
    let missing = 0
    for (const [number, outcome] of this.#outcome.entries())
      if (outcome === ACCEPTED) missing += bitsOf(this.#accepted[number]! & ~(this.#seen[number] ?? 0))
    return missing
  }

  verification(source: Verification['source']): Verification {
    let [lost, unexpected] = [0, 0]
    for (const [number, outcome] of this.#outcome.entries()) {
      const seen = this.#seen[number] ?? 0
      const missing = outcome === ACCEPTED ? bitsOf(this.#accepted[number]! & ~seen) : 0
      lost += missing
      if (missing > 0) this.#example('lost', number)
      if (outcome === ACCEPTED || outcome === DOUBTFUL || outcome === undefined || seen === 0) continue
      unexpected++
      this.#example('unexpected', number)
    }
    return {
      source,
      ...this.#counts,
      lost,
      unexpected,
      unsanitizedBy: this.#unsanitizedBy,
      examples: Object.fromEntries(this.#examples),
    }
  }

  /** The way to the next hop, of each mail's first copy. To be called once, at the end. */
  measureArrivals(): void {
    for (const [number, firstMs] of this.#firstMs.entries()) {
      const intendedMs = this.#intendedMs[number]
      if (firstMs !== undefined && intendedMs !== undefined) this.latency.arrived.add(firstMs - intendedMs)
    }
  }

  moments(): Moment[] {
    const { momentMs } = this.#settings
    return Array.from(this.#steps, (step = { ...NOTHING, answered: new Histogram() }, i) => ({
      atS: (i * momentMs) / 1000,
      intended: step.intended,
      accepted: step.accepted,
      troubled: step.troubled,
      arrived: step.arrived,
      p50Ms: numberOrNull(step.answered.quantile(0.5)),
      p99Ms: numberOrNull(step.answered.quantile(0.99)),
      queue: step.queue ?? null,
    }))
  }

  #stepAt(ms: number): Step {
    const index = Math.max(0, Math.floor((ms - this.startedMs) / this.#settings.momentMs) || 0)
    return (this.#steps[index] ??= { ...NOTHING, answered: new Histogram() })
  }

  #kind(name: string): Kind {
    let kind = this.kinds.get(name)
    if (!kind) this.kinds.set(name, (kind = { mails: 0, accepted: 0, answered: new Histogram() }))
    return kind
  }
}

export function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : null
}

function bitsOf(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++
  return count
}
