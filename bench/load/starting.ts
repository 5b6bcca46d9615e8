/** What starting and stopping the systems under test have in common. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export type System = {
  readonly name: string
  readonly version: string
  readonly port: number
  readonly rootPid: number
  /** Roots of further trees of processes that do its work. */
  readonly morePids?: readonly number[]
  stop(): Promise<void>
}

/** Of all trees of processes that do its work. */
export function rootPidsOf({ rootPid, morePids = [] }: System): number[] {
  return [rootPid, ...morePids]
}

export const PEERS = join(import.meta.dirname, '../peers')
const TRIES = 150

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export async function exists(path: string): Promise<void> {
  for (let i = 0; i < TRIES && !existsSync(path); i++) await delay(100)
  if (!existsSync(path)) throw new Error(`${path} did not appear`)
}

/** Somebody greets there, as SMTP servers do: a master may listen long before its workers do. @throws Error after 15 s. */
export async function greets(port: number): Promise<void> {
  for (let i = 0; i < TRIES; i++) {
    if (await greetsNow(port)) return
    await delay(100)
  }
  throw new Error(`nobody greets at port ${port}`)
}

function greetsNow(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    // A connection that came before the workers may be forgotten.
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('data', () => {
      socket.end('QUIT\r\n')
      resolve(true)
    })
    socket.on('error', () => resolve(false)).on('close', () => resolve(false))
  })
}

export async function stopped(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

/** What stands from `word` on. */
export async function readyLine(child: ChildProcess, word: string): Promise<string> {
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${child.spawnargs.at(2)} did not start`)))
  let said = ''
  const ready = new Promise<string>(resolve => {
    child.stdout!.on('data', (text: Buffer) => {
      said += text.toString()
      if (said.includes(word) && said.endsWith('\n')) resolve(said.slice(said.indexOf(word)).trim())
    })
  })
  ended.catch(() => undefined)
  return Promise.race([ready, ended])
}
