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
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { measure, round } from './load/measure.ts'
import { rootPidsOf, type System } from './load/starting.ts'
import { usageOf } from './load/usage.ts'
import { warmUp } from './load/warm-up.ts'
import { inYard, type Yard } from './load/yard.ts'

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    systems: { type: 'string', default: 'sekisho,postfix' },
    connections: { type: 'string', default: '1,10,50' },
  },
})
const ATTACH_MS = 1500
const FEW_MAILS = 500

// One after the other, each with the machine to itself.
for (const name of given.systems.split(',')) {
  await inYard(async yard => {
    const system = await yard.start(name)
    await warmUp(system, yard.load, FEW_MAILS)
    for (const connections of given.connections.split(',').map(Number)) await count(system, connections, yard)
  })
}

async function count(system: System, connections: number, { load, folder }: Yard): Promise<void> {
  const written = join(folder, 'strace.out')
  const pids = [...usageOf(rootPidsOf(system)).ticks.keys()]
  const strace = spawn('strace', ['-f', '-e', 'trace=fsync,fdatasync,sync_file_range', '-e', 'signal=none', '-o', written, ...pids.flatMap(pid => ['-p', String(pid)])], { stdio: 'ignore' })
  await delay(ATTACH_MS)
  const { mails } = await measure(system, { mailClass: 'S', connections, perConnection: 50, seconds: Number(given.seconds) }, load)
  strace.kill('SIGINT')
  await once(strace, 'exit')
  const flushes = readFileSync(written, 'latin1').split('\n').filter(line => /(?:fsync|fdatasync|sync_file_range)\(/.test(line)).length
  console.log(JSON.stringify({ system: system.name, connections, mails, flushes, flushesPerMail: round(flushes / mails) }))
}
