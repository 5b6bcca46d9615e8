/**
 * How long what is kept. Defaults are those of Japanese municipal practice (docs/operations.md).
 *
 *   originals  30 days     delivered text  7 days     mail log  1 year
 *   audit      5 years, counted from the 1 April after the fiscal year of the record
 */

export type RetentionTimes = { readonly originalDays: number; readonly textDays: number }

export type RetentionSettings = RetentionTimes & {
  /** Messages, their recipients and reports, from acceptance. */
  readonly logDays: number
  /** Fiscal years after the one in which the record was made. */
  readonly auditYears: number
  /** Other times for groups of that retention class. */
  readonly classes?: Readonly<Record<string, RetentionTimes>>
}

export const DEFAULT_RETENTION: RetentionSettings = { originalDays: 30, textDays: 7, logDays: 365, auditYears: 5 }

const DAY_MS = 24 * 60 * 60 * 1000
/** Japan Standard Time has no summer time; fiscal years begin at its midnight whatever the host's zone is. */
const JST_OFFSET_MS = 9 * 60 * 60 * 1000
const APRIL = 3

export function originalExpiresAtMs(
  retention: RetentionSettings,
  retentionClass: string,
  acceptedAtMs: number,
): number {
  return acceptedAtMs + timesOf(retention, retentionClass).originalDays * DAY_MS
}

/** Counted from the last delivery; equal to `finishedAtMs` when delivered text is not kept. */
export function textExpiresAtMs(retention: RetentionSettings, retentionClass: string, finishedAtMs: number): number {
  return finishedAtMs + timesOf(retention, retentionClass).textDays * DAY_MS
}

/** Mail-log rows of messages accepted before this are past their time. */
export function logCutoffMs(retention: RetentionSettings, nowMs: number): number {
  return nowMs - retention.logDays * DAY_MS
}

/** Audit records made before this are past their time: always the first instant of a fiscal year. */
export function auditCutoffMs(retention: Pick<RetentionSettings, 'auditYears'>, nowMs: number): number {
  return fiscalYearStartMs(fiscalYear(nowMs) - retention.auditYears)
}

/** Calendar day in Japan, `2026-04-01`. */
export function dayInJapan(atMs: number): string {
  return new Date(atMs + JST_OFFSET_MS).toISOString().slice(0, 10)
}

function timesOf(retention: RetentionSettings, retentionClass: string): RetentionTimes {
  return retention.classes?.[retentionClass] ?? retention
}

/** The year in whose April the fiscal year (年度) of this instant began. */
function fiscalYear(atMs: number): number {
  const local = new Date(atMs + JST_OFFSET_MS)
  return local.getUTCMonth() < APRIL ? local.getUTCFullYear() - 1 : local.getUTCFullYear()
}

function fiscalYearStartMs(year: number): number {
  return Date.UTC(year, APRIL, 1) - JST_OFFSET_MS
}
