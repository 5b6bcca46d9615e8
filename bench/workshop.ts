/**
 * What does the sealed workshop cost: messages a second through sanitizer and verifier processes, and CPU per message?
 *
 *   node bench/workshop.ts [seconds] [core]
 *
 * The sanitizer is a trivial one (header line, body, compose) unless `core` is given; the verifier is the real one.
 * CPU is user and system time of this process and of all worker processes together, from /proc. Prints one JSON line
 * per case; a result means nothing without the `machine` line above it. Not a test: nothing fails here.
 */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { composeFixedNotice } from '../core/notice-only.ts'
import { CODE_ROOT, openLocalWorkshop, testJob } from '../test/unit/workers/local-workshop.ts'

const seconds = Number(process.argv[2] ?? 5)
const real = process.argv[3] === 'core'
/** Clock ticks of /proc/<pid>/stat are hundredths of a second on Linux. */
const MS_PER_TICK = 10

const LINE = 'x'.repeat(70)
const mail = (bytes: number) =>
  Buffer.from(
    `Subject: Bench\r\nFrom: a@example.jp\r\nTo: b@example.jp\r\n\r\n${`${LINE}\r\n`.repeat(Math.ceil(bytes / 72))}`,
  )
const CASES = [
  { name: '5 KB', message: mail(5000), parallel: 10 },
  { name: '5 KB', message: mail(5000), parallel: 50 },
  { name: '100 KB', message: mail(100_000), parallel: 10 },
  { name: '5 MB', message: mail(5_000_000), parallel: 4 },
]

function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

const modules = real ? { modules: {} } : {}
const local = await openLocalWorkshop({
  workshop: { recycleAfterJobs: 1e9, ...(real ? { composeNotice: composeFixedNotice } : {}) },
  launcher: { codeRoot: CODE_ROOT, counts: { light: 1, heavy: 0, suspect: 0, verifier: 1 }, ...modules },
})

async function run(message: Uint8Array, parallel: number, forMs: number): Promise<number> {
  const untilMs = performance.now() + forMs
  let done = 0
  const one = async () => {
    while (performance.now() < untilMs) {
      const result = await local.workshop.sanitize(testJob(), message)
      if (result.kind !== 'done' || result.degraded !== 'no') throw new Error(JSON.stringify(result))
      done++
    }
  }
  await Promise.all(Array.from({ length: parallel }, one))
  return done
}

console.log(
  JSON.stringify({
    machine: cpus()[0]?.model,
    cpus: cpus().length,
    node: process.version,
    sanitizer: real ? 'core' : 'trivial',
    root: join(CODE_ROOT),
  }),
)
for (const { name, message, parallel } of CASES) {
  await run(message, parallel, 1500)
  const pids = { gateway: [process.pid], workers: [...local.workshop.pids()] }
  const used = () => ({
    gateway: pids.gateway.reduce((sum, pid) => sum + cpuMs(pid), 0),
    workers: pids.workers.map(cpuMs),
  })
  const before = used()
  const startMs = performance.now()
  const done = await run(message, parallel, seconds * 1000)
  const tookMs = performance.now() - startMs
  const after = used()
  const perMessage = (ms: number) => Number((ms / done).toFixed(3))
  console.log(
    JSON.stringify({
      name,
      parallel,
      perSecond: Math.round((done / tookMs) * 1000),
      cpuMsPerMessage: {
        gateway: perMessage(after.gateway - before.gateway),
        workers: after.workers.map((ms, index) => perMessage(ms - before.workers[index]!)),
      },
    }),
  )
}
await local.close()
