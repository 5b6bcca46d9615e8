/**
 * One client at the SMTP port: commands and their replies. Extends smtp-server's connection.
 *
 *   InboundStream ──▶ [InboundConnection] ──▶ InboundSession, DataPhase
 *
 * The library reads commands, addresses, EHLO, STARTTLS and XCLIENT. Ours are: the greeting (at once for listed upstreams; it waits 100 ms for
 * everybody), what follows DATA (data-phase.ts), limits and time-outs, replies with their own enhanced status codes, and the commands it jokes about.
 * Overridden members with an underscore are the library's internals: after an update of smtp-server, read them again.
 * Standards: RFC 5321, 2034, 2920, 3207; Postfix XCLIENT_README.
 */
import type { Socket } from 'node:net'
import type { SMTPServer } from 'smtp-server'
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'
import { REPLIES, type Reply, type ReplyName } from '../../core/smtp/reply.ts'
import type { UnderWay } from '../../core/under-way.ts'
import { ANSWERS, NOT_SMTP, presentationOf } from './commands.ts'
import type { DataOutcome, DataPhase } from './data-phase.ts'
import { replyName } from './record.ts'
import { InboundSession, type Shared } from './session.ts'
import { forgetListeners, InboundStream, type StreamOwner } from './stream.ts'

/** Our replies carry their enhanced status code in the text; those of the library get its own. */
const OWN_STATUS = /^[245]\.\d{1,3}\.\d{1,3} /
/** The library hands its handlers only its own session object. Not by a WeakMap: its entries stay as a Map's do (core/under-way.ts). */
const INBOUND = Symbol('inbound')

/** What a connection needs of the server that took it. */
export type ServerOfConnections = SMTPServer & {
  readonly shared: Shared
  readonly draining: boolean
  readonly open: UnderWay<string, InboundConnection>
}

/** Ours, by the session that the library hands to its handlers. */
export function inboundOf(session: object): InboundSession {
  return (session as { [INBOUND]: InboundSession })[INBOUND]
}

export class InboundConnection extends SMTPConnection implements StreamOwner {
  readonly inbound: InboundSession
  readonly #shared: Shared
  readonly #server: ServerOfConnections
  /** Without TLS. */
  readonly #accepted: Socket
  #phase: DataPhase | undefined
  #command = ''
  #line = ''
  #closingSinceMs: number | undefined
  /** Set after a 250: called at the first command that arrived after it. */
  #confirm: { readonly arrivedBytes: number; readonly call: () => void } | undefined

  constructor(server: ServerOfConnections, socket: Socket, options: SMTPConnectionOptions) {
    super(server, socket, options)
    this.#server = server
    this.#shared = server.shared
    this.#accepted = socket
    this.inbound = new InboundSession(server.shared, this.id, () => presentationOf(this))
    Object.assign(this.session, { [INBOUND]: this.inbound })
  }

  override init(): void {
    const { listedUpstream, address } = this.inbound.client
    this._setListeners(() => {
      const refused = this.inbound.connect()
      if (refused) return this.#refuseGreeting(REPLIES[refused])
      this.#shared.options.events.connected({ connectionId: this.id, clientAddress: address, listedUpstream })
      const delayMs = this.inbound.greetingDelayMs
      if (delayMs === 0) this.connectionReady()
      else setTimeout(() => this.connectionReady(), delayMs).unref()
    })
  }

  /** A greeting has no enhanced status code (RFC 2034 §3). */
  #refuseGreeting({ code, status, text }: Reply): void {
    super.send(code, `${this.#shared.options.hostname} ${text}`, false)
    this.#reportRefusal(code, `${status} ${text}`)
    this.close()
  }

  override connectionReady(next?: () => void): void {
    if (this._closing || this._closed) return
    const early = !this.isUpstream && this.#stream?.arrivedBytes
    if (early) this.reply('earlyTalker')
    else super.connectionReady(next)
  }

  /** 421 closes, as everywhere. */
  reply(which: ReplyName | Reply): void {
    const { code, status, text } = typeof which === 'string' ? REPLIES[which] : which
    this.send(code, `${status} ${text}`)
  }

  #reportRefusal(code: number, text: string): void {
    const { events } = this.#shared.options
    const status = OWN_STATUS.exec(text)?.[0].trim() ?? ''
    const session = { connectionId: this.id, clientAddress: this.inbound.client.address }
    const name = replyName(`${code} ${text}`)
    events.refused(session, { name, code, status, at: this.#command || 'connect', detail: this.#line })
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    // Replies of one turn leave together: those to pipelined commands need one packet, not one each.
    const socket = this._socket
    if (socket.writableCorked === 0 && this.#command !== 'STARTTLS') {
      socket.cork()
      process.nextTick(() => socket.uncork())
    }
    const text = typeof data === 'string' ? data.replace(/^Error: /, '') : data
    super.send(code, text, typeof text === 'string' && OWN_STATUS.test(text) ? false : context)
    if (code >= 400) this.#reportRefusal(code, String(text))
    if (code >= 500 && !this._closing && this.inbound.tooManyErrors(this.#command, code)) this.reply('tooManyErrors')
  }

  /** Called by the library's constructor, and again for what comes inside of TLS. */
  override _createParser(): InboundStream {
    if (this._parser instanceof InboundStream) this._parser.letGo()
    const parser = new InboundStream(this, this._server.options.maxCommandLength)
    parser.on('error', () => this.refuseAndClose('lineTooLong'))
    return parser
  }

  get isUpstream(): boolean {
    return this.inbound.client.listedUpstream
  }

  hear(command: Buffer, next: () => void): void {
    this._onCommand(command, () => this.#whenHeard(next))
  }

  /** Who pipelines commands and does not read the replies is not read on either: they would pile up here. */
  #whenHeard(next: () => void): void {
    if (this._socket.writableNeedDrain) this._socket.once('drain', next)
    else next()
  }

  refuseAndClose(name: ReplyName): void {
    this.reply(name)
    this.close()
  }

  override _onCommand(command: Buffer, callback: () => void = () => undefined): void {
    const name = command.toString('latin1').split(' ', 1)[0]!.trim().toUpperCase()
    const answer = name === 'STARTTLS' && !this.#shared.options.tls ? 'notImplemented' : ANSWERS.get(name)
    const leaving = this.#server.draining && name !== 'QUIT' && !this.inbound.inTransaction
    this.#confirmReply()
    this.#command = name
    this.#line = command.toString('utf8', 0, 300)
    this._unrecognizedCommands = 0 // errors are counted in send()
    if (this._upgrading) super._onCommand(command, callback)
    else if (!this._ready) this.reply('earlyTalker')
    else if (NOT_SMTP.has(name)) this.refuseAndClose('bdatUnsupported')
    else if (leaving) this.reply('notAvailable')
    else if (this.inbound.talksTooMuch(name)) this.reply('tooManyErrors')
    else if (answer) {
      this.reply(answer)
      setImmediate(callback)
    } else super._onCommand(command, callback)
  }

  override handler_EHLO(command: Buffer, callback: () => void): void {
    this.#server.options.hideSMTPUTF8 = !this.#shared.options.smtpUtf8()
    super.handler_EHLO(command, callback)
  }

  override handler_STARTTLS(command: Buffer, callback: () => void): void {
    // Nothing in clear may be left in our buffer when the handshake takes the socket over.
    this._socket.uncork()
    super.handler_STARTTLS(command, callback)
  }

  override handler_DATA(command: Buffer, callback: () => void): void {
    const phase = this.inbound.startData(outcome => this.#dataDone(outcome))
    if (!phase) this.send(503, 'need RCPT command')
    else if (command.toString('latin1').trim().length > 'DATA'.length) this.send(501, 'DATA has no parameters')
    else this.#startData(phase)
    callback()
  }

  #startData(phase: DataPhase): void {
    this.#phase = phase
    this.#stream?.startData(phase)
    this._socket.setTimeout(this.#shared.options.limits.dataTimeoutMs)
    // Whatever a stranger sent along with DATA is in by the next turn.
    if (this.isUpstream) this.#goAhead(phase)
    else setImmediate(() => this.#goAhead(phase))
  }

  #goAhead(phase: DataPhase): void {
    if (this._closing || this._closed) return
    const early = phase.source.receivedBytes > 0 || phase.source.ended
    if (early && !this.isUpstream) {
      phase.abandon('pipelinedData')
      return
    }
    this.send(354, 'End data with <CR><LF>.<CR><LF>')
    phase.start()
  }

  #dataDone({ reply, close, detail, onClientWentOn, onReplyLost }: DataOutcome): void {
    this.#phase = undefined
    if (this._closing || this._closed) return void onReplyLost?.()
    this.#line = detail
    this.reply(reply)
    this.#command = '-'
    if (close) this.close()
    this.inbound.transactionDone(reply.code < 300)
    this._transactionCounter++
    this._resetSession()
    if (this._closing) return
    if (onClientWentOn) this.#confirm = { arrivedBytes: this.#stream?.arrivedBytes ?? 0, call: onClientWentOn }
    this._socket.setTimeout(this.#shared.options.limits.commandTimeoutMs)
    if (this.#server.draining) this.reply('notAvailable')
    else this.#stream?.continue()
  }

  /** A command that came in after our 250 was written proves that the client reads on; a pipelined one does not. */
  #confirmReply(): void {
    const confirm = this.#confirm
    if (!confirm || (this.#stream?.chunkStart ?? 0) < confirm.arrivedBytes) return
    this.#confirm = undefined
    confirm.call()
  }

  override _resetSession(): void {
    super._resetSession()
    this.inbound.reset()
  }

  override _proxyCommandAllowed(command: string, option: 'useXClient' | 'useXForward'): boolean {
    if (option !== 'useXClient' || command !== 'XCLIENT' || this._xClient.has('ADDR')) return false
    return this.#shared.mayXclient(this._originalRemoteAddress)
  }

  override _armTimeout(socket = this._socket): void {
    const { dataTimeoutMs, commandTimeoutMs, firstCommandTimeoutMs } = this.#shared.options.limits
    const betweenMs = this.hostNameAppearsAs ? commandTimeoutMs : firstCommandTimeoutMs
    socket.setTimeout(this.#phase ? dataTimeoutMs : betweenMs, () => this._onTimeout())
  }

  override _onTimeout(): void {
    if (this._closing) this._socket.destroy()
    else if (this._handlerPending || this.#phase?.waitsForUs) this._armTimeout()
    else if (this.#phase) this.#phase.abandon('tooSlow')
    else this.reply('tooSlow')
  }

  override _onClose(): void {
    this.#phase?.clientLeft()
    this.#server.open.take(this.id)
    this.inbound.disconnect()
    const stream = this.#stream
    super._onClose()
    stream?.letGo()
    for (const socket of new Set([this.#accepted, this._socket])) forgetListeners(socket)
  }

  sweep(nowMs: number): void {
    if (this._closing) {
      // The client may read our last words first, but not hold the place by sending on.
      if (nowMs - (this.#closingSinceMs ??= nowMs) > this.#shared.options.limits.lingerMs) this._socket.destroy()
    } else if (this.#phase) this.#phase.sweep(nowMs)
    else if (nowMs - this.inbound.startedMs > this.#shared.options.limits.sessionMs) this.reply('notAvailable')
  }

  leaveIfIdle(): void {
    if (!this.#phase && !this._closing) this.reply('notAvailable')
  }

  get #stream(): InboundStream | undefined { return this._parser instanceof InboundStream ? this._parser : undefined }
}
