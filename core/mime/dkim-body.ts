/**
 * The digest of a body as DKIM wants it, while the body streams by.
 *
 *   octets, each LF behind its CR ──▶ [BodyDigest: white space ▸ empty lines at the end ▸ l=] ──▶ digest
 *
 * Why our own beside mailauth: its own keeps the beginning of a line and reads all of it again with every chunk, so one
 * line of 50 MB takes the square of it. Here each octet is looked at once, and what is canonical already is handed to
 * the digest as it is. Property: equal to mailauth's for any octets in any chunks (the tests).
 * Standards: RFC 6376 §3.4.3 (simple), §3.4.4 (relaxed), §3.5 l=.
 */
import { createHash } from 'node:crypto'

export type BodyRules = {
  readonly canonicalization: 'simple' | 'relaxed'
  readonly algorithm: 'sha1' | 'sha256'
  /** Octets of the canonical body that are signed; undefined for all. */
  readonly mostBytes: number | undefined
}

const [CR, LF, SPACE, TAB] = [0x0d, 0x0a, 0x20, 0x09]
const BLANK = Buffer.from(' ')
const LONE_CR = Buffer.from('\r')
/** Held line ends leave in pieces of so many. */
const BREAKS = Buffer.from('\r\n'.repeat(512))

export class BodyDigest {
  /** Octets of the canonical body, and how many of them are in the digest. */
  canonicalizedLength = 0
  bodyHashedBytes = 0
  byteLength = 0
  readonly #hash
  readonly #rules: BodyRules
  /** Line ends that are dropped if nothing follows them. */
  #heldBreaks = 0
  /** White space that is dropped if the line ends after it. */
  #heldBlank = false
  /** The last chunk ended in a CR, which may be half of a line end. */
  #heldCr = false

  constructor(rules: BodyRules) {
    this.#rules = rules
    this.#hash = createHash(rules.algorithm)
  }

  /** The octets are read during the call. */
  update(chunk: Buffer): void {
    this.byteLength += chunk.length
    let at = this.#heldCr && chunk.length > 0 ? this.#settleCr(chunk) : 0
    // The rest of a run that began in the chunk before.
    if (this.#heldBlank) at = afterBlanks(chunk, at)
    while (at < chunk.length) {
      const end = this.#rules.canonicalization === 'relaxed' ? endOfRelaxed(chunk, at) : chunk.length
      this.#solid(chunk.subarray(at, end), end === chunk.length)
      if (end < chunk.length) this.#heldBlank = true
      at = afterBlanks(chunk, end)
    }
  }

  /** Call once. */
  digest(): string {
    if (this.#heldCr) this.#emit(LONE_CR)
    // A body that is empty stays so in relaxed form, and is one line end in simple form.
    if (this.#rules.canonicalization === 'simple' || this.canonicalizedLength > 0) this.#take(BREAKS.subarray(0, 2))
    return this.#hash.digest('base64')
  }

  #settleCr(chunk: Buffer): number {
    this.#heldCr = false
    if (chunk[0] !== LF) {
      this.#emit(LONE_CR)
      return 0
    }
    this.#breakLine()
    return 1
  }

  #breakLine(): void {
    this.#heldBlank = false
    this.#heldBreaks++
  }

  /** A stretch whose blanks are as they should be. Line ends at its borders are counted, what stands between is taken as it is. */
  #solid(stretch: Buffer, endsChunk: boolean): void {
    let [from, to] = [0, stretch.length]
    while (to - from >= 2 && stretch[from] === CR && stretch[from + 1] === LF) {
      this.#breakLine()
      from += 2
    }
    const heldCr = endsChunk && to > from && stretch[to - 1] === CR
    if (heldCr) to--
    const end = to
    while (to - from >= 2 && stretch[to - 1] === LF && stretch[to - 2] === CR) to -= 2
    if (to > from) this.#emit(stretch.subarray(from, to))
    for (let breaks = (end - to) / 2; breaks > 0; breaks--) this.#breakLine()
    this.#heldCr = heldCr
  }

  /** Content: what was held before it counts after all. */
  #emit(content: Buffer): void {
    while (this.#heldBreaks > 0) {
      const count = Math.min(this.#heldBreaks, BREAKS.length / 2)
      this.#take(BREAKS.subarray(0, 2 * count))
      this.#heldBreaks -= count
    }
    if (this.#heldBlank) this.#take(BLANK)
    this.#heldBlank = false
    this.#take(content)
  }

  #take(octets: Buffer): void {
    this.canonicalizedLength += octets.length
    const room = (this.#rules.mostBytes ?? Number.POSITIVE_INFINITY) - this.bodyHashedBytes
    const signed = octets.length <= room ? octets : octets.subarray(0, room)
    this.bodyHashedBytes += signed.length
    if (signed.length > 0) this.#hash.update(signed)
  }
}

function isBlank(octet: number): boolean {
  return octet === SPACE || octet === TAB
}

function afterBlanks(chunk: Buffer, from: number): number {
  let at = from
  while (at < chunk.length && isBlank(chunk[at]!)) at++
  return at
}

/** Where a blank stands that is not one space between two words: that one is as it should be. */
function endOfRelaxed(chunk: Buffer, from: number): number {
  let at = blankAt(chunk, from)
  while (at + 1 < chunk.length && chunk[at] === SPACE && chunk[at + 1] !== CR && !isBlank(chunk[at + 1]!)) at = blankAt(chunk, at + 1)
  return at
}

/** In text the next blank is near, and a loop finds it before a native search has begun; in base64 it is far. */
const NEAR_BYTES = 32

function blankAt(chunk: Buffer, from: number): number {
  const near = Math.min(chunk.length, from + NEAR_BYTES)
  for (let at = from; at < near; at++) if (isBlank(chunk[at]!)) return at
  const space = chunk.indexOf(SPACE, near)
  const end = space < 0 ? chunk.length : space
  const tab = chunk.subarray(near, end).indexOf(TAB)
  return tab < 0 ? end : near + tab
}
