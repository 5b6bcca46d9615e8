/**
 * Folders and sockets of each role, and what else the supervisor must know of them. Apart from wiring.ts, so that a process that
 * only starts others does not load what delivers mail.
 */
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'

/** LibreOffice's answer is drawn page by page: a larger one is of no use. */
export const OFFICE_OUTPUT_BYTES = 64 * 2 ** 20

/** Where worker processes connect to the gateway, in a folder that nobody else needs: whoever connects there is given mail. */
export function workersSocket({ dataDir }: Config): string {
  return join(dataDir, 'run/mail-work/workers.sock')
}

/** Where boxes with LibreOffice connect that draw old Office files of mails: in the same folder. */
export function mailOfficeSocket({ dataDir }: Config): string {
  return join(dataDir, 'run/mail-work/office.sock')
}

/** Of the HTTP face alone: its socket for its own worker processes. */
export function apiFolder({ dataDir }: Config): string {
  return join(dataDir, 'run/api')
}

export function apiWorkersSocket(config: Config): string {
  return join(apiFolder(config), 'workers.sock')
}

export function apiOfficeSocket(config: Config): string {
  return join(apiFolder(config), 'office.sock')
}

/** The gateway's door for the vault, in a folder that nobody else needs. */
export function doorSocket({ dataDir }: Config): string {
  return join(dataDir, 'run/door/gateway.sock')
}

/** Where `sekisho user` asks the portal. */
export function portalSocket({ dataDir }: Config): string {
  return join(dataDir, 'run/portal/control.sock')
}

/** Of the vault: where the portal asks it, and where its own worker processes connect. */
export function vaultSocket({ dataDir }: Config): string {
  return join(dataDir, 'run/vault/vault.sock')
}

export function vaultFolder({ dataDir }: Config): string {
  return join(dataDir, 'run/vault-work')
}

export function vaultWorkersSocket(config: Config): string {
  return join(vaultFolder(config), 'workers.sock')
}

/** Where boxes with LibreOffice connect to the vault. */
export function officeFolder({ dataDir }: Config): string {
  return join(dataDir, 'run/vault-office')
}

export function officeSocket(config: Config): string {
  return join(officeFolder(config), 'workers.sock')
}

/** What the vault keeps beside the keys: its database, and rebuilt files, sealed. */
export function vaultKept({ dataDir }: Config): string {
  return join(dataDir, 'vault/kept')
}

export function tenantIds(config: Config): string[] {
  return ['default', ...config.tenants.map(tenant => tenant.id)]
}
