/**
 * The operating system's wall around a child process: what sandbox.ts denies, a wall makes impossible.
 *
 *   findWall ── probes once, with a real process ──▶ bubblewrap │ unshare │ none, and why
 *   closedBox   sanitizer, verifier: code, libraries and one descriptor; no network, no other process, no other file
 *   keylessBox  gateway: everything as before, except that one folder is empty and only its own folders can be written
 *
 * A wall only puts words in front of a command: descriptors, exit codes and the end with the parent stay. The
 * process that is started is then the wall's, with the child below it; killing it kills everything inside.
 * No setuid program is relied on: user namespaces do it, which also keeps `/proc/PID/root` of the others shut.
 */
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

export const WALL_SETTINGS = ['auto', 'bubblewrap', 'none', 'require'] as const
export type WallSetting = (typeof WALL_SETTINGS)[number]

/** Absolute paths of the programs. */
export type Wall =
  | { readonly kind: 'bubblewrap'; readonly bwrap: string; readonly libraries: readonly string[] }
  | { readonly kind: 'unshare'; readonly unshare: string; readonly setpriv: string }

/** What a process may see of the file system, and nothing else. */
export type ClosedBox = {
  readonly readable: readonly string[]
  /** Unshare builds no new root: this folder is emptied there instead. */
  readonly hidden: string
}
export type KeylessBox = {
  readonly hidden: string
  /** Folder around `hidden`: cannot be written or renamed, so that the next start finds it in its place. */
  readonly sealed: string
  /** What the next start runs: cannot be written, even where it lies in a folder for temporary files. */
  readonly code: string
  /** More that is emptied. */
  readonly alsoHidden?: readonly string[]
  /** They must exist. */
  readonly writable: readonly string[]
  /** No network: other processes are reached by sockets in the file system only. */
  readonly offline?: boolean
}

export type Found = { readonly wall: Wall } | { readonly wall: undefined; readonly why: string }

const SHELL = '/bin/sh'
const PROBE_WITHIN_MS = 10_000
/** The child of an empty box; the file system's root is as empty as it can be when `node` can still start. */
const PROBE = ['--eval', 'process.exit(0)']

/** Tries them with the very program that is to run inside. */
export async function findWall(setting: WallSetting, nodePath: string): Promise<Found> {
  if (setting === 'none') return { wall: undefined, why: 'sandbox.wall is none' }
  if (process.platform !== 'linux') return { wall: undefined, why: 'only Linux has one' }
  if (!existsSync(`/proc/self/task/${process.pid}/children`))
    return { wall: undefined, why: 'the kernel does not list child processes, so memory could not be watched' }
  const reasons: string[] = []
  for (const candidate of candidates(setting)) {
    if (typeof candidate === 'string') reasons.push(candidate)
    else {
      const failure = await tryOut(candidate, nodePath)
      if (failure === undefined) return { wall: candidate }
      reasons.push(`${candidate.kind}: ${failure}`)
    }
  }
  return { wall: undefined, why: reasons.join('; ') }
}

function candidates(setting: WallSetting): (Wall | string)[] {
  const bwrap = programAt('bwrap')
  const unshare = programAt('unshare')
  const setpriv = programAt('setpriv')
  return [
    bwrap === undefined ? 'bubblewrap is not installed' : { kind: 'bubblewrap', bwrap, libraries: librariesOfNode() },
    ...(setting === 'bubblewrap'
      ? []
      : [
          unshare === undefined || setpriv === undefined
            ? 'unshare and setpriv are not installed'
            : ({ kind: 'unshare', unshare, setpriv } as const),
        ]),
  ]
}

const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']

function programAt(name: string): string | undefined {
  const folders = new Set([...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS])
  return [...folders].filter(folder => folder.startsWith('/')).map(folder => join(folder, name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The folders of what this very node was linked with; native code for pictures needs more of the same C library. */
function librariesOfNode(): string[] {
  // Without this it asks the resolver for the name of every connection.
  Object.assign(process.report, { excludeNetwork: true })
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] }
  const libraries = sharedObjects.filter(path => path.startsWith('/') && path !== process.execPath)
  return [...new Set(libraries.map(path => dirname(path)))]
}

function tryOut(wall: Wall, nodePath: string): Promise<string | undefined> {
  const [program, ...given] = inClosedBox(wall, { readable: [], hidden: '/tmp' }, [nodePath, ...PROBE])
  return new Promise(resolve =>
    execFile(program!, given, { timeout: PROBE_WITHIN_MS, env: {}, cwd: '/' }, (error, _out, said) =>
      resolve(error === null ? undefined : said.trim().split('\n')[0] || error.message.split('\n')[0]),
    ),
  )
}

/**
 * The command in a box of its own. Its last argument is the process id that the outside knows it by: inside, it
 * has another one.
 */
export function inClosedBox(wall: Wall, box: ClosedBox, command: readonly [string, ...string[]]): string[] {
  const walled = wall.kind === 'bubblewrap' ? bubblewrapClosed(wall, box, command) : unshareClosed(wall, box, command)
  return [SHELL, '-c', 'exec "$@" "$$"', 'sh', ...walled]
}

/** The command with the caller's files, less the hidden ones. */
export function inKeylessBox(wall: Wall, box: KeylessBox, command: readonly string[]): string[] {
  return wall.kind === 'bubblewrap' ? bubblewrapKeyless(wall, box, command) : unshareKeyless(wall, box, command)
}

// ---- bubblewrap: a new root, into which only what is named is bound ---------------------------------------------

const INSIDE = '/empty'
/** No /proc: a process in a box needs nothing of it, and what is not there cannot be asked. */
export const OWN_NAMESPACES = ['--unshare-user', '--unshare-net', '--unshare-pid', '--unshare-ipc', '--unshare-uts']

type Bubblewrap = Extract<Wall, { kind: 'bubblewrap' }>

function bubblewrapClosed({ bwrap, libraries }: Bubblewrap, box: ClosedBox, command: readonly [string, ...string[]]): string[] {
  return [
    bwrap,
    ...OWN_NAMESPACES,
    '--die-with-parent',
    ...['--cap-drop', 'ALL'],
    ...[...libraries, command[0], ...box.readable].flatMap(path => ['--ro-bind', path, path]),
    ...['--dir', INSIDE, '--chdir', INSIDE, '--remount-ro', '/'],
    '--',
    ...command,
  ]
}

/** Root has no user namespace of its own here: it keeps the two capabilities that taking mail needs. */
const ROOT_KEEPS = ['--cap-add', 'CAP_NET_BIND_SERVICE', '--cap-add', 'CAP_DAC_OVERRIDE']

function bubblewrapKeyless({ bwrap }: Bubblewrap, box: KeylessBox, command: readonly string[]): string[] {
  return [
    bwrap,
    '--die-with-parent',
    ...(box.offline ? ['--unshare-net'] : []),
    ...['--cap-drop', 'ALL', ...(process.getuid?.() === 0 ? ROOT_KEEPS : [])],
    ...['--ro-bind', '/', '/', '--dev', '/dev'],
    ...['/tmp', '/var/tmp'].flatMap(path => ['--bind-try', path, path]),
    // The data may stand in the code's folder: it is bound over it.
    ...['--ro-bind', box.code, box.code],
    ...box.writable.flatMap(path => ['--bind-try', path, path]),
    ...['--ro-bind', box.sealed, box.sealed],
    ...hiddenOf(box).flatMap(path => ['--tmpfs', path, '--remount-ro', path]),
    '--',
    ...command,
  ]
}

function hiddenOf({ hidden, alsoHidden = [] }: KeylessBox): string[] {
  return [hidden, ...alsoHidden]
}

// ---- util-linux: the same root with folders emptied; weaker, and on almost every Linux ---------------------------

type Unshare = Extract<Wall, { kind: 'unshare' }>

/** Mounting needs the rights of a namespace's root; what runs inside has none of them and gets none back. */
const POWERLESS = ['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all', '--']
/** The shell stays as process 1: a signal that a process 1 sends to itself does nothing, and workers end that way. */
const CLOSE = 'mount -t tmpfs -o ro,mode=755 tmpfs "$1" && mount -t tmpfs -o ro tmpfs /proc && cd "$1" && shift && "$@"; exit $?'
const EMPTY = 'mount -t tmpfs -o ro,mode=755 tmpfs "$1" && shift && exec "$@"'

function unshareClosed({ unshare, setpriv }: Unshare, box: ClosedBox, command: readonly string[]): string[] {
  const namespaces = ['--user', '--map-root-user', '--mount', '--net', '--pid', '--ipc', '--uts']
  return [
    ...[setpriv, '--pdeathsig', 'KILL', '--', unshare, ...namespaces, '--fork', '--kill-child', '--'],
    ...[SHELL, '-c', CLOSE, 'sh', box.hidden, setpriv, ...POWERLESS],
    ...command,
  ]
}

function unshareKeyless({ unshare, setpriv }: Unshare, box: KeylessBox, command: readonly string[]): string[] {
  return [
    ...[unshare, '--user', '--map-root-user', '--mount', ...(box.offline ? ['--net'] : []), '--'],
    ...hiddenOf(box).flatMap(path => [SHELL, '-c', EMPTY, 'sh', path]),
    ...[setpriv, ...POWERLESS],
    ...command,
  ]
}
