/**
 * Main thread of a heavy or suspect sanitizer process: moves frames between the gateway's socket and the pool threads.
 *
 *   gateway ── fd 3 ──▶ [frames] ──▶ pool thread
 *
 * It parses nothing. When a thread dies the process ends: the gateway runs again what was in flight here.
 */
import { endNow, openLine, PID_OUTSIDE, watchOwnMemory } from './child-line.ts'
import type { HeavySettings } from './child-command.ts'
import { ThreadPool, type ToThread } from './pool.ts'
import { FRAME, json, PROTOCOL_VERSION } from './protocol.ts'

const settings = JSON.parse(process.argv[2] ?? '{}') as HeavySettings

const gateway = openLine(hear)
const pool = new ThreadPool({ ...settings.pool }, frames => gateway.forward(frames))
pool.onBroken(() => endNow(false))
watchOwnMemory(settings.memoryMiB)
pool.load().then(
  () =>
    gateway.send(
      FRAME.hello,
      0,
      json({ role: 'sanitizer', lane: settings.lane, pid: PID_OUTSIDE, version: PROTOCOL_VERSION }),
    ),
  () => endNow(false),
)

/** Files go to whichever thread is free. Messages come to the suspect lane only, which has one thread. */
function hear(type: number, id: number, octets: Buffer): void {
  // A buffer of its own: pieces of a message are views, and a small frame stands beside others.
  const payload = new Uint8Array(octets)
  if (type === FRAME.file) return run({ type, id, payload })
  pool.tellAll({ type, id, payload })
  if (type === FRAME.open) run({ type, id, payload: new Uint8Array() })
}

function run(task: ToThread): void {
  pool.run(task).catch(() => endNow(false))
}
