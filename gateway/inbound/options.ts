/**
 * Everything the SMTP listener is told: settings as values, and the hooks through which it reaches the rest of
 * the gateway. Every limit has a default here; `config` shows them to the operator.
 */
import type { Session } from '../../core/job.ts'
import type { Envelope, Mailbox } from '../../core/smtp/envelope.ts'
import type { Reply, ReplyName } from '../../core/smtp/reply.ts'
import type { Upstream } from './clients.ts'
import type { MessageSource } from './data.ts'
import type { RecipientCheck } from './recipients.ts'
import type { TlsFiles } from './tls.ts'

export type InboundLimits = {
  /** Announced as SIZE (RFC 1870) and enforced. */
  readonly messageBytes: number
  readonly recipients: number
  readonly connections: number
  /** Per address (IPv6: per /64); listed upstreams are exempt. */
  readonly connectionsPerClient: number
  /** Of `connections`, kept free for listed upstreams: strangers from everywhere must not shut them out. */
  readonly upstreamsShare: number
  readonly transactions: number
  /** Wrong commands and refusals until we hang up; a message taken starts the count anew. */
  readonly errors: number
  /** Commands of a stranger that bring no message nearer (NOOP, RSET, MAIL again, recipients past the limit …) until we hang up. */
  readonly idleCommands: number
  readonly commandBytes: number
  /** Strangers wait this long for our greeting; who speaks first is a spam program. */
  readonly greetingDelayMs: number
  /** Silence between commands, until the first command, and between packets of data (RFC 5321 §4.5.3.2). */
  readonly commandTimeoutMs: number
  readonly firstCommandTimeoutMs: number
  readonly dataTimeoutMs: number
  /** Longest connection. */
  readonly sessionMs: number
  /** Average rate below which data is given up, looked at after `minRateAfterMs`. */
  readonly minBytesPerSecond: number
  readonly minRateAfterMs: number
  /** Octets of unanswered messages, in all and per client. */
  readonly bytesInFlight: number
  readonly bytesInFlightPerClient: number
  /** How long a client is kept waiting for bytes in flight before 421. */
  readonly budgetWaitMs: number
  /** A refused message is read on for this long, or up to twice `messageBytes`. */
  readonly drainMs: number
  /** How long a client may read on after our last reply; then the connection is cut. */
  readonly lingerMs: number
  /** How often the slow and the old are looked for. */
  readonly sweepMs: number
}

const MIB = 2 ** 20
const MINUTE_MS = 60_000

export const DEFAULT_LIMITS: InboundLimits = {
  messageBytes: 50 * MIB,
  recipients: 1000,
  connections: 500,
  connectionsPerClient: 20,
  transactions: 1000,
  errors: 20,
  upstreamsShare: 0.1,
  idleCommands: 200,
  commandBytes: 2048,
  greetingDelayMs: 100,
  commandTimeoutMs: 5 * MINUTE_MS,
  firstCommandTimeoutMs: MINUTE_MS,
  dataTimeoutMs: 3 * MINUTE_MS,
  sessionMs: 60 * MINUTE_MS,
  minBytesPerSecond: 500,
  minRateAfterMs: 30_000,
  bytesInFlight: 1024 * MIB,
  bytesInFlightPerClient: 512 * MIB,
  budgetWaitMs: 30_000,
  drainMs: 30_000,
  lingerMs: 10_000,
  sweepMs: 1000,
}

/** The client of one transaction, as the job and the log need it. */
export type ClientSession = Session & {
  /** Same for all transactions of one connection. */
  readonly connectionId: string
  readonly clientPort: number
  /** Undefined in plain text. */
  readonly tls: { readonly protocol: string; readonly cipher: string } | undefined
}

/** What the listener does with a message: `onClientWentOn` is called when the client has surely seen the reply. */
export type MessageAnswer = {
  readonly reply: Reply
  readonly onClientWentOn?: () => void
  /** The client was gone before the reply could be written. */
  readonly onReplyLost?: () => void
}

export type OnMessage = (session: ClientSession, envelope: Envelope, data: MessageSource) => Promise<MessageAnswer>

export type RefusedCommand = {
  /** `other` for a reply of smtp-server's own, about syntax or order of commands. */
  readonly name: ReplyName | 'other'
  readonly code: number
  readonly status: string
  /** Name of the command; 'connect' before the first, '-' after a message. */
  readonly at: string
  /** The command line, or what else is known of the cause. Untrusted, at most 300 characters. */
  readonly detail: string
}

export type Connected = { readonly connectionId: string; readonly clientAddress: string }

/** Events of the listener, for mail log and metrics. Text in them is untrusted. */
export type InboundEvents = {
  connected(session: Connected & { readonly listedUpstream: boolean }): void
  disconnected(connectionId: string): void
  /** Every 4xx and 5xx reply. */
  refused(session: Connected, refusal: RefusedCommand): void
  /** A connection broke, or a handshake (TLS, PROXY) failed. Clients do that; nothing is wrong with us. */
  network(clientAddress: string, error: Error): void
  /** A fault of ours. */
  error(context: string, error: unknown): void
}

export type Listener = {
  readonly address: { readonly host: string; readonly port: number }
  readonly connections: number
  readonly bytesInFlight: number
  /** Rejects, and keeps the old certificate, when the new one cannot be used. */
  reload(files: TlsFiles): Promise<void>
  /** All options but address, port, name, banner and whether there is TLS: those stay until a restart. */
  adopt(options: ListenerOptions): void
  /** New connections are refused by the system; open ones go on. */
  stopAccepting(): void
  /** Lets transactions finish for `graceMs`, then cuts: what had no reply stays with the client. */
  close(graceMs: number): Promise<void>
}

export type ListenerOptions = {
  readonly address: string
  readonly port: number
  /** Our name in greeting, Received and Authentication-Results. */
  readonly hostname: string
  /** Behind the name in the greeting; '' for nothing. */
  readonly banner: string
  readonly tls: TlsFiles | undefined
  /** 530 before MAIL without STARTTLS. */
  readonly requireTls: boolean
  /** Whether every next hop has SMTPUTF8; asked at each EHLO. */
  readonly smtpUtf8: () => boolean
  readonly upstreams: readonly Upstream[]
  /** Networks from which a PROXY header is expected, and who may say XCLIENT. */
  readonly proxyHosts: readonly string[]
  readonly xclientHosts: readonly string[]
  readonly acceptStrangers: boolean
  readonly checkRecipient: RecipientCheck
  /** Where mail for `<postmaster>` without a domain goes (RFC 5321 §4.5.1). */
  readonly postmaster: Mailbox
  readonly admission: {
    /** `emergency isolate` is in force. */
    isolated(): boolean
    /** Disk and quota have room for a message of this size (0 when unknown). */
    hasSpace(bytes: number): boolean
  }
  readonly limits: InboundLimits
  readonly events: InboundEvents
  readonly nowMs: () => number
}
