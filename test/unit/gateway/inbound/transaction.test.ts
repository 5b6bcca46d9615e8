import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Unsealer } from '../../../../core/seal/age.ts'
import { createTransaction, type TransactionDeps } from '../../../../gateway/inbound/transaction.ts'
import { StoreBroken, StoreFull } from '../../../../store/contract.ts'
import type { WorkResult } from '../../../../workers/contract.ts'
import { composed, done, type FakeStore, type FakeWorkshop, fakeDeps, fakeStore, fakeWorkshop, IDENTITY, type RecordedEvent } from './fakes.ts'
import { Client, STRANGERS_ONLY, startTestListener, type TestListener, until } from './support.ts'

let folder: string
let workshop: FakeWorkshop
let store: FakeStore
let events: RecordedEvent[]
let running: TestListener | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inbound-transaction-'))
  workshop = fakeWorkshop()
  store = fakeStore(folder)
  events = []
})
afterEach(async () => {
  await running?.listener.close(50)
  running = undefined
  rmSync(folder, { recursive: true })
})

async function start(choice: Parameters<typeof startTestListener>[0] = {}, overrides: Partial<TransactionDeps> = {}): Promise<TestListener> {
  const { recipientCheck } = await import('../../../../gateway/inbound/recipients.ts')
  const checkRecipient = recipientCheck({ domains: ['inside.example', 'other.example'] })
  running = await startTestListener({ checkRecipient, ...choice }, createTransaction(fakeDeps({ workshop, store }, events, overrides)))
  return running
}

const named = (name: string) => events.filter(([event]) => event === name)
const SMALL = 'Subject: x\r\n\r\nhello\r\n'
const LARGE = `Subject: x\r\n\r\n${`${'x'.repeat(98)}\r\n`.repeat(10_000)}`

async function deliver(client: Client, message = SMALL, to = 'b@inside.example'): Promise<string> {
  await client.startData(to)
  client.send(message)
  return await client.say('.')
}

describe('a small message', () => {
  test('is judged whole, committed with everything that is known of it, and offered to the relay', async () => {
    const { port } = await start()
    const client = await Client.greeted(port)
    const reply = await deliver(client)
    expect(reply).toBe(`250 2.0.0 queued as ${store.committed[0]?.queueId}`)
    expect(store.committed[0]).toMatchObject({
      clientAddress: '127.0.0.1',
      helo: 'client.example',
      reversePath: 'a@client.example',
      dsnAllowed: false,
      rawBytes: SMALL.length,
      rawSha256: createHash('sha256').update(SMALL).digest('hex'),
      original: { headers: [], payload: { kind: 'plain', bytes: Buffer.from(SMALL) } },
      groups: [{ tenant: 'default', recipients: ['b@inside.example'], route: 'inward', direction: 'inward', checkCode: expect.stringMatching(/^\d{4}$/) }],
    })
    expect(workshop.jobs[0]).toMatchObject({
      queueId: store.committed[0]?.queueId,
      hostname: 'gate.example',
      session: { clientAddress: '127.0.0.1', listedUpstream: true, trustedAuthservIds: ['mx.cloud.example'] },
      spf: undefined,
      authenticate: [],
      receivedDate: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/),
      groups: [{ notice: { url: expect.stringMatching(/\/m\/[0-9A-Z]{10}$/), checkCode: store.committed[0]?.groups[0]?.checkCode } }],
    })
    expect(named('offer')).toEqual([['offer', expect.objectContaining({ groupId: '1' }), store.committed[0]?.groups[0]?.message]])
    expect(events.map(([name]) => name)).toEqual(['received', 'judged', 'accepted', 'offer'])
    expect(readdirSync(folder)).toEqual([])
  })

  test('of a stranger is checked with SPF, and only a pass may get a DSN', async () => {
    let result = 'pass'
    const { port } = await start(STRANGERS_ONLY, { spf: async () => ({ result, domain: 'client.example' }) })
    const client = await Client.greeted(port)
    await deliver(client)
    result = 'softfail'
    await deliver(client)
    expect(workshop.jobs.map(({ spf, authenticate }) => [spf?.result, authenticate])).toEqual([['pass', ['dkim', 'dmarc']], ['softfail', ['dkim', 'dmarc']]])
    expect(store.committed.map(({ dsnAllowed }) => dsnAllowed)).toEqual([true, false])
  })

  test.each([
    ['a reverse-path that a check vouches for', true, {}, true],
    ['a reverse-path that none vouches for', false, {}, false],
    ['one that none vouches for, where settings allow any', false, { dsnToUnauthenticated: true }, true],
  ])('%s may get a DSN: %s', async (_name, reversePathConfirmed, overrides, allowed) => {
    workshop.settle = (_job, work) => (work.kind === 'done' ? { ...work, result: { ...work.result, reversePathConfirmed } } : work)
    const { port } = await start({}, overrides)
    await deliver(await Client.greeted(port))
    expect(store.committed[0]?.dsnAllowed).toBe(allowed)
  })

  test('for several policies and tenants is one commit with a group for each', async () => {
    const { port } = await start()
    const client = await Client.greeted(port)
    await client.say('MAIL FROM:<>')
    for (const to of ['b@inside.example', 'boss@inside.example', 'c@inside.example', 'b@other.example']) await client.say(`RCPT TO:<${to}>`)
    await client.say('DATA')
    await client.say(`${SMALL}.`)
    expect(store.committed).toHaveLength(1)
    const groups = store.committed[0]!.groups
    expect(groups.map(({ tenant, recipients }) => [tenant, recipients])).toEqual([
      ['default', ['b@inside.example', 'c@inside.example']],
      ['default', ['boss@inside.example']],
      ['other', ['b@other.example']],
    ])
    expect(new Set(groups.map(({ publicId }) => publicId)).size).toBe(3)
    expect(new Set(groups.map(({ checkCode }) => checkCode)).size).toBe(1)
    expect(store.committed[0]?.dsnAllowed).toBe(false)
    expect(named('offer')).toHaveLength(3)
  })
})

test('the highest class of all recipients of a town decides how long its original is kept, with what sender and subject say', async () => {
  const { port } = await start({}, { retentionFor: (tenant, ofPeople, { reversePath, subject }) => [tenant, ofPeople ?? 'none', reversePath, subject].join(' ') })
  const client = await Client.greeted(port)
  await client.say('MAIL FROM:<a@client.example>')
  for (const to of ['b@inside.example', 'boss@inside.example', 'secret@inside.example', 'b@other.example']) await client.say(`RCPT TO:<${to}>`)
  await client.say('DATA')
  await client.say(`${SMALL}.`)
  const { groups, summary } = store.committed[0]!
  expect(groups.map(({ tenant, retentionClass }) => [tenant, retentionClass])).toEqual([
    ['default', `default 3 a@client.example ${summary.subject}`],
    ['default', `default 3 a@client.example ${summary.subject}`],
    ['other', `other none a@client.example ${summary.subject}`],
  ])
})

describe('an ARC set', () => {
  const sealedWith = (fields: string) => async (message: Uint8Array) => Buffer.concat([Buffer.from(fields), message])

  test('is in what is committed and in what is offered', async () => {
    const { port } = await start({}, { seal: sealedWith('ARC-Seal: i=1\r\n') })
    expect(await deliver(await Client.greeted(port))).toMatch(/^250 /)
    const message = Buffer.from(store.committed[0]!.groups[0]!.message).toString()
    expect(message).toMatch(/^ARC-Seal: i=1\r\nReceived: /)
    expect(named('offer')[0]?.[2]).toBe(store.committed[0]!.groups[0]!.message)
  })

  test.each([
    ['that is not canonical', sealedWith('ARC-Seal: i=1\n')],
    ['that cannot be made', () => Promise.reject(new Error('no key'))],
  ])('%s is left out, with an alarm', async (_name, seal) => {
    const { port } = await start({}, { seal })
    expect(await deliver(await Client.greeted(port))).toMatch(/^250 /)
    expect(Buffer.from(store.committed[0]!.groups[0]!.message).toString()).toMatch(/^Received: /)
    expect(named('alarm')).toEqual([['alarm', 'arc', expect.any(String)]])
  })
})

describe('a large message', () => {
  test('is sealed to disk while it arrives, can be read again, and is a plain age file for its tenant', async () => {
    const { port } = await start()
    const client = await Client.greeted(port)
    let onDisk = Buffer.alloc(0)
    store.beforeCommit = () => {
      onDisk = readFileSync(join(folder, readdirSync(folder)[0]!))
    }
    expect(await deliver(client, LARGE)).toMatch(/^250 /)
    expect(workshop.seen[0]?.equals(Buffer.from(LARGE))).toBe(true)
    expect(workshop.replayed[0]?.equals(Buffer.from(LARGE))).toBe(true)
    const { original, rawSha256 } = store.committed[0]!
    expect(rawSha256).toBe(createHash('sha256').update(LARGE).digest('hex'))
    expect(original?.payload).toEqual({ kind: 'file', tempPath: expect.stringContaining(folder), bytes: onDisk.length })
    expect(onDisk.includes('xxxxxxxx')).toBe(false)
    const unsealer = new Unsealer([IDENTITY])
    const plain = [...unsealer.push(original!.headers[0]!.ageHeader), ...unsealer.push(onDisk), ...unsealer.end()]
    expect(Buffer.concat(plain).equals(Buffer.from(LARGE))).toBe(true)
  })

  test('that is slow is treated as large, however small', async () => {
    const { port } = await start({}, { small: { bytes: 1000, waitMs: 10 } })
    const client = await Client.greeted(port)
    await client.startData()
    client.send('Subject: x\r\n')
    await until(() => readdirSync(folder).length > 0)
    expect(await client.say('\r\nhello\r\n.')).toMatch(/^250 /)
    expect(store.committed[0]?.original?.payload.kind).toBe('file')
  })

  test('that cannot be written to disk is 451, and the next one is taken', async () => {
    const { port } = await start({}, { store: { ...store, incomingPath: () => join(folder, 'missing', 'file') } })
    const client = await Client.greeted(port)
    expect(await deliver(client, LARGE)).toMatch(/^451 4\.3\.0 /)
    expect(await deliver(client, SMALL)).toMatch(/^250 /)
  })
})

describe('what is answered when the message does not go through', () => {
  const cases: [string, (job: Parameters<FakeWorkshop['settle']>[0]) => WorkResult, string, string][] = [
    ['busy', () => ({ kind: 'busy' }), '451 4.3.2 busy, try again later', '451 4.3.2 busy, try again later'],
    ['sick', () => ({ kind: 'sick', reason: 'canary' }), '451 4.3.0 local error, try again later', '451 4.3.0 local error, try again later'],
    ['too many hops', job => withSummary(job, { receivedCount: 51 }), '554 5.4.6 mail loop detected', '554 5.4.6 mail loop detected'],
    ['our own mark', job => withSummary(job, { loopMarks: [job.loopMark] }), '554 5.4.6 mail loop detected', '554 5.4.6 mail loop detected'],
    ['a reject verdict', job => done(job, { kind: 'reject', reply: 'contentRefused', rule: 'r' }), '451 4.3.0 local error, try again later', '554 5.7.1 content refused by policy'],
    ['a group is missing', job => withGroups(job, () => []), '451 4.3.0 local error, try again later', '451 4.3.0 local error, try again later'],
    ['a bare LF in what was composed', job => withGroups(job, g => [{ ...g, message: Buffer.concat([g.message, Buffer.from('x\n')]) }]), '451 4.3.0 local error, try again later', '451 4.3.0 local error, try again later'],
    ['another queue id in the manifest', job => withGroups(job, g => [{ ...g, manifest: { ...g.manifest, queueId: 'OTHER' as never } }]), '451 4.3.0 local error, try again later', '451 4.3.0 local error, try again later'],
    ['another queue id in Received', job => withGroups(job, g => [{ ...g, message: composed({ ...job, queueId: 'OTHER' as never }, '1').message }]), '451 4.3.0 local error, try again later', '451 4.3.0 local error, try again later'],
  ]

  function withSummary(job: Parameters<FakeWorkshop['settle']>[0], summary: object): WorkResult {
    const work = done(job)
    return { ...work, result: { ...work.result, summary: { ...work.result.summary, ...summary } } }
  }

  function withGroups(job: Parameters<FakeWorkshop['settle']>[0], change: (group: ReturnType<typeof composed>) => ReturnType<typeof composed>[]): WorkResult {
    const work = done(job)
    return { ...work, result: { ...work.result, groups: work.result.groups.flatMap(change) } }
  }

  test.each(cases.flatMap(given => [SMALL, LARGE].map(message => [...given, message] as const)))('%s', async (_name, settle, upstream, stranger, message) => {
    workshop.settle = settle
    for (const [choice, want] of [[{}, upstream], [STRANGERS_ONLY, stranger]] as const) {
      const { port, listener } = await start(choice)
      expect(await deliver(await Client.greeted(port), message)).toBe(want)
      expect(store.committed).toEqual([])
      expect(named('ended')).toHaveLength(choice === STRANGERS_ONLY ? 2 : 1)
      expect(readdirSync(folder)).toEqual([])
      await listener.close(10)
    }
  })

  test('the store is full: 452', async () => {
    store.beforeCommit = () => {
      throw new StoreFull('quota')
    }
    const { port } = await start()
    expect(await deliver(await Client.greeted(port))).toBe('452 4.3.1 insufficient storage, try again later')
  })

  test('the store is broken: 451, and the process is told to end', async () => {
    store.beforeCommit = () => {
      throw new StoreBroken('fsync failed')
    }
    const { port } = await start()
    expect(await deliver(await Client.greeted(port), LARGE)).toBe('451 4.3.0 local error, try again later')
    expect(named('broken')).toHaveLength(1)
    expect(named('offer')).toHaveLength(0)
  })

  test('too large: the transaction lets go at once', async () => {
    const { port } = await start({ limits: { messageBytes: 600_000 } })
    const client = await Client.greeted(port)
    await client.startData()
    client.send(LARGE.slice(0, 400_000))
    await until(() => readdirSync(folder).length === 1)
    client.send(LARGE.slice(400_000))
    expect(await client.say('.')).toBe('552 5.3.4 message too big')
    await until(() => readdirSync(folder).length === 0)
    expect(workshop.aborts).toBeGreaterThan(0)
    expect(store.committed).toEqual([])
  })
})

describe('a client that leaves', () => {
  test.each([0.1, 0.5, 0.9])('in the middle of a large message (%f) leaves nothing', async share => {
    const { port, listener } = await start()
    const client = await Client.greeted(port)
    await client.startData()
    client.send(LARGE.slice(0, LARGE.length * share))
    await until(() => listener.bytesInFlight > 90_000)
    client.socket.resetAndDestroy()
    await until(() => named('ended').length === 1)
    expect(readdirSync(folder)).toEqual([])
    expect(store.committed).toEqual([])
    expect(listener.bytesInFlight).toBe(0)
  })

  test.each([['small', SMALL], ['large', LARGE]])('while its %s message is sanitized: nothing is kept', async (_name, message) => {
    let judged = () => {}
    workshop.settle = (_job, result) =>
      new Promise(resolve => {
        judged = () => resolve(result)
      })
    const { port, listener } = await start()
    const client = await Client.greeted(port)
    await client.startData()
    client.send(`${message}.\r\n`)
    await until(() => workshop.seen.length === 1)
    client.socket.end()
    await until(() => listener.connections === 0)
    judged()
    await until(() => named('ended').length === 1)
    expect(store.committed).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a lost 250', () => {
  test.each([['small', SMALL], ['large', LARGE]])('the same %s message again is not delivered twice; after that it would be a new one', async (_name, message) => {
    let commit = () => {}
    store.beforeCommit = () =>
      new Promise(resolve => {
        commit = resolve
      })
    const { port, listener } = await start()
    const first = await Client.greeted(port)
    await first.startData()
    first.send(`${message}.\r\n`)
    await until(() => named('judged').length === 1)
    await new Promise(resolve => setTimeout(resolve, 20))
    first.socket.end()
    await until(() => listener.connections === 0)
    commit()
    await until(() => named('replyLost').length === 1)
    expect(store.committed).toHaveLength(1)
    expect(store.confirmed).toEqual([])

    store.beforeCommit = () => undefined
    const again = await Client.greeted(port)
    expect(await deliver(again, message)).toBe(`250 2.0.0 queued as ${store.committed[0]?.queueId}`)
    expect(named('duplicate')).toHaveLength(1)
    expect(store.committed).toHaveLength(1)
    expect(named('offer')).toHaveLength(1)

    expect(await again.say('NOOP')).toMatch(/^250 /)
    expect(store.confirmed).toEqual([store.committed[0]?.queueId])
    await deliver(again, message)
    expect(store.committed).toHaveLength(2)
  })

  test('another envelope or another client is another message', async () => {
    const { port } = await start()
    const client = await Client.greeted(port)
    store.confirmReply = () => undefined
    await deliver(client)
    await deliver(client, SMALL, 'c@inside.example')
    await deliver(client, `${SMALL}more\r\n`)
    expect(new Set(store.committed.map(({ dedupKey }) => dedupKey)).size).toBe(3)
  })
})
