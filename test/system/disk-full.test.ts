/**
 * Full disks, on a small file system of our own under load: below `store.minFreeBytes`, really full because another
 * program took the rest, out of files, and the quota for originals used up. The client is told to come again, nothing
 * that got 250 is lost, and when there is room again mail flows without anybody's hand.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { inspect } from './support/arrived.ts'
import { type LoadReport, type Mail, sendAll } from './support/client.ts'
import { largeMail, mixedMails } from './support/mails.ts'
import { until } from './support/processes.ts'
import { scratchFolder, Sekisho } from './support/sekisho.ts'
import { SmallDisk } from './support/small-disk.ts'

const MIB = 2 ** 20
const FULL = '452 4.3.1 insufficient storage, try again later'
const ENOUGH = 1_000_000
const WAIT_MS = 60_000
const ALL = ['--sender', 'sender@example.com', '--limit', '100000']
/** All that a client may hear when the disk is full: each means that it keeps the message. */
const TEMPORARY = /^(?:452 4\.3\.1|451 4\.3\.0|421 4\.3\.2) /

let disk: SmallDisk | undefined
let sekisho: Sekisho | undefined
afterEach(async () => {
  await sekisho?.stop()
  disk?.unmount()
  if (sekisho) rmSync(sekisho.folder, { recursive: true, force: true })
  disk = undefined
  sekisho = undefined
})

type Store = { readonly minFreeBytes?: number | string; readonly quotaBytes?: string }

/** Everything but the delivered mail is on the small disk. */
async function startOn(size: { readonly bytes: number; readonly files: number }, store: Store, kind: 'tmpfs' | 'ext4' = 'tmpfs'): Promise<{ disk: SmallDisk; sekisho: Sekisho }> {
  const folder = scratchFolder('full')
  disk = kind === 'ext4' ? SmallDisk.mountExt4(join(folder, 'var'), join(folder, 'ext4.img'), size) : SmallDisk.mount(join(folder, 'var'), size)
  const routes = [{ name: 'inner', nextHops: [{ maildir: join(folder, 'maildir') }] }]
  sekisho = await Sekisho.start({ routes, store }, folder)
  return { disk, sekisho }
}

/** Clients that send until told to stop. */
function load(port: number, mails: Iterable<Mail>) {
  let over = false
  let accepted = 0
  const refusals = new Map<string, number>()
  const options = { port, connections: 4, stopped: () => over, onAccepted: () => accepted++, onRefused: (reply: string) => refusals.set(reply, (refusals.get(reply) ?? 0) + 1) }
  const done = sendAll(mails, options)
  return {
    refusals,
    get accepted() { return accepted },
    stop: (): Promise<LoadReport> => {
      over = true
      return done
    },
  }
}

function* largeMails(run: string, bytes: number): Generator<Mail> {
  for (let index = 0; index < ENOUGH; index++) {
    const token = `${run}-${String(index).padStart(6, '0')}`
    yield { token, bytes: largeMail(token, bytes) }
  }
}

/** The other program takes again what was given back: ext4 does so when it has written what it put off. */
async function keepFull(full: SmallDisk, forMs: number): Promise<void> {
  for (const endMs = Date.now() + forMs; Date.now() < endMs; await delay(50)) full.fill()
}

/** Accepted mails are there, whole, once (or marked); the chain and the database are sound, and nothing is left over. */
async function expectSound(gateway: Sekisho, { accepted }: LoadReport): Promise<void> {
  await gateway.queueEmpty(WAIT_MS)
  const counts = new Map<string, number>()
  for (const raw of gateway.delivered(join(gateway.folder, 'maildir/new')).values()) {
    const { token, problems } = await inspect(raw, '\r\n')
    expect(problems).toEqual([])
    counts.set(token, (counts.get(token) ?? 0) + 1)
  }
  expect([...accepted].filter(token => !counts.has(token))).toEqual([])
  const marks = gateway.log().split('\n').filter(line => line.includes(' duplicate ')).length
  expect([...counts.values()].filter(count => count > 1).length).toBeLessThanOrEqual(marks)
  expect(await gateway.ask<{ ok: boolean }>('audit', 'verify')).toMatchObject({ ok: true })
  await gateway.stop()
  const database = new DatabaseSync(join(gateway.dataDir, 'mail/mail.db'), { readOnly: true })
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  database.close()
}

test('below store.minFreeBytes: 452, the gateway runs on; after a purge mail flows again', async () => {
  const small = await startOn({ bytes: 64 * MIB, files: 20_000 }, { minFreeBytes: '24MiB' })
  const clients = load(small.sekisho.port, largeMails('NEAR', 2 * MIB))
  await until('452', WAIT_MS, () => (clients.refusals.get(FULL) ?? 0) > 20)
  expect([...clients.refusals.keys()]).toEqual([FULL])
  // The last look is a second old at most: what came meanwhile is what may be below the mark.
  expect(small.disk.freeBytes).toBeGreaterThan(4 * MIB)
  const before = clients.accepted
  await small.sekisho.cli('quarantine', 'purge', ...ALL, '--reason', 'room', '--yes')
  await until('accepted again', WAIT_MS, () => clients.accepted > before + 5)
  const report = await clients.stop()
  expect(small.sekisho.said).not.toContain('the gateway ended')
  await expectSound(small.sekisho, report)
})

test.for(['tmpfs', 'ext4'] as const)('really full (%s), twice, under load: temporary replies only; when there is room again everything is there', async kind => {
  const small = await startOn({ bytes: 96 * MIB, files: 20_000 }, { minFreeBytes: 0 }, kind)
  const clients = load(small.sekisho.port, mixedMails('FULL', ENOUGH, 2_000))
  for (let round = 0; round < 2; round++) {
    const before = clients.accepted
    await until('accepted', WAIT_MS, () => clients.accepted > before + 100)
    await keepFull(small.disk, 3_000)
    const whileFull = clients.accepted
    await keepFull(small.disk, 1_000)
    // ext4 gives blocks back at its journal's own pace: a few mails find room between two fillings.
    if (kind === 'tmpfs') expect(clients.accepted).toBe(whileFull)
    small.disk.free()
    await until('accepted again', WAIT_MS, () => clients.accepted > whileFull + 20)
  }
  const report = await clients.stop()
  process.stdout.write(`disk full: ${report.accepted.size} accepted, ${report.replyLost.size} replies lost, ${JSON.stringify(Object.fromEntries(report.refusals))}\n`)
  expect(report.refusals.size).toBeGreaterThan(0)
  expect([...report.refusals.keys()].filter(reply => !TEMPORARY.test(reply))).toEqual([])
  await expectSound(small.sekisho, report)
})

test('out of files: 452 before the last is used', async () => {
  const small = await startOn({ bytes: 512 * MIB, files: 800 }, { minFreeBytes: '1MiB' })
  const clients = load(small.sekisho.port, largeMails('FILES', 0.4 * MIB))
  await until('452', WAIT_MS, () => (clients.refusals.get(FULL) ?? 0) > 20)
  expect([...clients.refusals.keys()]).toEqual([FULL])
  expect(small.disk.freeFiles).toBeGreaterThan(100)
  await expectSound(small.sekisho, await clients.stop())
})

test('the quota for originals: an alarm at 80 %, 452 at 100 %, mail again after a purge', async () => {
  const small = await startOn({ bytes: 256 * MIB, files: 20_000 }, { minFreeBytes: '1MiB', quotaBytes: '20MiB' })
  const clients = load(small.sekisho.port, largeMails('QUOTA', MIB))
  await until('452', WAIT_MS, () => (clients.refusals.get(FULL) ?? 0) > 20)
  expect([...clients.refusals.keys()]).toEqual([FULL])
  await until('the alarm', WAIT_MS, () => /alarm .*quota/.test(small.sekisho.log()))
  expect(small.sekisho.said).toMatch(/alarm quota: originals use \d+ %/)
  const { bytes } = await small.sekisho.ask<{ bytes: number }>('quarantine', 'purge', ...ALL, '--reason', 'room')
  expect(bytes).toBeGreaterThan(16 * MIB)
  expect(bytes).toBeLessThanOrEqual(20 * MIB)
  const before = clients.accepted
  await small.sekisho.cli('quarantine', 'purge', ...ALL, '--reason', 'room', '--yes')
  await until('accepted again', WAIT_MS, () => clients.accepted > before)
  await expectSound(small.sekisho, await clients.stop())
})
