/**
 * What administrators and auditors look at over many messages: tallies, pages of the chain, files that policy decided on.
 * Answered by the reader thread; the writer never waits for it.
 */
import type { StoredPart } from '../core/policy/explain.ts'
import type { AuditPage, AuditQuestion } from './audit-page.ts'
import type { TenantId } from './contract.ts'
import type { SeriesQuestion, Tally, Top, TopQuestion } from './statistics.ts'

export type ExpiryDay = { readonly dayMs: number; readonly messages: number }

export type StoredQuestion = { readonly tenant: TenantId; readonly sinceMs: number; /** `next` of the page before. */ readonly before?: number; readonly limit: number }

/** What one group of recipients got, with the files whose fate a table decided. */
export type StoredMessage = {
  readonly publicId: string
  readonly queueId: string
  readonly acceptedAtMs: number
  readonly recipients: readonly string[]
  readonly policyVersion: string
  readonly parts: readonly StoredPart[]
}
export type StoredPage = { readonly messages: readonly StoredMessage[]; readonly next: number | undefined }

export interface StoreOverview {
  series(question: SeriesQuestion): Promise<readonly Tally[]>
  top(question: TopQuestion): Promise<Top>
  /** When sealed originals end, day by day from the day of `fromMs` on. */
  expiries(tenant: TenantId, fromMs: number, days: number): Promise<readonly ExpiryDay[]>
  auditRecords(question: AuditQuestion): Promise<AuditPage>
  /** Newest first. */
  storedMessages(question: StoredQuestion): Promise<StoredPage>
  /** Counts what has come since; called now and then. */
  catchUp(): Promise<void>
}
