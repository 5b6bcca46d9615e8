/**
 * Takes away what the permission model leaves within reach of hostile code: called at thread start, after the
 * code is loaded and before the first hostile octet.
 *
 * Signals still work under --permission, and so do reads and writes on descriptors that are open already, the
 * line to the gateway among them. Functions that work on a number instead of a path are replaced by ones that
 * throw; paths stay governed by the permission model, which lets modules be loaded later.
 * This is a seat belt: memory corruption passes it. The wall for that is the operating system's.
 */
import childProcess from 'node:child_process'
import dgram from 'node:dgram'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import tty from 'node:tty'
import { fileURLToPath } from 'node:url'
import v8 from 'node:v8'
import workerThreads from 'node:worker_threads'

type Shelf = Record<string, unknown>

const PROCESS = [
  'kill',
  '_kill',
  'abort',
  'dlopen',
  'binding',
  '_linkedBinding',
  'chdir',
  'umask',
  'openStdin',
  'loadEnvFile',
  '_debugProcess',
  '_debugEnd',
  '_getActiveHandles',
  '_getActiveRequests',
  '_startProfilerIdleNotifier',
  'setuid',
  'setgid',
  'seteuid',
  'setegid',
  'setgroups',
  'initgroups',
  'setSourceMapsEnabled',
  'setUncaughtExceptionCaptureCallback',
  'execve',
] as const
/** Work on descriptors only. */
const DESCRIPTORS = [
  'read',
  'readv',
  'readvSync',
  'write',
  'writeSync',
  'writev',
  'writevSync',
  'close',
  'ftruncate',
  'ftruncateSync',
  'fchmod',
  'fchmodSync',
  'fchown',
  'fchownSync',
  'futimes',
  'futimesSync',
  'fsync',
  'fsyncSync',
  'fdatasync',
  'fdatasyncSync',
  'createReadStream',
  'createWriteStream',
  'ReadStream',
  'WriteStream',
  'FileReadStream',
  'FileWriteStream',
] as const
const USED_BY_READING = ['readSync', 'closeSync'] as const
/** Take a path or a descriptor: the latter is refused. */
const PATH_OR_DESCRIPTOR = ['readFile', 'writeFile', 'writeFileSync', 'appendFile', 'appendFileSync'] as const
const NETWORK = ['Socket', 'Stream', 'Server', 'connect', 'createConnection', 'createServer'] as const
const PROGRAMS = ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork', 'ChildProcess'] as const
const V8 = [
  'setFlagsFromString',
  'writeHeapSnapshot',
  'getHeapSnapshot',
  'setHeapSnapshotNearHeapLimit',
  'startCpuProfile',
] as const

/** Above 0 while a file is read by its path: Node itself then works on a descriptor, by the functions below. */
let readingByPath = 0

function denied(name: string): () => never {
  // A class expression would not do: some of these are called, some constructed, some extended.
  return function deniedInWorkshop(): never {
    throw Object.assign(new Error(`${name} is not available here`), { code: 'ERR_ACCESS_DENIED' })
  }
}

function remove(shelf: Shelf, names: readonly string[]): void {
  for (const name of names) {
    if (!(name in shelf)) continue
    Object.defineProperty(shelf, name, { value: denied(name), writable: false, configurable: false, enumerable: true })
  }
}

type AnyFunction = (...given: unknown[]) => unknown

function replace(shelf: Shelf, name: string, by: (original: AnyFunction) => AnyFunction): void {
  const value = by(shelf[name] as AnyFunction)
  Object.defineProperty(shelf, name, { value, writable: false, configurable: false, enumerable: true })
}

/** Modules are still loaded by path, some on first use only. */
function keepReadingByPath(shelf: Shelf): void {
  for (const name of USED_BY_READING) {
    replace(
      shelf,
      name,
      original =>
        (...given) =>
          readingByPath > 0 ? original(...given) : denied(name)(),
    )
  }
  replace(shelf, 'readFileSync', original => (path, options) => {
    // Everything becomes a plain string first: nothing of the caller's runs while descriptors may be used.
    const plainPath = path instanceof URL ? fileURLToPath(String(path)) : path
    const encoding = typeof options === 'object' ? (options as { encoding?: unknown } | null)?.encoding : options
    if (typeof plainPath !== 'string') return denied('readFileSync')()
    readingByPath++
    try {
      return original(plainPath, typeof encoding === 'string' ? encoding : undefined)
    } finally {
      readingByPath--
    }
  })
}

function refuseDescriptors(shelf: Shelf): void {
  for (const name of PATH_OR_DESCRIPTOR) {
    replace(
      shelf,
      name,
      original =>
        (...given) =>
          typeof given[0] === 'number' ? denied(name)() : original(...given),
    )
  }
}

/** Once per thread or single-threaded process; it cannot be undone. */
export function deprive(): void {
  // Their sockets are made at first use, which may be a parser's: by then the means are gone.
  void process.stdout
  void process.stderr
  remove(fs as unknown as Shelf, DESCRIPTORS)
  keepReadingByPath(fs as unknown as Shelf)
  refuseDescriptors(fs as unknown as Shelf)
  remove(net as unknown as Shelf, NETWORK)
  remove(tty as unknown as Shelf, ['ReadStream', 'WriteStream'])
  remove(dgram as unknown as Shelf, ['createSocket', 'Socket'])
  remove(childProcess as unknown as Shelf, PROGRAMS)
  remove(workerThreads as unknown as Shelf, ['Worker', 'BroadcastChannel'])
  remove(os as unknown as Shelf, ['setPriority'])
  remove(v8 as unknown as Shelf, V8)
  remove(process as unknown as Shelf, PROCESS)
  syncBuiltinESMExports()
}
