/**
 * A pool thread of a heavy or suspect sanitizer process: one job at a time, away from the thread that talks.
 *
 * Piscina calls the default export with a file, or with the id of a message whose frames come by the thread's own
 * line, by which all answers leave. When this throws, the process ends (sanitizer-process.ts).
 */
import { MessageChannel, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { ToThread } from './pool.ts'
import { FRAME, frame } from './protocol.ts'
import { loadSanitizer, SanitizerJobs, type SanitizerModules } from './sanitizer-jobs.ts'

const { port1: line, port2: farEnd } = new MessageChannel()
const jobs = loadSanitizer(workerData as SanitizerModules).then(
  code =>
    new SanitizerJobs(code, (type, id, ...parts) => {
      const whole = frame(type, id, ...parts)
      line.postMessage(whole, [whole.buffer])
    }),
)
// A failure shows in the first task; until then it must not count as unhandled.
jobs.catch(() => {})
line.on('message', async ({ type, id, payload }: ToThread) => (await jobs).hear(type, id, payload))
parentPort?.postMessage(farEnd, [farEnd])

/** `undefined` only waits for the code to be loaded. */
export default async function run(task: ToThread | undefined): Promise<void> {
  const loaded = await jobs
  if (!task) return
  catchUp(loaded)
  if (task.type === FRAME.file) await loaded.file(task.id, task.payload)
  else await loaded.over(task.id)
}

/** Policies are sent before the job that needs them, but a waiting thread sees its task first. */
function catchUp(loaded: SanitizerJobs): void {
  for (let received = receiveMessageOnPort(line); received; received = receiveMessageOnPort(line)) {
    const { type, id, payload } = received.message as ToThread
    loaded.hear(type, id, payload)
  }
}
