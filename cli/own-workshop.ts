/**
 * A workshop of one's own, for commands that work on files without a running server: the same sealed processes and
 * the same wall as those of the gateway, in a temporary folder, started when the first file needs them.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, constants, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import { recipientSettings } from '../config/recipients.ts'
import { MADE_TYPES } from '../core/disarm/registry.ts'
import { composeFixedNotice } from '../core/notice-only.ts'
import type { ProfileName } from '../core/policy/model.ts'
import type { DeskRules } from '../files/desk.ts'
import { startLauncher } from '../workers/launcher.ts'
import type { FileWorkshop, Workshop } from '../workers/contract.ts'
import { DEFAULTS, openWorkshop, type WorkshopOptions } from '../workers/workshop.ts'
import { findOurWall } from './walls.ts'
import { officeBox } from './workers-role.ts'
import { behindAntivirus, openOldOffice, ourHostname } from './wiring.ts'

export type OwnWorkshop = {
  readonly workshop: Workshop & FileWorkshop
  /** Files that are worked on at once. */
  readonly atOnce: number
  close(): Promise<void>
}

/** Nobody waits on the line for these files: a large one may take its time. */
const FILE_WITHIN_MS = 120_000
const START_WITHIN_MS = 60_000
const CODE_ROOT = resolve(import.meta.dirname, '..')

export async function openOwnWorkshop(config: Config): Promise<OwnWorkshop> {
  const wall = await findOurWall(config)
  const dir = mkdtempSync(join(tmpdir(), 'sekisho-'))
  const remove = () => rmSync(dir, { recursive: true, force: true })
  const ignoreSignals = removeAtEnd(remove)
  mkdirSync(join(dir, 'empty'))
  const socketPath = join(dir, 'workers.sock')
  const atOnce = config.sanitizer.heavyProcesses || Math.max(1, Math.floor(availableParallelism() / 2))
  const officeSocket = join(dir, 'office.sock')
  const box = config.sanitizer.oldOffice.use === 'off' ? '' : officeBox(config, wall, config.sanitizer.oldOffice.timeoutMs)
  const office = typeof box === 'string' ? undefined : await openOldOffice(config, officeSocket, ({ cause }) => say(`a box with LibreOffice ended: ${cause}`))
  const workshop = await openWorkshop({ ...fileWorkshopOptions(config, socketPath, atOnce), office })
  const common = {
    counts: { light: 0, heavy: 0, suspect: 0, verifier: 0 },
    heavyThreads: 1,
    memoryMiB: config.sanitizer.memoryMiB,
    nodePath: process.execPath,
    codeRoot: CODE_ROOT,
    emptyDir: join(dir, 'empty'),
    wall,
    dataDir: existsSync(config.dataDir) ? config.dataDir : dir,
    onProblem: say,
  }
  const launchers = await Promise.all([startLauncher({ ...common, socketPath }), ...(typeof box === 'string' ? [] : [startLauncher({ ...common, ...box, socketPath: officeSocket })])])
  const close = async () => {
    await Promise.all(launchers.map(launcher => launcher.close()))
    await Promise.all([workshop.close(), office?.close()])
    ignoreSignals()
    remove()
  }
  return { workshop: behindAntivirus(workshop, config, say), atOnce, close }
}

/** Processes start when something waits for them; a large file may take its time. */
export function fileWorkshopOptions({ sanitizer }: Config, socketPath: string, atOnce: number): WorkshopOptions {
  return {
    ...DEFAULTS,
    socketPath,
    allowedTypes: MADE_TYPES,
    composeNotice: composeFixedNotice,
    // Nobody is asked: look-ups fail as they do without DNS.
    lookupTxt: async () => {
      throw Object.assign(new Error('offline'), { code: 'ESERVFAIL' })
    },
    startWithinMs: START_WITHIN_MS,
    jobTimeoutMs: sanitizer.jobTimeoutMs,
    filesWithinMs: FILE_WITHIN_MS,
    totalMs: FILE_WITHIN_MS + 3 * sanitizer.jobTimeoutMs,
    mostWaitingBytes: DEFAULTS.mostWaitingBytes + atOnce * sanitizer.limits.fileBytes,
    onDemand: { light: 1, heavy: atOnce, verifier: 1 },
    suspects: { ready: 0, most: 1 },
    onAlarm: say,
    onDeath: ({ role, lane, cause }) => say(`a ${role} process (${lane}) ended: ${cause}`),
  }
}

function say(text: string): void {
  process.stderr.write(`sekisho: ${text}\n`)
}

/** The folder goes even when the command is ended by hand. */
function removeAtEnd(remove: () => void): () => void {
  const end = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal])
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const owned = signals.filter(signal => process.listenerCount(signal) === 0)
  process.once('exit', remove)
  for (const signal of owned) process.once(signal, end)
  return () => {
    process.off('exit', remove)
    for (const signal of owned) process.off(signal, end)
  }
}

/** The rules that hold for files brought by hand: those of our first domain's postmaster. */
export function deskRules(config: Config): DeskRules {
  const recipient = `postmaster@${config.domains[0] ?? 'localhost'}`
  const { tenant, policy } = recipientSettings(config)(recipient)
  return { tenant, policy, recipient, limits: config.sanitizer.limits, hostname: ourHostname(config) }
}

/** A named profile holds for everybody: groups and tenants would choose another one. */
export function withProfile(config: Config, profile: ProfileName | undefined): Config {
  return profile === undefined ? config : { ...config, tenants: [], policy: { ...config.policy, profile, groups: [] } }
}
