/** A listener on a free port with a transaction of the test's choosing, and a client that speaks by hand. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { MessageSource } from '../../../../gateway/inbound/data.ts'
import { startListener } from '../../../../gateway/inbound/listener.ts'
import { DEFAULT_LIMITS, type InboundLimits, type Listener, type ListenerOptions, type OnMessage } from '../../../../gateway/inbound/options.ts'
import { recipientCheck } from '../../../../gateway/inbound/recipients.ts'
import { REPLIES } from '../../../../core/smtp/reply.ts'
import type { Envelope, Mailbox } from '../../../../core/smtp/envelope.ts'
import type { ClientSession } from '../../../../gateway/inbound/options.ts'

export type Taken = { readonly session: ClientSession; readonly envelope: Envelope; readonly bytes: Buffer }

export type TestListener = {
  readonly options: ListenerOptions
  readonly listener: Listener
  readonly port: number
  /** Messages that came in whole. */
  readonly taken: Taken[]
  readonly errors: unknown[]
  readonly network: Error[]
  /** Replies that the listener reported as refusals. */
  readonly refused: number[]
}

/** Takes everything, and keeps it. */
export async function readAll(source: MessageSource): Promise<Buffer> {
  const collected = await source.collectSmall(256 * 1024, 2000)
  if (collected.kind === 'whole') return collected.bytes
  const chunks = [...collected.head]
  for await (const chunk of collected.rest) chunks.push(chunk)
  return Buffer.concat(chunks)
}

type Choice = Partial<Omit<ListenerOptions, 'limits'>> & { readonly limits?: Partial<InboundLimits> }

export async function startTestListener(choice: Choice = {}, onMessage?: OnMessage): Promise<TestListener> {
  const taken: Taken[] = []
  const errors: unknown[] = []
  const network: Error[] = []
  const refused: number[] = []
  const options: ListenerOptions = {
    address: '127.0.0.1',
    port: 0,
    hostname: 'gate.example',
    banner: '',
    tls: undefined,
    requireTls: false,
    smtpUtf8: () => true,
    upstreams: [{ networks: ['127.0.0.0/8', '::1'], authservIds: ['mx.cloud.example'] }],
    proxyHosts: [],
    xclientHosts: [],
    acceptStrangers: true,
    checkRecipient: recipientCheck({ domains: ['inside.example'] }),
    postmaster: 'postmaster@inside.example' as Mailbox,
    admission: { isolated: () => false, hasSpace: () => true },
    events: {
      connected: () => undefined,
      disconnected: () => undefined,
      refused: (_session, { code }) => void refused.push(code),
      network: (_client, error) => void network.push(error),
      error: (_context, error) => void errors.push(error),
    },
    nowMs: () => performance.now(),
    ...choice,
    limits: { ...DEFAULT_LIMITS, greetingDelayMs: 5, sweepMs: 20, ...choice.limits },
  }
  const keep: OnMessage = async (session, envelope, source) => {
    taken.push({ session, envelope, bytes: await readAll(source) })
    return { reply: REPLIES.accepted }
  }
  const listener = await startListener(options, onMessage ?? keep)
  return { listener, options, port: listener.address.port, taken, errors, network, refused }
}

/** Nobody is listed: every client is a stranger. */
export const STRANGERS_ONLY: Choice = { upstreams: [] }

export class Client {
  readonly socket: Socket
  #text = ''
  #closed = false
  /** Tells whoever waits that something has come. */
  #wake: () => void = () => undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
    socket.on('error', () => undefined)
  }

  static async open(port: number): Promise<Client> {
    const socket = connect(port, '127.0.0.1')
    const client = new Client(socket)
    await once(socket, 'connect')
    return client
  }

  /** Connects, reads the greeting, says EHLO. */
  static async greeted(port: number): Promise<Client> {
    const client = await Client.open(port)
    await client.reply()
    await client.say('EHLO client.example')
    return client
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** The next whole reply, all its lines; '(closed)' when there is none any more. */
  async reply(): Promise<string> {
    for (;;) {
      const match = /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/.exec(this.#text)
      if (match) {
        this.#text = this.#text.slice(match[0].length)
        return match[0].trimEnd()
      }
      if (this.#closed) return '(closed)'
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  async say(line: string): Promise<string> {
    this.send(`${line}\r\n`)
    return await this.reply()
  }

  /** Up to the 354. */
  async startData(to = 'b@inside.example'): Promise<string> {
    await this.say('MAIL FROM:<a@client.example>')
    await this.say(`RCPT TO:<${to}>`)
    return await this.say('DATA')
  }

  async closed(): Promise<void> {
    while ((await this.reply()) !== '(closed)');
  }

  end(): void {
    this.socket.destroy()
  }
}

export const wait = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** Waits until something has become true; the test's own time-out is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(5)
}
