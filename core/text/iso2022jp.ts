/**
 * ISO-2022-JP and everything that Japanese mailers have sent under its name.
 *
 * Why our own: the platform's decoder follows WHATWG, which has no shift-out kana, no 8-bit kana, no JIS X 0212
 * and no company characters (外字), and gives U+FFFD for each; mail has all of them. One state machine reads
 * ISO-2022-JP, -1, -2, -3, -MS, CP50220, CP50221, CP50222 and ISO-2022-KR, because senders label them at will.
 *
 *   decodeText ──▶ [decodeIso2022Jp] ──▶ 外字 to 〓 ──▶ makeHarmless
 *
 * Invariant: a line end always returns to ASCII, so one lost escape sequence garbles one line, not the mail.
 * JIS-Roman is read as ASCII: senders use it for paths and addresses, and ¥ for a backslash breaks both.
 * Standards: RFC 1468, RFC 1554, RFC 2237, RFC 1557; JIS X 0201, X 0208, X 0212, X 0213.
 */
import { Buffer } from 'node:buffer'
import { CELLS, type SetName, tableOf } from './jis.ts'

const ESC = 0x1b
const SHIFT_OUT = 0x0e
const SHIFT_IN = 0x0f
const LF = 0x0a
const CR = 0x0d
const INVALID = 0xfffd
/** Half-width katakana: 0x21 (or 0xA1) stands for U+FF61. */
const KANA_BASE = 0xff61 - 0x21

type Mode = 'ascii' | 'kana' | SetName

/** What follows ESC, longest first where one is the beginning of another. */
const DESIGNATIONS: readonly (readonly [sequence: string, mode: Mode])[] = [
  ['(J', 'ascii'],
  ['(H', 'ascii'],
  ['(I', 'kana'],
  ['$@', 'jisx0208'],
  ['$A', 'gb2312'],
  ['$(B', 'jisx0208'],
  ['$(@', 'jisx0208'],
  ['$(D', 'jisx0212'],
  ['$(O', 'jisx0213-1'],
  ['$(Q', 'jisx0213-1'],
  ['$(P', 'jisx0213-2'],
  ['$(C', 'ksc5601'],
  ['$(A', 'gb2312'],
]

/** Designations that change nothing by themselves: the 1990 prefix, and the KS C header line. */
const KOREAN_HEADER = '$)C'
const REVISION_PREFIX = '&@'

type State = {
  readonly bytes: Uint8Array
  readonly units: Uint16Array
  at: number
  out: number
  mode: Mode
  shiftedOut: boolean
  korean: boolean
}

/**
 * Decodes one whole text. Private-use code points stand for 外字, U+FFFD for what means nothing.
 * Linear: each octet gives at most one UTF-16 unit. Never throws.
 */
export function decodeIso2022Jp(untrustedBytes: Uint8Array): string {
  const bytes = hasEscape(untrustedBytes) ? untrustedBytes : restoreLostEscapes(untrustedBytes)
  const state: State = {
    bytes,
    units: new Uint16Array(bytes.length),
    at: 0,
    out: 0,
    mode: 'ascii',
    shiftedOut: false,
    korean: false,
  }
  while (state.at < bytes.length) {
    if (bytes[state.at] === ESC) takeEscape(state)
    else if (state.shiftedOut) shiftedRun(state)
    else if (state.mode === 'ascii' || state.mode === 'kana') singleRun(state)
    else doubleRun(state, tableOf(state.mode))
  }
  return Buffer.from(state.units.buffer, 0, state.out * 2).toString('utf16le')
}

/** True when the text holds a sequence that only ISO-2022-JP has: worth decoding as such without a label. */
export function hasJisEscape(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(ESC); at >= 0; at = bytes.indexOf(ESC, at + 1)) {
    const [next, after] = [bytes[at + 1], bytes[at + 2]]
    if (next === 0x24 && (after === 0x42 || after === 0x40 || after === 0x28)) return true
    if (next === 0x28 && (after === 0x49 || after === 0x4a)) return true
  }
  return false
}

function hasEscape(bytes: Uint8Array): boolean {
  return bytes.indexOf(ESC) >= 0 || bytes.indexOf(SHIFT_OUT) >= 0
}

/** Takes one escape sequence; an unknown one stays in the text as ESC, which makeHarmless() removes. */
function takeEscape(state: State): void {
  const { bytes, at } = state
  // The two that make up nearly all of mail.
  if (bytes[at + 2] === 0x42 && (bytes[at + 1] === 0x24 || bytes[at + 1] === 0x28)) {
    state.mode = bytes[at + 1] === 0x24 ? 'jisx0208' : 'ascii'
    state.shiftedOut = false
    state.at += 3
    return
  }
  const ahead = String.fromCharCode(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0)
  for (const [sequence, mode] of DESIGNATIONS) {
    if (!ahead.startsWith(sequence)) continue
    state.mode = mode
    state.shiftedOut = false
    state.at += 1 + sequence.length
    return
  }
  if (ahead.startsWith(REVISION_PREFIX)) state.at += 1 + REVISION_PREFIX.length
  else if (ahead.startsWith(KOREAN_HEADER)) {
    state.korean = true
    state.at += 1 + KOREAN_HEADER.length
  } else {
    state.units[state.out++] = ESC
    state.at++
  }
}

/** ASCII or kana mode, one octet a character, up to the next escape or shift. */
function singleRun(state: State): void {
  const { bytes, units } = state
  let { at, out } = state
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte >= 0x20 && byte < 0x80 && state.mode === 'ascii') {
      units[out++] = byte
      continue
    }
    if (byte === ESC) break
    if (byte === SHIFT_OUT || byte === SHIFT_IN) {
      state.shiftedOut = byte === SHIFT_OUT
      at++
      break
    }
    if (byte === LF || byte === CR) state.mode = 'ascii'
    const isKana = state.mode === 'kana' && byte >= 0x21 && byte <= 0x5f
    units[out++] = isKana ? KANA_BASE + byte : eightBit(byte)
  }
  state.at = at
  state.out = out
}

/** An octet outside double-byte mode: ASCII, 8-bit kana (JIS X 0201), or nothing that has a meaning. */
function eightBit(byte: number): number {
  if (byte < 0x80) return byte
  return byte >= 0xa1 && byte <= 0xdf ? KANA_BASE + (byte & 0x7f) : INVALID
}

/** Between SO and SI: half-width kana, or double-byte Korean after its header. */
function shiftedRun(state: State): void {
  if (state.korean) {
    const modeAround = state.mode
    state.mode = 'ksc5601'
    doubleRun(state, tableOf('ksc5601'))
    state.mode = modeAround
    return
  }
  const { bytes, units } = state
  for (; state.at < bytes.length && state.shiftedOut; state.at++) {
    const byte = bytes[state.at]!
    if (byte === ESC) return
    if (byte === SHIFT_OUT) continue
    if (byte === SHIFT_IN || byte === LF || byte === CR) state.shiftedOut = false
    if (byte === SHIFT_IN) continue
    units[state.out++] = byte >= 0x21 && byte <= 0x5f ? KANA_BASE + byte : eightBit(byte)
  }
}

/** Pairs of octets up to whatever ends the mode; the eighth bit, which some gateways set, is ignored. */
function doubleRun(state: State, table: Uint16Array): void {
  const { bytes, units, mode } = state
  const lastPair = bytes.length - 1
  while (state.at < bytes.length && state.mode === mode && bytes[state.at] !== ESC) {
    let { at, out } = state
    for (; at < lastPair; at += 2) {
      const row = (bytes[at]! & 0x7f) - 0x21
      const cell = (bytes[at + 1]! & 0x7f) - 0x21
      if (row < 0 || row >= CELLS || cell < 0 || cell >= CELLS) break
      units[out++] = table[row * CELLS + cell]!
    }
    state.at = at
    state.out = out
    if (at < bytes.length && bytes[at] !== ESC) oddOctet(state)
  }
}

/** An octet in double-byte mode that begins no pair: a line end or a shift ends the mode, the others do not. */
function oddOctet(state: State): void {
  const byte = state.bytes[state.at++]!
  if (byte === LF || byte === CR || byte === SHIFT_IN || byte === SHIFT_OUT) {
    state.mode = 'ascii'
    state.shiftedOut = byte === SHIFT_OUT
  }
  if (byte === SHIFT_IN || byte === SHIFT_OUT) return
  // Of half a character the second octet is read again: it may be the line end or the escape that was meant.
  state.units[state.out++] = byte <= 0x20 ? byte : INVALID
}

/**
 * Puts ESC back where a gateway removed it: `$B…(B` with an even number of printable octets between.
 * Per line, and only in text without a single ESC, so "$B" in prose stays what it is.
 */
function restoreLostEscapes(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  if (!/\$[@B]/.test(text) || !/\([BJ]/.test(text)) return bytes
  // The closing sequence is optional, so that an unclosed run is consumed and never scanned twice.
  const run = /\$[@B](?:(?!\([BJ])[\x21-\x28\x2d\x30-\x74][\x21-\x7e])+(\([BJ])?/g
  const restored = text.replace(run, (whole: string, close: string | undefined) =>
    close === undefined ? whole : `\x1b${whole.slice(0, -close.length)}\x1b${close}`,
  )
  return Buffer.from(restored, 'latin1')
}
