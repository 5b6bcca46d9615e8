/**
 * uuencode and its base64 form, as they stand inside text.
 *
 * Standards: POSIX uuencode (`begin 644 name` … `end`; `begin-base64 644 name` … `====`).
 */

/** `begin`, an octal mode and a name; the name is everything up to the end of the line. */
export const UU_BEGIN = /^begin(-base64)? +[0-7]{3,6} +(\S.*)$/

const FIRST_CODE = 0x20
const LAST_CODE = 0x60
const GROUP_CHARACTERS = 4
const GROUP_OCTETS = 3

/**
 * True when `line` can be a data line: its first character says how many octets follow, and as many characters
 * do. Trailing spaces may be missing (mailers cut them), one checksum character may be added.
 */
export function isUuLine(line: string): boolean {
  const octets = octetsOf(line)
  if (octets === 0 || line.length < 2) return false
  const expected = 1 + Math.ceil(octets / GROUP_OCTETS) * GROUP_CHARACTERS
  if (line.length > expected + 1 || line.length < expected - 2) return false
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code < FIRST_CODE || code > LAST_CODE) return false
  }
  return true
}

/** The last data line, which holds nothing: a back quote, a space, or a space that was cut. */
export function isUuTerminator(line: string): boolean {
  return line === '`' || line === '' || line === ' '
}

function octetsOf(line: string): number {
  return line === '' ? 0 : (line.charCodeAt(0) - FIRST_CODE) & 0x3f
}

/** Decodes lines that isUuLine() accepted; a missing trailing space counts as one. */
export function decodeUu(lines: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + octetsOf(line), 0))
  let out = 0
  for (const line of lines) {
    const end = out + octetsOf(line)
    for (let at = 1; out < end; at += GROUP_CHARACTERS) {
      const group =
        (sixBits(line, at) << 18) | (sixBits(line, at + 1) << 12) | (sixBits(line, at + 2) << 6) | sixBits(line, at + 3)
      bytes[out++] = group >> 16
      if (out < end) bytes[out++] = (group >> 8) & 0xff
      if (out < end) bytes[out++] = group & 0xff
    }
  }
  return bytes
}

function sixBits(line: string, at: number): number {
  return at < line.length ? (line.charCodeAt(at) - FIRST_CODE) & 0x3f : 0
}

/** True when `line` can be a line of `begin-base64`. */
export function isBase64Line(line: string): boolean {
  return line.length > 0 && line.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(line)
}
