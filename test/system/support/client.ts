/**
 * An SMTP client that never gives up: sends each mail until it hears 250, and says which replies were lost on the way.
 * The same octets under the same envelope each time, as a queueing server repeats a message.
 */
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export type Mail = { readonly token: string; readonly bytes: Buffer }
export type LoadReport = {
  /** Mails that got 250. */
  readonly accepted: Set<string>
  /** Mails for which at least once the connection ended after the end of data and before a reply. */
  readonly replyLost: Set<string>
  /** Replies to the end of data other than 250, with their number. */
  readonly refusals: Map<string, number>
}
export type LoadOptions = {
  readonly port: number
  readonly connections: number
  readonly from?: string
  readonly to?: string
  readonly stopped?: () => boolean
  readonly onAccepted?: () => void
  readonly onRefused?: (reply: string) => void
}

const RETRY_MS = 100
const REPLY_MS = 90_000

/** Takes mails from `mails` until there are no more, or `stopped` says so. */
export async function sendAll(mails: Iterable<Mail>, options: LoadOptions): Promise<LoadReport> {
  const report: LoadReport = { accepted: new Set(), replyLost: new Set(), refusals: new Map() }
  const source = mails[Symbol.iterator]()
  await Promise.all(Array.from({ length: options.connections }, () => new Sender(options, report).run(source)))
  return report
}

class Sender {
  readonly #options: LoadOptions
  readonly #report: LoadReport
  #connection: SmtpConnection | undefined

  constructor(options: LoadOptions, report: LoadReport) {
    this.#options = options
    this.#report = report
  }

  async run(source: Iterator<Mail>): Promise<void> {
    while (!this.#options.stopped?.()) {
      const next = source.next()
      if (next.done) break
      while (!(await this.#once(next.value)) && !this.#options.stopped?.()) await delay(RETRY_MS)
    }
    await this.#connection?.command('QUIT').catch(() => undefined)
    this.#connection?.close()
  }

  async #once(mail: Mail): Promise<boolean> {
    let ended = false
    try {
      const connection = (this.#connection ??= await SmtpConnection.open(this.#options.port))
      await connection.expect(`MAIL FROM:<${this.#options.from ?? 'sender@example.com'}>`, '250')
      await connection.expect(`RCPT TO:<${this.#options.to ?? 'staff@town.example.jp'}>`, '250')
      await connection.expect('DATA', '354')
      ended = true
      const reply = await connection.data(mail.bytes)
      ended = false
      if (!reply.startsWith('250')) throw new Refused(reply)
      this.#report.accepted.add(mail.token)
      this.#options.onAccepted?.()
      return true
    } catch (error) {
      if (error instanceof Refused) {
        this.#report.refusals.set(error.message, (this.#report.refusals.get(error.message) ?? 0) + 1)
        this.#options.onRefused?.(error.message)
      }
      if (ended) this.#report.replyLost.add(mail.token)
      this.#connection?.close()
      this.#connection = undefined
      return false
    }
  }
}

class Refused extends Error {}

/** One connection, one command at a time. Every method throws once the connection is lost. */
export class SmtpConnection {
  readonly socket: net.Socket
  #text = ''
  #ended = false

  private constructor(socket: net.Socket) {
    this.socket = socket.setNoDelay().setTimeout(REPLY_MS, () => socket.destroy())
    socket.on('data', chunk => (this.#text += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => (this.#ended = true))
  }

  static open(port: number): Promise<SmtpConnection> {
    return SmtpConnection.over(net.connect(port, '127.0.0.1'))
  }

  /** Greets over a socket of the caller's making. */
  static async over(socket: net.Socket): Promise<SmtpConnection> {
    const connection = new SmtpConnection(socket)
    await connection.reply()
    await connection.expect('EHLO client.example.com', '250')
    return connection
  }

  async command(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`)
    return this.reply()
  }

  async expect(line: string, code: string): Promise<void> {
    const reply = await this.command(line)
    if (!reply.startsWith(code)) throw new Refused(reply)
  }

  async data(bytes: Buffer): Promise<string> {
    this.socket.write(dotStuffed(bytes))
    this.socket.write('.\r\n')
    return this.reply()
  }

  /** Writes pieces as fast as the other side reads; the end of data is the caller's. */
  async stream(pieces: Iterable<Buffer>): Promise<void> {
    for (const piece of pieces) {
      if (this.#ended) return
      if (this.socket.write(piece)) continue
      const changed = new AbortController()
      await Promise.race([once(this.socket, 'drain', changed), once(this.socket, 'close', changed)]).finally(() => changed.abort())
    }
  }

  /** The next reply's last line. */
  async reply(): Promise<string> {
    for (;;) {
      const last = /^(?:\d{3}-[^\n]*\n)*(\d{3}(?: [^\n]*)?)\r\n/.exec(this.#text)
      if (last) {
        this.#text = this.#text.slice(last[0].length)
        return last[1]!.trim()
      }
      if (this.#ended) throw new Error('connection lost')
      const changed = new AbortController()
      await Promise.race([once(this.socket, 'data', changed), once(this.socket, 'close', changed)]).finally(() => changed.abort())
    }
  }

  close(): void {
    this.socket.destroy()
  }
}

function dotStuffed(bytes: Buffer): Buffer {
  if (bytes[0] !== 0x2e && !bytes.includes('\n.')) return bytes
  return Buffer.from(bytes.toString('latin1').replace(/^\./gm, '..'), 'latin1')
}
