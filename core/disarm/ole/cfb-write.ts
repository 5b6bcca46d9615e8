/**
 * Writes an OLE2 compound file from a storage tree, in one pass.
 *
 *   Storage ──▶ [writeCompound] ──▶ header │ FAT │ directory │ mini FAT │ mini stream │ streams
 *
 * Equal trees give equal octets: no times, siblings in the order of the format, sectors in the order of writing.
 * Version 3 (sectors of 512 octets). Standards: MS-CFB §2.2–2.6; the sibling tree is a red-black tree (§2.6.4).
 */
import { Buffer } from 'node:buffer'
import type { Storage } from './cfb.ts'

const SECTOR_BYTES = 512
const MINI_SECTOR_BYTES = 64
const MINI_CUTOFF_BYTES = 4096
const ENTRY_BYTES = 128
const NUMBERS_PER_SECTOR = SECTOR_BYTES / 4
const DIFAT_IN_HEADER = 109
const DIFAT_SECTOR = 0xfffffffc
const FAT_SECTOR = 0xfffffffd
const END_OF_CHAIN = 0xfffffffe
const FREE = 0xffffffff
const MAX_NAME_LENGTH = 31

type Node = {
  readonly name: string
  readonly kind: 1 | 2 | 5
  readonly classId: string
  readonly content: Uint8Array
  left: number
  right: number
  child: number
  isRed: boolean
  start: number
}

/** Undefined when a name is too long for the format. */
export function writeCompound(root: Storage): Uint8Array | undefined {
  const nodes: Node[] = []
  collect(nodes, 'Root Entry', root, 5)
  if (nodes.some(({ name }) => name.length === 0 || name.length > MAX_NAME_LENGTH)) return undefined
  const mini = placeMini(nodes)
  const sectors = new SectorWriter()
  const miniFatAt = sectors.add(numbersOf(mini.fat))
  const miniAt = sectors.add(mini.content)
  for (const node of nodes) if (node.content.length >= MINI_CUTOFF_BYTES) node.start = sectors.add(node.content)
  nodes[0]!.start = miniAt
  const directoryAt = sectors.add(directoryOf(nodes, mini.content.length))
  const miniFatSectors = Math.ceil(mini.fat.length / NUMBERS_PER_SECTOR)
  return sectors.finish({ directoryAt, miniFatAt, miniFatSectors })
}

/** Adds a storage and all below it; returns its number. */
function collect(nodes: Node[], name: string, storage: Storage, kind: 1 | 5): number {
  const id = nodes.length
  nodes.push(newNode(name, kind, { classId: storage.classId }))
  const ids: number[] = []
  for (const [each, content] of storage.streams) {
    ids.push(nodes.length)
    nodes.push(newNode(each, 2, { content }))
  }
  for (const [each, inner] of storage.storages) ids.push(collect(nodes, each, inner, 1))
  ids.sort((a, b) => compareNames(nodes[a]!.name, nodes[b]!.name))
  nodes[id]!.child = balance(nodes, ids, Math.floor(Math.log2(ids.length + 1)))
  return id
}

function newNode(name: string, kind: 1 | 2 | 5, facts: { classId?: string; content?: Uint8Array }): Node {
  const { classId = '', content = new Uint8Array(0) } = facts
  return { name, kind, classId, content, left: FREE, right: FREE, child: FREE, isRed: false, start: kind === 1 ? 0 : END_OF_CHAIN }
}

/** Shorter names first, then by upper-case code units (§2.6.4). */
function compareNames(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  const [upperA, upperB] = [a.toUpperCase(), b.toUpperCase()]
  return upperA < upperB ? -1 : upperA > upperB ? 1 : 0
}

/** A tree of sorted siblings: `blackLevels` full levels are black, what hangs below them is red. */
function balance(nodes: Node[], ids: readonly number[], blackLevels: number): number {
  if (ids.length === 0) return FREE
  const middle = ids.length >> 1
  const node = nodes[ids[middle]!]!
  node.isRed = blackLevels === 0
  node.left = balance(nodes, ids.slice(0, middle), blackLevels - 1)
  node.right = balance(nodes, ids.slice(middle + 1), blackLevels - 1)
  return ids[middle]!
}

function placeMini(nodes: readonly Node[]): { fat: number[]; content: Uint8Array } {
  const fat: number[] = []
  const pieces: Uint8Array[] = []
  for (const node of nodes) {
    if (node.content.length === 0 || node.content.length >= MINI_CUTOFF_BYTES) continue
    node.start = fat.length
    const count = Math.ceil(node.content.length / MINI_SECTOR_BYTES)
    for (let at = 1; at < count; at++) fat.push(fat.length + 1)
    fat.push(END_OF_CHAIN)
    pieces.push(node.content, new Uint8Array(count * MINI_SECTOR_BYTES - node.content.length))
  }
  return { fat, content: Buffer.concat(pieces) }
}

function numbersOf(numbers: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(Math.ceil(numbers.length / NUMBERS_PER_SECTOR) * SECTOR_BYTES, 0xff)
  for (const [at, number] of numbers.entries()) bytes.writeUInt32LE(number, 4 * at)
  return bytes
}

function directoryOf(nodes: readonly Node[], miniBytes: number): Uint8Array {
  const bytes = Buffer.alloc(Math.ceil((nodes.length * ENTRY_BYTES) / SECTOR_BYTES) * SECTOR_BYTES)
  for (let id = 0; id * ENTRY_BYTES < bytes.length; id++) {
    const entry = bytes.subarray(id * ENTRY_BYTES, (id + 1) * ENTRY_BYTES)
    entry.fill(0xff, 68, 80)
    const node = nodes[id]
    if (node) writeEntry(entry, node, node.kind === 5 ? miniBytes : node.content.length)
  }
  return bytes
}

function writeEntry(entry: Buffer, node: Node, sizeBytes: number): void {
  entry.write(node.name, 0, 'utf16le')
  entry.writeUInt16LE(2 * node.name.length + 2, 64)
  entry[66] = node.kind
  entry[67] = node.isRed ? 0 : 1
  entry.writeUInt32LE(node.left, 68)
  entry.writeUInt32LE(node.right, 72)
  entry.writeUInt32LE(node.child, 76)
  entry.write(node.classId, 80, 'hex')
  entry.writeUInt32LE(node.start, 116)
  entry.writeUInt32LE(sizeBytes, 120)
}

type Places = { readonly directoryAt: number; readonly miniFatAt: number; readonly miniFatSectors: number }

/** Sectors and their allocation table; the tables themselves come last. */
class SectorWriter {
  readonly #pieces: Uint8Array[] = []
  readonly #fat: number[] = []

  /** Number of the first sector of `content`. */
  add(content: Uint8Array): number {
    if (content.length === 0) return END_OF_CHAIN
    const start = this.#fat.length
    const count = Math.ceil(content.length / SECTOR_BYTES)
    for (let at = 1; at < count; at++) this.#fat.push(this.#fat.length + 1)
    this.#fat.push(END_OF_CHAIN)
    this.#pieces.push(content, new Uint8Array(count * SECTOR_BYTES - content.length))
    return start
  }

  finish({ directoryAt, miniFatAt, miniFatSectors }: Places): Uint8Array {
    const { fatSectors, difatSectors } = tableSizes(this.#fat.length)
    const fatAt = this.#fat.length
    const difatAt = fatAt + fatSectors
    for (let at = 0; at < fatSectors; at++) this.#fat.push(FAT_SECTOR)
    for (let at = 0; at < difatSectors; at++) this.#fat.push(DIFAT_SECTOR)
    const header = Buffer.alloc(SECTOR_BYTES)
    header.write('d0cf11e0a1b11ae1', 0, 'hex')
    header.writeUInt16LE(0x3e, 24)
    header.writeUInt16LE(3, 26)
    header.writeUInt16LE(0xfffe, 28)
    header.writeUInt16LE(9, 30)
    header.writeUInt16LE(6, 32)
    header.writeUInt32LE(fatSectors, 44)
    header.writeUInt32LE(directoryAt, 48)
    header.writeUInt32LE(MINI_CUTOFF_BYTES, 56)
    header.writeUInt32LE(miniFatAt, 60)
    header.writeUInt32LE(miniFatSectors, 64)
    header.writeUInt32LE(difatSectors > 0 ? difatAt : END_OF_CHAIN, 68)
    header.writeUInt32LE(difatSectors, 72)
    for (let at = 0; at < DIFAT_IN_HEADER; at++) header.writeUInt32LE(at < fatSectors ? fatAt + at : FREE, 76 + 4 * at)
    const difat = difatOf(fatAt, fatSectors, difatAt)
    return new Uint8Array(Buffer.concat([header, ...this.#pieces, numbersOf(this.#fat), difat]))
  }
}

/** The table must hold its own sectors too. */
function tableSizes(sectors: number): { fatSectors: number; difatSectors: number } {
  let [fatSectors, difatSectors] = [0, 0]
  for (;;) {
    const neededFat = Math.ceil((sectors + fatSectors + difatSectors) / NUMBERS_PER_SECTOR)
    const neededDifat = Math.max(0, Math.ceil((neededFat - DIFAT_IN_HEADER) / (NUMBERS_PER_SECTOR - 1)))
    if (neededFat === fatSectors && neededDifat === difatSectors) return { fatSectors, difatSectors }
    fatSectors = neededFat
    difatSectors = neededDifat
  }
}

function difatOf(fatAt: number, fatSectors: number, difatAt: number): Uint8Array {
  const numbers: number[] = []
  for (let at = DIFAT_IN_HEADER; at < fatSectors; at++) {
    numbers.push(fatAt + at)
    if (numbers.length % NUMBERS_PER_SECTOR === NUMBERS_PER_SECTOR - 1 && at + 1 < fatSectors) {
      numbers.push(difatAt + (numbers.length + 1) / NUMBERS_PER_SECTOR)
    }
  }
  const bytes = Buffer.from(numbersOf(numbers))
  if (bytes.length > 0) bytes.writeUInt32LE(END_OF_CHAIN, bytes.length - 4)
  return bytes
}
