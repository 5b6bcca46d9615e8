/**
 * Bytes in any charset to text, and an honest account of what had to be guessed.
 *
 *   text part ──▶ [decodeText] ──▶ embedded files out ──▶ makeHarmless ──▶ compose (UTF-8)
 *
 * The label is a claim: it is followed where the bytes can be what it says, and overruled, with a finding, where
 * they cannot (UTF-8 labelled Shift_JIS, raw JIS labelled nothing at all). Whatever we decide, the delivered text
 * is re-encoded, so no reader behind us has to guess again.
 *
 * Invariants: ASCII and valid UTF-8 take a native path; the output holds no private-use character; UTF-7 is
 * always marked.
 * Standards: WHATWG Encoding; RFC 2045 §5.2 (default), RFC 1468, RFC 2152, RFC 2781.
 */
import { Buffer, isAscii, isUtf8 } from 'node:buffer'
import type { FindingCode } from '../finding.ts'
import { type Encoding, encodingOf } from './charset-labels.ts'
import { bestOf, guessEncoding, pointsAs, sureEncoding } from './detect-charset.ts'
import { decodeEucJpMs } from './eucjp.ts'
import { decodeIso2022Jp, hasJisEscape } from './iso2022jp.ts'
import { decodeUtf7 } from './utf7.ts'
import { byteOrderMark, decodeUtf32, guessUtf16Order } from './wide.ts'

export { encodeIso2022Jp } from './iso2022jp-encode.ts'

export type TextFinding = { readonly code: FindingCode; readonly detail?: string }

export type DecodedText = {
  readonly text: string
  /** Encoding that was used, e.g. `shift_jis`. */
  readonly charset: string
  /** True when the label was missing, unknown or impossible. */
  readonly guessed: boolean
  readonly findings: readonly TextFinding[]
}

/** V8 holds no longer string than this many units; far above any limit of the reader. */
const MAX_BYTES = 256 * 1024 * 1024

const GETA = '\u3013'
const PRIVATE_USE = /[\uE000-\uF8FF]|[\uDB80-\uDBFF][\uDC00-\uDFFF]/
const PRIVATE_USE_ALL = /[\uE000-\uF8FF]|[\uDB80-\uDBFF][\uDC00-\uDFFF]/g

/** Encodings without impossible octets: being decodable proves nothing about them. */
const READS_ANYTHING = /^(?:us-ascii|windows-|iso-8859|ibm866|koi8|macintosh|x-mac)/

/**
 * Decodes one text. `label` is the charset parameter as the sender wrote it, undefined when there was none.
 * Linear in the bytes; never throws.
 */
export function decodeText(untrustedBytes: Uint8Array, label: string | undefined): DecodedText {
  const findings: TextFinding[] = []
  const bytes = untrustedBytes.length > MAX_BYTES ? untrustedBytes.subarray(0, MAX_BYTES) : untrustedBytes
  if (bytes !== untrustedBytes) findings.push({ code: 'charset.cut', detail: String(untrustedBytes.length) })

  const declared = encodingOf(label)
  const encoding = choose(bytes, declared)
  const guessed = isGuess(bytes, declared, encoding)
  if (guessed) findings.push({ code: 'charset.guessed', detail: guessDetail(encoding, label) })
  if (encoding === 'utf-7') findings.push({ code: 'charset.utf7' })

  const decoded = decodeAs(bytes, encoding)
  if (decoded.invalid > 0) findings.push({ code: 'charset.invalid', detail: String(decoded.invalid) })
  const { text, count } = replaceGaiji(decoded.text)
  if (count > 0) findings.push({ code: 'charset.gaiji', detail: String(count) })
  return { text, charset: encoding, guessed, findings }
}

/** Without a label us-ascii is the rule, not a guess; "utf-16" leaves the order to the byte order mark. */
function isGuess(bytes: Uint8Array, declared: Encoding | undefined, encoding: Encoding): boolean {
  if (declared === 'utf-16') return byteOrderMark(bytes) !== encoding
  return encoding !== (declared ?? 'us-ascii')
}

function guessDetail(encoding: Encoding, label: string | undefined): string {
  const claimed = (label ?? '').replace(/[^\x21-\x7e]/g, '').slice(0, 40)
  return claimed === '' ? encoding : `${encoding} (${claimed})`
}

/** The encoding to read with: the declared one unless the bytes cannot be it. */
function choose(bytes: Uint8Array, declared: Encoding | undefined): Encoding {
  if (declared === undefined) return guessEncoding(bytes)
  if (declared === 'utf-16') return chooseUtf16(bytes)
  if (declared.startsWith('utf-16') || declared.startsWith('utf-32')) return chooseWide(bytes, declared)
  if (declared === 'utf-7') return declared
  if (declared === 'iso-2022-jp') return chooseJis(bytes)
  if (isAscii(bytes)) return hasJisEscape(bytes) ? 'iso-2022-jp' : declared
  if (declared === 'utf-8') return isUtf8(bytes) ? declared : overrule(bytes, declared)
  if (READS_ANYTHING.test(declared)) return chooseOverSingleByte(bytes, declared)
  if (isUtf8(bytes) && hasKana(bytes)) return 'utf-8'
  if (!decodesCleanly(bytes, declared)) return overrule(bytes, declared)
  // EUC-JP can be read as Shift_JIS without an error; only a reading full of kana speaks against the label.
  return pointsAs(bytes, declared) > -0.1 ? declared : kanaElsewhere(bytes, declared)
}

function kanaElsewhere(bytes: Uint8Array, declared: Encoding): Encoding {
  const best = bestOf(bytes)
  return best.points > 1.5 ? best.encoding : declared
}

function chooseUtf16(bytes: Uint8Array): Encoding {
  const mark = byteOrderMark(bytes)
  if (mark !== undefined) return mark
  const sure = sureEncoding(bytes)
  return sure === 'us-ascii' || sure === 'utf-8' || sure === 'iso-2022-jp' ? sure : guessUtf16Order(bytes)
}

function chooseWide(bytes: Uint8Array, declared: Encoding): Encoding {
  const mark = byteOrderMark(bytes)
  if (mark !== undefined) return mark
  return bytes.indexOf(0) < 0 && isUtf8(bytes) ? 'utf-8' : declared
}

/** Raw Shift_JIS, EUC-JP or UTF-8 under the label iso-2022-jp, unless escapes or shifts show that it is JIS. */
function chooseJis(bytes: Uint8Array): Encoding {
  if (isAscii(bytes) || hasJisEscape(bytes)) return 'iso-2022-jp'
  if (isUtf8(bytes)) return 'utf-8'
  const isKanaOnly = bytes.every(byte => byte < 0x80 || (byte >= 0xa1 && byte <= 0xdf))
  const best = bestOf(bytes)
  return isKanaOnly && best.points < 2 ? 'iso-2022-jp' : best.encoding
}

/** `iso-8859-1` and `us-ascii` are what broken mailers write when they do not know. */
function chooseOverSingleByte(bytes: Uint8Array, declared: Encoding): Encoding {
  if (isUtf8(bytes)) return 'utf-8'
  const best = bestOf(bytes)
  if (declared === 'us-ascii') return best.encoding
  return best.points > 1 && /^(?:shift_jis|euc-jp|utf-8)$/.test(best.encoding) ? best.encoding : declared
}

/** Another encoding if the bytes prove it or read clearly better in it; else the declared one, with its damage. */
function overrule(bytes: Uint8Array, declared: Encoding): Encoding {
  const sure = sureEncoding(bytes)
  if (sure !== undefined) return sure
  const best = bestOf(bytes, declared)
  return best.points > pointsAs(bytes, declared) + 0.5 ? best.encoding : declared
}

function hasKana(bytes: Uint8Array): boolean {
  return /[\u3041-\u30fe]/.test(new TextDecoder('utf-8').decode(bytes))
}

function decodesCleanly(bytes: Uint8Array, encoding: Encoding): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

type RawText = { readonly text: string; readonly invalid: number }

function decodeAs(bytes: Uint8Array, encoding: Encoding): RawText {
  switch (encoding) {
    case 'iso-2022-jp':
      return counted(decodeIso2022Jp(bytes))
    case 'utf-7':
      return { text: decodeUtf7(latin1(bytes)), invalid: 0 }
    case 'utf-32le':
    case 'utf-32be':
      return counted(decodeUtf32(bytes, encoding))
    case 'us-ascii':
      return isAscii(bytes)
        ? { text: latin1(bytes), invalid: 0 }
        : counted(new TextDecoder('windows-1252').decode(bytes))
  }
  if (isAscii(bytes) && !encoding.startsWith('utf-16')) return { text: latin1(bytes), invalid: 0 }
  const text = new TextDecoder(encoding).decode(bytes)
  if (encoding === 'utf-8' && isUtf8(bytes)) return { text, invalid: 0 }
  return counted(encoding === 'euc-jp' && text.includes('\ufffd') ? decodeEucJpMs(bytes) : text)
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function counted(text: string): RawText {
  let invalid = 0
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) invalid++
  return { text, invalid }
}

function replaceGaiji(text: string): { text: string; count: number } {
  if (!PRIVATE_USE.test(text)) return { text, count: 0 }
  let count = 0
  const replaced = text.replace(PRIVATE_USE_ALL, () => {
    count++
    return GETA
  })
  return { text: replaced, count }
}
