/**
 * Files over HTTP, as a process of its own: it listens, holds files in memory while its own sealed processes work on
 * them, and has no rights to mail, originals or keys. It starts no programs; the supervisor or the workers role does.
 */
import { mkdirSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import { sanitizeBrought } from '../files/desk.ts'
import { type ApiServer, startApi } from '../files/http/server.ts'
import { openWorkshop } from '../workers/workshop.ts'
import { EXIT, Failure } from './exit.ts'
import { deskRules, fileWorkshopOptions, withProfile } from './own-workshop.ts'
import { apiFolder, apiOfficeSocket, apiWorkersSocket } from './places.ts'
import { packageVersion } from './version.ts'
import { sayReady } from './ready.ts'
import { toldToStop } from './told-to-stop.ts'
import { behindAntivirus, openOldOffice } from './wiring.ts'

const MINUTE_MS = 60_000

export async function runApi(config: Config): Promise<void> {
  if (!config.api.enabled) throw new Failure(EXIT.failure, 'api.enabled is false')
  const told = toldToStop()
  mkdirSync(apiFolder(config), { recursive: true, mode: 0o700 })
  const office = await openOldOffice(config, apiOfficeSocket(config), ({ cause }) => say(`api: a box with LibreOffice ended: ${cause}`))
  const workshop = await openWorkshop({ ...fileWorkshopOptions(config, apiWorkersSocket(config), config.sanitizer.heavyProcesses), office })
  const server = await listen(config, behindAntivirus(workshop, config, say))
  sayReady({ api: `${server.address}:${server.port}` })
  await told
  const late = setTimeout(() => process.exit(EXIT.ok), config.shutdownMs)
  await server.close()
  await Promise.all([workshop.close(), office?.close()])
  clearTimeout(late)
  if (process.connected) process.disconnect?.()
}

function listen(config: Config, workshop: ReturnType<typeof behindAntivirus>): Promise<ApiServer> {
  const { address, port, tokens, filesAtOnce, heldBytes, resultMinutes, log } = config.api
  const rules = new Map(tokens.map(({ profile }) => [profile, deskRules(withProfile(config, profile))]))
  return startApi({
    address,
    port,
    tokens,
    filesAtOnce,
    heldBytes,
    version: packageVersion(),
    fileBytes: config.sanitizer.limits.fileBytes,
    resultMs: resultMinutes * MINUTE_MS,
    nowMs: Date.now,
    sanitize: (brought, { profile }, secrets) => sanitizeBrought(brought, { ...rules.get(profile)!, ...secrets }, workshop),
    onRequest: line => {
      if (log === 'stderr') process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), api: line })}\n`)
    },
    onError: error => say(`api: ${error instanceof Error ? error.stack : String(error)}`),
  })
}

function say(text: string): void {
  process.stderr.write(`sekisho: ${text}\n`)
}
