/**
 * The command line of one worker process: Node's own denials (sandbox.ts), what it is to run, and around both the
 * operating system's wall (wall.ts) where this host has one.
 */
import { join } from 'node:path'
import { behindMail } from './behind-mail.ts'
import { YOUNG_GENERATION } from './collector.ts'
import type { PoolOptions } from './pool.ts'
import type { LaneName, WorkerRole } from './protocol.ts'
import type { SanitizerModules } from './sanitizer-jobs.ts'
import { codePaths, fontPaths, heapMiB, processArguments, type SandboxPaths, threadArguments } from './sandbox.ts'
import { inOfficeBox } from './office-wall.ts'
import { untypedPaths, withoutTypes } from './untyped.ts'
import { inClosedBox, type Wall } from './wall.ts'

export type Kind = { readonly role: WorkerRole; readonly lane: LaneName }

export type ChildCode = {
  /** For whom mail goes first (behind-mail.ts). */
  readonly niceness?: number
  readonly nodePath: string
  readonly codeRoot: string
  /** Threads of one heavy process. */
  readonly heavyThreads: number
  /** Of one process: above `memoryMiB` it is killed, above three quarters replaced when convenient. */
  readonly memoryMiB: number
  readonly wall?: Wall | undefined
  /** The data of the gateway: nothing of it is within reach inside a wall. */
  readonly dataDir: string
  /** Where this launcher starts boxes with LibreOffice. */
  readonly office?: OfficeCode | undefined
  /** Heavy and suspect processes draw a page before they say that they are ready. */
  readonly warm?: boolean
  /** What the threads run instead of the shipped code; for tests. */
  readonly modules?: Partial<Omit<SanitizerModules, 'heavy' | 'warm'>> & { readonly verifier?: string; readonly extraCode?: readonly string[] }
}

export type HeavySettings = { readonly lane: LaneName; readonly memoryMiB: number; readonly pool: PoolOptions }
export type LightSettings = { readonly memoryMiB: number; readonly modules: SanitizerModules }
export type VerifierSettings = { readonly lane: LaneName; readonly memoryMiB: number; readonly module: string }

export type OfficeCode = { readonly program: string; readonly scratchBytes: number; readonly mostSeconds: number; readonly outputBytes: number }
export type OfficeSettings = { readonly program: string; readonly outputBytes: number }

export function commandOf(kind: Kind, code: ChildCode): string[] {
  const command = walledCommandOf(kind, code)
  return behindMail(command, code.niceness ?? 0)
}

function walledCommandOf(kind: Kind, code: ChildCode): string[] {
  if (kind.role === 'office') return officeCommand(code)
  const paths: SandboxPaths = { codeRoot: code.codeRoot, extraCode: code.modules?.extraCode ?? [], packages: kind.role !== 'verifier' }
  const given = kind.role === 'verifier' ? verifierArguments(kind.lane, code, paths) : sanitizerArguments(kind.lane, code, paths)
  if (code.wall === undefined) return [code.nodePath, ...given]
  return inClosedBox(code.wall, { readable: [...codePaths(paths), ...fontPaths({ addons: kind.role === 'sanitizer' && kind.lane !== 'light' })], hidden: code.dataDir }, [code.nodePath, ...given])
}

/** @throws where there is no wall that can hold it: LibreOffice never runs without one. */
function officeCommand({ office, wall, codeRoot, nodePath }: ChildCode): string[] {
  if (!office || wall?.kind !== 'bubblewrap') throw new Error('LibreOffice needs bubblewrap')
  const settings: OfficeSettings = { program: office.program, outputBytes: office.outputBytes }
  const readable = [...['workers', 'package.json'].map(name => join(codeRoot, name)), ...untypedPaths(codeRoot)]
  const command = [nodePath, '--disable-sigusr1', '--no-warnings', '--max-old-space-size=256', ...withoutTypes(codeRoot), join(codeRoot, 'workers/office-process.ts'), JSON.stringify(settings)]
  return inOfficeBox(wall, { ...office, nodePath, readable }, command)
}

function verifierArguments(lane: LaneName, { codeRoot, modules, memoryMiB }: ChildCode, paths: SandboxPaths): string[] {
  const settings: VerifierSettings = {
    lane,
    memoryMiB,
    module: modules?.verifier ?? join(codeRoot, 'core/mime/verify.ts'),
  }
  return [
    ...processArguments(paths, { threads: false, addons: false, heapMiB: heapMiB(memoryMiB, 1), youngGeneration: YOUNG_GENERATION.verifier }),
    join(codeRoot, 'workers/verifier-process.ts'),
    JSON.stringify(settings),
  ]
}

function sanitizerArguments(lane: LaneName, code: ChildCode, paths: SandboxPaths): string[] {
  const modules: SanitizerModules = {
    sanitizer: code.modules?.sanitizer ?? join(code.codeRoot, 'core/sanitize.ts'),
    disarmers: code.modules?.disarmers ?? join(code.codeRoot, 'core/disarm/registry.ts'),
    heavy: lane !== 'light',
    warm: lane !== 'light' && code.warm === true,
  }
  return lane === 'light' ? lightArguments(modules, code, paths) : heavyArguments(lane, modules, { code, paths })
}

function lightArguments(modules: SanitizerModules, { codeRoot, memoryMiB }: ChildCode, paths: SandboxPaths): string[] {
  const settings: LightSettings = { memoryMiB, modules }
  return [
    ...processArguments(paths, { threads: false, addons: false, heapMiB: heapMiB(memoryMiB, 1), youngGeneration: YOUNG_GENERATION.light }),
    join(codeRoot, 'workers/light-process.ts'),
    JSON.stringify(settings),
  ]
}

function heavyArguments(lane: LaneName, modules: SanitizerModules, { code, paths }: { code: ChildCode; paths: SandboxPaths }): string[] {
  const { codeRoot, memoryMiB } = code
  const threads = lane === 'suspect' ? 1 : code.heavyThreads
  const settings: HeavySettings = {
    lane,
    memoryMiB,
    pool: {
      entry: join(codeRoot, 'workers/sanitizer-thread.ts'),
      threads,
      execArgv: threadArguments(paths, { addons: true }),
      heapMiB: heapMiB(memoryMiB, threads),
      modules,
    },
  }
  return [
    ...processArguments(paths, { threads: true, addons: true, heapMiB: 64 }),
    join(codeRoot, 'workers/sanitizer-process.ts'),
    JSON.stringify(settings),
  ]
}
