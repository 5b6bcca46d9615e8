/**
 * How long somebody waits for the first page of a file, by what stands ready: nothing, a process, a process that has drawn a page.
 *
 *   npm run bench -- first-page [ROUNDS]
 *
 * Whole way from the vault's workshop to the picture and back, real processes inside the host's wall, a fresh set for each round; the
 * three ways in turn, so that other work on the machine hits all alike. Milliseconds, median and slowest; the second page for comparison.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SHIPPED_PROFILES } from '../config/profiles.ts'
import { MADE_TYPES } from '../core/disarm/registry.ts'
import type { Policy } from '../core/policy/model.ts'
import { USUAL_FORMS } from '../core/file-forms.ts'
import { startLauncher } from '../workers/launcher.ts'
import { findWall } from '../workers/wall.ts'
import { DEFAULTS, openWorkshop } from '../workers/workshop.ts'

const ROOT = join(import.meta.dirname, '..')
const FIXTURES = join(ROOT, 'test/fixtures/disarm')
const FILES = ['pdf/cairo.pdf', 'ooxml/writer.docx', 'image/photo.jpg']
const WAYS = { 'nothing ready': { heavy: 0, warm: false }, 'a process ready': { heavy: 1, warm: false }, 'warmed up': { heavy: 1, warm: true } } as const
type Way = keyof typeof WAYS
const POLICY: Policy = { profile: 'disarm', version: '1', rows: [...SHIPPED_PROFILES.disarm.first, ...SHIPPED_PROFILES.disarm.rest], objects: {}, files: USUAL_FORMS, links: 'keep', bodyCharset: 'utf-8', extraHeaderFields: [], subjectTag: '' }
const BOUNDS = { outputBytes: 2 ** 25, pixels: 1e8, pages: 100, rasterDpi: 150, entries: 1000, depth: 4, members: 100, memberBytes: 2 ** 28 }
const PATIENT_MS = 60_000

const rounds = Number(process.argv[2] ?? 7)
const { wall } = await findWall('auto', process.execPath)
process.stdout.write(`wall: ${wall?.kind ?? 'none'}, ${rounds} rounds\n\n| file | stands ready | first page, median ms | slowest | second |\n|---|---|---|---|---|\n`)
for (const file of FILES) {
  const times = new Map<Way, { readonly first: number; readonly second: number }[]>()
  for (let round = 0; round < rounds; round++) {
    for (const way of Object.keys(WAYS) as Way[]) times.set(way, [...(times.get(way) ?? []), await measure(file, way)])
  }
  for (const [way, measured] of times) {
    const first = measured.map(each => each.first).sort((a, b) => a - b)
    const second = measured.map(each => each.second).sort((a, b) => a - b)
    process.stdout.write(`| ${file} | ${way} | ${middle(first)} | ${Math.round(first.at(-1)!)} | ${middle(second)} |\n`)
  }
}

function middle(sorted: readonly number[]): number {
  return Math.round(sorted[sorted.length >> 1]!)
}

async function measure(file: string, way: Way): Promise<{ readonly first: number; readonly second: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-bench-'))
  mkdirSync(join(folder, 'empty'))
  const socketPath = join(folder, 'workers.sock')
  const workshop = await openWorkshop({
    ...DEFAULTS,
    socketPath,
    allowedTypes: MADE_TYPES,
    composeNotice: () => {
      throw new Error('no mail here')
    },
    lookupTxt: async () => [],
    startWithinMs: PATIENT_MS,
    jobTimeoutMs: PATIENT_MS,
    onDemand: { heavy: 1 },
    suspects: { ready: 0, most: 1 },
    onAlarm: text => process.stderr.write(`${text}\n`),
    onDeath: ({ cause }) => process.stderr.write(`a process ended: ${cause}\n`),
  })
  const { heavy, warm } = WAYS[way]
  const launcher = await startLauncher({ socketPath, counts: { light: 0, heavy, suspect: 0, verifier: 0 }, heavyThreads: 1, warm, memoryMiB: 512, nodePath: process.execPath, codeRoot: ROOT, emptyDir: join(folder, 'empty'), wall, dataDir: folder })
  while (heavy > 0 && !workshop.status().lanes.some(({ name, processes }) => name === 'heavy' && processes > 0)) await new Promise(resolve => setTimeout(resolve, 10))
  const untrustedBytes = readFileSync(join(FIXTURES, file))
  const look = async () => {
    const begunMs = performance.now()
    const answer = await workshop.look({ untrustedBytes, untrustedName: file, claimedType: '', wholeBytes: untrustedBytes.length }, { policy: POLICY, bounds: BOUNDS, page: 1, mark: '田中 花子 令和8年4月1日 10:00' })
    if (answer.kind !== 'look') throw new Error(JSON.stringify(answer))
    return performance.now() - begunMs
  }
  const times = { first: await look(), second: await look() }
  await launcher.close()
  await workshop.close()
  rmSync(folder, { recursive: true })
  return times
}
