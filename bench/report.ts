/**
 * Runs the benchmarks of docs/performance.md and writes it.
 *
 *   npm run bench:report                        all sections (about 20 minutes, on a machine that does nothing else)
 *   npm run bench:report -- --only hop,tail     these; what was kept of the others stays
 *   npm run bench:report -- --render            runs nothing
 *
 * As root with Debian's postfix, mimedefang, amavisd-new and strace; `npm ci --prefix bench/peers/haraka` and `bench/peers/libraries`.
 * What the runs print is kept in docs/performance/results.json, one section after the other, so that a run that breaks off loses one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Line } from './report/markdown.ts'
import { type Kept, renderReport } from './report/render.ts'
import { type Run, SECTIONS } from './report/sections.ts'

const ROOT = join(import.meta.dirname, '..')
const RESULTS = join(ROOT, 'docs/performance/results.json')

const { values: given } = parseArgs({ options: { only: { type: 'string' }, render: { type: 'boolean', default: false } } })

let results: Kept = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Kept) : {}
const wanted = given.render ? [] : (given.only?.split(',') ?? SECTIONS.map(({ id }) => id))
for (const { id, runs } of SECTIONS.filter(section => wanted.includes(section.id))) {
  process.stderr.write(`${id}\n`)
  const before = { atDate: new Date().toISOString().slice(0, 10), machine: machine(), loadAverage: loadavg() }
  results = { ...results, [id]: { ...before, lines: runs.flatMap(linesOf) } }
  write(RESULTS, `${JSON.stringify(results, undefined, 1)}\n`)
}
for (const [path, text] of renderReport(results)) write(join(ROOT, path), text)

/** @throws Error when the benchmark ends with another code than 0. */
function linesOf({ bench, args }: Run): Line[] {
  const { status, stdout } = spawnSync(process.execPath, ['--no-warnings', join(ROOT, 'bench', `${bench}.ts`), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(`${bench} ${args.join(' ')} ended with ${status}`)
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Line)
    .filter(line => !('round' in line))
}

function machine(): string {
  return `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, Node ${process.version}`
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
