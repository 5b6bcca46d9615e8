/**
 * How long does the server work on each page, and on each question of the HTTP API, in a large store?
 *
 *   npm run bench -- pages [ROWS]
 *
 * Every GET of the table of routes (test/unit/portal/access-table.ts) and some searches, asked in process by somebody who may, over a store
 * of ROWS messages (1,000,000 unless told) of 75 days, a tenth of them for the person who asks, and 500 requests for originals of whom 300 wait.
 * The gateway is asked over its socket, as in a real portal; the vault answers at once, so a preview is the page around it. Reports processor
 * time (median), which other load on the machine does not stretch, median and 95th percentile by the clock; the dearest last. Not a test.
 */
import { mkdirSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import type { Face } from '../portal/http/route.ts'
import { openForWriting } from '../store/sqlite/schema.ts'
import { type AccessTown, openAccessTown, OWNER, type VisitorName } from '../test/support/access-town.ts'
import { NOW_MS } from '../test/support/portal.ts'
import { LINES, MATRIX } from '../test/unit/portal/access-table.ts'
import { fillStore, largeStoreId } from './load/large-store.ts'
import { quantile } from './load/measure.ts'

const ASKED = 15
const SLOW_MS = 100
const SPAN_MS = 75 * 86_400_000
const rows = Number(process.argv[2] ?? 1_000_000)
const [REQUESTS, WAITING] = [500, 300]

/** What people look for, beside the first pages. */
const MORE: readonly (readonly [Face, VisitorName, string])[] = [
  ['inner', 'owner', '/?subject=nowhere'],
  ['inner', 'owner', '/?file=nowhere&state=kept'],
  ['inner', 'owner', `/m/P${Math.floor(rows / 20) * 10}`],
  ['admin', 'admin', '/quarantine?sender=nowhere&state=any'],
  ['admin', 'admin', '/quarantine?from=2026-10-20&until=2026-10-20'],
  ['admin', 'admin', `/quarantine/${largeStoreId(Math.floor(rows / 2))}`],
  ['admin', 'admin', `/trace/${largeStoreId(Math.floor(rows / 2))}`],
  ['admin', 'admin', `/trace?q=${OWNER}`],
  ['admin', 'admin', '/trace?q=nowhere.pdf'],
  ['admin', 'admin', '/trace?q=nobody@nowhere.example'],
  ['admin', 'admin', `/trace?q=${'0'.repeat(60)}03e8`],
  ['admin', 'admin', '/audit?text=nowhere'],
  ['admin', 'admin', '/audit?from=2026-10-20&until=2026-10-20'],
  ['admin', 'admin', '/reports?by=sender'],
  ['admin', 'admin', '/reports?by=department'],
  ['admin', 'admin', '/reports?by=mailbox&grain=month'],
  ['admin', 'admin', '/policy/explain?q=P10'],
  ['admin', 'token', '/api/v1/messages?sender=nowhere'],
  ['admin', 'token', '/api/v1/statistics/top?by=mailbox&limit=1000'],
]

function lay(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const database = openForWriting(join(folder, 'mail.db'))
  fillStore(database, { rows, firstMs: NOW_MS - SPAN_MS, stepMs: Math.floor(SPAN_MS / rows), waitingEvery: 10_000, desk: OWNER })
  database.close()
}

/** Requests of a busy season, as their events would have left them. */
function layRequests({ house, db, ownerId }: AccessTown): void {
  const { records } = house.requests.desk
  const by = { personId: ownerId, login: 'owner', name: '持ち主' }
  const facts = records.page('default', { limit: 1 })[0]!.facts
  db.write(() => {
    for (let index = 0; index < REQUESTS; index++) {
      const atMs = NOW_MS - index * 60_000
      const { requestId } = records.add('default', { ...facts, publicId: `P${index}` }, { kind: 'filed', atMs, by, parts: facts.parts.length, steps: 1, level: 0, dueAtMs: NOW_MS + 86_400_000 })
      if (index >= WAITING) records.append(requestId, { kind: 'withdrawn', atMs, by })
    }
  })
}

/** By the clock, and of the processor: all threads of this process, the gateway's among them. */
type Times = { readonly ms: readonly number[]; readonly cpuMs: readonly number[] }

async function timesOf(town: AccessTown, [face, as, path]: (typeof MORE)[number]): Promise<Times> {
  const times = { ms: [] as number[], cpuMs: [] as number[] }
  for (let index = 0; index < ASKED; index++) {
    const before = process.cpuUsage()
    const { ms, status } = await town.ask({ face, method: 'GET', path, as })
    const { user, system } = process.cpuUsage(before)
    if (status >= 400 && status !== 410) throw new Error(`${path}: ${status}`)
    times.ms.push(ms)
    times.cpuMs.push((user + system) / 1000)
  }
  return times
}

const town = await openAccessTown({ lay })
console.log(JSON.stringify({ machine: cpus()[0]?.model, node: process.version, rows, load: loadavg().map(each => Math.round(each * 10) / 10) }))
const startMs = performance.now()
await town.store.catchUp()
console.log(JSON.stringify({ name: 'counting everything', ms: Math.round(performance.now() - startMs) }))
layRequests(town)
const faceOf = new Map(town.routes.map(route => [`${route.method} ${route.path}${route.path === '/' && route.faces.length === 1 ? ' (admin)' : ''}`, route.faces[0]! as Face]))
/** No provider of identities is set here, so its pages are not there. */
const LEFT_OUT: ReadonlySet<string> = new Set(['enrol', 'unset', 'unset!'])
const pages = LINES.filter(([name, kind]) => name.startsWith('GET ') && !/verification|export$/.test(name) && !LEFT_OUT.has(kind)).map(([name, kind, path]): (typeof MORE)[number] => {
  const as = (['owner', 'appr', 'admin', 'token', 'nobody'] as const).find(each => MATRIX.get(kind)!.get(each) === 'O')!
  return [faceOf.get(name)!, as, town.pathOf(path)]
})
const measured = []
for (const page of [...pages, ...MORE]) {
  const { ms, cpuMs } = await timesOf(town, page)
  const at = (times: readonly number[], share: number) => Number(quantile(times, share).toFixed(1))
  measured.push({ page: `${page[0]} ${page[2]}`, cpuMs: at(cpuMs, 0.5), medianMs: at(ms, 0.5), p95Ms: at(ms, 0.95) })
}
measured.sort((a, b) => a.cpuMs - b.cpuMs)
for (const each of measured) console.log(JSON.stringify(each))
console.log(JSON.stringify({ pages: measured.length, above: measured.filter(({ cpuMs }) => cpuMs > SLOW_MS).map(({ page }) => page), load: loadavg().map(each => Math.round(each * 10) / 10) }))
await town.close()
