/**
 * EUC-JP as Windows and Unix vendors extended it (CP51932, eucJP-ms), for text in which the platform's decoder
 * found damage: the user-defined rows (0xF5 to 0xFE) are 外字, not errors.
 * Standards: WHATWG Encoding (EUC-JP); TOG/JVC eucJP-ms.
 */
import { Buffer } from 'node:buffer'
import { CELLS, tableOf } from './jis.ts'

const INVALID = 0xfffd
const KANA_PREFIX = 0x8e
const JISX0212_PREFIX = 0x8f
/** 0xA1 after the prefix stands for U+FF61. */
const KANA_BASE = 0xff61 - 0xa1

/** Private-use code points stand for 外字, U+FFFD for what means nothing. Linear, never throws. */
export function decodeEucJpMs(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length)
  let out = 0
  let at = 0
  while (at < bytes.length) {
    const lead = bytes[at]!
    const next = bytes[at + 1] ?? 0
    if (lead < 0x80) {
      units[out++] = lead
      at += 1
    } else if (lead === KANA_PREFIX && next >= 0xa1 && next <= 0xdf) {
      units[out++] = KANA_BASE + next
      at += 2
    } else if (lead === JISX0212_PREFIX && isCell(next) && isCell(bytes[at + 2] ?? 0)) {
      units[out++] = tableOf('jisx0212')[(next - 0xa1) * CELLS + bytes[at + 2]! - 0xa1]!
      at += 3
    } else if (isCell(lead) && isCell(next)) {
      units[out++] = tableOf('jisx0208')[(lead - 0xa1) * CELLS + next - 0xa1]!
      at += 2
    } else {
      units[out++] = INVALID
      at += 1
    }
  }
  return Buffer.from(units.buffer, 0, out * 2).toString('utf16le')
}

function isCell(byte: number): boolean {
  return byte >= 0xa1 && byte <= 0xfe
}
