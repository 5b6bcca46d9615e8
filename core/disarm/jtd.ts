/**
 * Ichitaro documents (一太郎, .jtd, and .jtdc, which packs one): their text, as a text file.
 *
 *   octets ──▶ cfb.ts ──▶ (JSCompDocument ──▶ LZH ──▶ cfb.ts) ──▶ DocumentText ──▶ 16-bit units ▸ records skipped ──▶ .txt
 *
 * The format has no published description. What is used here is what people found in files of versions 8 to 16: a head of
 * 32 octets with the marks `SsmgV.01` and `TextV.01`, then UTF-16BE, in which 0x1C opens a record of a stated length that ends with
 * 0x1F, or with 0x1D where text follows until 0x1E; such text may be a phonetic guide, which is left out. Anything else is
 * text, so a mistake shows as stray characters, never as something that acts. Documents without that stream are kept back.
 * Source: observations published with the rjtd and openjtd projects (2026).
 */
import { Buffer } from 'node:buffer'
import { openLzh } from './archive/open-packed.ts'
import { readySevenZip } from './archive/seven-zip.ts'
import type { Disarmed, Disarmer, DisarmInput } from './contract.ts'
import { oleBaggage } from './ole/baggage.ts'
import { readCompound, type Storage } from './ole/cfb.ts'
import { plainTextFile } from './ole/plain-text.ts'

export { readySevenZip }

const MAGIC = 'SsmgV.01'
const TEXT_MARK = 'TextV.01'
const HEAD_BYTES = 32
/** The method of the packed member stands within the first octets. */
const LZH_WITHIN = 100
/** The document is the first. */
const MOST_MEMBERS = 10
const RECORD = 0x1c
const INLINE = 0x1d
const INLINE_END = 0x1e
const RECORD_END = 0x1f
const UNREADABLE = { kind: 'cannot', reason: 'unsupported', why: 'format-ichitaro' } as const
const MAX_RECORD_UNITS = 1024
const MAX_INLINE_UNITS = 4096

export const jtdDisarmer: Disarmer = {
  table: [
    { object: 'text of the body, of compressed documents (jtdc), too', becomes: 'rebuilt' },
    { object: 'layout, tables, pictures, phonetic guides', becomes: 'removed', kind: 'layout' },
    { object: 'embedded objects', becomes: 'removed', kind: 'oleObjects' },
    { object: 'author and other properties', becomes: 'removed', kind: 'metadata' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const outer = readCompound(input.untrustedBytes)
    if (!outer) return { kind: 'cannot', reason: 'malformed' }
    const packed = outer.streams.get('JSCompDocument')
    const root = packed ? await unpacked(packed, input) : outer
    if (root === 'limit') return { kind: 'cannot', reason: 'limit' }
    const stream = root?.streams.get('DocumentText')
    const units = stream && unitsOf(Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength))
    if (!root || !units) return UNREADABLE
    const text = visibleText(units)
    // An empty text file would look like an empty document.
    if (text.trim() === '') return UNREADABLE
    const removed = oleBaggage(root).filter(({ what }) => what !== 'unknownParts')
    return plainTextFile(text, removed, input)
  },
}

/** A document of the compressed kind (.jtdc, .jttc): one member of an LZH archive behind a short head. */
async function unpacked(packed: Uint8Array, { limits }: DisarmInput): Promise<Storage | 'limit' | undefined> {
  const at = /-lh\d-/.exec(Buffer.from(packed.subarray(0, LZH_WITHIN)).toString('latin1'))?.index ?? 0
  if (at < 2) return undefined
  const archive = await openLzh(packed.subarray(at - 2), { entries: MOST_MEMBERS, bytes: limits.outputBytes })
  if (archive.kind === 'cannot') return archive.reason === 'limit' ? 'limit' : undefined
  const content = await archive.entries[0]?.read(limits.outputBytes)
  return content instanceof Uint8Array ? readCompound(content) : undefined
}

function unitsOf(stream: Buffer): Uint16Array | undefined {
  if (stream.length < HEAD_BYTES || stream.toString('latin1', 0, 8) !== MAGIC) return undefined
  if (stream.toString('latin1', 20, 28) !== TEXT_MARK) return undefined
  const count = Math.min(stream.readUInt32BE(28), (stream.length - HEAD_BYTES) >> 1)
  return Uint16Array.from({ length: count }, (_, at) => stream.readUInt16BE(HEAD_BYTES + 2 * at))
}

function visibleText(units: Uint16Array): string {
  const pieces: string[] = []
  let at = 0
  while (at < units.length) {
    const unit = units[at]!
    if (unit === RECORD) at = afterRecord(units, at)
    else if (unit === INLINE_END) at = afterRecordOf(units, at, units[at + 1] ?? 0)
    else {
      const piece = shown(unit)
      if (piece !== '') pieces.push(piece)
      at++
    }
  }
  return pieces.join('')
}

/** A record that opens a hidden text ends behind that text. */
function afterRecord(units: Uint16Array, start: number): number {
  const next = afterRecordOf(units, start, units[start + 2] ?? 0)
  const isHidden = units[next - 1] === INLINE && units[start + 4] === 1
  if (!isHidden) return next
  const end = units.subarray(next, next + MAX_INLINE_UNITS).indexOf(INLINE_END)
  return end < 0 ? next : next + end
}

/** By its length if it ends as records do, else behind the next end mark near by, else only its first unit is passed. */
function afterRecordOf(units: Uint16Array, start: number, length: number): number {
  const last = units[start + length - 1]
  if (length > 1 && length <= MAX_RECORD_UNITS && (last === RECORD_END || last === INLINE)) return start + length
  const end = units.subarray(start, start + 64).indexOf(RECORD_END)
  return end < 0 ? start + 1 : start + end + 1
}

/** Rows of tables and pages end lines. */
function shown(unit: number): string {
  if (unit === 0x0d) return ''
  if (unit === 0x0a || unit === 0x0c || unit === 0x0e) return '\n'
  if (unit === 0x09) return '\t'
  return unit < 0x20 || (unit >= 0x7f && unit < 0xa0) || unit === 0xffff ? '' : String.fromCharCode(unit)
}
