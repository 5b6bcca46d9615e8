/**
 * RTF octets as tokens: groups, control words with their numbers, signs, octets of text, binary stretches.
 *
 *   octets ──▶ [readTokens] ──▶ one call per token
 *
 * Octets above ASCII are text one by one: a double-byte character in raw octets has the same tokens for us as for a reader
 * that knows no charset, and what is written is 7-bit. Linear; never throws.
 * Standards: RTF 1.9.1, "Conventions of an RTF reader", "Control word", `\bin`.
 */
import { Buffer } from 'node:buffer'

export type TokenHandler = {
  open(): void
  close(): void
  /** `number` as written, at most ten digits; undefined without one. */
  word(name: string, number: number | undefined): void
  /** `\*`, `\~`, `\\` and the like. */
  sign(sign: string): void
  /** `\'hh` */
  hex(octet: number): void
  /** A stretch of the source without line ends, a character per octet; any but `\`, `{` and `}`. */
  text(octets: string): void
  /** What follows `\bin`. */
  binary(octets: Buffer): void
  /** True once nothing more is wanted. */
  readonly isDone: boolean
}

const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d
const MAX_NAME = 32
const MAX_DIGITS = 10

/** Returns where it stopped. */
export function readTokens(untrustedBytes: Uint8Array, handler: TokenHandler): number {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  // Short names cut out of one string cost a tenth of what decoding each costs.
  const source: Source = { bytes, text: bytes.toString('latin1') }
  let at = 0
  while (at < bytes.length && !handler.isDone) {
    const octet = bytes[at]!
    if (octet === OPEN) {
      handler.open()
      at++
    } else if (octet === CLOSE) {
      handler.close()
      at++
    } else if (octet === BACKSLASH) at = readControl(source, at + 1, handler)
    else {
      const start = at
      while (at < bytes.length && !isSpecial(bytes[at]!)) at++
      if (at === start) at++
      else handler.text(source.text.slice(start, at))
    }
  }
  return at
}

type Source = { readonly bytes: Buffer; readonly text: string }

/** Line ends mean nothing in text. */
function isSpecial(octet: number): boolean {
  return octet === BACKSLASH || octet === OPEN || octet === CLOSE || octet === 0x0a || octet === 0x0d
}

function isLetter(octet: number | undefined): boolean {
  return octet !== undefined && (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= 0x30 && octet <= 0x39
}

function readControl({ bytes, text }: Source, start: number, handler: TokenHandler): number {
  let at = start
  while (isLetter(bytes[at]) && at - start < MAX_NAME) at++
  if (at === start) return readSign(bytes, start, handler)
  const name = text.slice(start, at)
  const isNegative = bytes[at] === 0x2d && isDigit(bytes[at + 1])
  const digitsFrom = isNegative ? at + 1 : at
  let end = digitsFrom
  let size = 0
  for (; isDigit(bytes[end]) && end - digitsFrom < MAX_DIGITS; end++) size = 10 * size + bytes[end]! - 0x30
  const number = end > digitsFrom ? (isNegative ? -size : size) : undefined
  // One blank belongs to the control word.
  const next = bytes[end] === 0x20 ? end + 1 : end
  if (name === 'bin') {
    const length = Math.max(0, Math.min(number ?? 0, bytes.length - next))
    handler.binary(bytes.subarray(next, next + length))
    return next + length
  }
  handler.word(name, number)
  return next
}

function readSign(bytes: Buffer, at: number, handler: TokenHandler): number {
  if (at >= bytes.length) return at
  if (bytes[at] === 0x27) {
    const octet = 16 * hexDigit(bytes[at + 1]) + hexDigit(bytes[at + 2])
    if (octet >= 0) handler.hex(octet)
    return octet >= 0 ? at + 3 : at + 1
  }
  // A line end behind a backslash is a paragraph's end.
  if (bytes[at] === 0x0a || bytes[at] === 0x0d) handler.word('par', undefined)
  else handler.sign(String.fromCharCode(bytes[at]!))
  return at + 1
}

/** So far below zero for what is none that two digits with one such are below zero, too. */
function hexDigit(octet: number | undefined): number {
  if (isDigit(octet)) return octet! - 0x30
  return isLetter(octet) && (octet! | 0x20) <= 0x66 ? (octet! | 0x20) - 0x57 : -1000
}
