/** portal.db: people, sign-in, requests. Written by the portal's process alone; whoever else needs it asks over the socket. */
import { OwnDatabase } from '../../store/sqlite/own-database.ts'
import { MIGRATIONS } from './migrations.ts'

export type PortalDb = OwnDatabase

/** `auditYears`: how long its audit records are kept. */
export function openPortalDb(directory: string, nowMs: () => number, auditYears?: number): Promise<PortalDb> {
  return OwnDatabase.open({ directory, name: 'portal', migrations: MIGRATIONS, nowMs, ...(auditYears === undefined ? {} : { auditYears }) })
}
