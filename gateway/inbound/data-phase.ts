/**
 * One DATA: from our 354 to our final reply. Keeps the limits on what arrives and decides when to answer.
 *
 *   packets ──▶ [DataPhase: watch ▸ dots ▸ size ▸ bytes in flight] ──▶ MessageReceiver ──▶ onMessage
 *
 * A message that breaks a rule is not cut off: it is read on within limits (a client that is still sending does
 * not see a reply, and would come again), then refused, and the connection is closed, so that nothing of it can
 * be taken for commands. An answer that is there before the end of data waits for it.
 */
import { REPLIES, Refusal, type Reply, type ReplyName } from '../../core/smtp/reply.ts'
import { ClientGone, MessageReceiver } from './data.ts'
import { DotReader } from './dots.ts'
import type { BytesInFlight, Holder } from './in-flight.ts'
import { LineWatch } from './line-watch.ts'
import type { InboundLimits, MessageAnswer } from './options.ts'

export type DataOutcome = MessageAnswer & { readonly close: boolean; readonly detail: string }

type DataPhaseSetup = {
  /** For the budget: whose bytes these are. */
  readonly client: string
  /** Bare CR, LF and NUL are refused, and watched for. */
  readonly stranger: boolean
  readonly limits: InboundLimits
  readonly budget: BytesInFlight
  readonly nowMs: () => number
  readonly onMessage: (source: MessageReceiver) => Promise<MessageAnswer>
  /** Called exactly once, unless the client is gone. */
  readonly onOutcome: (outcome: DataOutcome) => void
  readonly onError: (error: unknown) => void
}

export class DataPhase {
  readonly source: MessageReceiver
  readonly #setup: DataPhaseSetup
  /** Not this phase itself, which has the message: the budget's maps keep their keys for a while (core/under-way.ts). */
  readonly #holder: Holder
  readonly #watch: LineWatch | undefined
  readonly #dots: DotReader
  #violation: { readonly name: ReplyName; readonly sinceMs: number } | undefined
  #answer: MessageAnswer | undefined
  #detail = ''
  #started = false
  #finished = false
  #waitsForBudgetSinceMs: number | undefined
  /** The minimum rate is looked at once per window. */
  #window: { sinceMs: number; bytes: number }

  constructor(setup: DataPhaseSetup) {
    this.#setup = setup
    this.#holder = { client: setup.client, stranger: setup.stranger }
    this.#watch = setup.stranger ? new LineWatch() : undefined
    this.source = new MessageReceiver(this.#watch)
    this.#dots = new DotReader(content => this.source.write(content))
    this.#window = { sinceMs: setup.nowMs(), bytes: 0 }
  }

  /** Hands the message to the transaction. Not before 354 is written: until then, data is a violation. */
  start(): void {
    this.#started = true
    this.#setup.onMessage(this.source).then(
      answer => this.#answered(answer, ''),
      error => this.#answered({ reply: this.#replyFor(error) }, error instanceof Error ? error.message : String(error)),
    )
  }

  /** Takes octets from the socket. Returns -1 while data lasts, or the index just after its end; then `end` is due. */
  push(chunk: Buffer): number {
    const { limits, budget } = this.#setup
    if (this.#watch?.push(chunk) === false) this.refuse('badLineEnds')
    const before = this.source.receivedBytes
    const end = this.#dots.push(chunk)
    if (!this.#finished) budget.charge(this.#holder, this.source.receivedBytes - before)
    if (this.source.receivedBytes > limits.messageBytes) this.refuse('messageTooBig')
    if (end < 0 && this.source.receivedBytes > 2 * limits.messageBytes) this.#finishRefusal()
    return end
  }

  /** The end of data has come, and the caller is ready for the outcome, which may be there already. */
  end(): void {
    this.source.end()
    if (this.#violation) this.#finishRefusal()
    else if (this.#answer) this.#finish({ ...this.#answer, close: false, detail: this.#detail })
  }

  /** Calls `next` when the socket may be read on. */
  whenReady(next: () => void): void {
    this.source.whenReady(() => this.#whenWithinBudget(next))
  }

  /** The client owes us nothing now: the message is in, or we do not read. */
  get waitsForUs(): boolean {
    return this.source.ended || this.source.stopped || this.#waitsForBudgetSinceMs !== undefined
  }

  /** The message will be refused; it is read to its end first. */
  refuse(name: ReplyName): void {
    if (!this.source.ended) this.#violate(name)
  }

  /** Refuses now, and closes. */
  abandon(name: ReplyName): void {
    this.#violate(name)
    this.#finishRefusal()
  }

  clientLeft(): void {
    this.source.leave()
    // Once started, the octets are given back when the transaction has let go of them.
    if (!this.#started) this.#setup.budget.release(this.#holder)
  }

  /** Called now and then: ends what is too slow, waits too long, or is read on for too long. */
  sweep(nowMs: number): void {
    const { limits } = this.#setup
    if (this.#finished || this.source.ended) return
    const waitsSinceMs = this.#waitsForBudgetSinceMs
    if (this.#violation && nowMs - this.#violation.sinceMs > limits.drainMs) this.#finishRefusal()
    else if (waitsSinceMs !== undefined && nowMs - waitsSinceMs > limits.budgetWaitMs) this.abandon('notAvailable')
    else this.#checkRate(nowMs)
  }

  #violate(name: ReplyName): void {
    if (this.#violation) return
    this.#violation = { name, sinceMs: this.#setup.nowMs() }
    this.source.fail(new Refusal(name, { reason: `after ${this.source.receivedBytes} octets of data` }))
  }

  #checkRate(nowMs: number): void {
    const { limits } = this.#setup
    const elapsedMs = nowMs - this.#window.sinceMs
    const keptWaiting = this.source.stopped || this.#waitsForBudgetSinceMs !== undefined
    if (!keptWaiting && elapsedMs < limits.minRateAfterMs) return
    const bytes = this.source.receivedBytes - this.#window.bytes
    if (!keptWaiting && bytes * 1000 < limits.minBytesPerSecond * elapsedMs) this.abandon('tooSlow')
    this.#window = { sinceMs: nowMs, bytes: this.source.receivedBytes }
  }

  #whenWithinBudget(next: () => void): void {
    const { budget, nowMs } = this.#setup
    if (this.#violation || this.#finished || budget.mayRead(this.#holder)) {
      next()
      return
    }
    this.#waitsForBudgetSinceMs = nowMs()
    budget.wait(this.#holder, () => {
      this.#waitsForBudgetSinceMs = undefined
      next()
    })
  }

  #answered(answer: MessageAnswer, detail: string): void {
    this.#answer = answer
    this.#detail = detail
    if (this.source.ended || this.source.clientGone) this.#finish({ ...answer, close: false, detail })
    else this.source.discard()
  }

  #finishRefusal(): void {
    if (!this.#violation) return
    const reply = REPLIES[this.#violation.name]
    this.#finish({ reply, close: true, detail: `after ${this.source.receivedBytes} octets` })
  }

  #finish(outcome: DataOutcome): void {
    if (this.#finished) return
    this.#finished = true
    this.#setup.budget.release(this.#holder)
    if (this.source.clientGone) outcome.onReplyLost?.()
    else this.#setup.onOutcome(outcome)
  }

  #replyFor(error: unknown): Reply {
    if (error instanceof Refusal) return error.reply
    if (!(error instanceof ClientGone)) this.#setup.onError(error)
    return REPLIES.internal
  }
}
