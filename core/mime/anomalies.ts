/**
 * Counts of what was odd in one encoded body, told once when the part ends.
 *
 * Counting instead of reporting on the spot keeps the report independent of how the bytes were cut into
 * chunks, and bounded whatever the body holds.
 */
import type { FindingCode } from '../finding.ts'

export class Anomalies {
  #counts: Map<FindingCode, number> | undefined

  add(code: FindingCode, count = 1): void {
    if (count <= 0) return
    this.#counts ??= new Map()
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + count)
  }

  /** For facts whose number says nothing. */
  once(code: FindingCode): void {
    this.#counts ??= new Map()
    this.#counts.set(code, 1)
  }

  /** In the order of the codes, so that equal bodies give equal reports. */
  report(tell: (code: FindingCode, detail: string) => void): void {
    if (!this.#counts) return
    for (const [code, count] of [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))) tell(code, `${count} ×`)
  }
}
