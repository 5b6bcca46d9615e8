/**
 * How often is the disk flushed for a mail?
 *
 *   npm run bench -- flushes [--seconds 6] [--systems sekisho,postfix] [--connections 1,10,50]
 *
 * Counts fsync, fdatasync and sync_file_range of all processes of a system by Debian's strace (as root) while S mails come over so many
 * connections, 50 on each. Being traced costs time, so the rates of this run mean nothing. One JSON line for each count.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startSender, startSink } from '../loadtest/children.ts'
import { type Load, measure, round } from './load/measure.ts'
import { startSystem, type System } from './load/systems.ts'
import { usageOf } from './load/usage.ts'
import { warmUp } from './load/warm-up.ts'

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    systems: { type: 'string', default: 'sekisho,postfix' },
    connections: { type: 'string', default: '1,10,50' },
  },
})
const ATTACH_MS = 1500
const FEW_MAILS = 500

const folder = mkdtempSync(join(tmpdir(), 'sekisho-bench-'))
// Postfix works in it as a user of its own.
chmodSync(folder, 0o755)
const load: Load = { source: startSender(), sink: await startSink({ host: '127.0.0.1', port: 0, look: 'id' }) }
try {
  for (const name of given.systems.split(',')) {
    const system = await startSystem(name, { folder: join(folder, name), sinkPort: load.sink.port, settings: {} })
    try {
      await warmUp(system, load, FEW_MAILS)
      for (const connections of given.connections.split(',').map(Number)) await count(system, connections)
    } finally {
      await system.stop()
    }
  }
} finally {
  load.source.end()
  load.sink.end()
  rmSync(folder, { recursive: true, force: true })
}

async function count(system: System, connections: number): Promise<void> {
  const written = join(folder, 'strace.out')
  const pids = [...usageOf([system.rootPid, ...(system.morePids ?? [])]).ticks.keys()]
  const strace = spawn('strace', ['-f', '-e', 'trace=fsync,fdatasync,sync_file_range', '-e', 'signal=none', '-o', written, ...pids.flatMap(pid => ['-p', String(pid)])], { stdio: 'ignore' })
  await delay(ATTACH_MS)
  const { mails } = await measure(system, { mailClass: 'S', connections, perConnection: 50, seconds: Number(given.seconds) }, load)
  strace.kill('SIGINT')
  await once(strace, 'exit')
  const flushes = readFileSync(written, 'latin1').split('\n').filter(line => /(?:fsync|fdatasync|sync_file_range)\(/.test(line)).length
  console.log(JSON.stringify({ system: system.name, connections, mails, flushes, flushesPerMail: round(flushes / mails) }))
}
