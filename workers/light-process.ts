/**
 * A light sanitizer process: header, text and types of messages, in its main thread.
 *
 *   gateway ── fd 3 ──▶ [SanitizerJobs] ──▶ gateway
 *
 * Without threads: a small mail costs less than waking one, and the process may then be denied to start any. It
 * hangs or dies as a whole, and the gateway runs again what was in flight here.
 */
import { endNow, openLine, PID_OUTSIDE, watchOwnMemory } from './child-line.ts'
import type { LightSettings } from './child-command.ts'
import { letBuffersGrowWithTheHeap } from './collector.ts'
import { FRAME, json, PROTOCOL_VERSION } from './protocol.ts'
import { loadSanitizer, SanitizerJobs } from './sanitizer-jobs.ts'

const settings = JSON.parse(process.argv[2] ?? '{}') as LightSettings
let jobs: SanitizerJobs | undefined

letBuffersGrowWithTheHeap()
const gateway = openLine((type, id, payload) => jobs?.hear(type, id, payload))
watchOwnMemory(settings.memoryMiB)

loadSanitizer(settings.modules).then(
  code => {
    jobs = new SanitizerJobs(code, (type, id, ...parts) => gateway.send(type, id, ...parts))
    gateway.send(FRAME.hello, 0, json({ role: 'sanitizer', lane: 'light', pid: PID_OUTSIDE, version: PROTOCOL_VERSION }))
  },
  () => endNow(false),
)
