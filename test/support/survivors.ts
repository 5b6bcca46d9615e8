/**
 * What outlives collections of V8's young generation though nobody refers to it any more (docs/performance/notes.md, *What stays until the
 * whole heap is collected*). Each question is a script under survivors/, run in a process of its own with the flags that it needs.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const FLAGS = ['--no-warnings', '--expose-gc', '--handle-weak-ref-weakly-in-minor-gc', '--max-semi-space-size=16']

/** By kind of object the share that is still there, 0 to 1. */
export function survivorsOf(script: string): Record<string, number> {
  const path = join(import.meta.dirname, 'survivors', script)
  return JSON.parse(execFileSync(process.execPath, [...FLAGS, path], { encoding: 'utf8', timeout: 60_000 }))
}
