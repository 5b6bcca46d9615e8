/**
 * Drives mailauth's DKIM verifier with the octets of a message as they stream by.
 *
 *   octets ──▶ [DkimFeed: line ends ▸ header │ body] ──▶ messageHeaders, then nextChunk for each piece, then finalChunk
 *
 * Why not by the package's own stream: it looks at each octet of a header with four allocations, hands on each line that ends
 * in LF alone by itself, and joins folded lines in the square of their number (a header of 60,000 lines took 8 s).
 * The reading is the same, which a test compares: an LF alone counts as CRLF, the first empty line ends the header, and a line
 * that begins no field belongs to the one above it.
 */

export type ParsedField = { readonly key: string; readonly casedKey: string; readonly line: Buffer }
export type ParsedHeader = { readonly parsed: readonly ParsedField[]; readonly original: Buffer }

export interface FedVerifier {
  messageHeaders(header: ParsedHeader): Promise<void>
  nextChunk(piece: Buffer): Promise<void>
  finalChunk(): Promise<void>
}

const [CR, LF] = [0x0d, 0x0a]
const EMPTY_LINE = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')
const FIELD_START = /^[\x21-\x39\x3b-\x7e]+[ \t\r\n]*:/
/** More fields than this have no honest sender, and each may be compared with each name that a signature lists. */
const MOST_FIELDS = 1000
/** More octets of header than are read of any message. */
const MOST_HEADER_BYTES = 1024 * 1024

export class DkimFeed {
  readonly #verifier: FedVerifier
  #header: Buffer[] | undefined = []
  /** With those of the body that came with its end. */
  #headerBytes = 0
  /** What came last of the header: an end that has begun. */
  #tail = Buffer.alloc(0)
  #last = 0
  #work: Promise<void> = Promise.resolve()

  constructor(verifier: FedVerifier) {
    this.#verifier = verifier
  }

  /** The octets are read during the call, and copied as long as they belong to the header. @throws Error over a bound */
  write(chunk: Buffer): void {
    const piece = this.#withLineEnds(chunk)
    if (this.#header === undefined) this.#body(piece)
    else if (piece.length > 0) this.#collect(this.#header, piece)
  }

  /** Rejects when the verifier failed; its results are complete afterwards. */
  async end(): Promise<void> {
    if (this.#header) this.#begin(Buffer.concat(this.#header))
    await this.#work
    await this.#verifier.finalChunk()
  }

  #collect(header: Buffer[], piece: Buffer): void {
    const isStart = this.#headerBytes < LINE_END.length
    this.#headerBytes += piece.length
    // The end may lie across pieces.
    const joined = Buffer.concat([this.#tail, piece])
    const known = this.#tail.length
    const end = isStart && joined.subarray(0, LINE_END.length).equals(LINE_END) ? LINE_END.length : endOfHeader(joined)
    header.push(joined.subarray(known, end < 0 ? joined.length : end))
    this.#tail = joined.subarray(-EMPTY_LINE.length + 1)
    if (end < 0) {
      if (this.#headerBytes > MOST_HEADER_BYTES) throw new RangeError('the header has no end')
      return
    }
    this.#begin(Buffer.concat(header))
    this.#body(joined.subarray(end))
  }

  #begin(block: Buffer): void {
    this.#header = undefined
    const header = parseFields(block)
    if (header.parsed.length > MOST_FIELDS) throw new RangeError(`${header.parsed.length} fields`)
    this.#after(this.#verifier.messageHeaders(header))
  }

  #body(piece: Buffer): void {
    if (piece.length > 0) this.#after(this.#verifier.nextChunk(piece))
  }

  /** Both do all their work before they return; what they throw comes by the promise. */
  #after(done: Promise<void>): void {
    // What fails after something has failed is heard by nobody.
    done.catch(() => undefined)
    this.#work = this.#work.then(() => done)
    this.#work.catch(() => undefined)
  }

  /** Every LF behind a CR. */
  #withLineEnds(chunk: Buffer): Buffer {
    const pieces: Buffer[] = []
    let from = 0
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
      if ((at === 0 ? this.#last : chunk[at - 1]) === CR) continue
      pieces.push(chunk.subarray(from, at), LINE_END)
      from = at + 1
    }
    if (chunk.length > 0) this.#last = chunk[chunk.length - 1]!
    return pieces.length === 0 ? chunk : Buffer.concat([...pieces, chunk.subarray(from)])
  }
}

function endOfHeader(octets: Buffer): number {
  const found = octets.indexOf(EMPTY_LINE)
  return found < 0 ? -1 : found + EMPTY_LINE.length
}

/** The fields as mailauth wants them: a line that begins none belongs to the one above, whatever it begins with. */
export function parseFields(block: Buffer): ParsedHeader {
  let end = block.length
  while (end > 0 && (block[end - 1] === CR || block[end - 1] === LF)) end--
  const lines = block.toString('latin1', 0, end).split(/\r?\n/)
  if (lines.length === 1 && lines[0] === '') return { parsed: [], original: block }
  const fields: string[] = []
  let below: string[] = []
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i]!
    const next = below.at(-1)
    below.push(line)
    // A fold may stand between a name and its colon.
    if (i > 0 && !FIELD_START.test(next === undefined ? line : `${line}\r\n${next}`)) continue
    fields.push(below.reverse().join('\r\n'))
    below = []
  }
  return { parsed: fields.reverse().map(parsedField), original: block }
}

function parsedField(field: string): ParsedField {
  const colon = field.indexOf(':')
  const casedKey = withoutBlanks((colon < 0 ? field : field.slice(0, colon)).replace(/\r?\n/g, ''))
  // Of ASCII only: the octets of a name in UTF-8 are no letters.
  return { key: casedKey.replace(/[A-Z]+/g, upper => upper.toLowerCase()), casedKey, line: Buffer.from(field, 'latin1') }
}

/** By hand: an expression for the end takes the square of a long run inside. */
function withoutBlanks(name: string): string {
  let [from, to] = [0, name.length]
  while (from < to && isBlank(name[from]!)) from++
  while (to > from && isBlank(name[to - 1]!)) to--
  return name.slice(from, to)
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t'
}
