/**
 * One SMTP connection to a next hop. The protocol engine is canonical-connection.ts; addresses, bytes and policy are ours.
 *
 *   pool ──▶ [openSmtp] ──▶ session.send(envelope, canonical bytes) ──▶ one reply per recipient
 *
 * The socket is opened here, by the system's resolver, so that names in /etc/hosts work on a segment without DNS. Every
 * recipient gets the reply that counts for it, and a lost connection says how far we were.
 *
 * Invariant: `send` resolves exactly once, whatever the hop does, and never rejects.
 * Standards: RFC 5321, RFC 1870 (SIZE), RFC 3207 (STARTTLS), RFC 6531 (SMTPUTF8).
 */
import { readFile } from 'node:fs/promises'
import { connect, isIP, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { Mailbox, ReversePath } from '../../core/smtp/envelope.ts'
import { CanonicalConnection } from './canonical-connection.ts'
import type { SmtpHop } from './routes.ts'
import { type ReplyError, repliesFor, type Transaction } from './transaction.ts'

export type SmtpTimeouts = {
  /** TCP and TLS set-up, until the greeting and EHLO are through. */
  readonly connectMs: number
  /** Silence of the hop while we wait for a reply; RFC 5321 §4.5.3.2.6 wants ten minutes after end-of-data. */
  readonly replyMs: number
}

export type SmtpLimits = SmtpTimeouts & {
  /** Whether a hop that offers CHUNKING may be sent envelope and message together. */
  readonly chunking: boolean
}

export interface SmtpSession {
  readonly smtpUtf8: boolean
  /** From SIZE; undefined when the hop names no limit. */
  readonly maxMessageBytes: number | undefined
  /** Transactions so far. */
  readonly transactions: number
  /** performance.now() at which the running transaction began; undefined when idle. */
  readonly busySinceMs: number | undefined
  readonly alive: boolean
  send(reversePath: ReversePath, recipients: readonly Mailbox[], message: Uint8Array): Promise<Transaction>
  /** Ends a transaction that had no final 2xx, so that the next one may begin. False: the session is of no more use. */
  reset(): Promise<boolean>
  quit(): void
  /** Drops the connection; a running `send` resolves as lost. */
  abort(reason: string): void
}

/** The hop could not be reached, or did not let us in. Always temporary. */
export class HopUnavailable extends Error {
  override readonly name = 'HopUnavailable'
}

/**
 * Connects, greets and, as the hop's policy says, encrypts. Rejects with HopUnavailable.
 * What a hop offers and cannot do is left out on a new connection: TLS only where the policy is `opportunistic`.
 */
export async function openSmtp(hop: SmtpHop, limits: SmtpLimits, signal: AbortSignal): Promise<SmtpSession> {
  try {
    return await openOnce(hop, limits, signal)
  } catch (error) {
    if (error instanceof ChunkingFailed) return await openSmtp(hop, { ...limits, chunking: false }, signal)
    if (hop.tls !== 'opportunistic' || !(error instanceof TlsFailed)) throw error
    return await openSmtp({ ...hop, tls: 'off' }, limits, signal)
  }
}

class TlsFailed extends HopUnavailable {}
class ChunkingFailed extends HopUnavailable {}

async function openOnce(hop: SmtpHop, limits: SmtpLimits, signal: AbortSignal): Promise<SmtpSession> {
  const { tls } = hop
  const ca = tls === 'required' && hop.caFile !== undefined ? await readCa(hop.caFile) : undefined
  const socket = await openSocket(hop, limits.connectMs, signal)
  const connection = new CanonicalConnection({
    connection: socket,
    host: hop.host,
    port: hop.port,
    secure: false,
    name: hop.name,
    ignoreTLS: tls === 'off',
    requireTLS: tls === 'required',
    opportunisticTLS: tls === 'opportunistic',
    tls: tlsOptions(hop, tls === 'required', ca),
    connectionTimeout: limits.connectMs,
    greetingTimeout: limits.connectMs,
    socketTimeout: limits.replyMs,
    socketCloseTimeout: 1000,
    maxResponseSize: 64 * 1024,
  })
  await greet(connection, signal)
  if (limits.chunking && connection.offersChunking) await tryChunking(connection, limits.connectMs, signal)
  return new Session(connection)
}

/** An address is not told to the hop (RFC 6066 §3: no literals in server_name), but its certificate must have it. */
function tlsOptions(hop: SmtpHop, mustMatch: boolean, ca: Buffer | undefined) {
  const name = hop.serverName ?? hop.host
  return {
    minVersion: 'TLSv1.2' as const,
    rejectUnauthorized: mustMatch,
    ...(isIP(name) ? {} : { servername: name }),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
    ...(ca === undefined ? {} : { ca }),
  }
}

async function readCa(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new HopUnavailable(`cannot read caFile: ${messageOf(error)}`, { cause: error })
  }
}

function openSocket(hop: SmtpHop, connectMs: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hop.host, port: hop.port, noDelay: true, signal })
    const fail = (error: Error) => {
      clearTimeout(timer)
      socket.destroy()
      reject(
        new HopUnavailable(error.message === '' ? String((error as NodeJS.ErrnoException).code) : error.message, {
          cause: error,
        }),
      )
    }
    const timer = setTimeout(() => fail(new Error('connection timed out')), connectMs)
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

function greet(connection: CanonicalConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      signal.removeEventListener('abort', onAbort)
      const Kind = connection.tlsStarted ? TlsFailed : HopUnavailable
      reject(new Kind(error.message, { cause: error }))
      connection.close()
    }
    const onAbort = () => fail(new Error('stopped'))
    signal.addEventListener('abort', onAbort, { once: true })
    connection.on('error', fail)
    connection.once('end', () => fail(new Error('connection closed')))
    connection.connect(error => {
      if (error) return fail(error)
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
  })
}

function tryChunking(connection: CanonicalConnection, withinMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (isGood: boolean) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      if (isGood) return resolve()
      reject(new ChunkingFailed('CHUNKING is offered, and does not work'))
      connection.close()
    }
    const giveUp = () => settle(false)
    const timer = setTimeout(giveUp, withinMs)
    signal.addEventListener('abort', giveUp, { once: true })
    connection.once('end', giveUp)
    connection.tryChunking(settle)
  })
}

class Session implements SmtpSession {
  readonly #connection: CanonicalConnection
  #abandon: ((reason: string) => void) | undefined
  #alive = true
  transactions = 0
  busySinceMs: number | undefined

  constructor(connection: CanonicalConnection) {
    this.#connection = connection
    connection.removeAllListeners('end')
    connection.removeAllListeners('error')
    connection.once('end', () => {
      this.#alive = false
    })
    connection.on('error', () => {
      this.#alive = false
    })
  }

  get alive(): boolean {
    return this.#alive
  }

  get smtpUtf8(): boolean {
    return this.#connection.internals._supportedExtensions.includes('SMTPUTF8')
  }

  get maxMessageBytes(): number | undefined {
    return this.#connection.internals._maxAllowedSize || undefined
  }

  send(reversePath: ReversePath, recipients: readonly Mailbox[], message: Uint8Array): Promise<Transaction> {
    this.transactions++
    this.busySinceMs = performance.now()
    const connection = this.#connection
    return new Promise<Transaction>(resolve => {
      const finish = (error: ReplyError | null, response: string | undefined) => {
        this.#abandon = undefined
        this.busySinceMs = undefined
        resolve(this.#outcome(recipients, error, response))
      }
      const abandon = (reason: string) => finish(new Error(reason), undefined)
      // By its name: written here in place, V8 would take it for one to stay, and keep the message with it (docs/performance/notes.md).
      this.#abandon = abandon
      const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
      connection.sendMessage({ from: reversePath ?? '', to: [...recipients], size: message.length }, bytes, finish)
    })
  }

  #outcome(recipients: readonly Mailbox[], error: ReplyError | null, finalReply: string | undefined): Transaction {
    const { internals } = this.#connection
    const refusals = internals._envelope ? internals._envelope.rejectedErrors : []
    const replies = repliesFor(recipients, { error, finalReply, refusals })
    if (replies.size === recipients.length) return { replies, lost: undefined }
    const reason = error?.message ?? 'unreadable reply'
    if (this.#alive) this.abort(reason)
    const { progress, lastServerResponse } = this.#connection
    return { replies, lost: { reason, during: progress, unanswered: lastServerResponse === false } }
  }

  reset(): Promise<boolean> {
    if (!this.#alive) return Promise.resolve(false)
    return new Promise(resolve => {
      const finish = (ready: boolean) => {
        this.#connection.off('end', onEnd)
        resolve(ready && this.#alive)
      }
      const onEnd = () => finish(false)
      this.#connection.once('end', onEnd)
      this.#connection.reset(error => finish(!error))
    })
  }

  quit(): void {
    if (this.#alive) this.#connection.quit()
    this.#alive = false
  }

  abort(reason: string): void {
    this.#alive = false
    this.#connection.close()
    this.#abandon?.(reason)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
