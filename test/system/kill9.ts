/**
 * kill -9 of one process after the other at random moments while several clients send; then: is every promise kept?
 *
 *   node test/system/kill9.ts [--rounds 200] [--connections 6] [--seed N]
 *
 * A mail that got 250 must be in the Maildir, whole; a second copy may exist only where a delivery was cut off, and must
 * stand in the mail log or its trace as a possible duplicate; the audit chain and the sealed originals must verify.
 */
import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { inspect } from './support/arrived.ts'
import { type LoadReport, sendAll } from './support/client.ts'
import { mixedMails } from './support/mails.ts'
import { end, isAlive, type ProcessRole, until } from './support/processes.ts'
import { Sekisho } from './support/sekisho.ts'

export type Kill9Options = { readonly rounds: number; readonly connections: number; readonly seed: number; readonly say?: (text: string) => void }
export type Kill9Report = {
  readonly kills: Readonly<Record<string, number>>
  readonly accepted: number
  readonly replyLost: number
  readonly refusals: Readonly<Record<string, number>>
  readonly delivered: number
  readonly lost: readonly string[]
  /** Arrived more than once, and how often. */
  readonly copies: Readonly<Record<string, number>>
  /** Those of `copies` that nothing marks. */
  readonly unmarked: readonly string[]
  readonly broken: readonly string[]
  readonly auditOk: boolean
  readonly openedOriginals: number
  readonly leftovers: readonly string[]
}

type Victim = Exclude<ProcessRole, 'other'>
const VICTIMS: readonly Victim[] = ['gateway', 'gateway', 'sanitizer', 'verifier', 'supervisor']
/** The supervisor waits twice as long after each end of the gateway: a new supervisor starts over. */
const MOST_GATEWAY_KILLS_IN_A_ROW = 3
/** Share of the kills that wait until mail flows again; the others often hit a start. */
const IN_FULL_WORK = 0.75
const MOST_MAILS_BETWEEN = 60
const LONGEST_WAIT_MS = 300
const MIN_LIFE_MS = 30
const SETTLE_MS = 120_000
const ORPHANS_MS = 45_000
/** Every so many originals one is opened with `age`. */
const ORIGINALS_OPENED = 10
const ENOUGH_MAILS = 1_000_000

export async function kill9({ rounds, connections, seed, say }: Kill9Options): Promise<Kill9Report> {
  const sekisho = await Sekisho.start({ shutdownMs: 10_000 })
  try {
    let over = false
    const progress = { accepted: 0 }
    const load = sendAll(mixedMails('KILL', ENOUGH_MAILS, 0), { port: sekisho.port, connections, stopped: () => over, onAccepted: () => progress.accepted++ })
    const kills = await killInRounds(sekisho, progress, { rounds, seed, ...(say && { say }) }).finally(() => {
      over = true
    })
    const report = await load
    if (!sekisho.running) await sekisho.start()
    await sekisho.queueEmpty(SETTLE_MS)
    return { kills, ...(await judge(sekisho, report)) }
  } finally {
    sekisho.killAll()
    rmSync(sekisho.folder, { recursive: true, force: true })
  }
}

async function killInRounds(sekisho: Sekisho, progress: { readonly accepted: number }, options: Pick<Kill9Options, 'rounds' | 'seed' | 'say'>): Promise<Record<string, number>> {
  const random = randomFrom(options.seed)
  const kills: Record<string, number> = {}
  let gatewayKills = 0
  for (let round = 1; round <= options.rounds; round++) {
    if (random() < IN_FULL_WORK) {
      const target = progress.accepted + 1 + random() * MOST_MAILS_BETWEEN
      await until('mails are accepted again', SETTLE_MS, () => progress.accepted >= target)
    }
    await delay(MIN_LIFE_MS + random() * LONGEST_WAIT_MS)
    const drawn = VICTIMS[Math.floor(random() * VICTIMS.length)]!
    const victim = drawn === 'gateway' && gatewayKills >= MOST_GATEWAY_KILLS_IN_A_ROW ? 'supervisor' : drawn
    const pid = await pidOf(sekisho, victim, random)
    end(pid, 'SIGKILL')
    kills[victim] = (kills[victim] ?? 0) + 1
    options.say?.(`round ${round}: ${victim} ${pid}`)
    gatewayKills = victim === 'gateway' ? gatewayKills + 1 : victim === 'supervisor' ? 0 : gatewayKills
    if (victim === 'supervisor') await sekisho.start()
  }
  return kills
}

/**
 * For the supervisor: half of the time everything below it is killed as well, as a service manager does with a whole
 * group; otherwise the others must end by themselves, and with what they have in hand.
 */
async function pidOf(sekisho: Sekisho, victim: Victim, random: () => number): Promise<number> {
  if (victim !== 'supervisor') {
    let found: number[] = []
    await until(`a ${victim} process`, SETTLE_MS, () => {
      found = sekisho.processes().filter(({ role }) => role === victim).map(({ pid }) => pid)
      return found.length > 0
    })
    return found[Math.floor(random() * found.length)]!
  }
  const others = sekisho.processes().filter(({ role }) => role !== 'supervisor')
  const supervisor = sekisho.pid
  if (random() < 0.5) sekisho.killAll()
  else end(supervisor, 'SIGKILL')
  await until('the processes of a killed supervisor have ended', ORPHANS_MS, () => others.every(({ pid }) => !isAlive(pid)) && !sekisho.running).catch(error => {
    for (const { pid } of others) end(pid, 'SIGKILL')
    throw error
  })
  return supervisor
}

async function judge(sekisho: Sekisho, { accepted, replyLost, refusals }: LoadReport): Promise<Omit<Kill9Report, 'kills'>> {
  const arrived = new Map<string, number>()
  const broken: string[] = []
  for (const [name, raw] of sekisho.delivered()) {
    const { token, problems } = await inspect(raw, '\r\n')
    arrived.set(token, (arrived.get(token) ?? 0) + 1)
    if (problems.length > 0 || token === '') broken.push(`${name} ${token}: ${problems.join(', ')}`)
  }
  const copies = Object.fromEntries([...arrived].filter(([, count]) => count > 1))
  return {
    accepted: accepted.size,
    replyLost: replyLost.size,
    refusals: Object.fromEntries(refusals),
    delivered: arrived.size,
    lost: [...accepted].filter(token => !arrived.has(token)),
    copies,
    unmarked: await withoutMark(sekisho, Object.keys(copies)),
    broken,
    auditOk: (await sekisho.ask<{ ok: boolean }>('audit', 'verify')).ok,
    openedOriginals: await openOriginals(sekisho),
    leftovers: leftoversOf(sekisho),
  }
}

/** A second copy is marked when the mail log has a `duplicate` line for its queue id. */
async function withoutMark(sekisho: Sekisho, tokens: readonly string[]): Promise<string[]> {
  if (tokens.length === 0) return []
  const rows = await sekisho.ask<{ queueId: string; subject: string }[]>('quarantine', 'list', '--all', '--limit', '100000')
  const marked = new Set(sekisho.log().split('\n').filter(line => line.includes('duplicate')).flatMap(line => line.match(/[0-9A-HJKMNP-TV-Z]{26}/g) ?? []))
  return tokens.filter(token => !rows.some(row => row.subject.includes(token) && marked.has(row.queueId)))
}

async function openOriginals(sekisho: Sekisho): Promise<number> {
  const rows = await sekisho.ask<{ queueId: string; bytes: number }[]>('quarantine', 'list', '--all', '--limit', '100000')
  const step = Math.max(1, Math.floor(rows.length / ORIGINALS_OPENED))
  let opened = 0
  for (let index = 0; index < rows.length; index += step) {
    const { queueId, bytes } = rows[index]!
    const file = join(sekisho.folder, `${queueId}.age`)
    await sekisho.cli('quarantine', 'export', queueId, '--reason', 'check', '--out', file)
    const plain = execFileSync('age', ['-d', '-i', join(sekisho.dataDir, 'vault/identities/default.txt'), file], { maxBuffer: 1e8 })
    if (plain.length !== bytes) throw new Error(`original of ${queueId}: ${plain.length} octets instead of ${bytes}`)
    opened++
  }
  return opened
}

/** Files that nobody will finish: what arrived half before a kill must not stay. */
function leftoversOf(sekisho: Sekisho): string[] {
  const folders = ['mail/incoming', 'mail/outgoing']
  return folders.flatMap(folder => {
    try {
      return readdirSync(join(sekisho.dataDir, folder)).map(name => `${folder}/${name}`)
    } catch {
      return []
    }
  })
}


/** mulberry32: the same seed, the same victims; the moments still depend on the machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What is wrong, in words; empty when every promise was kept. */
export function complaints(report: Kill9Report): string[] {
  return [
    ...report.lost.map(token => `${token} got 250 and did not arrive`),
    ...report.broken.map(text => `not whole: ${text}`),
    ...Object.entries(report.copies).filter(([, count]) => count > 2).map(([token, count]) => `${token} arrived ${count} times`),
    ...report.unmarked.map(token => `${token} arrived twice and nothing says so`),
    ...report.leftovers.map(path => `left behind: ${path}`),
    ...(report.auditOk ? [] : ['the audit chain is broken']),
    ...(report.openedOriginals > 0 ? [] : ['no original could be opened']),
  ]
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, connections: { type: 'string', default: '6' }, seed: { type: 'string' } } })
  const seed = Number(values.seed ?? randomInt(2 ** 31))
  process.stdout.write(`seed ${seed}\n`)
  const report = await kill9({ rounds: Number(values.rounds), connections: Number(values.connections), seed, say: text => process.stdout.write(`${text}\n`) })
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  const wrong = complaints(report)
  process.stdout.write(wrong.length === 0 ? 'every promise was kept\n' : `${wrong.join('\n')}\n`)
  process.exitCode = wrong.length === 0 ? 0 : 1
}
