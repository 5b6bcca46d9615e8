/** The portal's own chain as administrators and auditors ask for it. */
import { ownAudit } from '../../store/sqlite/own-audit.ts'
import type { PortalDb } from '../db/open.ts'
import type { AuditSource } from '../ports.ts'

export function portalAudit(db: PortalDb): AuditSource {
  return { name: 'portal', ...ownAudit(db) }
}
