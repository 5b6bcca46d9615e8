/**
 * Does memory grow with an attachment that is only quarantined? One mail after the other, ten times as large each
 * time; the peak of every process while it passes.
 *
 *   node test/system/memory.ts [--sizes 10,100,1000] [--repeat 3]      sizes in MB
 *
 * The peaks of all processes together may grow by MOST_GROWTH_BYTES from the smallest to the largest.
 */
import { parseArgs } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { SmtpConnection } from './support/client.ts'
import { largeMailPieces } from './support/mails.ts'
import { byRole, forgetPeak, peakBytes } from './support/memory.ts'
import { Sekisho } from './support/sekisho.ts'

export type MemoryRow = { readonly megabytes: number; readonly peaks: Readonly<Record<string, number>>; readonly allBytes: number; readonly seconds: number }
export type MemoryReport = { readonly rows: readonly MemoryRow[]; readonly growthBytes: number }

export const MOST_GROWTH_BYTES = 64 * 2 ** 20
const MEGABYTE = 1_000_000
/** Mails before the first measurement: code is compiled, heaps have their size. */
const WARM_UP = 12
const SETTINGS = {
  policy: { profile: 'text-only' },
  smtp: { maxMessageBytes: '1GiB', bytesInFlight: '2GiB' },
  store: { minFreeBytes: '64MiB' },
  shutdownMs: 10_000,
}

export async function measureMemory(sizesMb: readonly number[], repeat: number): Promise<MemoryReport> {
  const sekisho = await Sekisho.start(SETTINGS)
  try {
    for (let i = 0; i < WARM_UP; i++) await pass(sekisho, `WARM-${String(i).padStart(6, '0')}`, sizesMb[0]!)
    const rows: MemoryRow[] = []
    for (const megabytes of sizesMb) rows.push(await worstOf(sekisho, megabytes, repeat))
    return { rows, growthBytes: rows.at(-1)!.allBytes - rows[0]!.allBytes }
  } finally {
    await sekisho.remove()
  }
}

/** The smallest peak of several runs: what the garbage collector leaves lying about is not what a mail needs. */
async function worstOf(sekisho: Sekisho, megabytes: number, repeat: number): Promise<MemoryRow> {
  const runs: MemoryRow[] = []
  for (let run = 0; run < repeat; run++) {
    await delay(1_500)
    const processes = sekisho.processes()
    for (const { pid } of processes) forgetPeak(pid)
    const startMs = Date.now()
    await pass(sekisho, `SIZE-${String(megabytes).padStart(6, '0')}`, megabytes)
    const seconds = (Date.now() - startMs) / 1000
    const peaks = byRole(processes, peakBytes)
    runs.push({ megabytes, peaks, allBytes: Object.values(peaks).reduce((sum, bytes) => sum + bytes, 0), seconds })
  }
  return runs.sort((a, b) => a.allBytes - b.allBytes)[0]!
}

/** Sends one mail of that size, and expects 250. */
async function pass(sekisho: Sekisho, token: string, megabytes: number): Promise<void> {
  const connection = await SmtpConnection.open(sekisho.port)
  await connection.expect('MAIL FROM:<sender@example.com>', '250')
  await connection.expect('RCPT TO:<staff@town.example.jp>', '250')
  await connection.expect('DATA', '354')
  await connection.stream(largeMailPieces(token, megabytes * MEGABYTE))
  const reply = await connection.command('.')
  connection.close()
  if (!reply.startsWith('250')) throw new Error(`${megabytes} MB: ${reply}\n${sekisho.said.slice(-1000)}`)
}

export function describeMemory({ rows, growthBytes }: MemoryReport): string {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0)
  const lines = rows.map(({ megabytes, peaks, allBytes, seconds }) => {
    const each = Object.entries(peaks).map(([role, bytes]) => `${role} ${mib(bytes)}`)
    return `${megabytes} MB in ${seconds.toFixed(1)} s: ${mib(allBytes)} MiB (${each.join(', ')})`
  })
  return [...lines, `growth: ${mib(growthBytes)} MiB`].join('\n')
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { sizes: { type: 'string', default: '10,100,1000' }, repeat: { type: 'string', default: '3' } } })
  const report = await measureMemory(values.sizes.split(',').map(Number), Number(values.repeat))
  process.stdout.write(`${describeMemory(report)}\n`)
  process.exitCode = report.growthBytes <= MOST_GROWTH_BYTES ? 0 : 1
}
