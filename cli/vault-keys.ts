/** Key pairs that are missing are made: by the supervisor at its start, by `sekisho keys` where each role has a unit of its own. */
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { ensureVaultKeys, type VaultKeys } from '../store/keys.ts'
import { tenantIds } from './places.ts'

/** Says on standard error what was made: its owner has copies to put away. */
export async function makeVaultKeys(config: Config): Promise<readonly VaultKeys[]> {
  const vault = join(config.dataDir, 'vault')
  const keys = await ensureVaultKeys(vault, tenantIds(config))
  for (const { tenant, created } of keys) {
    if (created) process.stderr.write(`sekisho: made a key pair for '${tenant}' in ${vault}; put copies of it in two safe places\n`)
  }
  return keys
}
