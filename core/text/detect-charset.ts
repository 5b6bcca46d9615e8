/**
 * Which charset text is in, when its sender did not say or said something impossible.
 *
 * Sure signs first (byte order mark, ISO-2022 escapes, valid UTF-8), then points: the text is read in each
 * candidate and the reading with the most likely characters wins. Tuned for Japanese mail: kana are worth more
 * than anything, because no other language's bytes give runs of kana by accident.
 *
 * Invariant: looks at a bounded sample, so the cost does not grow with the text.
 */
import { isAscii, isUtf8 } from 'node:buffer'
import type { Encoding } from './charset-labels.ts'
import { decodeEucJpMs } from './eucjp.ts'
import { hasJisEscape } from './iso2022jp.ts'
import { byteOrderMark, guessUtf16Order, looksLikeUtf16 } from './wide.ts'

const SAMPLE_BYTES = 16 * 1024

/** Candidates with a small advantage for what Japanese offices receive; the first wins a draw. */
const CANDIDATES: readonly (readonly [encoding: string, advantage: number])[] = [
  ['shift_jis', 0.3],
  ['euc-jp', 0.3],
  ['windows-1252', 0.1],
  ['gb18030', 0.05],
  ['big5', 0],
  ['euc-kr', 0.05],
]

/** GB 2312, Big5 and KS C have rows of kana too, often at the same places: there they prove less. */
const JAPANESE = new Set<Encoding>(['shift_jis', 'euc-jp', 'utf-8'])

/** Below this a legacy reading is as good as noise, and UTF-8 with a few bad octets is the better answer. */
const UTF8_DAMAGE_SHARE = 0.1

export type Guess = { readonly encoding: Encoding; readonly points: number }

/** Encoding of unlabelled bytes. Never undefined: windows-1252 reads anything. */
export function guessEncoding(bytes: Uint8Array): Encoding {
  return sureEncoding(bytes) ?? bestOf(bytes).encoding
}

/** The encoding when the bytes prove it, else undefined. */
export function sureEncoding(bytes: Uint8Array): Encoding | undefined {
  const mark = byteOrderMark(bytes)
  if (mark !== undefined) return mark
  if (looksLikeUtf16(bytes)) return guessUtf16Order(bytes)
  if (isAscii(bytes)) return hasJisEscape(bytes) ? 'iso-2022-jp' : 'us-ascii'
  if (isUtf8(bytes)) return 'utf-8'
  return hasJisEscape(bytes) ? 'iso-2022-jp' : undefined
}

/** The reading with the most points, per character outside ASCII, `declared` among the candidates. */
export function bestOf(bytes: Uint8Array, declared?: Encoding): Guess {
  const sample = sampleOf(bytes)
  if (utf8DamageShare(sample) < UTF8_DAMAGE_SHARE) return { encoding: 'utf-8', points: 1 }
  let best: Guess = { encoding: 'windows-1252', points: Number.NEGATIVE_INFINITY }
  for (const [encoding, advantage] of CANDIDATES) {
    const points = pointsAs(sample, encoding) + advantage + (encoding === declared ? 0.5 : 0)
    if (points > best.points) best = { encoding, points }
  }
  return best
}

/** Bytes from shortly before the first octet outside ASCII. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  let first = 0
  while (first < bytes.length && bytes[first]! < 0x80) first++
  const start = Math.max(0, first - 16)
  return bytes.subarray(start, start + SAMPLE_BYTES)
}

/** Share of damaged characters among those outside ASCII when read as UTF-8. */
function utf8DamageShare(sample: Uint8Array): number {
  const text = new TextDecoder('utf-8').decode(sample)
  let damaged = 0
  let multiByte = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 0xfffd) damaged++
    else if (unit > 0x7f) multiByte++
  }
  return multiByte === 0 ? 1 : damaged / multiByte
}

/** How much the beginning of `bytes` reads like text that people write when it is in `encoding`; noise is below 0. */
export function pointsAs(bytes: Uint8Array, encoding: Encoding): number {
  const sample = bytes.subarray(0, 2 * SAMPLE_BYTES)
  const text = encoding === 'euc-jp' ? decodeEucJpMs(sample) : new TextDecoder(encoding).decode(sample)
  const kanaPoints = JAPANESE.has(encoding) ? 3 : 1
  return pointsOf(text, kanaPoints)
}

/** Mean points of the characters outside ASCII. */
function pointsOf(text: string, kanaPoints: number): number {
  let points = 0
  let counted = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    counted++
    points += isKana(unit) ? kanaPoints : unitPoints(unit, text, at)
  }
  return counted === 0 ? 0 : points / counted
}

function unitPoints(unit: number, text: string, at: number): number {
  if (unit === 0xfffd) return -8
  if (unit < 0xa0) return -6
  if (unit < 0x250) return latinPoints(unit, text, at)
  if (unit >= 0x3000 && unit <= 0x303f) return 1.5
  if (unit >= 0xff61 && unit <= 0xff9f) return halfKanaPoints(text, at)
  if (unit >= 0xff01 && unit <= 0xff5e) return 1
  if (unit >= 0xac00 && unit <= 0xd7a3) return 1.2
  if (unit >= 0x4e00 && unit <= 0x9fff) return 0.8
  if (unit >= 0xe000 && unit <= 0xf8ff) return -1.5
  return unit >= 0x2010 && unit <= 0x26ff ? 0.3 : -0.5
}

/** An accented letter is likely inside a Latin word, and unlikely in rows of its like (mojibake). */
function latinPoints(unit: number, text: string, at: number): number {
  if (unit < 0xc0 || unit === 0xd7 || unit === 0xf7) return -0.8
  return isAsciiLetter(text.charCodeAt(at - 1)) || isAsciiLetter(text.charCodeAt(at + 1)) ? 1.8 : -0.8
}

/** Half-width kana come in words; single ones between kanji are the mark of EUC-JP read as Shift_JIS. */
function halfKanaPoints(text: string, at: number): number {
  return isHalfKana(text.charCodeAt(at - 1)) && isHalfKana(text.charCodeAt(at + 1)) ? 0.5 : -0.6
}

function isKana(unit: number): boolean {
  return unit >= 0x3040 && unit <= 0x30ff
}

function isHalfKana(unit: number): boolean {
  return unit >= 0xff61 && unit <= 0xff9f
}

function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)
}
