/** What trees of processes have used, read from /proc: only Linux has it, elsewhere nothing is known. */
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** Ticks of each process of a tree: its own, and those of its children that ended. */
export type Usage = { readonly pssMiB: number; readonly ticks: ReadonlyMap<number, Ticks> }
type Ticks = { readonly own: number; readonly ended: number }

/** `isWanted`: of the niceness of a process. */
export function usageOf(rootPids: readonly number[], isWanted: (nice: number) => boolean = () => true): Usage {
  const all = readAll()
  const tree = [...all.keys()].filter(pid => isWanted(all.get(pid)!.nice) && rootPids.some(root => belongsTo(pid, root, all)))
  const pssMiB = tree.reduce((sum, pid) => sum + pssKiB(pid), 0) / 1024
  return { pssMiB, ticks: new Map(tree.map(pid => [pid, all.get(pid)!])) }
}

/**
 * Time of children that ended is in their parent's account, so a tree loses nothing when processes come and go, unless
 * the parent ended with them (a wall that is killed): then what those that live have used is the better answer.
 */
export function cpuSecondsBetween(before: Usage, after: Usage): number {
  const sum = (usage: Usage) => [...usage.ticks.values()].reduce((total, { own, ended }) => total + own + ended, 0)
  const living = [...after.ticks].reduce((total, [pid, { own }]) => total + own - (before.ticks.get(pid)?.own ?? 0), 0)
  return Math.max(sum(after) - sum(before), living) / TICKS_PER_SECOND
}

type Stat = Ticks & { readonly parent: number; readonly nice: number }

function readAll(): Map<number, Stat> {
  const stats = new Map<number, Stat>()
  for (const name of process.platform === 'linux' ? readdirSync('/proc') : []) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    if (stat) stats.set(Number(name), stat)
  }
  return stats
}

function statOf(pid: number): Stat | undefined {
  const text = readOrNothing(`/proc/${pid}/stat`)
  if (text === '') return undefined
  // The name in parentheses may hold anything; the fields after it are numbered from 3 (proc_pid_stat(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number)
  return { parent: Number(fields[1]), nice: Number(fields[16]), own: utime! + stime!, ended: cutime! + cstime! }
}

function belongsTo(pid: number, rootPid: number, all: ReadonlyMap<number, Stat>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = all.get(at)?.parent) if (at === rootPid) return true
  return false
}

function pssKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readOrNothing(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0)
}

/** A process may be gone by the time it is looked at. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
