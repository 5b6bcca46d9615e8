/**
 * An SMTP server that misbehaves by plan: what a load tester must find out is known beforehand.
 *
 *   client ──▶ [scripted server] ──▶ sink
 *
 * Mail n (from 0, in the order in which the data ended) gets what the script says for it. Written without any code of
 * the load tester, so that the two cannot agree on an error.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export type Fate = {
  /** Before the reply to the data. */
  readonly delayMs?: number
  /** Instead of 250; nothing is passed on, unless `copies` says so. */
  readonly reply?: string
  /** So many are passed on. */
  readonly copies?: number
  /** The connection ends where the reply should stand; the mail is passed on. */
  readonly hangUp?: boolean
  /** What is passed on instead of what came. */
  readonly change?: (octets: Buffer) => Buffer
  /** Passed on to this address instead. */
  readonly rcpt?: string
}

export type Script = {
  readonly fate: (number: number) => Fate
  /** What EHLO offers. */
  readonly extensions?: readonly string[]
  readonly replyToRcpt?: (address: string) => string
  /** The server answers nobody while this time (from its start) runs. */
  readonly stall?: { readonly fromMs: number; readonly toMs: number }
}

export class ScriptedServer {
  readonly #server: Server
  readonly #script: Script
  readonly #nextPort: number | undefined
  readonly #forwards: Promise<void>[] = []
  readonly #sockets = new Set<Socket>()
  #startedMs = performance.now()
  #mails = 0
  connections = 0

  constructor(script: Script, nextPort?: number) {
    this.#script = script
    this.#nextPort = nextPort
    this.#server = createServer({ noDelay: true }, socket => void this.#serve(socket).catch(() => socket.destroy()))
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#startedMs = performance.now()
    return (this.#server.address() as AddressInfo).port
  }

  /** Everything has been passed on. */
  async settled(): Promise<void> {
    while (this.#forwards.length > 0) await this.#forwards.shift()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(socket: Socket): Promise<void> {
    this.connections++
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
    const input = new Input(socket)
    await this.#answer(socket, '220 scripted.example ESMTP')
    let recipients: string[] = []
    for (;;) {
      const line = (await input.until('\r\n')).toString('latin1')
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'EHLO') await this.#answer(socket, ['250-scripted.example', ...(this.#script.extensions ?? ['PIPELINING']).map(each => `250-${each}`), '250 OK'].join('\r\n'))
      else if (verb === 'RCPT') {
        const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
        const reply = this.#script.replyToRcpt?.(address) ?? '250 ok'
        if (reply.startsWith('2')) recipients.push(address)
        await this.#answer(socket, reply)
      } else if (verb === 'DATA') {
        await this.#answer(socket, '354 go on')
        const octets = await input.until('\r\n.\r\n', '\r\n')
        const to = recipients
        recipients = []
        if (!(await this.#take(socket, octets, to))) return
      } else if (verb === 'QUIT') {
        socket.end('221 bye\r\n')
        return
      } else await this.#answer(socket, '250 ok')
    }
  }

  async #take(socket: Socket, octets: Buffer, recipients: readonly string[]): Promise<boolean> {
    const { delayMs, reply, copies = reply === undefined ? 1 : 0, hangUp, change, rcpt } = this.#script.fate(this.#mails++)
    if (delayMs !== undefined) await delay(delayMs)
    for (let i = 0; i < copies; i++) this.#forwards.push(this.#forward(change ? change(octets) : octets, rcpt === undefined ? recipients : [rcpt]))
    if (hangUp) {
      socket.destroy()
      return false
    }
    await this.#answer(socket, reply ?? '250 2.0.0 taken as 4711')
    return true
  }

  async #answer(socket: Socket, text: string): Promise<void> {
    const { stall } = this.#script
    const nowMs = performance.now() - this.#startedMs
    if (stall && nowMs >= stall.fromMs && nowMs < stall.toMs) await delay(stall.toMs - nowMs)
    socket.write(`${text}\r\n`)
  }

  async #forward(octets: Buffer, recipients: readonly string[]): Promise<void> {
    if (this.#nextPort === undefined) return
    const socket = connect(this.#nextPort, '127.0.0.1')
    const input = new Input(socket)
    await input.until('\r\n')
    for (const command of ['HELO scripted.example', 'MAIL FROM:<a@example.com>', ...recipients.map(each => `RCPT TO:<${each}>`), 'DATA']) {
      socket.write(`${command}\r\n`)
      await input.until('\r\n')
    }
    socket.write(Buffer.concat([octets, Buffer.from('\r\n.\r\n')]))
    await input.until('\r\n')
    socket.destroy()
  }
}

/** What comes in, up to a terminator that is left out. */
class Input {
  #octets: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined
  #ended = false

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#octets = Buffer.concat([this.#octets, chunk])
      this.#wake?.()
    })
    socket.on('close', () => {
      this.#ended = true
      this.#wake?.()
    })
  }

  /** `before` counts as what stood in front. */
  async until(terminator: string, before = ''): Promise<Buffer> {
    if (before !== '') this.#octets = Buffer.concat([Buffer.from(before), this.#octets])
    for (;;) {
      const at = this.#octets.indexOf(terminator, 0, 'latin1')
      if (at !== -1) {
        const found = this.#octets.subarray(before.length <= at ? before.length : at, at)
        this.#octets = this.#octets.subarray(at + terminator.length)
        return found
      }
      if (this.#ended) throw new Error('the client is gone')
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }
}
