/**
 * Links of an old Excel sheet: those to the web, to a mailbox and within the workbook are understood; those to
 * files are left behind.
 *
 * Standards: MS-XLS §2.4.140 (HLink); MS-OSHARED §2.3.7.1 (Hyperlink Object), §2.3.7.6 (URLMoniker).
 */
import { harmlessLink } from '../ooxml/links.ts'
import type { Area, Losses, Sheet } from './model.ts'
import type { RecordReader } from './records.ts'

const URL_MONIKER = 'e0c9ea79f9bace118c8200aa004ba90b'
const HAS_MONIKER = 1
const HAS_LOCATION = 8
const HAS_DISPLAY_NAME = 0x10
const HAS_FRAME = 0x80
const MONIKER_AS_STRING = 0x100
const MAX_CHARACTERS = 4096

export function readLink(sheet: Sheet, losses: Losses, reader: RecordReader): void {
  const [row1, row2, column1, column2] = [reader.u16(), reader.u16(), reader.u16(), reader.u16()]
  const area: Area = { row1, row2, column1, column2 }
  reader.bytes(16)
  reader.u32()
  const flags = reader.u32()
  if (flags & HAS_DISPLAY_NAME) text(reader)
  if (flags & HAS_FRAME) text(reader)
  const target = flags & HAS_MONIKER ? targetOf(reader, flags) : ''
  const location = target !== undefined && flags & HAS_LOCATION ? text(reader) : ''
  const isUsable = row1 <= row2 && column1 <= column2 && column2 <= 0xff && (target !== '' || location !== '')
  if (reader.isShort || target === undefined || !isUsable) losses.externalLinks++
  else sheet.links.push({ area, target, location })
}

/** As it may stand in the new workbook, by the same rule as there; undefined for a target that may not. */
function targetOf(reader: RecordReader, flags: number): string | undefined {
  const untrusted = untrustedTarget(reader, flags)
  return untrusted === undefined || untrusted.startsWith('#') ? undefined : harmlessLink(untrusted)
}

function untrustedTarget(reader: RecordReader, flags: number): string | undefined {
  if (flags & MONIKER_AS_STRING) return text(reader)
  if (reader.bytes(16).toString('hex') !== URL_MONIKER) return undefined
  const octets = reader.u32()
  if (octets > 2 * MAX_CHARACTERS) return undefined
  return reader.bytes(octets).toString('utf16le').split('\0')[0]
}

function text(reader: RecordReader): string {
  const characters = reader.u32()
  if (characters > MAX_CHARACTERS) {
    reader.isShort = true
    return ''
  }
  return reader.bytes(2 * characters).toString('utf16le').split('\0')[0]!
}
