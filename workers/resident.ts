/**
 * A child process together with what it started: a wall is the parent of what runs inside it.
 */
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

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
export async function residentMiB(pid: number, ofAnyThread = false): Promise<number> {
  const below = await childrenOf(pid, ofAnyThread)
  const parts = await Promise.all([ownMiB(pid), ...below.map(child => residentMiB(child, ofAnyThread))])
  return parts.reduce((sum, part) => sum + part, 0)
}

async function ownMiB(pid: number): Promise<number> {
  const kiB = /^VmRSS:\s+(\d+) kB$/m.exec(await read(`/proc/${pid}/status`))?.[1]
  return Number(kiB ?? 0) / 1024
}

/** Neither a wall nor a worker starts processes from another thread than the main one; what runs beside LibreOffice might. */
async function childrenOf(pid: number, ofAnyThread: boolean): Promise<number[]> {
  const threads = ofAnyThread ? await readdir(`/proc/${pid}/task`).catch(() => []) : [String(pid)]
  const lists = await Promise.all(threads.map(thread => read(`/proc/${pid}/task/${thread}/children`)))
  return lists.flatMap(list => list.match(/\d+/g)?.map(Number) ?? [])
}

/** '' once the process is gone. */
function read(path: string): Promise<string> {
  return readFile(path, 'latin1').catch(() => '')
}
