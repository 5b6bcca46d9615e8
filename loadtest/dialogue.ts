/**
 * What a client says: opening a connection, and one mail after the other over it.
 *
 *   open ▸ [TLS] ▸ EHLO ▸ [STARTTLS ▸ EHLO]      then per mail:  MAIL RCPT… DATA ▸ octets "." ▸ reply
 *
 * With PIPELINING (RFC 2920) MAIL, RCPT and DATA go out together. Every way a mail can end is an Outcome; only what says
 * nothing about the mail itself (a used connection that the server has closed meanwhile) is thrown, as `Stale`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from './clock.ts'
import { type Address, LineLost, type Reply, SmtpLine } from './line.ts'

/**
 * accepted: 250 after the data. deferred, refused: 4xx, 5xx. failed: no connection, or lost before the end of the data.
 * doubtful: lost after it, so the server may have the mail. unsent: its time came, but the run was over first.
 */
export const OUTCOMES = ['accepted', 'deferred', 'refused', 'failed', 'doubtful', 'unsent'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Nothing counted yet. */
export function noOutcomes(): Record<Outcome, number> {
  return { accepted: 0, deferred: 0, refused: 0, failed: 0, doubtful: 0, unsent: 0 }
}

export type Habits = {
  readonly target: Address
  readonly tls: 'off' | 'starttls' | 'implicit'
  readonly helo: string
  readonly pipelining: boolean
}

export type Letter = {
  readonly octets: Buffer
  readonly eightBit: boolean
  readonly from: string
  readonly recipients: readonly string[]
  /** A slow client sends so many octets a second. */
  readonly bytesPerSecond: number | undefined
}

export type Sent = {
  readonly outcome: Outcome
  /** One bit for each recipient that has the mail. */
  readonly accepted: number
  readonly endOfDataMs: number
  /** Where in the dialogue it went wrong, and the reply; empty when nothing did. */
  readonly trouble: string
}

export class Stale extends Error {
  override readonly name = 'Stale'
}

export class Refused extends Error {
  override readonly name = 'Refused'
  readonly outcome: Outcome
  readonly trouble: string

  constructor(outcome: Outcome, trouble: string) {
    super(trouble)
    this.outcome = outcome
    this.trouble = trouble
  }
}

const SLOW_STEP_MS = 200
const END_OF_DATA = Buffer.from('.\r\n')

export class Dialogue {
  readonly line: SmtpLine
  readonly #pipelining: boolean
  readonly #eightBit: boolean
  #mails = 0

  private constructor(line: SmtpLine, { pipelining }: Habits, extensions: ReadonlySet<string>) {
    this.line = line
    this.#pipelining = pipelining && extensions.has('PIPELINING')
    this.#eightBit = extensions.has('8BITMIME')
  }

  /** `opened` gets the line before anything is said, so that somebody can look after its time. Throws Refused. */
  static async open(habits: Habits, opened: (line: SmtpLine) => void): Promise<Dialogue> {
    const line = SmtpLine.open(habits.target)
    opened(line)
    try {
      if (habits.tls === 'implicit') await step('tls', line.startTls(habits.target.name))
      expect('greeting', await step('greeting', line.reply()), 220)
      let extensions = await hello(line, habits.helo)
      if (habits.tls === 'starttls') {
        line.write('STARTTLS\r\n')
        expect('starttls', await step('starttls', line.reply()), 220)
        await step('tls', line.startTls(habits.target.name))
        extensions = await hello(line, habits.helo)
      }
      return new Dialogue(line, habits, extensions)
    } catch (error) {
      line.destroy('given up')
      throw error
    }
  }

  get mails(): number {
    return this.#mails
  }

  /** Never throws but Stale. Afterwards the line has ended, or is ready for the next mail. */
  async send(letter: Letter): Promise<Sent> {
    const isFirst = this.#mails++ === 0
    let stage = 'mail'
    try {
      const commands = this.#commandsFor(letter)
      if (this.#pipelining) this.line.write(commands.join(''))
      const replies: Reply[] = []
      for (const [i, command] of commands.entries()) {
        stage = i === 0 ? 'mail' : i === commands.length - 1 ? 'data' : 'rcpt'
        if (!this.#pipelining) this.line.write(command)
        replies.push(await this.line.reply())
        if (!this.#pipelining && i === 0 && replies[0]!.code !== 250) break
      }
      if (replies[0]!.code === 421 && !isFirst) throw new Stale('421')
      return await this.#data(letter, replies, commands.length)
    } catch (error) {
      if (error instanceof Stale || !(error instanceof LineLost)) throw error
      if (stage === 'mail' && !isFirst) throw new Stale(error.message)
      return { outcome: 'failed', accepted: 0, endOfDataMs: Number.NaN, trouble: `${stage}: ${error.message}` }
    }
  }

  quit(): void {
    this.line.end('QUIT\r\n')
  }

  #commandsFor({ from, recipients, eightBit }: Letter): string[] {
    const body = eightBit && this.#eightBit ? ' BODY=8BITMIME' : ''
    return [`MAIL FROM:<${from}>${body}\r\n`, ...recipients.map(each => `RCPT TO:<${each}>\r\n`), 'DATA\r\n']
  }

  async #data(letter: Letter, replies: readonly Reply[], commands: number): Promise<Sent> {
    const accepted = replies
      .slice(1, commands - 1)
      .reduce((bits, { code }, i) => (code >= 250 && code < 260 ? bits | (1 << i) : bits), 0)
    const goOn = replies.length === commands && replies.at(-1)!.code === 354
    if (!goOn || accepted === 0) {
      const bad = replies.findIndex(({ code }, i) => (i === commands - 1 ? code !== 354 : code >= 400 || code === 0))
      await this.#backOut(goOn)
      return notTaken(bad === 0 ? 'mail' : bad === commands - 1 ? 'data' : 'rcpt', replies[Math.max(0, bad)]!)
    }
    const endOfDataMs = await this.#octets(letter)
    try {
      const last = await this.line.reply()
      if (last.code !== 250) return { ...notTaken('end-of-data', last), endOfDataMs }
      const bad = replies.slice(1, commands - 1).find(({ code }) => code >= 400)
      return { outcome: 'accepted', accepted, endOfDataMs, trouble: bad ? troubleOf('rcpt', bad) : '' }
    } catch (error) {
      return { outcome: 'doubtful', accepted, endOfDataMs, trouble: `end-of-data: ${(error as Error).message}` }
    }
  }

  /** Gives the moment at which the end of the data was handed over. */
  async #octets({ octets, bytesPerSecond }: Letter): Promise<number> {
    if (bytesPerSecond === undefined) {
      this.line.writeBoth(octets, END_OF_DATA)
      return monotonicMs()
    }
    const stepBytes = Math.max(1, Math.floor((bytesPerSecond * SLOW_STEP_MS) / 1000))
    for (let at = 0; at < octets.length; at += stepBytes) {
      await this.line.written(octets.subarray(at, at + stepBytes))
      await delay(SLOW_STEP_MS)
    }
    this.line.write(END_OF_DATA)
    return monotonicMs()
  }

  /** A transaction that came to nothing must not be in the way of the next one. */
  async #backOut(inData: boolean): Promise<void> {
    // 354 although every recipient was refused: an empty message ends it (RFC 2920 §3.1).
    this.line.write(inData ? '.\r\n' : 'RSET\r\n')
    await this.line.reply().catch(() => undefined)
  }
}

/** Reply texts differ by queue ids and numbers; alike ones are counted together. */
export function troubleOf(stage: string, { lines }: Reply): string {
  const text = (lines.at(-1) ?? '').replace(
    /^(\d{3}(?:[ -]\d\.\d+\.\d+)?)(.*)$/,
    (_, code: string, rest: string) => code + rest.replace(/\S*\d\S*/g, '#'),
  )
  return `${stage}: ${text.replace(/[^\x20-\x7e]/g, '?').slice(0, 120)}`
}

function notTaken(stage: string, reply: Reply): Sent {
  const outcome = reply.code >= 500 ? 'refused' : reply.code >= 400 ? 'deferred' : 'failed'
  return { outcome, accepted: 0, endOfDataMs: Number.NaN, trouble: troubleOf(stage, reply) }
}

async function hello(line: SmtpLine, helo: string): Promise<ReadonlySet<string>> {
  line.write(`EHLO ${helo}\r\n`)
  const reply = await step('ehlo', line.reply())
  expect('ehlo', reply, 250)
  return new Set(reply.lines.slice(1).map(each => each.slice(4).split(' ')[0]!.toUpperCase()))
}

async function step<T>(stage: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new Refused('failed', `${stage === 'greeting' ? 'connect' : stage}: ${code ?? (error as Error).message}`)
  }
}

function expect(stage: string, reply: Reply, code: number): void {
  if (reply.code !== code)
    throw new Refused(
      reply.code >= 500 ? 'refused' : reply.code >= 400 ? 'deferred' : 'failed',
      troubleOf(stage, reply),
    )
}
