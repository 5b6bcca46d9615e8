/**
 * How V8's collector works in the processes that messages pass through.
 */
import { setFlagsFromString } from 'node:v8'

/**
 * MiB of each half of the young generation (V8's own choice is 16), a flag of the command line. Buffers of messages wait for its
 * collection, so a large one costs memory beside itself, and what comes and goes within 8 is in the processor's cache more often.
 * But whatever is in work during two collections moves to the old generation, dead or alive later: 4 is too little for a process that has
 * several messages at a time and waits for answers. The verifier has one, for a moment.
 * The unit of the gateway names the same. What it brings stands in docs/performance/notes.md.
 */
export const YOUNG_GENERATION = { gateway: '--max-semi-space-size=8', light: '--max-semi-space-size=8', verifier: '--max-semi-space-size=4' } as const

/**
 * Otherwise V8 goes over the whole heap whenever 64 MiB of buffers have come and gone beside it: with large mails, for each
 * second one. What it brings stands in docs/performance/notes.md. A Node that does not know the flag goes on without it.
 */
export function letBuffersGrowWithTheHeap(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
}
