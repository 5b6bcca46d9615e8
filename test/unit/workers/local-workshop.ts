/**
 * Workshop and launcher in the test's own process, worker processes really launched, in a directory of their own.
 * SEKISHO_TEST_WALL=bubblewrap or unshare puts the operating system's wall around them: the system tests do that.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SanitizeJob } from '../../../core/job.ts'
import type { QueueId } from '../../../core/smtp/envelope.ts'
import { CANARY_JOB } from '../../../workers/canary.ts'
import { type Launcher, type LauncherOptions, startLauncher } from '../../../workers/launcher.ts'
import { findWall, type Wall } from '../../../workers/wall.ts'
import type { WorkerDeath } from '../../../workers/reception.ts'
import { DEFAULTS, type OpenWorkshop, openWorkshop, type WorkshopOptions } from '../../../workers/workshop.ts'
import { resultOf } from './jobs/scripted-sanitizer.ts'

export const CODE_ROOT = join(import.meta.dirname, '../../..')
export const JOBS = join(import.meta.dirname, 'jobs')

export type LocalWorkshop = {
  readonly workshop: OpenWorkshop
  readonly launcher: Launcher
  readonly dir: string
  readonly deaths: WorkerDeath[]
  readonly alarms: string[]
  readonly launcherOptions: LauncherOptions
  close(): Promise<void>
}

export type LocalOptions = {
  readonly workshop?: Partial<WorkshopOptions>
  readonly launcher?: Partial<LauncherOptions>
  readonly awaitReady?: boolean
}

/** Resolves when it is ready for work. */
export async function openLocalWorkshop(options: LocalOptions = {}): Promise<LocalWorkshop> {
  const dir = mkdtempSync(join(tmpdir(), 'sekisho-workshop-'))
  const emptyDir = join(dir, 'empty')
  mkdirSync(emptyDir)
  const deaths: WorkerDeath[] = []
  const alarms: string[] = []
  const socketPath = join(dir, 'workers.sock')
  const workshop = await openWorkshop({
    ...DEFAULTS,
    socketPath,
    allowedTypes: ['text/plain'],
    composeNotice: (job, { bytes }) => resultOf(job, { subject: 'Notice', text: `kept back: ${bytes} bytes` }),
    lookupTxt: async () => [],
    onAlarm: text => alarms.push(text),
    onDeath: death => deaths.push(death),
    ...options.workshop,
  })
  const launcherOptions: LauncherOptions = {
    socketPath,
    counts: { light: 1, heavy: 0, suspect: 1, verifier: 1 },
    heavyThreads: 1,
    memoryMiB: 512,
    nodePath: process.execPath,
    codeRoot: CODE_ROOT,
    dataDir: dir,
    wall: await testWall(),
    emptyDir,
    modules: {
      sanitizer: join(JOBS, 'scripted-sanitizer.ts'),
      disarmers: join(JOBS, 'scripted-disarmers.ts'),
      extraCode: [JOBS],
    },
    ...options.launcher,
  }
  const launcher = await startLauncher(launcherOptions)
  if (options.awaitReady !== false) await until(() => workshop.ready)
  const close = async () => {
    await launcher.close()
    await workshop.close()
    rmSync(dir, { recursive: true, force: true })
  }
  return { workshop, launcher, dir, deaths, alarms, launcherOptions, close }
}

async function testWall(kind = process.env['SEKISHO_TEST_WALL']): Promise<Wall | undefined> {
  if (kind === undefined) return undefined
  if (kind === 'unshare') return { kind, unshare: '/usr/bin/unshare', setpriv: '/usr/bin/setpriv' }
  const found = await findWall('bubblewrap', process.execPath)
  if (found.wall === undefined) throw new Error(found.why)
  return found.wall
}

export async function until(condition: () => boolean, withinMs = 15_000): Promise<void> {
  const untilMs = Date.now() + withinMs
  while (!condition()) {
    if (Date.now() > untilMs) throw new Error(`not within ${withinMs} ms: ${condition}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

let jobs = 0

export function testJob(): SanitizeJob {
  return { ...CANARY_JOB, queueId: `q${++jobs}` as QueueId }
}

/** A message that tells the scripted sanitizer what to do. */
export function message(fields: Record<string, string>, body = 'Hello.'): Uint8Array {
  const header = Object.entries({ Subject: 'Test', ...fields }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${header.join('')}\r\n${body}\r\n`)
}
