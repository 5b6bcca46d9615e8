/** What a process does once, when its start is over. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Its children have been started and have joined. */
const AFTER_MS = 10_000

/**
 * Gives back what starting took, for a process that only waits from then on: it allocates next to nothing, so V8 never comes to
 * collect it (a third of the supervisor's memory). It stops for some 50 ms, once.
 */
export function tidyOnceStarted(afterMs = AFTER_MS): void {
  setTimeout(collectGarbage, afterMs).unref()
}

/** V8 hands the function out in contexts made while the flag is set. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as NodeJS.GCFunction
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
