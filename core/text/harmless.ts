/**
 * Decoded text without anything that a screen, a log or a terminal would obey instead of show.
 *
 *   decodeText ──▶ unflow ──▶ [makeHarmless] ──▶ body, notice, subject, file names, mail log
 *
 * What goes: control characters and terminal escape sequences, direction overrides (they reorder what is read,
 * "Trojan Source"), invisible characters (they hide text from search and people), heaps of combining marks that
 * paint over other lines. What stays: everything that has a look of its own, including emoji sequences,
 * ideographic variation sequences (異体字), and joiners in scripts that are written with them.
 *
 * Invariant: output has LF line ends only, no C0 or C1 control but TAB and LF, no lone surrogate, and making it
 * harmless again changes nothing. Linear; clean text, the common case, costs one regular expression test.
 * Standards: Unicode UAX #9 (bidi), UTS #36, UTS #37 (IVD), UTS #51 (emoji); ECMA-48 (escape sequences).
 */
import type { TextFinding } from './charset.ts'

export type HarmlessText = { readonly text: string; readonly findings: readonly TextFinding[] }

/** Ranges for a character class: invisible wherever they stand. */
const INVISIBLE_RANGES = [
  String.raw`\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u3164`,
  String.raw`\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\u034f`,
].join('')
/** Those of plane 14, tags above all; they take the `u` flag. */
const INVISIBLE_SUPPLEMENTARY = String.raw`\u{e0000}-\u{e00ff}\u{e01f0}-\u{e0fff}`
const SELECTOR_RANGES = String.raw`\u200c\u200d\ufe00-\ufe0f`

/** Everything in the BMP that some step below looks at, and the high surrogates of plane 14. */
const SUSPECT = new RegExp(
  String.raw`[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069${SELECTOR_RANGES}${INVISIBLE_RANGES}]|\p{M}{5}`,
  'u',
)
const SUSPECT_SUPPLEMENTARY = /[\udb40-\udb7f]/

/** An unfinished sequence or string goes as far as it is certain. */
const ESCAPE_SEQUENCES = new RegExp(
  [
    // Control sequences, 7-bit and 8-bit.
    /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?/,
    // Device control, operating system command and other strings, with their end.
    /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])(?:[^\x07\x1b\x9c\n]*(?:\x07|\x9c|\x1b\\))?/,
    // Short sequences, and ESC itself.
    /\x1b[ -/]*[0-~]?/,
  ]
    .map(part => part.source)
    .join('|'),
  'g',
)

const LINE_ENDS = /[\v\f\x85\u2028\u2029]/g
const CONTROLS = /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]/g
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g

/** Joiners and variation selectors are judged by their neighbours instead. */
const INVISIBLE = new RegExp(`[${INVISIBLE_RANGES}${INVISIBLE_SUPPLEMENTARY}]`, 'gu')
const SELECTORS = new RegExp(String.raw`[${SELECTOR_RANGES}\u{e0100}-\u{e01ef}]`, 'gu')

/** No living script needs more than four combining marks; a joiner behind the heap has lost its neighbour. */
const MARK_HEAPS = /(\p{M}{4})\p{M}+[\u200c\u200d]?/gu

const EMOJI_BASE = /^[\u20e3\p{Emoji}]$/u
const HAN = /^\p{Script=Han}$/u
/** Scripts from Arabic to Sinhala, and those of South-East Asia, where joiners change the spelling. */
const JOINING_SCRIPT = /^[\u0600-\u0dff\u0f00-\u109f\u1780-\u18af]$/

const LETTER = /^\p{L}$/u

/** Rewrites decoded text so that it only says what it shows. Never throws. */
export function makeHarmless(untrustedText: string): HarmlessText {
  const text = normalizeLineEnds(untrustedText)
  if (text.isWellFormed() && !SUSPECT.test(text) && !SUSPECT_SUPPLEMENTARY.test(text)) return { text, findings: [] }
  return removeHarm(text)
}

/**
 * The same for one line: subjects, display names, file names. Line ends and tabs become a space, the ends are
 * trimmed; longer than `maxLength` UTF-16 units is cut and ends in `…`.
 */
export function makeHarmlessLine(untrustedText: string, maxLength: number): string {
  // Twice the room: what is removed must not make a short line out of a long one that could have been shown.
  const { text } = makeHarmless(untrustedText.slice(0, 2 * maxLength + 1000))
  const line = text.replace(/[\t\n]+/g, ' ').trim()
  return line.length <= maxLength ? line : `${cutAtCharacter(line, maxLength - 1)}…`
}

/** First `length` units, less where that would split a surrogate pair or take a mark from its base. */
function cutAtCharacter(line: string, length: number): string {
  let end = Math.max(0, length)
  while (end > 0 && /^[\udc00-\udfff\p{M}\u200d]$/u.test(line.charAt(end))) end--
  // A joiner would be left without the second thing that it joins.
  while (end > 0 && /[\u200c\u200d]/.test(line.charAt(end - 1))) end--
  return line.slice(0, end).toWellFormed()
}

/** CRLF, bare CR and CR runs of broken gateways to LF; the other kinds of line end are rare and come later. */
function normalizeLineEnds(text: string): string {
  const lines = text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text
  if (!lines.includes('\r')) return lines
  return lines.replace(/\r+\n?/g, run => (run.endsWith('\n') ? '\n' : '\n'.repeat(run.length)))
}

function removeHarm(untrustedText: string): HarmlessText {
  const findings: TextFinding[] = []
  const replaceCounted = (text: string, pattern: RegExp, code: TextFinding['code'], replacement: string): string => {
    let count = 0
    const replaced = text.replace(pattern, (_, kept: unknown) => {
      count++
      return replacement === '$1' ? String(kept) : replacement
    })
    if (count > 0) findings.push({ code, detail: String(count) })
    return replaced
  }
  let text = wellFormed(untrustedText, findings)
  text = replaceCounted(text, ESCAPE_SEQUENCES, 'text.escape-sequences', '')
  text = text.replace(LINE_ENDS, '\n')
  text = replaceCounted(text, CONTROLS, 'text.controls', '')
  text = replaceCounted(text, BIDI, 'text.bidi', '')
  text = removeInvisible(text, findings)
  text = replaceCounted(text, MARK_HEAPS, 'text.combining', '$1')
  return { text, findings }
}

function wellFormed(text: string, findings: TextFinding[]): string {
  if (text.isWellFormed()) return text
  findings.push({ code: 'text.surrogates' })
  return text.toWellFormed()
}

function removeInvisible(untrustedText: string, findings: TextFinding[]): string {
  let count = 0
  const drop = () => {
    count++
    return ''
  }
  let text = untrustedText.replace(INVISIBLE, drop)
  // Of a row of selectors each is judged by what is left before it, else a dropped one would vouch for the next.
  let dropped = { end: -1, before: '' }
  text = text.replace(SELECTORS, (selector: string, at: number, whole: string) => {
    const end = at + selector.length
    const before = dropped.end === at ? dropped.before : characterBefore(whole, at)
    if (isLegitimate(selector, before, characterAt(whole, end))) return selector
    dropped = { end, before }
    return drop()
  })
  if (count > 0) findings.push({ code: 'text.invisible', detail: String(count) })
  return text
}

/** Whether a joiner or variation selector does what it was made for, between these neighbours. */
function isLegitimate(selector: string, before: string, after: string): boolean {
  if (before === '') return false
  if (selector === '\u200d' && isEmojiEnd(before) && EMOJI_BASE.test(after)) return true
  if (selector === '\u200c' || selector === '\u200d')
    return JOINING_SCRIPT.test(before) && JOINING_SCRIPT.test(after) && LETTER.test(after)
  if (selector === '\ufe0e' || selector === '\ufe0f') return EMOJI_BASE.test(before) || HAN.test(before)
  return HAN.test(before)
}

function isEmojiEnd(character: string): boolean {
  return character === '\ufe0f' || (EMOJI_BASE.test(character) && !/^[\x00-\x7f\u200d]$/.test(character))
}

function characterBefore(text: string, at: number): string {
  const unit = text.charCodeAt(at - 1)
  const isPair = unit >= 0xdc00 && unit <= 0xdfff
  return text.slice(Math.max(0, at - (isPair ? 2 : 1)), at)
}

function characterAt(text: string, at: number): string {
  const codePoint = text.codePointAt(at)
  return codePoint === undefined ? '' : String.fromCodePoint(codePoint)
}
