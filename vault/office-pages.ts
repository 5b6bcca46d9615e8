/**
 * Pages as LibreOffice would print them, of Office files that we rebuilt: a PDF per file, in memory for minutes.
 *
 *   words of page 1 are there ── rebuilt file ──▶ [box] ──▶ PDF ──▶ drawn page by page in a sanitizer process
 *                                               └─ not in time: the words for now, the PDF at the next look
 *
 * Always optional: without LibreOffice, or where it fails, the words stay. A file that it could not draw is not tried again
 * for a minute.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { OfficeFile } from '../core/preview-ways.ts'
import type { OfficeWorkshop } from '../workers/contract.ts'

export type OfficePagesRules = {
  /** How long the first look waits before it shows words. */
  readonly firstWithinMs: number
  readonly keptMs: number
  readonly mostBytes: number
  readonly nowMs: () => number
}

/** What is known of a file at the moment. */
export type Drawing = { readonly kind: 'pdf'; readonly pdf: Uint8Array } | { readonly kind: 'none' } | { readonly kind: 'coming' }

type Kept = { drawing: Drawing; readonly done: Promise<Drawing>; untilMs: number }

const MOST_FILES = 500
/** What failed on a busy machine may do better soon. */
const FAILED_KEPT_MS = 60_000

export class OfficePages {
  readonly #office: OfficeWorkshop
  readonly #rules: OfficePagesRules
  readonly #kept = new Map<string, Kept>()
  /** A password is part of a key, but no key gives one away. */
  readonly #secret = randomBytes(32)
  #bytes = 0

  constructor(office: OfficeWorkshop, rules: OfficePagesRules) {
    this.#office = office
    this.#rules = rules
  }

  get available(): boolean {
    return this.#office.available
  }

  /** By the part's octets, the rules under which it is rebuilt, and what opens it. */
  keyOf(octets: Uint8Array, rules: unknown, password: string | undefined): string {
    const part = createHash('sha256').update(octets).digest()
    return createHmac('sha256', this.#secret).update(part).update(JSON.stringify([rules, password ?? null])).digest('hex')
  }

  find(key: string): Drawing | undefined {
    const kept = this.#kept.get(key)
    return kept && kept.untilMs > this.#rules.nowMs() ? kept.drawing : undefined
  }

  /** Begins where nothing is known yet. `patiently`: to its end, else only as long as a first page may take. */
  async draw(key: string, file: OfficeFile, patiently: boolean): Promise<Drawing> {
    const { done } = this.find(key) ? this.#kept.get(key)! : this.#begin(key, file)
    if (patiently) return done
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<Drawing>(resolve => {
      timer = setTimeout(() => resolve({ kind: 'coming' }), this.#rules.firstWithinMs)
    })
    return Promise.race([done, late]).finally(() => clearTimeout(timer))
  }

  /** Waits for one that has begun. */
  async wait(key: string): Promise<Drawing | undefined> {
    return this.#kept.get(key)?.done
  }

  #begin(key: string, file: OfficeFile): Kept {
    this.#forgetOld()
    this.#drop(key)
    const done = this.#office.draw(file).then((pdf): Drawing => (pdf ? { kind: 'pdf', pdf } : { kind: 'none' }))
    const kept: Kept = { drawing: { kind: 'coming' }, done, untilMs: this.#rules.nowMs() + this.#rules.keptMs }
    this.#kept.set(key, kept)
    void done.then(drawing => {
      kept.drawing = drawing
      if (drawing.kind === 'none') kept.untilMs = Math.min(kept.untilMs, this.#rules.nowMs() + FAILED_KEPT_MS)
      if (drawing.kind === 'pdf' && this.#kept.get(key) === kept) this.#bytes += drawing.pdf.length
      this.#forgetOld()
    })
    return kept
  }

  /** Oldest first: the order of a Map. */
  #forgetOld(): void {
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs > this.#rules.nowMs() && this.#bytes <= this.#rules.mostBytes && this.#kept.size < MOST_FILES) return
      this.#drop(key)
    }
  }

  #drop(key: string): void {
    const drawing = this.#kept.get(key)?.drawing
    if (drawing?.kind === 'pdf') this.#bytes -= drawing.pdf.length
    this.#kept.delete(key)
  }
}
