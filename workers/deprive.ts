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
import v8 from 'node:v8'
import workerThreads from 'node:worker_threads'

type Shelf = Record<string, unknown>

const PROCESS = ['kill', '_kill', 'abort', 'dlopen', 'binding', '_linkedBinding', 'chdir', 'umask', 'openStdin', 'loadEnvFile',
  '_debugProcess', '_debugEnd', '_startProfilerIdleNotifier', 'setuid', 'setgid', 'seteuid', 'setegid', 'setgroups', 'initgroups',
  'setSourceMapsEnabled', 'setUncaughtExceptionCaptureCallback', 'execve'] as const
/** Work on descriptors only. */
const DESCRIPTORS = ['read', 'readSync', 'readv', 'readvSync', 'write', 'writeSync', 'writev', 'writevSync', 'close', 'closeSync',
  'ftruncate', 'ftruncateSync', 'fchmod', 'fchmodSync', 'fchown', 'fchownSync', 'futimes', 'futimesSync', 'fsync', 'fsyncSync',
  'fdatasync', 'fdatasyncSync', 'createReadStream', 'createWriteStream', 'ReadStream', 'WriteStream', 'FileReadStream',
  'FileWriteStream'] as const
/** Take a path or a descriptor: the latter is refused. */
const PATH_OR_DESCRIPTOR = ['readFile', 'readFileSync', 'writeFile', 'writeFileSync', 'appendFile', 'appendFileSync'] as const
const NETWORK = ['Socket', 'Stream', 'Server', 'connect', 'createConnection', 'createServer'] as const
const PROGRAMS = ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork', 'ChildProcess'] as const
const V8 = ['setFlagsFromString', 'writeHeapSnapshot', 'getHeapSnapshot', 'setHeapSnapshotNearHeapLimit', 'startCpuProfile'] as const

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

function refuseDescriptors(shelf: Shelf): void {
  for (const name of PATH_OR_DESCRIPTOR) {
    const original = shelf[name] as (...given: unknown[]) => unknown
    const guarded = (...given: unknown[]) => {
      if (typeof given[0] === 'number') return denied(name)()
      return original(...given)
    }
    Object.defineProperty(shelf, name, { value: guarded, writable: false, configurable: false, enumerable: true })
  }
}

/** Once per thread or single-threaded process; it cannot be undone. */
export function deprive(): void {
  remove(fs as unknown as Shelf, DESCRIPTORS)
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
