/**
 * Which policy was in force when: its text goes into the audit chain whenever it differs from the last one there. The
 * configuration is a file, so going back means putting an older text into it again and reloading; this keeps that text,
 * with who and when, where nobody can change it unseen.
 */
import { policyText, policyTextVersion } from '../config/policy-text.ts'
import type { Config } from '../config/schema.ts'
import type { Act, AuditRecord } from '../store/contract.ts'
import type { StoreOverview } from '../store/overview.ts'

type Chain = Pick<StoreOverview, 'auditRecords'> & { audit(record: AuditRecord): Promise<void> }

const LONGEST_TEXT = 256 * 1024

export async function recordPolicy(store: Chain, config: Config, by: Act): Promise<void> {
  const text = policyText(config)
  const version = policyTextVersion(text)
  const { records } = await store.auditRecords({ kinds: ['config'], subject: 'policy', limit: 1 })
  if (records[0]?.detail['version'] === version) return
  const yaml = text.length <= LONGEST_TEXT ? text : ''
  await store.audit({ tenant: 'default', kind: 'config', actor: by.actor, subject: 'policy', detail: { version, reason: by.reason, yaml } })
}
