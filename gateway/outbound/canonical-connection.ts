/**
 * The only door to nodemailer, of which we use the protocol engine (SMTPConnection) and nothing else. What is different here:
 *
 *   - canonical octets leave as they are (dot-stuff.ts) instead of byte by byte through a Transform: twice as many 5 KB messages
 *     a second and eight times less CPU for large ones (bench/relay.ts);
 *   - to a hop with CHUNKING a small message leaves together with its envelope, so that nobody waits for a 354:
 *
 *       MAIL, RCPT …, DATA ──▶ ◀── 354 … ──▶ message ──▶ ◀── 250        MAIL, RCPT …, BDAT n LAST, message ──▶ ◀── 250
 *
 *     A hop that refuses the envelope has to throw the octets away that come behind it. One that took them for commands would
 *     let a sender give it orders by the text of a mail, so each connection is tried first [tryChunking].
 *   - it says how far a message got.
 *
 * Standards: RFC 5321, RFC 2920 (PIPELINING), RFC 3030 §2 and §4.2 (CHUNKING, pipelined and refused).
 */
import type { Socket } from 'node:net'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { writeStuffed } from './dot-stuff.ts'
import type { LostConnection, ReplyError } from './transaction.ts'

/** A larger message is not sent to a hop that may not want its recipients. */
const LARGEST_CHUNK = 256 * 1024
/** As an order it would end the connection, with a reply of its own. */
const CHUNK_TO_THROW_AWAY = 'QUIT\r\n'

type Envelope = { readonly from: string; readonly to: string[]; readonly size: number }
type StreamCallback = (error: Error | null, reply?: string) => void
type EnvelopeCallback = (error: Error | null, info?: object) => void

/** What we use of SMTPConnection beyond its public face. Its version is pinned; the tests at a raw sink notice more. */
type Internals = {
  _socket: Socket
  _envelope: { rejectedErrors: ReplyError[] } | false
  _ehloLines: readonly string[] | false
  _supportedExtensions: string[]
  _maxAllowedSize: number
  _responseActions: ((reply: string) => void)[]
  _sendCommand(line: string): void
  _actionDATA(reply: string, callback: EnvelopeCallback): void
  _actionSMTPStream(reply: string, callback: StreamCallback): void
  _envelopeError(reply: string): Error | undefined
  _formatError(message: string, type: string, reply: string, command: string): Error
}
const INHERITED = SMTPConnection.prototype as unknown as Internals

export class CanonicalConnection extends SMTPConnection {
  progress: LostConnection['during'] = 'envelope'
  #throwsAway = false
  /** What leaves behind the envelope of the running transaction. */
  #chunk: Buffer | undefined
  #chunkReply = ''

  get internals(): Internals {
    return this as unknown as Internals
  }

  /** Whether a TLS handshake was begun on this connection. */
  get tlsStarted(): boolean {
    return this.upgrading === true || this.secure
  }

  get offersChunking(): boolean {
    const { _ehloLines, _supportedExtensions } = this.internals
    return _supportedExtensions.includes('PIPELINING') && (_ehloLines || []).some(line => line.toUpperCase() === 'CHUNKING')
  }

  /**
   * A transaction that every hop refuses, for lack of recipients: what does this one do with the octets? 221 in place of RSET's 250 is
   * the answer to them. After any other answers than those expected, replies may no longer belong to what they seem to.
   */
  tryChunking(done: (isGood: boolean) => void): void {
    const { _responseActions, _socket } = this.internals
    let refused = false
    _responseActions.push(
      () => undefined,
      reply => {
        refused = reply.startsWith('5')
      },
      reply => {
        this.#throwsAway = refused && reply.startsWith('250')
        done(this.#throwsAway)
      },
    )
    _socket.write(`MAIL FROM:<>\r\nBDAT ${CHUNK_TO_THROW_AWAY.length} LAST\r\n${CHUNK_TO_THROW_AWAY}RSET\r\n`)
  }

  /** `done`: an error, or the reply to the end of the message. */
  sendMessage(envelope: Envelope, message: Buffer, done: (error: ReplyError | null, finalReply: string | undefined) => void): void {
    this.progress = 'envelope'
    this.lastServerResponse = false
    this.#chunk = this.#throwsAway && message.length <= LARGEST_CHUNK ? message : undefined
    this.send(envelope, message, (error, info) => {
      this.#chunk = undefined
      done(error as ReplyError | null, info?.response)
    })
  }

  /** DATA is the last line of a pipelined envelope, written while the socket is corked. */
  _sendCommand(line: string): void {
    const chunk = this.#chunk
    if (chunk === undefined || line !== 'DATA') return INHERITED._sendCommand.call(this, line)
    const { _socket } = this.internals
    this.progress = 'data'
    _socket.write(`BDAT ${chunk.length} LAST\r\n`)
    _socket.write(chunk, error => {
      if (!error) this.progress = 'end-of-data'
    })
  }

  /** The reply to DATA; to BDAT it is the one that counts for the message. */
  _actionDATA(reply: string, callback: EnvelopeCallback): void {
    if (this.#chunk === undefined) return INHERITED._actionDATA.call(this, reply, callback)
    const error = INHERITED._envelopeError.call(this, reply)
    if (error) return callback(error)
    if (!reply.startsWith('2')) return callback(INHERITED._formatError.call(this, 'Message failed', 'EMESSAGE', reply, 'DATA'))
    this.#chunkReply = reply
    callback(null, {})
  }

  /** Called by SMTPConnection.send once _actionDATA has no error; it then calls write(message) and end() on what we return. */
  _createSendStream(callback: StreamCallback): { outByteCount: number; write(message: Uint8Array): void; end(): void } {
    if (this.#chunk !== undefined) return { outByteCount: 0, write: () => callback(null, this.#chunkReply), end() {} }
    const { _responseActions, _socket } = this.internals
    _responseActions.push(reply => this.internals._actionSMTPStream(reply, callback))
    this.progress = 'data'
    return {
      outByteCount: 0,
      write: message =>
        writeStuffed(_socket, message, () => {
          this.progress = 'end-of-data'
        }),
      end() {},
    }
  }
}
