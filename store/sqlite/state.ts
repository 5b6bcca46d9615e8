/**
 * What the writer's tables and acts share: the open database, where files go, the settings, the chain.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Emergency } from '../contract.ts'
import type { Segments } from './batch.ts'
import type { AuditChain } from './chain.ts'
import type { Layout } from './layout.ts'
import type { Payloads } from './payloads.ts'
import type { StoreSettings } from './protocol.ts'
import type { Sealing } from './sealing.ts'
import type { TextKeys } from './text-keys.ts'

export type WriterState = {
  readonly database: DatabaseSync
  readonly layout: Layout
  readonly chain: AuditChain
  readonly payloads: Payloads
  readonly segments: Segments
  readonly textKeys: TextKeys
  settings: StoreSettings
  sealing: Sealing
  emergency: Emergency
  /** Free bytes of the file system, as of the last look. */
  freeBytes: number
}

/** While delivery is stopped, only what goes outward (DSNs) is handed to the relay. */
export function mayDeliver(emergency: Emergency, direction: 'inward' | 'outward'): boolean {
  return emergency === 'none' || direction === 'outward'
}
