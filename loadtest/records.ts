/**
 * What the sender tells about each mail, as rows of numbers: many of them cross a process border in one array.
 */
export const ROW = {
  number: 0,
  template: 1,
  intendedMs: 2,
  startedMs: 3,
  endOfDataMs: 4,
  doneMs: 5,
  outcome: 6,
  accepted: 7,
  trouble: 8,
  slow: 9,
  lateMs: 10,
} as const
export const ROW_LENGTH = 11

export type Batch = {
  readonly kind: 'batch'
  readonly rows: Float64Array
  /** When the plan began. */
  readonly startedMs: number
  /** Texts of troubles that were not told before; a row has the index + 1 over all batches, 0 is none. */
  readonly troubles: readonly string[]
  readonly waiting: number
  readonly connections: number
}
