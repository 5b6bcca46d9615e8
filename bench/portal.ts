/**
 * What do people who look at pages take away from mail?
 *
 *   npm run bench -- portal [--stored 100000] [--connections 100] [--seconds 8] [--rounds 5] [--rate N] [--warm-up N]
 *                           [--settings JSON] [--folder DIR]
 *
 *   source (own process) ──▶ sekisho serve, with portal and vault, over so many stored mails ──▶ sink (own process)
 *   browsers (own process) ──▶ list, one mail, page with a picture, the picture
 *
 * Small mails over 10 connections as fast as they are taken, with and without the browsers in turn within each round, so that other load on
 * the machine hits both alike. Browsers ask as fast as they are answered (or `--rate` pages a second over all), at the lowest priority:
 * elsewhere they would be on other machines. One JSON line a run, then medians, the ratio of each round, and which share of the
 * system's processor time its processes behind mail had: other work on the machine does not change that much.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import nodemailer from 'nodemailer'
import { openPortalRooms } from '../cli/portal-rooms.ts'
import { parseConfig } from '../config/load.ts'
import { startSender, startSink } from '../loadtest/children.ts'
import { openForWriting } from '../store/sqlite/schema.ts'
import { DESK, fillStore } from './load/large-store.ts'
import { type Cell, measure, type Measured, quantile } from './load/measure.ts'
import type { PagesDone, PagesLoad } from './load/pages-process.ts'
import { freePort } from './load/starting.ts'
import { startSekisho } from './load/systems.ts'
import { cpuSecondsBetween, usageOf } from './load/usage.ts'
import { warmUp } from './load/warm-up.ts'

const { values: given } = parseArgs({
  options: { stored: { type: 'string', default: '100000' }, connections: { type: 'string', default: '100' }, seconds: { type: 'string', default: '8' }, rounds: { type: 'string', default: '5' }, rate: { type: 'string' }, 'warm-up': { type: 'string', default: '8000' }, settings: { type: 'string', default: '{}' }, folder: { type: 'string', default: '/tmp' } },
})
const [stored, connections, seconds, rounds] = [given.stored, given.connections, given.seconds, given.rounds].map(Number) as [number, number, number, number]
const DAY_MS = 86_400_000
const PDF = join(import.meta.dirname, '../test/fixtures/disarm/pdf/img2pdf-jpeg.pdf')
const CELL: Cell = { mailClass: 'S', connections: 10, perConnection: 50, seconds }

type Site = { readonly origin: string; readonly cookie: string }

/** Mails of three weeks, and somebody who reads a tenth of them; returns the cookie of their session. */
async function settle(dataDir: string): Promise<string> {
  mkdirSync(join(dataDir, 'mail'), { recursive: true })
  mkdirSync(join(dataDir, 'portal'), { recursive: true })
  const database = openForWriting(join(dataDir, 'mail/mail.db'))
  fillStore(database, { rows: stored, firstMs: Date.now() - 21 * DAY_MS, stepMs: Math.floor((21 * DAY_MS) / stored), waitingEvery: 0 })
  database.close()
  const loaded = parseConfig(JSON.stringify({ dataDir, portal: { session: { idleMinutes: 120 } } }), { source: 'bench', baseDir: dataDir, environment: {} })
  if (!('config' in loaded)) throw new Error(JSON.stringify(loaded.problems))
  const rooms = await openPortalRooms(loaded.config)
  const { personId } = rooms.people.add({ tenant: 'default', login: 'desk', name: '受付', roles: ['staff'], mailbox: DESK, fromDate: '2020-04-01' }, { actor: 'bench', reason: 'bench' })
  const cookie = rooms.sessions.begin(personId, 'default', { method: 'password', factors: 'two', stage: 'open', face: 'inner', address: '127.0.0.1', agent: 'bench' })
  rooms.db.close()
  return `sekisho-inner=${cookie}`
}

/** A mail with a PDF, whose page and picture are looked at. */
async function pagesOf(smtpPort: number, { origin, cookie }: Site): Promise<PagesLoad['pages']> {
  const sent = nodemailer.createTransport({ host: '127.0.0.1', port: smtpPort, tls: { rejectUnauthorized: false } })
  await sent.sendMail({ from: 'a@sender.example', to: DESK, subject: '資料', text: '資料を送ります。', attachments: [{ filename: 'shiryo.pdf', content: readFileSync(PDF) }] })
  await delay(2_000)
  const get = async (path: string) => (await fetch(origin + path, { headers: { cookie } })).text()
  // The ready line is the gateway's; a portal that stands behind mail may be later.
  while (!(await get('/').catch(() => ''))) await delay(500)
  const [, message] = /href="(\/m\/[\w-]+)"/.exec(await get('/')) ?? []
  const [, preview] = /href="(\/m\/[\w-]+\/preview\/[^"?]+)/.exec(await get(message ?? '/none')) ?? []
  if (preview === undefined) throw new Error(`no preview on ${message}`)
  await get(preview)
  return [
    { weight: 4, path: '/', kind: 'list' },
    { weight: 1, path: '/?subject=%E3%81%8A%E7%9F%A5%E3%82%89%E3%81%9B%205', kind: 'search' },
    { weight: 3, path: `/m/P${Math.floor(stored / 20) * 10}`, kind: 'mail' },
    { weight: 1, path: message!, kind: 'mail with its text' },
    { weight: 2, path: preview, kind: 'preview' },
    { weight: 2, path: `${preview}/picture?page=1`, kind: 'picture' },
  ]
}

function tellPages(when: string, looks: readonly PagesDone[]): void {
  const median = (values: readonly number[]) => quantile(values, 0.5)
  console.log(JSON.stringify({ pages: 'all', when, perSecond: median(looks.map(({ pagesPerSecond }) => pagesPerSecond)), troubles: looks.flatMap(({ troubles }) => troubles) }))
  for (const { kind } of looks[0]!.kinds) {
    const same = looks.flatMap(({ kinds }) => kinds.filter(each => each.kind === kind))
    console.log(JSON.stringify({ pages: kind, when, count: same.reduce((sum, each) => sum + each.pages, 0), p50Ms: median(same.map(each => each.p50Ms)), p99Ms: median(same.map(each => each.p99Ms)) }))
  }
}

/** The ratio is that of a round, whose two runs the rest of the machine's work hits most alike. */
function tellMails({ quiet, busy }: Readonly<Record<'quiet' | 'busy', readonly Measured[]>>): void {
  const ratios = busy.map(({ perSecond }, round) => Number((perSecond / quiet[round]!.perSecond).toFixed(3)))
  const median = (runs: readonly Measured[], key: 'perSecond' | 'ackP50Ms' | 'ackP99Ms') => quantile(runs.map(each => each[key]), 0.5)
  for (const [when, runs] of [['without browsers', quiet], ['with browsers', busy]] as const) console.log(JSON.stringify({ mails: when, perSecond: median(runs, 'perSecond'), ackP50Ms: median(runs, 'ackP50Ms'), ackP99Ms: median(runs, 'ackP99Ms'), lost: runs.reduce((sum, { lost }) => sum + lost, 0) }))
  console.log(JSON.stringify({ ratio: quantile(ratios, 0.5), ratios, load: loadavg().map(each => Math.round(each * 10) / 10) }))
}

const folder = mkdtempSync(join(resolve(given.folder), 'sekisho-bench-'))
const [source, sink] = [startSender(), await startSink({ host: '127.0.0.1', port: 0, look: 'id' })]
const browsers = fork(join(import.meta.dirname, 'load/pages-process.ts'), { execArgv: ['--no-warnings'], detached: true })
try {
  const cookie = await settle(join(folder, 'var'))
  const port = await freePort()
  const portal = { inner: { port }, outer: { enabled: false }, admin: { enabled: false }, log: 'none' }
  const system = await startSekisho(folder, sink.port, { portal, ...(JSON.parse(given.settings) as object) })
  try {
    const site = { origin: `http://127.0.0.1:${port}`, cookie }
    const pages = await pagesOf(system.port, site)
    const load: PagesLoad = { url: site.origin, host: `127.0.0.1:${port}`, cookie, pages, connections, perSecond: given.rate === undefined ? undefined : Number(given.rate), seconds: seconds + 2, seed: 1 }
    const look = async (over: Partial<PagesLoad> = {}): Promise<PagesDone> => {
      browsers.send({ ...load, ...over })
      return ((await once(browsers, 'message')) as [PagesDone])[0]
    }
    console.log(JSON.stringify({ machine: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg().map(each => Math.round(each * 10) / 10), stored }))
    await warmUp(system, { source, sink }, Number(given['warm-up']))
    tellPages('alone', [await look()])
    const runs: Record<'quiet' | 'busy', Measured[]> = { quiet: [], busy: [] }
    const looks: PagesDone[] = []
    const shares: number[] = []
    const cpuMs: Record<'quiet' | 'busy', number[]> = { quiet: [], busy: [] }
    for (let round = 0; round < rounds; round++) {
      for (const kind of round % 2 === 0 ? (['quiet', 'busy'] as const) : (['busy', 'quiet'] as const)) {
        const looking = kind === 'busy' ? look() : undefined
        if (looking) await delay(1_000)
        const before = [usageOf([system.rootPid]), usageOf([system.rootPid], nice => nice > 0)]
        const measured = await measure(system, CELL, { source, sink })
        const [all, ofPages] = [usageOf([system.rootPid]), usageOf([system.rootPid], nice => nice > 0)].map((after, index) => cpuSecondsBetween(before[index]!, after)) as [number, number]
        const looked = await looking
        runs[kind].push(measured)
        cpuMs[kind].push(((all - ofPages) / measured.mails) * 1000)
        if (looked) {
          looks.push(looked)
          shares.push(ofPages / all)
        }
        console.log(JSON.stringify({ round, kind, perSecond: measured.perSecond, ackP99Ms: measured.ackP99Ms, cpuMsPerMail: Number(cpuMs[kind].at(-1)!.toFixed(2)), pagesPerSecond: looked?.pagesPerSecond, troubles: looked?.troubles }))
      }
    }
    tellPages('beside mail', looks)
    tellMails(runs)
    const [quietCpuMs, busyCpuMs, share] = [cpuMs.quiet, cpuMs.busy, shares].map(values => quantile(values, 0.5)) as [number, number, number]
    console.log(JSON.stringify({ shareOfPages: Number(share.toFixed(3)), cpuMsPerMail: { quiet: Number(quietCpuMs.toFixed(2)), busy: Number(busyCpuMs.toFixed(2)) }, byProcessorTime: Number((((1 - share) * quietCpuMs) / busyCpuMs).toFixed(3)) }))
  } finally {
    await system.stop()
  }
} finally {
  source.end()
  sink.end()
  browsers.disconnect()
  rmSync(folder, { recursive: true, force: true })
}
