/**
 * A child process together with what it started: a wall is the parent of what runs inside it.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** Ends what a process has started; what is gone already needs no ending. */
export function killBelow(pid: number): void {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').match(/\d+/g) ?? []
    for (const child of children) process.kill(Number(child), 'SIGKILL')
  } catch {
    // Nothing is there any more.
  }
}

/** How much memory it has in all. 0 where the platform does not tell: there the child watches itself. */
export async function residentMiB(pid: number): Promise<number> {
  const below = await childrenOf(pid)
  const parts = await Promise.all([ownMiB(pid), ...below.map(residentMiB)])
  return parts.reduce((sum, part) => sum + part, 0)
}

async function ownMiB(pid: number): Promise<number> {
  const kiB = /^VmRSS:\s+(\d+) kB$/m.exec(await read(`/proc/${pid}/status`))?.[1]
  return Number(kiB ?? 0) / 1024
}

/** Those of the main thread: neither a wall nor a worker starts processes from another one. */
async function childrenOf(pid: number): Promise<number[]> {
  return (await read(`/proc/${pid}/task/${pid}/children`)).match(/\d+/g)?.map(Number) ?? []
}

/** '' once the process is gone. */
function read(path: string): Promise<string> {
  return readFile(path, 'latin1').catch(() => '')
}
