/**
 * Sends mails by the plan and keeps a row about each.
 *
 *   arrivals ──▶ waiting mails ──▶ N connections ──▶ rows
 *
 * Open loop: a mail whose time has come waits in line until a connection is free, and its latency counts from the time
 * that was meant, not from when somebody got round to it: a server that stalls cannot hide what it kept waiting
 * (coordinated omission). Closed loop: each connection takes its next mail itself; the time meant is then the time begun.
 * Every mail of the plan gets exactly one row; what could not be begun in the time of grace is `unsent`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { arrivalsOf, type Plan } from './arrivals.ts'
import { monotonicMs } from './clock.ts'
import { Dialogue, type Habits, OUTCOMES, Refused, type Sent, Stale } from './dialogue.ts'
import type { SmtpLine } from './line.ts'
import { markOf, type RunId } from './mark.ts'
import { chanceOf } from './random.ts'
import { type Recipients, recipientsOf } from './recipients.ts'
import type { Batch } from './records.ts'
import { octetsOf, type Template } from './template.ts'

export type SendOrder = {
  readonly habits: Habits
  readonly from: string
  readonly recipients: Recipients
  readonly templates: readonly Template[]
  /** How often each template is chosen, against the others. */
  readonly weights: readonly number[]
  readonly run: RunId
  readonly seed: number
  readonly plan: Plan
  readonly durationMs: number
  readonly mostMails: number
  readonly connections: number
  /** 1 is a new connection for each mail. */
  readonly mailsPerConnection: number
  readonly slow: { readonly share: number; readonly bytesPerSecond: number }
  readonly replyTimeoutMs: number
  /** So long after the duration a mail may still begin. */
  readonly graceMs: number
}

/** `lateMs`: so much later than meant it was given out, by the sender's own fault. */
type Mail = { readonly number: number; readonly intendedMs: number; readonly lateMs: number }

/** Mails that were given out stand in front of those that wait, until they are so many. */
const GIVEN_AT_MOST = 4096
const REFUSED_PAUSE_MS = 100
const NOT_SENT: Omit<Sent, 'outcome'> = { accepted: 0, endOfDataMs: Number.NaN, trouble: '' }

export class Sender {
  readonly #order: SendOrder
  readonly #choice: readonly number[]
  readonly #lines = new Set<SmtpLine>()
  readonly #troubles = new Map<string, number>()
  readonly startedMs = monotonicMs()
  #newTroubles: string[] = []
  #rows: number[] = []
  #waiting: Mail[] = []
  #given = 0
  #idle: (() => void)[] = []
  #workers: Promise<void>[] = []
  #taken = 0
  #over = false

  constructor(order: SendOrder) {
    this.#order = order
    let sum = 0
    const total = order.weights.reduce((all, each) => all + each, 0)
    this.#choice = order.weights.map(weight => (sum += weight) / total)
  }

  async run(): Promise<void> {
    const watch = setInterval(() => this.#dropSilent(), 500)
    const { plan, connections, durationMs, graceMs } = this.#order
    try {
      if (plan.kind === 'closed') for (let i = 0; i < connections; i++) this.#hire()
      else await this.#follow(arrivalsOf(plan, durationMs, this.#order.seed))
      if (plan.kind !== 'closed') await this.#untilBegun(this.startedMs + durationMs + graceMs)
      this.#over = plan.kind !== 'closed'
      for (const wake of this.#idle.splice(0)) wake()
      await Promise.all(this.#workers)
      for (const mail of this.#waiting.splice(0).slice(this.#given))
        this.#note(mail, monotonicMs(), { ...NOT_SENT, outcome: 'unsent' })
    } finally {
      clearInterval(watch)
    }
  }

  /** Rows since the last time. */
  take(): Batch {
    const batch: Batch = {
      kind: 'batch',
      startedMs: this.startedMs,
      rows: Float64Array.from(this.#rows),
      troubles: this.#newTroubles,
      waiting: this.#waiting.length - this.#given,
      connections: this.#lines.size,
    }
    this.#rows = []
    this.#newTroubles = []
    return batch
  }

  /** Ends the plan: what is under way is finished, what waits is unsent. */
  stop(): void {
    this.#over = true
  }

  async #follow(arrivals: Generator<number>): Promise<void> {
    let planned = 0
    for (const atMs of arrivals) {
      if (planned === this.#order.mostMails || this.#over) return
      const intendedMs = this.startedMs + atMs
      const early = intendedMs - monotonicMs()
      if (early > 0) await delay(early)
      this.#waiting.push({ number: planned++, intendedMs, lateMs: Math.max(0, monotonicMs() - intendedMs) })
      const free = this.#idle.pop()
      if (free) free()
      else if (this.#workers.length < this.#order.connections) this.#hire()
    }
  }

  #hire(): void {
    this.#workers.push(this.#work())
  }

  async #untilBegun(untilMs: number): Promise<void> {
    while (this.#given < this.#waiting.length && monotonicMs() < untilMs && !this.#over) await delay(20)
  }

  /** One connection at a time, mail after mail. */
  async #work(): Promise<void> {
    let dialogue: Dialogue | undefined
    for (let mail = await this.#next(); mail; mail = await this.#next()) {
      dialogue = await this.#one(mail, dialogue?.line.ended ? undefined : dialogue)
    }
    this.#close(dialogue)
  }

  async #next(): Promise<Mail | undefined> {
    const { plan, durationMs, mostMails } = this.#order
    if (plan.kind === 'closed') {
      if (plan.thinkMs > 0 && this.#taken > 0) await delay(plan.thinkMs)
      const nowMs = monotonicMs()
      if (this.#over || nowMs - this.startedMs >= durationMs || this.#taken === mostMails) return undefined
      return { number: this.#taken++, intendedMs: nowMs, lateMs: 0 }
    }
    while (this.#given === this.#waiting.length) {
      if (this.#over) return undefined
      await new Promise<void>(resolve => this.#idle.push(resolve))
    }
    if (this.#over) return undefined
    const mail = this.#waiting[this.#given++]!
    if (this.#given === GIVEN_AT_MOST) {
      this.#waiting = this.#waiting.slice(this.#given)
      this.#given = 0
    }
    return mail
  }

  async #one(mail: Mail, open: Dialogue | undefined): Promise<Dialogue | undefined> {
    const startedMs = monotonicMs()
    let dialogue = open
    try {
      dialogue ??= await this.#open()
      const sent = await dialogue.send(this.#letter(mail.number)).catch(async error => {
        if (!(error instanceof Stale)) throw error
        // The server has closed a connection that stood idle, as it may: every client tries again at once.
        this.#close(dialogue)
        dialogue = await this.#open()
        return dialogue.send(this.#letter(mail.number))
      })
      this.#note(mail, startedMs, sent)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.#note(mail, startedMs, { ...NOT_SENT, outcome: error.outcome, trouble: error.trouble })
      // Without times of its own a closed loop would ask a server that is away without end.
      if (this.#order.plan.kind === 'closed') await delay(REFUSED_PAUSE_MS)
      return undefined
    }
    if (!dialogue.line.ended && dialogue.mails < this.#order.mailsPerConnection) return dialogue
    this.#close(dialogue)
    return undefined
  }

  async #open(): Promise<Dialogue> {
    let mine: SmtpLine | undefined
    try {
      return await Dialogue.open(this.#order.habits, line => this.#lines.add((mine = line)))
    } catch (error) {
      if (mine) this.#lines.delete(mine)
      throw error
    }
  }

  #close(dialogue: Dialogue | undefined): void {
    if (!dialogue) return
    this.#lines.delete(dialogue.line)
    if (!dialogue.line.ended) dialogue.quit()
  }

  #letter(number: number) {
    const { templates, run, from, recipients, seed, slow } = this.#order
    const template = templates[this.#templateOf(number)]!
    return {
      octets: octetsOf(template, markOf(run, number)),
      eightBit: template.eightBit,
      from,
      recipients: recipientsOf(recipients, seed, number),
      bytesPerSecond: this.#isSlow(number) ? slow.bytesPerSecond : undefined,
    }
  }

  #templateOf(number: number): number {
    const chance = chanceOf(this.#order.seed, number)
    return Math.max(
      0,
      this.#choice.findIndex(upTo => chance < upTo),
    )
  }

  #isSlow(number: number): boolean {
    return this.#order.slow.share > 0 && chanceOf(this.#order.seed ^ 0x510, number) < this.#order.slow.share
  }

  #note(
    { number, intendedMs, lateMs }: Mail,
    startedMs: number,
    { outcome, accepted, endOfDataMs, trouble }: Sent,
  ): void {
    const slow = this.#isSlow(number) ? 1 : 0
    // In the order of ROW.
    this.#rows.push(number, this.#templateOf(number), intendedMs, startedMs, endOfDataMs, monotonicMs())
    this.#rows.push(OUTCOMES.indexOf(outcome), accepted, this.#troubleIndex(trouble), slow, lateMs)
  }

  #troubleIndex(trouble: string): number {
    if (trouble === '') return 0
    let index = this.#troubles.get(trouble)
    if (index === undefined) {
      index = this.#troubles.size + 1
      this.#troubles.set(trouble, index)
      this.#newTroubles.push(trouble)
    }
    return index
  }

  /** One look over all lines instead of a timer for each. */
  #dropSilent(): void {
    const beforeMs = monotonicMs() - this.#order.replyTimeoutMs
    for (const line of this.#lines)
      if (line.waitingSinceMs !== undefined && line.waitingSinceMs < beforeMs) line.destroy('no reply in time')
  }
}
