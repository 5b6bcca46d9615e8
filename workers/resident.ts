/** How much memory a child process has, its own children included: a wall is the parent of what runs inside it. */
import { readFile } from 'node:fs/promises'

/** 0 where the platform does not tell: there the child watches itself. */
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
