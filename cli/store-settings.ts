/**
 * What the store needs from settings and from key files: quota, retention per tenant, public keys.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { readRecipient } from '../store/keys.ts'
import type { StoreSettings } from '../store/sqlite/protocol.ts'
import { daysByClass, retentionClass } from './class-retention.ts'
import { tenantIds } from './places.ts'

const SECRET_BYTES = 32

export async function storeSettings(config: Config): Promise<StoreSettings> {
  const { store } = config
  const vault = join(config.dataDir, 'vault')
  const recipients = await Promise.all(tenantIds(config).map(async tenant => [tenant, [await readRecipient(vault, tenant)]] as const))
  return {
    quotaBytes: store.quotaBytes,
    minFreeBytes: store.minFreeBytes,
    minFreeFiles: store.minFreeFiles,
    retention: { ...store.retention, classes: retentionClasses(config) },
    recipients: Object.fromEntries(recipients),
  }
}

/** A tenant with its own number of days is a retention class of its own, and so is each class of confidentiality that has one. */
function retentionClasses(config: Config): Record<string, { originalDays: number; textDays: number }> {
  const { originalDays, textDays } = config.store.retention
  const ofTenants = config.tenants.map(tenant => [tenant.id, { originalDays: tenant.originalDays ?? originalDays, textDays }] as const)
  const ofClasses = tenantIds(config).flatMap(tenant => [...daysByClass(config)].map(([each, days]) => [retentionClass(tenant, each), { originalDays: days, textDays }] as const))
  return Object.fromEntries([...ofTenants, ...ofClasses])
}

/** A random key that lives beside the data it is for; made once. */
export async function readSecret(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const secret = randomBytes(SECRET_BYTES)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, secret, { mode: 0o600, flag: 'wx' })
    return secret
  }
}
