/**
 * The key files of the vault: one age key pair per tenant, made by the supervisor at first start.
 *
 *   <directory>/identities/<tenant>.txt   private half, read by the vault alone (0700, 0600)
 *   <directory>/recipients/<tenant>.txt   public half, read by whoever seals
 *
 * The mail-facing process and the portal get the recipients only. An identity that was carried off to a safe
 * (recipient file still there) is not replaced by a new one: that would lock its owner out of new originals.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateIdentity, parseIdentity, parseRecipient } from '../core/seal/age.ts'
import type { TenantId } from './contract.ts'
import { readIfThere, writeDurably } from './durable-file.ts'

const TENANT_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/

export type VaultKeys = {
  readonly tenant: TenantId
  readonly recipient: string
  /** Whether the pair was made just now: the operator is told to put copies of the identity in two safes. */
  readonly created: boolean
}

/** Makes what is missing. Called by the supervisor, before any other role starts. */
export async function ensureVaultKeys(
  directory: string,
  tenants: readonly TenantId[] = ['default'],
): Promise<VaultKeys[]> {
  await mkdir(join(directory, 'identities'), { recursive: true, mode: 0o700 })
  await chmod(join(directory, 'identities'), 0o700)
  await mkdir(join(directory, 'recipients'), { recursive: true, mode: 0o755 })
  const keys: VaultKeys[] = []
  for (const tenant of tenants) keys.push(await ensureTenantKeys(directory, tenant))
  return keys
}

/** The public key that originals of this tenant are sealed to (`age1…`). @throws when missing or not a key. */
export async function readRecipient(directory: string, tenant: TenantId): Promise<string> {
  const path = recipientPath(directory, tenant)
  const recipient = parseRecipient(await readFile(path, 'utf8'))
  if (!recipient) throw new Error(`${path} is not an age recipient`)
  return recipient.text
}

export function identityPath(directory: string, tenant: TenantId): string {
  return join(directory, 'identities', `${checkTenant(tenant)}.txt`)
}

export function recipientPath(directory: string, tenant: TenantId): string {
  return join(directory, 'recipients', `${checkTenant(tenant)}.txt`)
}

async function ensureTenantKeys(directory: string, tenant: TenantId): Promise<VaultKeys> {
  const identityText = await readIfThere(identityPath(directory, tenant))
  const recipientText = await readIfThere(recipientPath(directory, tenant))
  if (identityText !== undefined) return adoptIdentity(directory, tenant, identityText, recipientText)
  if (recipientText !== undefined) return { tenant, recipient: await readRecipient(directory, tenant), created: false }

  const { identity, recipient } = generateIdentity(randomBytes(32))
  const text = `# created: ${new Date().toISOString()}\n# public key: ${recipient}\n${identity}\n`
  // The identity first: a recipient without its identity would seal to a key that nobody has.
  await writeDurably(identityPath(directory, tenant), text, 0o600)
  await writeDurably(recipientPath(directory, tenant), `${recipient}\n`, 0o644)
  return { tenant, recipient, created: true }
}

async function adoptIdentity(
  directory: string,
  tenant: TenantId,
  text: string,
  recipientText: string | undefined,
): Promise<VaultKeys> {
  const identity = parseIdentity(text)
  if (!identity) throw new Error(`${identityPath(directory, tenant)} is not an age identity`)
  const recipient = identity.recipient.text
  if (recipientText === undefined) await writeDurably(recipientPath(directory, tenant), `${recipient}\n`, 0o644)
  else if (recipientText.trim() !== recipient) {
    throw new Error(`identity and recipient of tenant ${tenant} do not belong together in ${directory}`)
  }
  return { tenant, recipient, created: false }
}

function checkTenant(tenant: TenantId): TenantId {
  if (!TENANT_NAME.test(tenant)) throw new RangeError(`tenant name ${JSON.stringify(tenant)} cannot name a key file`)
  return tenant
}
