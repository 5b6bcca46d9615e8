/** A next hop of raw sockets that does what a test wants, and keeps the octets exactly as they came. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'

export const CERT_FILE = join(import.meta.dirname, 'tls/hop-cert.pem')
const KEY_FILE = join(import.meta.dirname, 'tls/hop-key.pem')

export type Behaviour = {
  readonly greeting?: string
  /** Greets a connection beyond so many open ones with 421. */
  readonly mostConnections?: number
  /** EHLO keywords; default PIPELINING and SIZE. */
  readonly extensions?: readonly string[]
  readonly mail?: string
  readonly rcpt?: (mailbox: string) => string
  readonly data?: string
  /** Reply to end-of-data, or what happens in its place. */
  readonly end?: string
  /** Closes after so many octets of the message. */
  readonly dropAfterOctets?: number
  readonly dropAtEnd?: boolean
  /** After so many transactions on a connection, the next MAIL finds it closed. */
  readonly dropAfterTransactions?: number
  readonly starttls?: boolean
  /** Answers 220 to STARTTLS and then talks rubbish. */
  readonly brokenTls?: boolean
  readonly delayMs?: number
  /** Takes the connection and never says a word. */
  readonly mute?: boolean
  /** 421 in place of the reply to the MAIL of this transaction (0 is the first) of a connection. */
  readonly closingAtTransaction?: number
  /** Only the reply to end-of-data is this late. */
  readonly endDelayMs?: number
  /** What is done with the octets behind a refused BDAT; default `thrown away`. `obeyed`: as commands. */
  readonly refusedChunk?: 'thrown away' | 'obeyed' | 'unanswered' | 'not understood'
}

export type Received = { readonly from: string; readonly recipients: readonly string[]; readonly data: Buffer; readonly secure: boolean }
export type Sink = {
  readonly port: number
  readonly received: Received[]
  readonly commands: string[]
  connections: number
  behaviour: Behaviour
  close(): Promise<void>
}

/** On a port of the system's choice, or on `port`: a hop that comes back must be where it was. */
export async function startSink(behaviour: Behaviour = {}, port = 0): Promise<Sink> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    sink.connections++
    const { mostConnections = Number.POSITIVE_INFINITY } = sink.behaviour
    if (sockets.size > mostConnections) socket.end('421 4.7.0 too many connections\r\n')
    else new Conversation(sink, socket).greet()
  })
  const sink: Sink = {
    port: 0, received: [], commands: [], connections: 0, behaviour,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(sink, { port: (server.address() as AddressInfo).port })
}

class Conversation {
  readonly #sink: Sink
  #socket: Socket
  #buffer = Buffer.alloc(0)
  #inData = false
  /** Octets of a chunk that are still to come; undefined outside of one. */
  #chunkLeft: number | undefined
  #secure = false
  #from = ''
  #recipients: string[] = []
  #transactions = 0

  constructor(sink: Sink, socket: Socket) {
    this.#sink = sink
    this.#socket = socket
    this.#listen()
  }

  #listen(): void {
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  greet(): void {
    const { greeting, mute } = this.#sink.behaviour
    if (mute) return
    this.#say(greeting ?? '220 sink ESMTP')
    if (greeting !== undefined) this.#socket.end()
  }

  #say(text: string, delayMs = this.#sink.behaviour.delayMs): void {
    const socket = this.#socket
    if (delayMs === undefined) socket.write(`${text}\r\n`)
    else setTimeout(() => socket.write(`${text}\r\n`), delayMs)
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    for (;;) {
      if (this.#chunkLeft !== undefined) {
        if (!this.#takeChunk(this.#chunkLeft)) return
        continue
      }
      if (this.#inData) {
        if (!this.#takeData()) return
        continue
      }
      const end = this.#buffer.indexOf('\r\n')
      if (end === -1) return
      const line = this.#buffer.toString('utf8', 0, end)
      this.#buffer = this.#buffer.subarray(end + 2)
      this.#command(line)
    }
  }

  #takeData(): boolean {
    const { behaviour } = this.#sink
    if (behaviour.dropAfterOctets !== undefined && this.#buffer.length >= behaviour.dropAfterOctets) {
      this.#socket.destroy()
      return false
    }
    const end = this.#buffer.indexOf('\r\n.\r\n')
    if (end === -1) return false
    const data = this.#buffer.subarray(0, end + 2)
    this.#buffer = this.#buffer.subarray(end + 5)
    this.#inData = false
    return this.#finish(data)
  }

  #takeChunk(octets: number): boolean {
    const { behaviour } = this.#sink
    if (behaviour.dropAfterOctets !== undefined && this.#buffer.length >= behaviour.dropAfterOctets) {
      this.#socket.destroy()
      return false
    }
    if (this.#buffer.length < octets) return false
    const data = this.#buffer.subarray(0, octets)
    this.#buffer = this.#buffer.subarray(octets)
    this.#chunkLeft = undefined
    if (this.#recipients.length > 0) return this.#finish(data)
    if (behaviour.refusedChunk === 'unanswered') return true
    this.#say('503 5.5.1 need RCPT')
    // Octets that are no command of this hop: one answer more than there were commands.
    if (behaviour.refusedChunk === 'not understood') this.#say('500 5.5.1 what?')
    if (behaviour.refusedChunk === 'obeyed') this.#buffer = Buffer.concat([data, this.#buffer])
    return true
  }

  #finish(data: Buffer): boolean {
    const { behaviour } = this.#sink
    const final = behaviour.end ?? '250 2.0.0 ok'
    if (final.startsWith('2')) {
      this.#sink.received.push({ from: this.#from, recipients: this.#recipients, data: Buffer.from(data), secure: this.#secure })
    }
    this.#recipients = []
    this.#from = ''
    this.#transactions++
    if (behaviour.dropAtEnd) {
      this.#socket.destroy()
      return false
    }
    this.#say(final, behaviour.endDelayMs ?? behaviour.delayMs)
    return true
  }

  #command(line: string): void {
    const { behaviour, commands } = this.#sink
    commands.push(line)
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'EHLO') this.#ehlo()
    else if (verb === 'STAR') this.#startTls()
    else if (verb === 'MAIL') this.#mail(line)
    else if (verb === 'RCPT') this.#rcpt(line)
    else if (verb === 'DATA') this.#data()
    else if (verb === 'BDAT') this.#chunkLeft = Number(/^BDAT (\d+) LAST$/.exec(line)![1])
    else if (verb === 'RSET') this.#reset()
    else if (verb === 'QUIT') this.#socket.end('221 bye\r\n')
    else this.#say(`500 5.5.1 what? ${behaviour.end ?? ''}`)
  }

  #ehlo(): void {
    const { behaviour } = this.#sink
    const keywords = [...(behaviour.extensions ?? ['PIPELINING', 'SIZE'])]
    if ((behaviour.starttls || behaviour.brokenTls) && !this.#secure) keywords.push('STARTTLS')
    const lines = ['sink', ...keywords]
    this.#say(lines.map((text, index) => `250${index === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n'))
  }

  #startTls(): void {
    const { starttls, brokenTls } = this.#sink.behaviour
    if (!starttls && !brokenTls) return this.#say('502 5.5.1 not implemented')
    if (brokenTls) return void this.#socket.write('220 go\r\nthis is no TLS at all\r\n')
    this.#say('220 go')
    this.#socket.removeAllListeners('data')
    const secureContext = createSecureContext({ key: readFileSync(KEY_FILE), cert: readFileSync(CERT_FILE) })
    this.#socket = new TLSSocket(this.#socket, { isServer: true, secureContext })
    this.#secure = true
    this.#buffer = Buffer.alloc(0)
    this.#listen()
  }

  #mail(line: string): void {
    if (this.#transactions === this.#sink.behaviour.dropAfterTransactions) return void this.#socket.destroy()
    if (this.#transactions === this.#sink.behaviour.closingAtTransaction) {
      this.#say('421 4.3.2 enough for now')
      return void this.#socket.end()
    }
    if (this.#from !== '') return this.#say('503 5.5.1 nested MAIL')
    const reply = this.#sink.behaviour.mail ?? '250 2.1.0 ok'
    if (reply.startsWith('2')) this.#from = /<(.*?)>/.exec(line)![0]
    this.#say(reply)
    if (reply.startsWith('421')) this.#socket.end()
  }

  #rcpt(line: string): void {
    const mailbox = /<(.*?)>/.exec(line)![1]!
    const reply = this.#from === '' ? '503 5.5.1 need MAIL' : (this.#sink.behaviour.rcpt?.(mailbox) ?? '250 2.1.5 ok')
    if (reply.startsWith('2')) this.#recipients.push(mailbox)
    this.#say(reply)
    if (reply.startsWith('421')) this.#socket.end()
  }

  #data(): void {
    if (this.#recipients.length === 0) return this.#say('554 5.5.1 no valid recipients')
    const reply = this.#sink.behaviour.data ?? '354 go on'
    this.#inData = reply.startsWith('354')
    this.#say(reply)
    if (reply.startsWith('421')) this.#socket.end()
  }

  #reset(): void {
    this.#from = ''
    this.#recipients = []
    this.#say('250 2.0.0 reset')
  }
}
