/**
 * OLE2 compound files: a file system in a file, in which old Office, Outlook and Ichitaro keep their documents.
 *
 *   octets ──▶ [readCompound] ──▶ root storage ──▶ disarmers of doc, xls, ppt, msg, jtd; core/unlock.ts
 *
 * Every sector read is paid for from a budget of the file's own size, so chains that share sectors, run in circles or
 * claim sizes they have not cannot cost more than an honest file. What contradicts itself is no compound file.
 *
 * Invariants: linear; never throws; streams are copies. Standards: MS-CFB §2.2 (header), §2.3–2.5 (tables), §2.6 (directory).
 */
import { Buffer } from 'node:buffer'

/** A folder: names are unique without regard to case, as the format has it. */
export type Storage = {
  /** Class identifier as 32 hex digits in the order of the file; '' when there is none. */
  readonly classId: string
  readonly streams: ReadonlyMap<string, Uint8Array>
  readonly storages: ReadonlyMap<string, Storage>
}

const MAGIC = Buffer.from('d0cf11e0a1b11ae1', 'hex')
const HEADER_BYTES = 512
const ENTRY_BYTES = 128
const MINI_SECTOR_BYTES = 64
const MINI_CUTOFF_BYTES = 4096
const DIFAT_IN_HEADER = 109
/** Above it stand marks (free, end of chain, table), not sector numbers. */
const MAX_SECTOR = 0xfffffffa
const NO_ENTRY = 0xffffffff
const MAX_ENTRIES = 20_000
const MAX_DEPTH = 24
const NO_CLASS = '0'.repeat(32)

/** The root storage; undefined when the octets are no compound file or a damaged one. */
export function readCompound(untrustedBytes: Uint8Array): Storage | undefined {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  if (bytes.length < 2 * HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined
  try {
    return new CompoundReader(bytes).root()
  } catch (error) {
    if (error instanceof Damaged) return undefined
    throw error
  }
}

/** Ends the reading from any depth; never leaves this file. */
class Damaged extends Error {}

type Entry = {
  readonly name: string
  readonly kind: number
  readonly left: number
  readonly right: number
  readonly child: number
  readonly classId: string
  readonly start: number
  readonly sizeBytes: number
}

class CompoundReader {
  readonly #bytes: Buffer
  readonly #sectorBytes: number
  readonly #fat: Uint32Array
  readonly #miniFat: Uint32Array
  readonly #entries: readonly Entry[]
  readonly #mini: Buffer
  readonly #seen = new Set<number>()
  /** Octets that may still be read from sectors, and from the mini stream. */
  #budget: number
  #miniBudget: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#budget = 2 * bytes.length
    const shift = bytes.readUInt16LE(30)
    if (shift !== 9 && shift !== 12) throw new Damaged()
    this.#sectorBytes = 1 << shift
    this.#fat = this.#readFat()
    this.#miniFat = toTable(this.#chain(bytes.readUInt32LE(60)))
    this.#entries = parseEntries(this.#chain(bytes.readUInt32LE(48)), shift === 9)
    const root = this.#entries[0]
    if (root?.kind !== 5) throw new Damaged()
    this.#mini = root.sizeBytes > 0 ? this.#chain(root.start, root.sizeBytes) : Buffer.alloc(0)
    this.#miniBudget = this.#mini.length + MINI_SECTOR_BYTES
  }

  root(): Storage {
    this.#seen.add(0)
    return this.#storage(this.#entries[0]!, 0)
  }

  #sector(number: number): Buffer {
    const start = (number + 1) * this.#sectorBytes
    this.#budget -= this.#sectorBytes
    if (start >= this.#bytes.length || this.#budget < 0) throw new Damaged()
    return this.#bytes.subarray(start, start + this.#sectorBytes)
  }

  /** The allocation table, from the numbers in the header and in the chain behind it. */
  #readFat(): Uint32Array {
    const numbers: number[] = []
    for (let at = 0; at < DIFAT_IN_HEADER; at++) numbers.push(this.#bytes.readUInt32LE(76 + 4 * at))
    let next = this.#bytes.readUInt32LE(68)
    while (next < MAX_SECTOR) {
      const sector = this.#sector(next)
      if (sector.length < this.#sectorBytes) throw new Damaged()
      for (let at = 0; at < sector.length - 4; at += 4) numbers.push(sector.readUInt32LE(at))
      next = sector.readUInt32LE(sector.length - 4)
    }
    return toTable(Buffer.concat(numbers.filter(number => number < MAX_SECTOR).map(number => this.#sector(number))))
  }

  /** Octets of a chain of sectors, all of them or exactly `sizeBytes`. */
  #chain(start: number, sizeBytes?: number): Buffer {
    const pieces: Buffer[] = []
    let length = 0
    for (let sector = start; sector < MAX_SECTOR && (sizeBytes === undefined || length < sizeBytes); ) {
      const piece = this.#sector(sector)
      pieces.push(piece)
      length += piece.length
      sector = this.#fat[sector] ?? NO_ENTRY
    }
    if (sizeBytes !== undefined && length < sizeBytes) throw new Damaged()
    return Buffer.concat(pieces, sizeBytes ?? length)
  }

  #miniChain(start: number, sizeBytes: number): Buffer {
    this.#miniBudget -= sizeBytes
    if (this.#miniBudget < 0) throw new Damaged()
    const out = Buffer.alloc(sizeBytes)
    let sector = start
    for (let length = 0; length < sizeBytes; length += MINI_SECTOR_BYTES) {
      const from = sector * MINI_SECTOR_BYTES
      const wanted = Math.min(MINI_SECTOR_BYTES, sizeBytes - length)
      if (from + wanted > this.#mini.length) throw new Damaged()
      this.#mini.copy(out, length, from, from + wanted)
      sector = this.#miniFat[sector] ?? NO_ENTRY
    }
    return out
  }

  #storage(entry: Entry, depth: number): Storage {
    if (depth > MAX_DEPTH) throw new Damaged()
    const streams = new Map<string, Uint8Array>()
    const storages = new Map<string, Storage>()
    const names = new Set<string>()
    for (const child of this.#children(entry)) {
      const folded = child.name.toUpperCase()
      if (names.has(folded)) throw new Damaged()
      names.add(folded)
      if (child.kind === 2) streams.set(child.name, this.#stream(child))
      else if (child.kind === 1) storages.set(child.name, this.#storage(child, depth + 1))
    }
    return { classId: entry.classId, streams, storages }
  }

  #children(parent: Entry): Entry[] {
    const found: Entry[] = []
    const open = [parent.child]
    while (open.length > 0) {
      const id = open.pop()!
      if (id === NO_ENTRY) continue
      const entry = this.#entries[id]
      if (entry === undefined || this.#seen.has(id)) throw new Damaged()
      this.#seen.add(id)
      found.push(entry)
      open.push(entry.right, entry.left)
    }
    return found
  }

  #stream({ start, sizeBytes }: Entry): Uint8Array {
    if (sizeBytes === 0) return new Uint8Array(0)
    const content = sizeBytes < MINI_CUTOFF_BYTES ? this.#miniChain(start, sizeBytes) : this.#chain(start, sizeBytes)
    return new Uint8Array(content.buffer, content.byteOffset, content.length)
  }
}

function toTable(bytes: Buffer): Uint32Array {
  const table = new Uint32Array(Math.floor(bytes.length / 4))
  for (let at = 0; at < table.length; at++) table[at] = bytes.readUInt32LE(4 * at)
  return table
}

/** In version 3 the upper half of a size may hold anything and means nothing (§2.6.1). */
function parseEntries(directory: Buffer, isVersion3: boolean): Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at + ENTRY_BYTES <= directory.length; at += ENTRY_BYTES) {
    if (entries.length >= MAX_ENTRIES) throw new Damaged()
    const bytes = directory.subarray(at, at + ENTRY_BYTES)
    const nameBytes = Math.min(64, bytes.readUInt16LE(64))
    const classId = bytes.toString('hex', 80, 96)
    entries.push({
      name: bytes.toString('utf16le', 0, Math.max(0, (nameBytes & ~1) - 2)),
      kind: bytes[66]!,
      left: bytes.readUInt32LE(68),
      right: bytes.readUInt32LE(72),
      child: bytes.readUInt32LE(76),
      classId: classId === NO_CLASS ? '' : classId,
      start: bytes.readUInt32LE(116),
      sizeBytes: isVersion3 ? bytes.readUInt32LE(120) : Number(bytes.readBigUInt64LE(120)),
    })
  }
  return entries
}
