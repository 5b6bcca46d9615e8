/**
 * Mails that are composed once and sent often: per mail only the marks are written, into a copy.
 *
 *   pieces (text, packed files) ──▶ [composeTemplate] ──▶ Template ──▶ [octetsOf] ──▶ the octets after DATA
 *
 * A mark inside of a file in base64 is written by encoding the few octets around it anew; the checksum of the ZIP
 * entry that it stands in likewise. So a marked .docx costs about as much as a copy of it.
 * Invariant: what octetsOf gives is dot-stuffed and ends in CRLF; "." CRLF has to follow.
 */
import { crc32 } from 'node:zlib'
import { base64Lines } from '../core/mime/encode.ts'
import { MARK_LENGTH, MARK_PLACE } from './mark.ts'

/** A file that goes into the mail as base64. */
export type PackedFile = {
  readonly raw: Buffer
  /** Ranges whose checksum stands at these places, inner ones first. */
  readonly checksums: readonly { readonly from: number; readonly to: number; readonly at: readonly number[] }[]
}

export type Piece = { readonly text: Buffer } | { readonly file: PackedFile }

type PackedPlace = PackedFile & {
  /** Where its base64 begins in the mail. */
  readonly start: number
  readonly marks: readonly number[]
  /** Ranges of the file to encode anew, whole groups of three octets. */
  readonly windows: readonly (readonly [number, number])[]
}

export type Template = {
  /** For the reports: mails of one kind are counted together. */
  readonly kind: string
  readonly octets: Buffer
  readonly plain: readonly number[]
  readonly packed: readonly PackedPlace[]
  readonly eightBit: boolean
}

const PLACE = Buffer.from(MARK_PLACE, 'latin1')
const LINE_CHARACTERS = 76

/** Text pieces begin at the beginning of a line and end in CRLF. */
export function composeTemplate(kind: string, pieces: readonly Piece[]): Template {
  const written: Buffer[] = []
  const plain: number[] = []
  const packed: PackedPlace[] = []
  let at = 0
  for (const piece of pieces) {
    const octets = 'text' in piece ? dotStuffed(piece.text) : Buffer.from(base64Lines(piece.file.raw), 'latin1')
    if ('text' in piece) plain.push(...placesIn(octets).map(place => at + place))
    else packed.push(packedPlace(piece.file, at))
    written.push(octets)
    at += octets.length
  }
  const octets = Buffer.concat(written)
  return { kind, octets, plain, packed, eightBit: octets.some(octet => octet > 0x7f) }
}

/** One mail with its mark in every place. */
export function octetsOf(template: Template, mark: string): Buffer {
  const octets = Buffer.from(template.octets)
  for (const at of template.plain) octets.write(mark, at, 'latin1')
  for (const place of template.packed) writePacked(octets, place, mark)
  return octets
}

/** Files without a checksum over the mark: PDF, text in base64. */
export function packedFile(raw: Buffer): PackedFile {
  return { raw, checksums: [] }
}

function packedPlace({ raw, checksums }: PackedFile, start: number): PackedPlace {
  const marks = placesIn(raw)
  const touched = [
    ...marks.map(at => [at, at + MARK_LENGTH] as const),
    ...checksums.flatMap(({ at }) => at.map(each => [each, each + 4] as const)),
  ]
  const windows = touched.map(([from, to]) => [from - (from % 3), Math.min(raw.length, Math.ceil(to / 3) * 3)] as const)
  return { raw, checksums, start, marks, windows }
}

function writePacked(octets: Buffer, { raw, marks, checksums, windows, start }: PackedPlace, mark: string): void {
  for (const at of marks) raw.write(mark, at, 'latin1')
  for (const { from, to, at } of checksums) {
    const sum = crc32(raw.subarray(from, to))
    for (const each of at) raw.writeUInt32LE(sum, each)
  }
  for (const [from, to] of windows) {
    let character = (from / 3) * 4
    const encoded = raw.toString('base64', from, to)
    for (let done = 0; done < encoded.length; ) {
      const count = Math.min(encoded.length - done, LINE_CHARACTERS - (character % LINE_CHARACTERS))
      octets.write(
        encoded.slice(done, done + count),
        start + character + 2 * Math.floor(character / LINE_CHARACTERS),
        'latin1',
      )
      done += count
      character += count
    }
  }
}

function placesIn(octets: Buffer): number[] {
  const places = []
  for (let at = octets.indexOf(PLACE); at !== -1; at = octets.indexOf(PLACE, at + MARK_LENGTH)) places.push(at)
  return places
}

/** RFC 5321 §4.5.2. */
function dotStuffed(text: Buffer): Buffer {
  const latin1 = text.toString('latin1')
  return /(?:^|\r\n)\./.test(latin1) ? Buffer.from(latin1.replace(/(^|\r\n)\./g, '$1..'), 'latin1') : text
}
