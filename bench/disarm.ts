/**
 * How fast is a file rebuilt, and how much memory does that take?
 *
 *   node bench/disarm.ts [case] [rounds]
 *
 * One case per format, each in a process of its own, so that its peak is its own. Printed are the median and the slowest round, octets in and out, the processor's time of one round (which
 * a busy machine does not lengthen), and the peak of resident memory above that before the first round.
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { DISARMERS } from '../core/disarm/registry.ts'
import { rebuildFile } from '../core/rebuild.ts'
import { testPolicy } from '../test/support/job.ts'
import { type Case, CASES } from '../test/support/disarm-cases.ts'

const BOUNDS = { outputBytes: 64 << 20, pixels: 100_000_000, pages: 2000, rasterDpi: 150, entries: 10_000, depth: 4, members: 2000, memberBytes: 256 << 20 }

const [name, rounds = '9'] = process.argv.slice(2)
const chosen = name === undefined ? undefined : CASES[name]
if (chosen) await measure(name!, chosen, Number(rounds))
else {
  console.log(JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length }))
  for (const each of Object.keys(CASES)) spawnSync(process.execPath, ['--no-warnings', import.meta.filename, each, rounds], { stdio: 'inherit' })
}

async function measure(what: string, { mediaType, make }: Case, count: number): Promise<void> {
  const untrustedBytes = new Uint8Array(await make())
  const task = { untrustedBytes, untrustedName: 'file', detectedType: mediaType, declaredCharset: undefined, mode: 'disarm' } as const
  await DISARMERS.get(mediaType)!.load()
  const beforeMiB = process.memoryUsage.rss() / 2 ** 20
  const times: number[] = []
  let bytesOut = 0
  const cpuBefore = process.cpuUsage()
  for (let round = 0; round < count; round++) {
    const start = performance.now()
    const rebuilt = await rebuildFile(task, { disarmers: DISARMERS, policy: testPolicy(), bounds: BOUNDS })
    if (rebuilt.kind !== 'rebuilt') throw new Error(`${what}: ${rebuilt.reason}`)
    times.push(performance.now() - start)
    bytesOut = rebuilt.file.bytes.length
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  const sorted = times.toSorted((a, b) => a - b)
  const medianMs = sorted[Math.floor(sorted.length / 2)]!
  const peakMiB = process.resourceUsage().maxRSS / 1024
  const rounded = (value: number) => Math.round(value * 10) / 10
  console.log(
    JSON.stringify({
      case: what,
      bytes: untrustedBytes.length,
      bytesOut,
      medianMs: rounded(medianMs),
      slowestMs: rounded(sorted.at(-1)!),
      cpuMs: rounded((user + system) / 1000 / count),
      MBps: rounded(untrustedBytes.length / medianMs / 1000),
      peakAboveMiB: Math.round(peakMiB - beforeMiB),
    }),
  )
}
