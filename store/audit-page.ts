/**
 * Pages of an audit chain for people: newest first, by conditions. The same question for every chain there is
 * (store/sqlite/audit-page.ts answers it over any database that holds one).
 */
import type { ChainedRecord } from './audit.ts'

export type AuditQuestion = {
  readonly kinds?: readonly string[]
  /** Parts of words, case-insensitive. */
  readonly actor?: string
  /** Exact: a queue id, a request, a login. */
  readonly subject?: string
  /** Anywhere in the details. */
  readonly text?: string
  readonly tenant?: string
  readonly sinceMs?: number
  /** Not included. */
  readonly untilMs?: number
  /** Records before this one: `next` of the page before. */
  readonly before?: number
  readonly limit: number
}

export type AuditPage = {
  readonly records: readonly ChainedRecord[]
  readonly next: number | undefined
  /** A search stops after so many records and says how far it came; `next` goes on from there. */
  readonly searchedToMs: number | undefined
}
