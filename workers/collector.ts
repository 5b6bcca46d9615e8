/**
 * How V8's collector counts buffers, for the processes that messages pass through.
 */
import { setFlagsFromString } from 'node:v8'

/**
 * Otherwise V8 goes over the whole heap whenever 64 MiB of buffers have come and gone beside it: with large mails, for each
 * second one. What it brings stands in docs/performance/notes.md. A Node that does not know the flag goes on without it.
 */
export function letBuffersGrowWithTheHeap(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
}
