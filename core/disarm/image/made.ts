/** What a maker hands to disarmer.ts: a picture coded anew, and what was left behind. */
import type { FindingCode } from '../../finding.ts'
import type { ObjectKind, Removed } from '../../objects.ts'
import type { DisarmInput } from '../contract.ts'

export type Made = {
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly extension: string
  readonly removed: readonly Removed[]
  readonly findings?: readonly { readonly code: FindingCode; readonly detail?: string }[]
}

/** Throws NotThatFormat, OverLimit, or an error of a decoder. */
export type Maker = (input: DisarmInput) => Promise<Made>

/** Lines for what was counted, none for zero. */
export function leftBehind(counts: Partial<Record<ObjectKind, number>>): Removed[] {
  return Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [{ what: what as ObjectKind, count }] : []))
}
