/**
 * The next hop of a load run: takes every mail at once and notes when which one came, for whom, and what was in it.
 *
 *   SMTP ──▶ command lines, data to its end or chunks ──▶ 250 ──▶ [look] ──▶ Arrival
 *
 * It never refuses a mail and loses nothing, so whatever is missing here was lost before. The time of an arrival is taken before
 * the mail is looked at. It offers what a Postfix of today offers to those behind it, CHUNKING (RFC 3030) among that.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { monotonicMs } from './clock.ts'
import { lookAt, type Rule } from './look.ts'
import { marksIn, type RunId } from './mark.ts'

export type SinkSettings = {
  readonly host: string
  readonly port: number
  /** What mails of this run are looked through for; with `id` only the Message-ID is read, which costs next to nothing. */
  readonly look: 'id' | readonly Rule[]
}

export type Arrival = {
  /** -1 for a mail without a mark of this run. */
  readonly number: number
  readonly atMs: number
  /** Unknown where no envelope is to be had. */
  readonly recipients: readonly string[] | undefined
  /** Numbers of other mails of which something stands in this one. */
  readonly foreign: readonly number[]
  readonly unsanitized: readonly string[]
  /** Its mark stands in its text or files, not only in the Message-ID; undefined when nobody looked. */
  readonly inText: boolean | undefined
}

const MESSAGE_ID = Buffer.from('\r\nmessage-id:', 'latin1')
const END_OF_DATA = '\r\n.\r\n'
/** Of a mail that is not looked through this much is kept, to find its Message-ID. */
const HEAD_BYTES = 16 * 1024
const LONGEST_ID_FIELD = 200
/** What is larger is looked through up to here. */
const LOOKED_BYTES = 64 * 2 ** 20

export class Sink {
  readonly #look: SinkSettings['look']
  readonly #server: Server
  #run: RunId = ''
  #arrivals: Arrival[] = []
  count = 0

  constructor({ look }: SinkSettings) {
    this.#look = look
    this.#server = createServer({ noDelay: true }, socket => {
      socket.on('error', () => socket.destroy())
      socket.write('220 sink.example ESMTP\r\n')
      new Incoming(socket, look === 'id' ? HEAD_BYTES : LOOKED_BYTES, mail => this.#note(mail))
    })
  }

  async listen({ host, port }: SinkSettings): Promise<number> {
    await new Promise<void>((resolve, reject) => this.#server.once('error', reject).listen(port, host, resolve))
    const bound = this.#server.address()
    return typeof bound === 'object' && bound !== null ? bound.port : port
  }

  close(): void {
    this.#server.close()
  }

  /** Begins anew: mails of other runs are strangers from now on. */
  reset(run: RunId): void {
    this.#run = run
    this.#arrivals = []
    this.count = 0
  }

  /** Arrivals since the last time. */
  take(): Arrival[] {
    const taken = this.#arrivals
    this.#arrivals = []
    return taken
  }

  #note({ octets, recipients }: Mail): void {
    this.count++
    this.#arrivals.push(arrivalOf(octets, { run: this.#run, look: this.#look, atMs: monotonicMs(), recipients }))
  }
}

type Seen = {
  readonly run: RunId
  readonly look: SinkSettings['look']
  readonly atMs: number
  readonly recipients: readonly string[] | undefined
}

/** What one mail says about itself; for mails from a sink and from a folder alike. */
export function arrivalOf(octets: Buffer, { run, look, atMs, recipients }: Seen): Arrival {
  const named = numberInMessageId(octets, run)
  if (look === 'id') return { number: named ?? -1, atMs, recipients, foreign: [], unsanitized: [], inText: undefined }
  const { marks, broken } = lookAt(octets, run, look)
  const number = named ?? marks[0] ?? -1
  const foreign = marks.filter(each => each !== number)
  return { number, atMs, recipients, foreign, unsanitized: number === -1 ? [] : broken, inText: marks.includes(number) }
}

/** The field's name in any case, within the header. */
function numberInMessageId(octets: Buffer, run: RunId): number | undefined {
  const head = octets.subarray(0, HEAD_BYTES)
  let at = head.indexOf('\r\nMessage-ID:', 0, 'latin1')
  if (at === -1) at = Buffer.from(head.toString('latin1').toLowerCase(), 'latin1').indexOf(MESSAGE_ID)
  if (at === -1) return undefined
  return marksIn(head.subarray(at, at + LONGEST_ID_FIELD), run)[0]
}

type Mail = { readonly octets: Buffer; readonly recipients: readonly string[] }
/** What came of one piece from the socket. */
type Heard = { readonly mails: Mail[]; replies: string; quits: boolean }

/** One connection. */
class Incoming {
  readonly #socket: Socket
  readonly #keptBytes: number
  readonly #taken: (mail: Mail) => void
  #inData = false
  /** The chunk that is coming. */
  #chunk: { left: number; readonly isLast: boolean } | undefined
  #rest: Buffer = Buffer.alloc(0)
  #body: Buffer[] = []
  #bodyBytes = 0
  #recipients: string[] = []

  constructor(socket: Socket, keptBytes: number, taken: (mail: Mail) => void) {
    this.#socket = socket
    this.#keptBytes = keptBytes
    this.#taken = taken
    socket.on('data', (chunk: Buffer) => this.#hear(chunk))
  }

  #hear(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const heard: Heard = { mails: [], replies: '', quits: false }
    while (this.#step(heard)) {}
    // Only what may be the start of the end has to stay.
    if (this.#inData) this.#keep(Math.max(0, this.#rest.length - (END_OF_DATA.length - 1)))
    if (heard.replies !== '') this.#socket.write(heard.replies)
    // A client may send QUIT together with the end of its mail: its 250 first.
    if (heard.quits) this.#socket.end()
    for (const mail of heard.mails) this.#taken(mail)
  }

  /** One command, or the end of a mail; false when more has to come first. */
  #step(heard: Heard): boolean {
    if (this.#chunk !== undefined) return this.#takeChunk(this.#chunk, heard)
    const end = this.#rest.indexOf(this.#inData ? END_OF_DATA : '\r\n')
    if (end === -1) return false
    if (this.#inData) {
      this.#keep(end + 2)
      this.#rest = this.#rest.subarray(END_OF_DATA.length - 2)
      this.#inData = false
      heard.mails.push(this.#finish())
      heard.replies += TAKEN
    } else {
      const verb = this.#command(end)
      heard.replies += this.#chunk === undefined ? replyTo(verb) : ''
      heard.quits ||= verb === 'QUIT'
    }
    return true
  }

  /** Its octets count for nothing when nobody is to have them (RFC 3030 §4.2). */
  #takeChunk(chunk: { left: number; readonly isLast: boolean }, heard: Heard): boolean {
    const octets = Math.min(chunk.left, this.#rest.length)
    chunk.left -= octets
    if (this.#recipients.length > 0) this.#keep(octets)
    else this.#rest = this.#rest.subarray(octets)
    if (chunk.left > 0) return false
    this.#chunk = undefined
    heard.replies += this.#recipients.length > 0 ? TAKEN : '503 5.5.1 need RCPT\r\n'
    if (chunk.isLast && this.#recipients.length > 0) heard.mails.push(this.#finish())
    return true
  }

  #command(end: number): string {
    const line = this.#rest.toString('latin1', 0, Math.min(end, 1000))
    this.#rest = this.#rest.subarray(end + 2)
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'RCPT') this.#recipients.push(/<([^>]*)>/.exec(line)?.[1] ?? '')
    else if (verb === 'MAIL' || verb === 'RSET') this.#finish()
    else if (verb === 'BDAT') this.#chunk = chunkOf(line)
    else if (verb === 'DATA') {
      this.#inData = true
      // So that an empty mail's "." on a line of its own is found too.
      this.#rest = Buffer.concat([Buffer.from('\r\n'), this.#rest])
    }
    return verb
  }

  #finish(): Mail {
    const mail = { octets: Buffer.concat(this.#body), recipients: this.#recipients }
    this.#body = []
    this.#bodyBytes = 0
    this.#recipients = []
    return mail
  }

  #keep(bytes: number): void {
    if (bytes > 0 && this.#bodyBytes < this.#keptBytes) this.#body.push(this.#rest.subarray(0, bytes))
    this.#bodyBytes += bytes
    this.#rest = this.#rest.subarray(bytes)
  }
}

/** Undefined when it is none: then it is answered like any line that is not understood. */
function chunkOf(line: string): { left: number; readonly isLast: boolean } | undefined {
  const [, octets, last] = /^BDAT (\d{1,15})( LAST)? *$/i.exec(line) ?? []
  return octets === undefined ? undefined : { left: Number(octets), isLast: last !== undefined }
}

const TAKEN = '250 2.0.0 taken\r\n'

function replyTo(verb: string): string {
  if (verb === 'EHLO') return '250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-CHUNKING\r\n250 SIZE 1073741824\r\n'
  if (verb === 'DATA') return '354 go on\r\n'
  if (verb === 'BDAT') return '501 5.5.4 BDAT octets [LAST]\r\n'
  return verb === 'QUIT' ? '221 2.0.0 bye\r\n' : '250 2.0.0 ok\r\n'
}
