/**
 * What all readers of one message share: the consumer, the limits, the counts that no nesting may reset.
 */
import type { FindingCode } from '../finding.ts'
import type { PartId } from '../verdict.ts'
import type { PartHead, ReaderEvents, ReaderLimits } from './part.ts'

/** Findings told per part; a hostile part could have one for each of its octets. */
const FINDINGS_PER_PART = 50

export class Reading {
  readonly events: ReaderEvents
  readonly limits: ReaderLimits
  #parts = 0
  readonly #told = new Map<PartId, number>()

  constructor(events: ReaderEvents, limits: ReaderLimits) {
    this.events = events
    this.limits = limits
  }

  get full(): boolean {
    return this.#parts >= this.limits.parts
  }

  start(head: PartHead): boolean {
    this.#parts++
    return this.events.partStart(head)
  }

  find(partId: PartId, code: FindingCode, detail?: string): void {
    const told = this.#told.get(partId) ?? 0
    if (told > FINDINGS_PER_PART) return
    this.#told.set(partId, told + 1)
    if (told === FINDINGS_PER_PART) this.events.finding({ code: 'limit.findings', partId })
    else this.events.finding(detail === undefined || detail === '' ? { code, partId } : { code, partId, detail })
  }
}
