/**
 * One SMTP connection as the client sees it: octets out, replies in, in the order of the commands.
 *
 * A raw socket without timers of its own: whoever owns many lines looks at `waitingSinceMs` now and then. What the server
 * says is bounded, since any server may be on the other side.
 * Standards: RFC 5321 §4.2 (replies), RFC 3207 (STARTTLS), RFC 8314 (implicit TLS).
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { monotonicMs } from './clock.ts'

export type Address = { readonly host: string; readonly port: number; readonly name: string }
export type Reply = { readonly code: number; readonly lines: readonly string[] }

/** The connection is over, or was never there. */
export class LineLost extends Error {
  override readonly name = 'LineLost'
}

const LONGEST_REPLY = 64 * 1024

export class SmtpLine {
  #socket: Socket
  #replies: Reply[] = []
  #text = ''
  #lines: string[] = []
  #ended: LineLost | undefined
  #wake: (() => void) | undefined
  /** Since when somebody waits for a reply. */
  waitingSinceMs: number | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#listen()
  }

  static open({ host, port }: Address): SmtpLine {
    return new SmtpLine(connect({ host, port, noDelay: true }))
  }

  get ended(): boolean {
    return this.#ended !== undefined
  }

  /** Certificates are not checked: the load is the question here, and staging networks sign their own. */
  async startTls(name: string): Promise<void> {
    this.#socket.removeAllListeners('data')
    const secured = connectTls({
      socket: this.#socket,
      rejectUnauthorized: false,
      ...(/^[\d.:]+$/.test(name) ? {} : { servername: name }),
    })
    this.#socket = secured
    this.#listen()
    this.waitingSinceMs = monotonicMs()
    await Promise.race([
      once(secured, 'secureConnect'),
      once(secured, 'close').then(() => Promise.reject(this.#ended ?? new LineLost('TLS failed'))),
    ])
    this.waitingSinceMs = undefined
  }

  write(octets: string | Buffer): void {
    this.#socket.write(octets)
  }

  /** Both in one system call, without copying them together. */
  writeBoth(first: Buffer, second: Buffer): void {
    this.#socket.cork()
    this.#socket.write(first)
    this.#socket.write(second)
    this.#socket.uncork()
  }

  /** Resolves when the octets have left, so that a slow client never has more than one piece under way. */
  written(octets: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(octets, error => (error ? reject(this.#ended ?? new LineLost(error.message)) : resolve()))
    })
  }

  async reply(): Promise<Reply> {
    while (this.#replies.length === 0) {
      if (this.#ended) throw this.#ended
      this.waitingSinceMs ??= monotonicMs()
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
    this.waitingSinceMs = undefined
    return this.#replies.shift()!
  }

  end(command: string): void {
    this.#socket.end(command)
  }

  destroy(why: string): void {
    this.#end(new LineLost(why))
    this.#socket.destroy()
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#hear(chunk.toString('latin1')))
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(new LineLost(error.code ?? error.message)))
    this.#socket.on('close', () => this.#end(new LineLost('connection closed')))
  }

  #hear(text: string): void {
    this.#text += text
    for (let end = this.#text.indexOf('\n'); end !== -1; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end).trimEnd()
      this.#text = this.#text.slice(end + 1)
      this.#lines.push(line)
      if (line[3] !== '-') this.#finish()
    }
    if (this.#text.length > LONGEST_REPLY || this.#lines.length > 1000) this.destroy('endless reply')
    this.#wake?.()
  }

  #finish(): void {
    const code = Number(this.#lines.at(-1)!.slice(0, 3))
    this.#replies.push({ code: Number.isInteger(code) ? code : 0, lines: this.#lines })
    this.#lines = []
  }

  #end(error: LineLost): void {
    this.#ended ??= error
    this.#wake?.()
  }
}
