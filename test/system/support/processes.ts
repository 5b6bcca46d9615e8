/** Processes of the gateway under test, found through /proc below the supervisor that the test started itself. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export type ProcessRole = 'supervisor' | 'gateway' | 'sanitizer' | 'verifier' | 'other'
export type RunningProcess = { readonly pid: number; readonly role: ProcessRole }

/** All descendants of `pid`, each with its role, the process itself excluded. */
export function descendants(pid: number): RunningProcess[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const below = (each: number): number[] => (children.get(each) ?? []).flatMap(child => [child, ...below(child)])
  return below(pid).map(each => ({ pid: each, role: roleOf(each) }))
}

/** A zombie has ended: it only waits to be looked at. */
export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.[0]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

export function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended between the look and the signal.
  }
}

function parentOf(pid: number): number | undefined {
  const parent = statOf(pid)?.[1]
  return parent === undefined ? undefined : Number(parent)
}

/** Fields from the third on: state, parent …; the second may hold spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** A wall has the command line of what it stands around. */
function roleOf(pid: number): ProcessRole {
  const line = commandLine(pid)
  if (!/\/node$/.test(linkOf(`/proc/${pid}/exe`))) return 'other'
  if (line.includes('sanitizer-process.ts') || line.includes('light-process.ts')) return 'sanitizer'
  if (line.includes('verifier-process.ts')) return 'verifier'
  if (line.includes('--role\0gateway')) return 'gateway'
  return 'other'
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

/** Lines of the kernel's TCP and UDP tables whose socket is open in `pid`. */
export function internetSockets(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap(fd => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1] ?? []),
  )
  const tables = ['tcp', 'tcp6', 'udp', 'udp6', 'raw'].map(name => `/proc/${pid}/net/${name}`).filter(path => existsSync(path))
  return tables.flatMap(path => readFileSync(path, 'latin1').split('\n').slice(1)).filter(line => inodes.has(line.trim().split(/\s+/)[9] ?? ''))
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** A port that was free a moment ago: for servers that must come back on the same one. */
export async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Asks every 50 ms. @throws an Error that names `what` after `limitMs`. */
export async function until(what: string, limitMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + limitMs
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`)
    await delay(50)
  }
}
