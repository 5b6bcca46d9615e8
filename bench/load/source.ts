/**
 * Sends mails as fast as the server takes them, from a process of its own, by raw sockets.
 *
 *   parent ── SourceOrder ──▶ N connections, each: connect ▸ EHLO ▸ MAIL RCPT DATA (pipelined) ▸ mail ▸ 250 ▸ next
 *          ◀── SourceReport ── when the time is over and every connection has its last reply
 *
 * A closed loop: each connection has one mail under way. Any reply that is not the expected one is an error and
 * ends the connection.
 */
import { connect, type Socket } from 'node:net'
import { monotonicMs } from './clock.ts'
import { type MailClass, mailOf, mailTemplate } from './mails.ts'

export type SourceOrder = {
  readonly port: number
  readonly mailClass: MailClass
  readonly connections: number
  /** Mails per connection; 1 is a new connection for each. */
  readonly perConnection: number
  readonly seconds: number
  /** Begins every Message-ID of this run. */
  readonly runId: string
}

export type SourceReport = {
  readonly startedMs: number
  readonly messageBytes: number
  /** Beginning of each accepted mail (before its connection was opened, when it has its own), by its number. */
  readonly sentAtMs: readonly (readonly [number, number])[]
  readonly ackMs: readonly number[]
  readonly errors: readonly string[]
}

process.on('message', (order: SourceOrder) => void runOrder(order).then(report => process.send?.(report)))
process.on('disconnect', () => process.exit())

async function runOrder(order: SourceOrder): Promise<SourceReport> {
  const run = new Run(order)
  await Promise.all(Array.from({ length: order.connections }, () => run.keepSending()))
  return run.report()
}

class Run {
  readonly #order: SourceOrder
  readonly #template
  readonly #startedMs = monotonicMs()
  readonly #sentAtMs: [number, number][] = []
  readonly #ackMs: number[] = []
  readonly #errors: string[] = []
  #nextNumber = 0

  constructor(order: SourceOrder) {
    this.#order = order
    this.#template = mailTemplate(order.mailClass)
  }

  get over(): boolean {
    return monotonicMs() - this.#startedMs >= this.#order.seconds * 1000 || this.#errors.length > 20
  }

  async keepSending(): Promise<void> {
    while (!this.over) {
      try {
        await this.#oneConnection()
      } catch (error) {
        this.#errors.push(error instanceof Error ? error.message : String(error))
      }
    }
  }

  async #oneConnection(): Promise<void> {
    let beganMs = monotonicMs()
    const line = new Line(connect({ port: this.#order.port, host: '127.0.0.1', noDelay: true }))
    try {
      await line.expect('220')
      await line.ask('EHLO source.example\r\n', '250')
      for (let i = 0; i < this.#order.perConnection && (i === 0 || !this.over); i++) {
        if (i > 0) beganMs = monotonicMs()
        await this.#oneMail(line, beganMs)
      }
      line.end('QUIT\r\n')
    } catch (error) {
      line.destroy()
      throw error
    }
  }

  async #oneMail(line: Line, beganMs: number): Promise<void> {
    const number = this.#nextNumber++
    const mail = mailOf(this.#template, `${this.#order.runId}.${number}`)
    line.write('MAIL FROM:<yamada@sender.example>\r\nRCPT TO:<staff@town.example.jp>\r\nDATA\r\n')
    await line.expect('250')
    await line.expect('250')
    await line.expect('354')
    line.write(Buffer.concat([mail, END_OF_DATA]))
    await line.expect('250')
    this.#sentAtMs.push([number, beganMs])
    this.#ackMs.push(monotonicMs() - beganMs)
  }

  report(): SourceReport {
    const messageBytes = mailOf(this.#template, this.#order.runId).length
    return { startedMs: this.#startedMs, messageBytes, sentAtMs: this.#sentAtMs, ackMs: this.#ackMs, errors: this.#errors }
  }
}

/** The templates end in CRLF and have no line that begins with a dot. */
const END_OF_DATA = Buffer.from('.\r\n')

/** One connection: replies in the order of the commands. */
class Line {
  readonly #socket: Socket
  readonly #replies: string[] = []
  #text = ''
  #ended: Error | undefined
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#hear(text))
    socket.on('error', error => this.#end(error))
    socket.on('close', () => this.#end(new Error('connection closed')))
  }

  write(octets: string | Buffer): void {
    this.#socket.write(octets)
  }

  ask(command: string, code: string): Promise<void> {
    this.write(command)
    return this.expect(code)
  }

  async expect(code: string): Promise<void> {
    while (this.#replies.length === 0) {
      if (this.#ended) throw this.#ended
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
    const reply = this.#replies.shift()!
    if (!reply.startsWith(code)) throw new Error(`expected ${code}: ${reply}`)
  }

  end(command: string): void {
    this.#socket.end(command)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #hear(text: string): void {
    this.#text += text
    for (let end = this.#text.indexOf('\r\n'); end !== -1; end = this.#text.indexOf('\r\n')) {
      const reply = this.#text.slice(0, end)
      this.#text = this.#text.slice(end + 2)
      if (reply[3] !== '-') this.#replies.push(reply)
    }
    this.#wake?.()
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#wake?.()
  }
}
