/**
 * The file that PDFium wrote of an untrusted one: a plain table of objects, read one by one when they are asked for.
 *
 *   untrusted PDF ──▶ engine (repair, decrypt, unpack) ──▶ [Source] ──▶ rebuild
 *
 * Still untrusted: the layout is PDFium's, the values are the sender's. What has been read over and over counts
 * against a budget of work, so that a large object with many references to it stays cheap.
 * Standards: ISO 32000-1 §7.5.4 (cross-reference table), §7.5.5 (trailer).
 */
import { Lexer } from './lexer.ts'
import { Damaged, type Dict, isDict, OverLimit, Ref, Stream, type Value } from './object.ts'

const MOST_OBJECTS = 1_000_000
const MOST_HOPS = 16
const CACHE_BYTES = 16 << 20
const FREE_WORK_BYTES = 64 << 20
/** Operands and operators of content streams: a fifth of a microsecond each, and honest pages have one or two in a packed octet. */
const FREE_TOKENS = 3_000_000
const TOKENS_PER_OCTET = 4

export class Source {
  readonly trailer: Dict
  readonly #bytes: Uint8Array
  readonly #offsets: Float64Array
  readonly #cache = new Map<number, Value>()
  #cachedBytes = 0
  #workBytes: number
  #tokensLeft: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#workBytes = FREE_WORK_BYTES + 4 * bytes.length
    const { offsets, trailer } = readTable(new Lexer(bytes))
    this.#offsets = offsets
    this.trailer = trailer
    this.#tokensLeft = FREE_TOKENS + TOKENS_PER_OCTET * bytes.length
  }

  /** Counts a piece of a content stream. Throws OverLimit. */
  spendToken(): void {
    if (--this.#tokensLeft < 0) throw new OverLimit()
  }

  /** The object behind references; null where there is none. */
  resolve(value: Value | undefined): Value {
    let found: Value = value ?? null
    for (let hops = 0; found instanceof Ref; hops++) found = hops > MOST_HOPS ? null : this.#read(found.number)
    return found
  }

  get(dict: Dict | undefined, key: string): Value {
    return this.resolve(dict?.get(key))
  }

  #read(number: number): Value {
    const cached = this.#cache.get(number)
    if (cached !== undefined) return cached
    const offset = this.#offsets[number] ?? 0
    if (offset === 0) return null
    const lexer = new Lexer(this.#bytes, offset)
    const value = readObject(lexer, number)
    this.#remember(number, value, lexer.at - offset)
    return value
  }

  #remember(number: number, value: Value, bytes: number): void {
    this.#workBytes -= bytes
    if (this.#workBytes < 0) throw new OverLimit()
    this.#cachedBytes += bytes
    if (this.#cachedBytes > CACHE_BYTES) {
      this.#cache.clear()
      this.#cachedBytes = bytes
    }
    this.#cache.set(number, value)
  }
}

function readTable(lexer: Lexer): { offsets: Float64Array; trailer: Dict } {
  const { bytes } = lexer
  const pointer = bytes.lastIndexOf('startxref')
  if (pointer < 0) throw new Damaged()
  lexer.at = pointer + 9
  const start = lexer.value()
  if (typeof start !== 'number' || bytes.toString('latin1', start, start + 4) !== 'xref') throw new Damaged()
  lexer.at = start + 4
  const sections: [first: number, at: number, count: number][] = []
  let most = 0
  for (lexer.skipSpace(); bytes[lexer.at] !== 0x74; lexer.skipSpace()) {
    const [first, count] = [lexer.value(), lexer.value()]
    if (typeof first !== 'number' || typeof count !== 'number') throw new Damaged()
    lexer.skipSpace()
    sections.push([first, lexer.at, count])
    lexer.at += count * 20
    most = Math.max(most, first + count)
    if (most > MOST_OBJECTS) throw new OverLimit()
  }
  lexer.word()
  const trailer = lexer.value()
  if (!isDict(trailer)) throw new Damaged()
  return { offsets: offsetsOf(lexer, sections, most), trailer }
}

function offsetsOf({ bytes }: Lexer, sections: readonly [first: number, at: number, count: number][], most: number): Float64Array {
  const offsets = new Float64Array(most)
  for (const [first, at, count] of sections) {
    for (let index = 0; index < count; index++) {
      const entry = at + index * 20
      if (bytes[entry + 17] === 0x6e) offsets[first + index] = Number.parseInt(bytes.toString('latin1', entry, entry + 10), 10) || 0
    }
  }
  return offsets
}

/** `12 0 obj … endobj`; null when another object or nothing stands there. */
function readObject(lexer: Lexer, number: number): Value {
  try {
    if (lexer.word() !== String(number)) return null
    lexer.skipSpace()
    lexer.word()
    lexer.skipSpace()
    if (lexer.word() !== 'obj') return null
    const value = lexer.value()
    return isDict(value) ? (readStream(lexer, value) ?? value) : value
  } catch (error) {
    if (error instanceof Damaged) return null
    throw error
  }
}

function readStream(lexer: Lexer, dict: Dict): Stream | undefined {
  lexer.skipSpace()
  const { bytes } = lexer
  if (bytes.toString('latin1', lexer.at, lexer.at + 6) !== 'stream') return undefined
  const length = dict.get('Length')
  let start = lexer.at + 6
  if (bytes[start] === 13) start++
  if (bytes[start] === 10) start++
  if (typeof length !== 'number' || length < 0 || start + length > bytes.length) return undefined
  return new Stream(dict, bytes.subarray(start, start + length))
}
