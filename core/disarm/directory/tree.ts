/**
 * A calendar or address file as components with their content lines, and the account of what is left out of it.
 *
 *   octets ──▶ [readDirectory] ──▶ calendar.ts │ vcard.ts ──▶ write.ts
 *
 * Invariants: linear, no recursion; missing or crossed BEGIN and END lines never lose a line, it goes to the component
 * that is open. Octets are unfolded before they are characters where a fold stands inside of one.
 * Standards: RFC 5545 §3.1, §3.4; RFC 6350 §3.2, §6.1.
 */
import { Buffer, isUtf8 } from 'node:buffer'
import type { ObjectKind, ObjectRules, Removed } from '../../objects.ts'
import { decodeText, type TextFinding } from '../../text/charset.ts'
import { type ContentLine, type LineStyle, readContentLine, unfoldLines } from '../../text/content-line.ts'
import { makeHarmless } from '../../text/harmless.ts'
import type { DisarmInput } from '../contract.ts'
import { REMOVED_KINDS } from '../text.ts'

export type Component = { readonly kind: string; readonly lines: ContentLine[]; readonly children: Component[] }

export type Directory = {
  readonly style: LineStyle
  readonly roots: readonly Component[]
  /** Lines that stand in no component, or are no content lines. */
  readonly strayLines: number
  readonly findings: readonly TextFinding[]
}

/** Components in components; what is deeper goes to the deepest. */
const MAX_DEPTH = 6
const MAX_LINES = 1_000_000
const BOUNDARY = /^[ \t]*(BEGIN|END)[ \t]*:[ \t]*([A-Za-z0-9-]{1,40})[ \t]*$/i
const MAY_BOUND = /^[ \tBbEe]/

/** `kind` is that of the outermost components; undefined when there is none or there are too many lines. */
export function readDirectory({ untrustedBytes, declaredCharset }: DisarmInput, kind: 'VCALENDAR' | 'VCARD'): Directory | undefined {
  const { text, findings } = decodeText(withoutSplitCharacters(untrustedBytes), declaredCharset)
  const style = /^VERSION:\s*(?:2\.1|1\.0)\s*$/im.test(text) ? 'old' : 'new'
  const roots: Component[] = []
  const open: Component[] = []
  let strayLines = 0
  let count = 0
  for (const line of unfoldLines(text.replace(/^\ufeff/, ''), style)) {
    if (++count > MAX_LINES) return undefined
    const boundary = MAY_BOUND.test(line) ? BOUNDARY.exec(line) : null
    if (boundary !== null) {
      const named = boundary[2]!.toUpperCase()
      if (boundary[1]!.toUpperCase() === 'BEGIN') begin(named)
      else end(named)
      continue
    }
    const content = line.trim() === '' ? undefined : readContentLine(line)
    if (content && open.length > 0) open.at(-1)!.lines.push(content)
    else if (line.trim() !== '') strayLines++
  }
  return roots.length > 0 ? { style, roots, strayLines, findings } : undefined

  function begin(named: string): void {
    if (open.length === 0 && named !== kind) strayLines++
    else if (open.length < MAX_DEPTH) {
      const component: Component = { kind: named, lines: [], children: [] }
      if (open.length === 0) roots.push(component)
      else open.at(-1)!.children.push(component)
      open.push(component)
    } else strayLines++
  }

  function end(named: string): void {
    const at = open.findLastIndex(component => component.kind === named)
    if (at >= 0) open.length = at
    else strayLines++
  }
}

/** Older programs fold after 75 octets, be it in the middle of a character. */
function withoutSplitCharacters(untrustedBytes: Uint8Array): Uint8Array {
  if (isUtf8(untrustedBytes)) return untrustedBytes
  const unfolded = Buffer.from(Buffer.from(untrustedBytes).toString('latin1').replace(/\r?\n[ \t]/g, ''), 'latin1')
  return isUtf8(unfolded) ? unfolded : untrustedBytes
}

/** What one file loses, counted while it is written, and how its texts are read. */
export class Ledger {
  readonly style: LineStyle
  readonly rules: ObjectRules
  readonly #counts = new Map<ObjectKind, number>()

  constructor(style: LineStyle, rules: ObjectRules) {
    this.style = style
    this.rules = rules
  }

  count(what: ObjectKind, count = 1): void {
    if (count > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + count)
  }

  /** Harmless text; what had to go from it is counted. */
  harmless(untrustedText: string): string {
    const { text, findings } = makeHarmless(untrustedText)
    for (const { code, detail } of findings) {
      const what = REMOVED_KINDS[code]
      if (what !== undefined) this.count(what, Number(detail ?? 1))
    }
    return text
  }

  get removed(): Removed[] {
    return [...this.#counts].map(([what, count]) => ({ what, count }))
  }
}
