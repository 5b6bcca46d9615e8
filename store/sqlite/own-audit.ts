/** The chain of a process's own database as auditors ask for it. Walked in slices: the process answers others meanwhile. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditPage, AuditQuestion } from '../audit-page.ts'
import type { ChainedRecord } from '../audit.ts'
import type { AuditCheckpoint, AuditVerdict } from '../contract.ts'
import { auditPageOf } from './audit-page.ts'
import { readChain } from './chain.ts'
import type { OwnDatabase } from './own-database.ts'
import type { Walked } from './verifying.ts'

const SLICE = 2_000

export type OwnAudit = {
  page(question: AuditQuestion): Promise<AuditPage>
  verify(): Promise<AuditVerdict>
  checkpoint(): Promise<AuditCheckpoint>
  /** Oldest first. */
  records(sinceSeq: number): AsyncIterable<ChainedRecord>
}

export function ownAudit(db: OwnDatabase): OwnAudit {
  const { connection } = db
  return {
    page: async question => auditPageOf(connection, question),
    verify: () => verifyInSlices(db),
    checkpoint: async () => db.checkpoint(),
    records: async function* (sinceSeq) {
      for (let from = sinceSeq; ; ) {
        const records = [...readChain(connection, from, SLICE)]
        yield* records
        if (records.length < SLICE) return
        from = records.at(-1)!.seq + 1
        await nextTurn()
      }
    },
  }
}

async function verifyInSlices(db: OwnDatabase): Promise<AuditVerdict> {
  for (let walked: Walked | undefined; ; await nextTurn()) {
    const slice = db.verifySlice(walked)
    if (slice.kind === 'done') return slice.verdict
    walked = slice.walked
  }
}
