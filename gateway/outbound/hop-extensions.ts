/**
 * What the next hops can do, as their EHLO replies said: asked at start, and learnt again from every connection.
 *
 *   probe (start, once a minute while unknown) ─┐
 *                                               ├─▶ [HopExtensions] ──▶ listener: may SMTPUTF8 be offered?
 *   relay's pool (each new connection) ─────────┘
 *
 * A hop that has not answered yet counts as one that cannot: an address that we accepted and nobody behind us takes
 * would be a failure that its sender learns of late, or never. A Maildir takes any address.
 * Standards: RFC 6531 §3.2 (an address that needs SMTPUTF8 goes only where it is offered).
 */
import { hopLabel, type RouteTable, type SmtpHop } from './routes.ts'
import { openSmtp, type SmtpSession, type SmtpTimeouts } from './smtp-client.ts'

export class HopExtensions {
  readonly #hops: readonly SmtpHop[]
  readonly #timeouts: SmtpTimeouts
  readonly #stop = new AbortController()
  readonly #smtpUtf8 = new Map<string, boolean>()

  constructor(routes: RouteTable, timeouts: SmtpTimeouts) {
    this.#hops = routes.all.flatMap(({ hops }) => hops.filter(hop => hop.kind === 'smtp'))
    this.#timeouts = timeouts
  }

  /** Every next hop has SMTPUTF8, those of outward routes too: a DSN must reach whoever we took mail from. */
  get allHaveSmtpUtf8(): boolean {
    return this.#hops.every(hop => this.#smtpUtf8.get(hopLabel(hop)) === true)
  }

  learn(hop: SmtpHop, session: Pick<SmtpSession, 'smtpUtf8'>): void {
    this.#smtpUtf8.set(hopLabel(hop), session.smtpUtf8)
  }

  /** Asks every hop that has not answered yet. Never rejects: who cannot be reached stays unknown. */
  async probe(): Promise<void> {
    const unknown = this.#hops.filter(hop => !this.#smtpUtf8.has(hopLabel(hop)))
    await Promise.allSettled(unknown.map(hop => this.#ask(hop)))
  }

  close(): void {
    this.#stop.abort()
  }

  async #ask(hop: SmtpHop): Promise<void> {
    const session = await openSmtp(hop, { ...this.#timeouts, chunking: false }, this.#stop.signal)
    this.learn(hop, session)
    session.quit()
  }
}
