/**
 * One SMTP connection as we judge it, apart from the library that speaks the protocol: who the client is, which
 * MAIL and RCPT are taken, how many errors and transactions it may still have.
 *
 *   connection.ts (smtp-server's commands) ──▶ [InboundSession] ──▶ DataPhase ──▶ transaction
 *
 * Every question is answered with the name of a reply, or undefined for yes.
 */
import { domainToASCII } from 'node:url'
import type { Envelope, Mailbox, ReversePath } from '../../core/smtp/envelope.ts'
import { parseMailbox } from '../../core/smtp/mailbox.ts'
import type { ReplyName } from '../../core/smtp/reply.ts'
import { Acquaintances } from './acquaintances.ts'
import { type ClientKind, ConnectionCount, clientClassifier, clientKey, parseNetworks } from './clients.ts'
import { type DataOutcome, DataPhase } from './data-phase.ts'
import { BytesInFlight } from './in-flight.ts'
import type { ClientSession, ListenerOptions, OnMessage } from './options.ts'

/** A day, as postscreen's; some MiB at most. */
const ACQUAINTED_MS = 24 * 60 * 60 * 1000
const MOST_ACQUAINTANCES = 50_000

/** What all connections of a listener share. Read anew for each command: `adopt` may have changed it. */
export type Shared = {
  readonly onMessage: OnMessage
  readonly count: ConnectionCount
  readonly budget: BytesInFlight
  readonly acquaintances: Acquaintances
  options: ListenerOptions
  classify: (address: string) => ClientKind
  mayXclient: (address: string) => boolean
  expectsProxy: (address: string) => boolean
}

/** Throws on settings that cannot work together. */
export function createShared(options: ListenerOptions, onMessage: OnMessage): Shared {
  const { limits } = options
  return {
    onMessage,
    count: new ConnectionCount(limits.connections, limits.connectionsPerClient, limits.upstreamsShare),
    budget: new BytesInFlight(limits.bytesInFlight, limits.bytesInFlightPerClient),
    acquaintances: new Acquaintances(ACQUAINTED_MS, MOST_ACQUAINTANCES),
    ...derivedFrom(options),
  }
}

/** New settings for what comes next; connections and messages under way are counted on. Throws as above, and changes nothing then. */
export function adopt(shared: Shared, options: ListenerOptions): void {
  const { limits } = options
  Object.assign(shared, derivedFrom(options))
  shared.count.setLimits(limits.connections, limits.connectionsPerClient, limits.upstreamsShare)
  shared.budget.setLimits(limits.bytesInFlight, limits.bytesInFlightPerClient)
}

function derivedFrom(options: ListenerOptions): Pick<Shared, 'options' | 'classify' | 'mayXclient' | 'expectsProxy'> {
  const { limits } = options
  if (Math.min(limits.bytesInFlight, limits.bytesInFlightPerClient) < limits.messageBytes) {
    throw new RangeError('bytes in flight must have room for one message')
  }
  const xclient = parseNetworks(options.xclientHosts)
  const proxies = parseNetworks(options.proxyHosts)
  return {
    options,
    classify: clientClassifier(options.upstreams),
    mayXclient: address => xclient.contains(address),
    expectsProxy: address => proxies.contains(address),
  }
}

/** Parameters of MAIL or RCPT as the library read them: upper-case names, `true` for a bare keyword. */
export type CommandParameters = Readonly<Record<string, string | true>>

/** How the client presents itself now; changes with PROXY, EHLO, STARTTLS and XCLIENT. */
export type Presentation = Pick<ClientSession, 'clientAddress' | 'clientPort' | 'helo' | 'tls'> & {
  /** EHLO, not HELO. */
  readonly extended: boolean
}

type Answer = ReplyName | undefined

/** Commands that a message needs, or that end the connection; RCPT is counted where it is refused. */
const NEEDED = new Set(['RCPT', 'DATA', 'QUIT'])
const MAIL_PARAMETERS = new Set(['SIZE', 'BODY'])

export class InboundSession {
  readonly connectionId: string
  readonly startedMs: number
  readonly #shared: Shared
  readonly #present: () => Presentation
  #kind: ClientKind & { readonly address: string }
  #leave: (() => void) | undefined
  #errors = 0
  #idleCommands = 0
  #transactions = 0
  #reversePath: ReversePath | undefined
  #forwardPaths: Mailbox[] = []
  #seen = new Set<string>()
  #body: Envelope['body'] = '7BIT'
  #smtpUtf8 = false

  constructor(shared: Shared, connectionId: string, present: () => Presentation) {
    this.#shared = shared
    this.connectionId = connectionId
    this.#present = present
    this.startedMs = shared.options.nowMs()
    this.#kind = this.#classify()
  }

  /** Asked anew when the address has changed: after XCLIENT the client is another one. */
  get client(): ClientKind & { readonly address: string } {
    if (this.#present().clientAddress !== this.#kind.address) this.#kind = this.#classify()
    return this.#kind
  }

  /** Before the greeting. */
  connect(): ReplyName | undefined {
    const { options, count, mayXclient } = this.#shared
    const { address, listedUpstream } = this.client
    if (!listedUpstream && !options.acceptStrangers && !mayXclient(address)) return 'clientDenied'
    this.#leave = count.enter(address, listedUpstream)
    return this.#leave ? undefined : 'notAvailable'
  }

  /** How long this client waits for its greeting. */
  get greetingDelayMs(): number {
    const { options, acquaintances } = this.#shared
    const { address, listedUpstream } = this.client
    return listedUpstream || acquaintances.isKnown(address, options.nowMs()) ? 0 : options.limits.greetingDelayMs
  }

  disconnect(): void {
    this.#leave?.()
  }

  mail(untrustedAddress: string, parameters: CommandParameters): ReplyName | undefined {
    const refusal = this.#mayMail(parameters)
    if (refusal) return refusal
    const smtpUtf8 = parameters['SMTPUTF8'] === true
    const rules = { smtpUtf8, domainToAscii: domainToASCII }
    const reversePath = untrustedAddress === '' ? null : parseMailbox(untrustedAddress, rules)
    if (reversePath === undefined) return isAscii(untrustedAddress) || smtpUtf8 ? 'badSender' : 'utf8NotPossible'
    if (!this.#shared.options.admission.hasSpace(Number(parameters['SIZE'] ?? 0))) return 'storageFull'
    this.#reversePath = reversePath
    this.#smtpUtf8 = smtpUtf8
    this.#body = String(parameters['BODY']).toUpperCase() === '8BITMIME' ? '8BITMIME' : '7BIT'
    return undefined
  }

  /** Answers at once when no call-ahead is needed, so that pipelined commands stay in one turn. */
  recipient(untrustedAddress: string, parameters: CommandParameters): Answer | Promise<Answer> {
    const { limits, postmaster, checkRecipient } = this.#shared.options
    if (Object.keys(parameters).length > 0) return 'unknownParameter'
    const rules = { smtpUtf8: this.#smtpUtf8, domainToAscii: domainToASCII }
    const mailbox = untrustedAddress.toLowerCase() === 'postmaster' ? postmaster : parseMailbox(untrustedAddress, rules)
    if (!mailbox) return isAscii(untrustedAddress) || this.#smtpUtf8 ? 'badRecipient' : 'utf8NotPossible'
    if (this.#seen.has(mailbox.toLowerCase())) return undefined
    if (this.#forwardPaths.length >= limits.recipients) {
      this.#idleCommands++
      return 'tooManyRecipients'
    }
    const answer = checkRecipient(mailbox)
    if (answer instanceof Promise) return this.#takeLater(mailbox, answer)
    return answer ?? this.#take(mailbox)
  }

  get inTransaction(): boolean {
    return this.#reversePath !== undefined
  }

  /** RSET, EHLO, STARTTLS, XCLIENT and the end of a transaction. */
  reset(): void {
    this.#reversePath = undefined
    this.#forwardPaths = []
    this.#seen = new Set()
    this.#body = '7BIT'
    this.#smtpUtf8 = false
  }

  /** Undefined without MAIL and RCPT. */
  startData(onOutcome: (outcome: DataOutcome) => void): DataPhase | undefined {
    const envelope = this.#envelope()
    if (!envelope) return undefined
    const { options, budget, onMessage } = this.#shared
    const session = this.#clientSession()
    return new DataPhase({
      client: clientKey(session.clientAddress),
      stranger: !session.listedUpstream,
      limits: options.limits,
      budget,
      nowMs: options.nowMs,
      onMessage: source => onMessage(session, envelope, source),
      onOutcome,
      onError: error => options.events.error('transaction', error),
    })
  }

  transactionDone(accepted: boolean): void {
    this.#transactions++
    if (!accepted) return
    this.#errors = 0
    this.#idleCommands = 0
    const { address, listedUpstream } = this.client
    if (!listedUpstream) this.#shared.acquaintances.met(address, this.#shared.options.nowMs())
  }

  /** True once a stranger has given too many commands without a message; a relay may check addresses all day. */
  talksTooMuch(command: string): boolean {
    if (!NEEDED.has(command)) this.#idleCommands++
    return this.#idleCommands > this.#shared.options.limits.idleCommands && !this.client.listedUpstream
  }

  /** Counts a 5xx; true when it was one too many. A relay is not blamed for the recipients it asks for. */
  tooManyErrors(command: string, code: number): boolean {
    if (command === 'RCPT' && code >= 550 && this.client.listedUpstream) return false
    return ++this.#errors > this.#shared.options.limits.errors
  }

  #mayMail(parameters: CommandParameters): ReplyName | undefined {
    const { options } = this.#shared
    if (options.admission.isolated()) return 'held'
    if (!options.acceptStrangers && !this.client.listedUpstream) return 'clientDenied'
    if (options.requireTls && !this.#present().tls) return 'tlsRequired'
    if (this.#transactions >= options.limits.transactions) return 'tooManyTransactions'
    const known = (name: string) => MAIL_PARAMETERS.has(name) || (name === 'SMTPUTF8' && options.smtpUtf8())
    return Object.keys(parameters).every(known) ? undefined : 'unknownParameter'
  }

  #take(mailbox: Mailbox): undefined {
    this.#seen.add(mailbox.toLowerCase())
    this.#forwardPaths.push(mailbox)
  }

  async #takeLater(mailbox: Mailbox, answer: Promise<Answer>): Promise<Answer> {
    try {
      return (await answer) ?? this.#take(mailbox)
    } catch (error) {
      this.#shared.options.events.error('recipient check', error)
      return 'internal'
    }
  }

  #envelope(): Envelope | undefined {
    const [first, ...others] = this.#forwardPaths
    if (this.#reversePath === undefined || first === undefined) return undefined
    const forwardPaths = [first, ...others] as const
    return { reversePath: this.#reversePath, forwardPaths, body: this.#body, smtpUtf8: this.#smtpUtf8 }
  }

  #clientSession(): ClientSession {
    const { clientAddress, clientPort, helo, tls, extended } = this.#present()
    const { listedUpstream, trustedAuthservIds } = this.client
    const esmtp = tls ? 'ESMTPS' : 'ESMTP'
    const protocol = this.#smtpUtf8 ? (tls ? 'UTF8SMTPS' : 'UTF8SMTP') : extended || tls ? esmtp : 'SMTP'
    const { connectionId } = this
    return { connectionId, clientAddress, clientPort, helo, tls, protocol, listedUpstream, trustedAuthservIds }
  }

  #classify(): ClientKind & { readonly address: string } {
    const { clientAddress } = this.#present()
    return { ...this.#shared.classify(clientAddress), address: clientAddress }
  }
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}
