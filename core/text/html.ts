/**
 * HTML mail as text that office people can read, and that can do nothing.
 *
 *   markup ──▶ tree (html-tree) ──▶ prune (html-prune) ──▶ emit (html-emit) ──▶ harmless ──▶ defang ──▶ text
 *
 * The output is composed of characters that a reader of the HTML would have seen, plus our own marks; no tag, no
 * attribute but link targets, alt texts and list numbers takes part in it. Entities are decoded once, by the parser.
 * Why no library writes the text: see docs/decisions.md; html-to-text is the oracle of the tests.
 *
 * Invariant: time and memory are linear in the markup; any string is accepted.
 */
import { makeHarmless } from './harmless.ts'
import { emit, type EmitOptions, type TextFinding, type TextImage } from './html-emit.ts'
import { type Pruned, prune } from './html-prune.ts'
import { parseHtml } from './html-tree.ts'
import { defang } from './links.ts'

export type HtmlText = {
  readonly text: string
  readonly findings: readonly TextFinding[]
  /** Places where text was hidden from the reader, and left out. */
  readonly hiddenCount: number
  readonly images: readonly TextImage[]
  /** The text was cut at `maxChars`. */
  readonly truncated: boolean
}

/** Markup beyond this, in UTF-16 units, is cut before parsing. */
const MAX_MARKUP_CHARS = 16 * 1024 * 1024

/**
 * Converts decoded HTML to text with LF line ends, without one at the end. `maxChars` counts UTF-16 units of the
 * result. Never throws.
 */
export function htmlToText(untrustedHtml: string, options: EmitOptions): HtmlText {
  const markup = untrustedHtml.length > MAX_MARKUP_CHARS ? untrustedHtml.slice(0, MAX_MARKUP_CHARS) : untrustedHtml
  const { document, flattened } = parseHtml(markup)
  const pruned = prune(document)
  const emitted = emit(document, pruned, options)
  // Harmless first: an invisible character inside a URL would hide it from defanging, and be gone afterwards.
  const harmless = makeHarmless(emitted.lines.join('\n'))
  const whole = defang(harmless.text, options.links)
  const text = whole.length > options.maxChars ? cutAt(whole, options.maxChars) : whole
  return {
    text,
    findings: [...findingsOf(pruned, flattened), ...emitted.findings, ...harmless.findings],
    hiddenCount: pruned.hiddenCount,
    images: emitted.images,
    truncated: emitted.truncated || text.length < whole.length || markup.length < untrustedHtml.length,
  }
}

function cutAt(text: string, length: number): string {
  const code = text.charCodeAt(length - 1)
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? length - 1 : length)
}

function findingsOf(pruned: Pruned, flattened: boolean): TextFinding[] {
  const findings: TextFinding[] = []
  if (flattened) findings.push({ code: 'html.too-complex' })
  if (pruned.active.size > 0) findings.push({ code: 'html.active', detail: [...pruned.active].slice(0, 30).join(' ') })
  if (pruned.hiddenCount > 0) findings.push({ code: 'html.hidden', detail: String(pruned.hiddenCount) })
  if (pruned.trackerCount > 0) findings.push({ code: 'html.tracker', detail: String(pruned.trackerCount) })
  return findings
}
