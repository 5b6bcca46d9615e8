/** The chain of a process's own database as auditors ask for it. Walked in slices: the process answers others meanwhile. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditPage, AuditQuestion } from '../audit-page.ts'
import { type ChainedRecord, verifyChain } from '../audit.ts'
import type { AuditCheckpoint, AuditVerdict } from '../contract.ts'
import { auditPageOf } from './audit-page.ts'
import { readBase, readChain } from './chain.ts'
import type { OwnDatabase } from './own-database.ts'

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

async function verifyInSlices({ connection }: OwnDatabase): Promise<AuditVerdict> {
  let head = readBase(connection)
  for (let count = 0; ; await nextTurn()) {
    const verdict = verifyChain(head, readChain(connection, head.seq + 1, SLICE))
    if (!verdict.ok) return verdict
    count += verdict.records
    if (verdict.records < SLICE) return { ...verdict, records: count }
    head = { seq: verdict.headSeq, hash: verdict.headHash }
  }
}
