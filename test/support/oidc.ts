/** Starts the provider of oidc-provider.ts, and the settings that belong to it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { OidcSettings } from '../../portal/sign-in/oidc.ts'

export type StartedProvider = { readonly process: ChildProcess; readonly issuer: Promise<string> }

/** `portal`: its origin. */
export function startProvider(portal: string, ...tls: readonly string[]): StartedProvider {
  const child = spawn(process.execPath, ['test/support/oidc-provider.ts', portal, ...tls], { stdio: ['ignore', 'pipe', 'ignore'] })
  return { process: child, issuer: once(createInterface(child.stdout), 'line').then(([line]) => String(line)) }
}

export function oidcSettings(issuer: string, more: Partial<OidcSettings> = {}): OidcSettings {
  return { tenant: 'default', issuer, clientId: 'sekisho', clientSecret: 'a secret of ours', ca: '', scopes: ['openid', 'email', 'profile'], personBy: 'email', loginClaim: 'preferred_username', twoFactorAcr: [], twoFactorAmr: ['mfa'], ...more }
}

/** One that was free a moment ago: the provider must know where we will be. */
export async function freePort(): Promise<number> {
  const reserved = createServer().listen(0, '127.0.0.1')
  await once(reserved, 'listening')
  const { port } = reserved.address() as AddressInfo
  reserved.close()
  return port
}
