/** What a process holds in memory, as the kernel counts it. Linux only. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { RunningProcess } from './processes.ts'

const KIB = 1024

/** Peak resident set since the start of the process, or since `forgetPeak`. 0 when the process is gone. */
export function peakBytes(pid: number): number {
  return statusBytes(pid, 'VmHWM')
}

/** Resident set now. 0 when the process is gone. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, 'VmRSS')
}

/** Lets the peak count from now on (proc(5): clear_refs 5). */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {
    // The process has ended: it has no peak any more.
  }
}

/** Sums per role: several processes share one. */
export function byRole(processes: readonly RunningProcess[], bytesOf: (pid: number) => number): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { pid, role } of processes) sums[role] = (sums[role] ?? 0) + bytesOf(pid)
  return sums
}

function statusBytes(pid: number, field: string): number {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    return Number(found?.[1] ?? 0) * KIB
  } catch {
    return 0
  }
}
