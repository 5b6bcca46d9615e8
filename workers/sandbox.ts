/**
 * The walls around hostile bytes, as arguments: what a worker process and its threads may do.
 *
 * Node's permission model denies by default. Two gaps are closed here: a thread may read the directory its
 * process stands in (so that is an empty one), and node:sqlite asks no permission (so it is off). The main
 * thread of a sanitizer must be allowed to start threads; each thread is started without that right.
 * On Linux wall.ts, or a unit per role, turns these denials into impossibilities: see docs/operations.md.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { untypedPaths, withoutTypes } from './untyped.ts'

export type SandboxPaths = {
  /** Directory with core/, workers/, node_modules/ and package.json. Data may stand beside them and stays unreadable. */
  readonly codeRoot: string
  /** More code that may be read, e.g. job entries of tests. */
  readonly extraCode: readonly string[]
  /** Whether packages are within reach: the verifier has none. */
  readonly packages: boolean
}

const CODE = ['core', 'workers', 'package.json']

/** All that a worker process reads of the file system. */
export function codePaths({ codeRoot, extraCode, packages }: SandboxPaths): string[] {
  const code = [...CODE, ...(packages ? ['node_modules'] : [])].map(name => join(codeRoot, name))
  return [...code, ...untypedPaths(codeRoot), ...extraCode]
}

/**
 * Native code reads fonts by itself, when it draws text: Node's permissions do not stop it, a wall would. Debian's
 * names for "the Japanese font" are links by way of /etc/alternatives, which holds nothing but links.
 */
const FONT_FOLDERS = ['/usr/share/fonts', '/usr/local/share/fonts', '/etc/fonts', '/usr/share/fontconfig', '/var/cache/fontconfig', '/etc/alternatives']

/** What a wall lets a process see beside its code, where the system has it. */
export function fontPaths(rules: { readonly addons: boolean }): string[] {
  return rules.addons ? FONT_FOLDERS.filter(path => existsSync(path)) : []
}

function readGrants(paths: SandboxPaths): string[] {
  return codePaths(paths).map(path => `--allow-fs-read=${path}`)
}

/** Off everywhere: modules that ask no permission, and text turned into code. */
const SWITCHED_OFF = ['--no-experimental-sqlite', '--no-experimental-websocket']

/** Native code, for pictures, only where files are rebuilt. */
function addonRule(addons: boolean): string {
  return addons ? '--allow-addons' : '--no-addons'
}

/** For a pool thread: reads code, nothing else; in particular it may not start threads of its own. */
export function threadArguments(paths: SandboxPaths, rules: { readonly addons: boolean }): string[] {
  return ['--permission', ...readGrants(paths), ...withoutTypes(paths.codeRoot), ...SWITCHED_OFF, addonRule(rules.addons)]
}

/** For the process. `--disable-sigusr1`: a signal must not open a debugger port. */
export function processArguments(
  paths: SandboxPaths,
  rules: { readonly threads: boolean; readonly addons: boolean; readonly heapMiB: number; readonly youngGeneration?: string },
): string[] {
  return [
    '--permission',
    ...readGrants(paths),
    ...withoutTypes(paths.codeRoot),
    ...(rules.threads ? ['--allow-worker'] : []),
    ...SWITCHED_OFF,
    addonRule(rules.addons),
    '--disallow-code-generation-from-strings',
    '--disable-sigusr1',
    '--no-warnings',
    `--max-old-space-size=${rules.heapMiB}`,
    // Of a process without threads alone: it would be theirs as well.
    ...(rules.youngGeneration === undefined ? [] : [rules.youngGeneration]),
  ]
}

/** The JavaScript heap's share of a process's memory; the rest is for buffers, code and the runtime. */
export function heapMiB(memoryMiB: number, threads: number): number {
  return Math.max(32, Math.floor((memoryMiB * 0.7) / Math.max(1, threads)))
}
