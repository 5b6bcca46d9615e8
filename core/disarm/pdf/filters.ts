/**
 * Streams unpacked: Flate, LZW, ASCII85, ASCIIHex and RunLength, with their predictors, in front of what a picture's
 * own coding is. Anything else (Crypt, filters nobody knows) is not unpacked and so does not cross.
 *
 * Bounded by `mostBytes` at every step. A damaged Flate stream gives what stands before the damage, as readers do.
 * Standards: ISO 32000-1 §7.4; RFC 1950; TIFF 6.0 §13, §14.
 */
import { Buffer } from 'node:buffer'
import { constants, deflateSync, inflateRawSync, inflateSync } from 'node:zlib'
import { hexOctets } from './lexer.ts'
import { Damaged, type Dict, dictOf, nameText, OverLimit, type Stream, type Value } from './object.ts'
import type { Source } from './source.ts'

/** What a picture is coded in once the general filters are off. */
export const PICTURE_FILTERS = ['DCTDecode', 'CCITTFaxDecode', 'JPXDecode', 'JBIG2Decode'] as const
export type PictureFilter = (typeof PICTURE_FILTERS)[number]

export type Unpacked = {
  readonly data: Uint8Array
  readonly picture?: { readonly filter: PictureFilter; readonly parameters: Dict | undefined }
}

export type FilterStep = { readonly name: string; readonly parameters: Dict | undefined }

const FULL_NAMES: Readonly<Record<string, string>> = {
  AHx: 'ASCIIHexDecode', A85: 'ASCII85Decode', LZW: 'LZWDecode', Fl: 'FlateDecode', RL: 'RunLengthDecode', CCF: 'CCITTFaxDecode', DCT: 'DCTDecode',
}
const MOST_STEPS = 6

/** The filters of a stream in the order of unpacking; undefined when there are more than anyone needs. */
export function filterSteps(dict: Dict, source: Source): FilterStep[] | undefined {
  const filters = listOf(source.resolve(dict.get('Filter') ?? dict.get('F')))
  const parameters = listOf(source.resolve(dict.get('DecodeParms') ?? dict.get('DP')))
  if (filters.length > MOST_STEPS) return undefined
  return filters.map((filter, index) => {
    const name = nameText(source.resolve(filter))
    return { name: FULL_NAMES[name] ?? name, parameters: dictOf(source.resolve(parameters[index])) }
  })
}

function listOf(value: Value): Value[] {
  if (value === null) return []
  return Array.isArray(value) ? value : [value]
}

/** Undefined when a filter is not one of ours. Throws OverLimit; Damaged where nothing can be made of the octets. */
export function unpack(stream: Stream, source: Source, mostBytes: number): Unpacked | undefined {
  const steps = filterSteps(stream.dict, source)
  if (!steps) return undefined
  let data = stream.untrustedData
  for (const [index, { name, parameters }] of steps.entries()) {
    const filter = PICTURE_FILTERS.find(each => each === name)
    if (filter) return index === steps.length - 1 ? { data, picture: { filter, parameters } } : undefined
    const unpacked = unpackStep(data, { name, parameters }, { source, mostBytes })
    if (!unpacked) return undefined
    data = unpacked
  }
  return { data }
}

type Bounds = { readonly source: Source; readonly mostBytes: number }

function unpackStep(data: Uint8Array, { name, parameters }: FilterStep, { source, mostBytes }: Bounds): Uint8Array | undefined {
  const number = (key: string, usual: number) => {
    const value = source.get(parameters, key)
    return typeof value === 'number' ? value : usual
  }
  switch (name) {
    case 'FlateDecode':
      return unpredicted(inflate(data, mostBytes), number)
    case 'LZWDecode':
      return unpredicted(unpackLzw(data, { earlyChange: number('EarlyChange', 1) === 0 ? 0 : 1, mostBytes }), number)
    case 'ASCII85Decode':
      return unpackAscii85(data)
    case 'ASCIIHexDecode':
      return hexOctets(Buffer.from(data).toString('latin1').replace(/>[\s\S]*$/, ''))
    case 'RunLengthDecode':
      return unpackRuns(data, mostBytes)
    default:
      return undefined
  }
}

export function deflate(data: Uint8Array): Uint8Array {
  return deflateSync(data, { level: 6 })
}

/** Whether the octets are one Flate stream, its checksum right, with nothing behind it. */
export function isExactFlate(data: Uint8Array, mostBytes: number): boolean {
  try {
    const result = inflateSync(data, { maxOutputLength: mostBytes, info: true }) as unknown as { readonly engine: { readonly bytesWritten: number } }
    return result.engine.bytesWritten === data.length
  } catch {
    return false
  }
}

export function inflate(data: Uint8Array, mostBytes: number): Uint8Array {
  const options = { maxOutputLength: mostBytes, finishFlush: constants.Z_SYNC_FLUSH }
  try {
    return inflateSync(data, options)
  } catch (error) {
    if (isTooLarge(error)) throw new OverLimit()
  }
  // Without the checksum, which some writers get wrong; then as much of the front as is whole.
  let [whole, broken] = [2, data.length]
  let best: Uint8Array = Buffer.alloc(0)
  for (let end = data.length, tries = 0; whole < broken && tries < 24; tries++, end = (whole + broken) >> 1) {
    try {
      best = inflateRawSync(data.subarray(2, end), options)
      whole = end + 1
    } catch (error) {
      if (isTooLarge(error)) throw new OverLimit()
      broken = end
    }
  }
  return best
}

function isTooLarge(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
}

type NumberOf = (key: string, usual: number) => number

function unpredicted(data: Uint8Array, number: NumberOf): Uint8Array {
  const predictor = number('Predictor', 1)
  if (predictor < 2) return data
  const [colors, bits, columns] = [number('Colors', 1), number('BitsPerComponent', 8), number('Columns', 1)]
  if (!isRowSane(colors, bits, columns)) throw new Damaged()
  const pixelBytes = Math.max(1, (colors * bits) >> 3)
  const rowBytes = Math.ceil((colors * bits * columns) / 8)
  if (predictor >= 10) return withoutPngPredictor(data, rowBytes, pixelBytes)
  if (bits !== 8) throw new Damaged()
  const out = Buffer.from(data)
  for (let at = 0; at < out.length; at++) if (at % rowBytes >= pixelBytes) out[at] = out[at]! + out[at - pixelBytes]!
  return out
}

/** CVE-2009-3459 and its like: a /Colors so large that sizes overflow. */
export function isRowSane(colors: number, bits: number, columns: number): boolean {
  const whole = [colors, bits, columns].every(value => Number.isInteger(value) && value > 0)
  return whole && colors <= 32 && [1, 2, 4, 8, 16].includes(bits) && columns <= 1_000_000
}

function withoutPngPredictor(data: Uint8Array, rowBytes: number, pixelBytes: number): Uint8Array {
  const rows = Math.ceil(data.length / (rowBytes + 1))
  const out = Buffer.alloc(rows * rowBytes)
  for (let row = 0; row < rows; row++) {
    const type = data[row * (rowBytes + 1)]
    const from = row * (rowBytes + 1) + 1
    const to = row * rowBytes
    for (let index = 0; index < rowBytes && from + index < data.length; index++) {
      const left = index >= pixelBytes ? out[to + index - pixelBytes]! : 0
      const up = row > 0 ? out[to + index - rowBytes]! : 0
      const corner = row > 0 && index >= pixelBytes ? out[to + index - rowBytes - pixelBytes]! : 0
      out[to + index] = data[from + index]! + predicted(type, { left, up, corner })
    }
  }
  return out
}

function predicted(type: number | undefined, { left, up, corner }: { readonly left: number; readonly up: number; readonly corner: number }): number {
  if (type === 1) return left
  if (type === 2) return up
  if (type === 3) return (left + up) >> 1
  if (type !== 4) return 0
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner
}

function unpackLzw(data: Uint8Array, { earlyChange, mostBytes }: { readonly earlyChange: number; readonly mostBytes: number }): Uint8Array {
  const starts = new Uint32Array(4097)
  const lengths = new Uint16Array(4097)
  let out = Buffer.alloc(Math.min(mostBytes, Math.max(1024, data.length * 4)))
  let [size, next, bits, previous] = [0, 258, 9, -1]
  let [buffer, held] = [0, 0]
  for (const octet of data) {
    buffer = ((buffer << 8) | octet) & 0xffffff
    held += 8
    if (held < bits) continue
    held -= bits
    const code = (buffer >>> held) & ((1 << bits) - 1)
    if (code === 257) break
    if (code === 256) {
      ;[next, bits, previous] = [258, 9, -1]
      continue
    }
    if (code > next || (code === next && previous < 0)) throw new Damaged()
    const length = code < 256 ? 1 : code < next ? lengths[code]! : (previous < 256 ? 1 : lengths[previous]!) + 1
    if (size + length > mostBytes) throw new OverLimit()
    if (size + length > out.length) out = Buffer.concat([out, Buffer.alloc(Math.max(out.length, length))])
    if (code < 256) out[size] = code
    else {
      // A code not known yet is the string before it and that string's first octet once more: the octets overlap.
      const from = code < next ? starts[code]! : size - length + 1
      for (let index = 0; index < length; index++) out[size + index] = out[from + index]!
    }
    if (previous >= 0 && next < 4096) {
      lengths[next] = (previous < 256 ? 1 : lengths[previous]!) + 1
      starts[next] = size - lengths[next]! + 1
      next++
    }
    size += length
    previous = code
    if (next + earlyChange >= 1 << bits && bits < 12) bits++
  }
  return out.subarray(0, size)
}

function unpackAscii85(data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(data.length * 4)
  let [size, value, digits] = [0, 0, 0]
  for (const code of data) {
    if (code === 0x7e) break
    if (code === 0x7a && digits === 0) size += 4
    else if (code >= 0x21 && code <= 0x75) {
      value = value * 85 + code - 0x21
      if (++digits < 5) continue
      size = out.writeUInt32BE(value % 2 ** 32, size)
      ;[value, digits] = [0, 0]
    }
  }
  if (digits > 1) {
    for (let index = digits; index < 5; index++) value = value * 85 + 84
    out.writeUInt32BE(value % 2 ** 32, size)
    size += digits - 1
  }
  return out.subarray(0, size)
}

export function ascii85(data: Uint8Array): string {
  const padded = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)])
  let text = ''
  for (let at = 0; at < padded.length; at += 4) {
    let value = padded.readUInt32BE(at)
    let group = ''
    for (let digit = 0; digit < 5; digit++, value = Math.floor(value / 85)) group = String.fromCharCode(0x21 + (value % 85)) + group
    text += group.slice(0, Math.min(4, data.length - at) + 1)
  }
  return `${text}~>`
}

function unpackRuns(data: Uint8Array, mostBytes: number): Uint8Array {
  const pieces: Uint8Array[] = []
  let size = 0
  for (let at = 0; at < data.length && data[at] !== 128 && size <= mostBytes; ) {
    const length = data[at]!
    const piece = length < 128 ? data.subarray(at + 1, at + 2 + length) : Buffer.alloc(257 - length, data[at + 1])
    pieces.push(piece)
    size += piece.length
    at += length < 128 ? length + 2 : 2
  }
  if (size > mostBytes) throw new OverLimit()
  return Buffer.concat(pieces)
}
