/**
 * The record stream of an old Excel workbook: numbered records, long ones cut into pieces, strings over the cuts.
 *
 *   Workbook stream ──▶ [readRecords] ──▶ records with their continuations ──▶ [RecordReader] numbers and strings
 *
 * Reading beyond a record gives zeros and empty strings, and says so in `isShort`: callers drop such a record.
 * Standards: MS-XLS §2.1.4 (records), §2.4.58 (Continue), §2.5.240, 2.5.293–294 (strings).
 */
import { Buffer } from 'node:buffer'

export type Rec = {
  readonly type: number
  /** Offset of the record in the stream: sheets are found by it. */
  readonly at: number
  /** The record's own data, then that of each Continue record behind it. */
  readonly pieces: readonly Buffer[]
}

/** A run of a string in another font: from this character on. */
export type FontRun = { readonly from: number; readonly font: number }
export type RichText = { readonly text: string; readonly runs: readonly FontRun[]; readonly hasPhonetic: boolean }

const CONTINUE = 0x3c
/** A string in a cell has at most 32,767 characters. */
const MAX_RUNS = 32_767

export function readRecords(untrustedStream: Uint8Array): Rec[] {
  const bytes = Buffer.from(untrustedStream.buffer, untrustedStream.byteOffset, untrustedStream.byteLength)
  const records: { type: number; at: number; pieces: Buffer[] }[] = []
  let at = 0
  while (at + 4 <= bytes.length) {
    const type = bytes.readUInt16LE(at)
    const end = at + 4 + bytes.readUInt16LE(at + 2)
    if (end > bytes.length) break
    const data = bytes.subarray(at + 4, end)
    const last = records[records.length - 1]
    if (type === CONTINUE && last) last.pieces.push(data)
    else records.push({ type, at, pieces: [data] })
    at = end
  }
  return records
}

/** Reads one record from the front, over its pieces. */
export class RecordReader {
  readonly #pieces: readonly Buffer[]
  #piece = 0
  #at = 0
  /** Something was asked for that is not there. */
  isShort = false

  constructor({ pieces }: Rec) {
    this.#pieces = pieces
  }

  u8(): number {
    return this.#take(1)?.[0] ?? 0
  }

  u16(): number {
    return this.#take(2)?.readUInt16LE() ?? 0
  }

  u32(): number {
    return this.#take(4)?.readUInt32LE() ?? 0
  }

  f64(): number {
    return this.#take(8)?.readDoubleLE() ?? 0
  }

  bytes(count: number): Buffer {
    return this.#take(count) ?? Buffer.alloc(0)
  }

  /** What is left of the piece at hand. */
  get left(): number {
    return (this.#pieces[this.#piece]?.length ?? 0) - this.#at
  }

  /** Length in one octet, then characters (§2.5.240). */
  shortString(): string {
    const length = this.u8()
    return this.#characters(length, this.u8())
  }

  /** Length in two octets, then characters (§2.5.294); `length` where it stands elsewhere. */
  string(length = this.u16()): string {
    return length === 0 && this.left === 0 ? '' : this.#characters(length, this.u8())
  }

  /** A string with fonts and phonetic guide (§2.5.293). */
  richString(): RichText {
    const length = this.u16()
    const flags = this.u8()
    const runCount = flags & 8 ? this.u16() : 0
    const phoneticBytes = flags & 4 ? this.u32() : 0
    const text = this.#characters(length, flags)
    const runs: FontRun[] = []
    for (let run = 0; run < Math.min(runCount, MAX_RUNS) && !this.isShort; run++) runs.push({ from: this.u16(), font: this.u16() })
    this.#skip(phoneticBytes)
    return { text, runs, hasPhonetic: phoneticBytes > 0 }
  }

  /** Octets within one piece; a value never stands over a cut, but the next piece goes on with the next value. */
  #take(count: number): Buffer | undefined {
    if (this.left === 0 && this.#piece + 1 < this.#pieces.length) this.#nextPiece()
    const piece = this.#pieces[this.#piece]
    if (!piece || this.#at + count > piece.length) {
      this.isShort = true
      return undefined
    }
    this.#at += count
    return piece.subarray(this.#at - count, this.#at)
  }

  #nextPiece(): void {
    this.#piece++
    this.#at = 0
  }

  #skip(count: number): void {
    let open = count
    while (open > this.left && this.#piece + 1 < this.#pieces.length) {
      open -= this.left
      this.#nextPiece()
    }
    if (open > this.left) this.isShort = true
    this.#at += Math.min(open, this.left)
  }

  /** Where the characters go on in the next piece, that begins with a new mark of their width. */
  #characters(length: number, flags: number): string {
    let isWide = (flags & 1) !== 0
    let open = length
    let text = ''
    while (open > 0) {
      if (this.left === 0) {
        if (this.#piece + 1 >= this.#pieces.length) {
          this.isShort = true
          break
        }
        this.#nextPiece()
        isWide = (this.u8() & 1) !== 0
        if (this.isShort) break
        continue
      }
      const count = Math.min(open, isWide ? this.left >> 1 : this.left)
      if (count === 0) {
        this.isShort = true
        break
      }
      text += this.bytes(isWide ? 2 * count : count).toString(isWide ? 'utf16le' : 'latin1')
      open -= count
    }
    return text
  }
}
