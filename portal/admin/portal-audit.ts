/** The portal's own chain as administrators and auditors ask for it. Verified in slices: pages are served meanwhile. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { verifyChain } from '../../store/audit.ts'
import type { AuditVerdict } from '../../store/contract.ts'
import { auditPageOf } from '../../store/sqlite/audit-page.ts'
import { readBase, readChain } from '../../store/sqlite/chain.ts'
import type { PortalDb } from '../db/open.ts'
import type { AuditSource } from '../ports.ts'

const SLICE = 2_000

export function portalAudit(db: PortalDb): AuditSource {
  const { connection } = db
  return {
    name: 'portal',
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

async function verifyInSlices({ connection }: PortalDb): Promise<AuditVerdict> {
  let head = readBase(connection)
  for (let count = 0; ; await nextTurn()) {
    const verdict = verifyChain(head, readChain(connection, head.seq + 1, SLICE))
    if (!verdict.ok) return verdict
    count += verdict.records
    if (verdict.records < SLICE) return { ...verdict, records: count }
    head = { seq: verdict.headSeq, hash: verdict.headHash }
  }
}
