import { afterEach, describe, expect, test } from 'vitest'
import type { Mailbox } from '../../../../core/smtp/envelope.ts'
import { StoreBroken } from '../../../../store/contract.ts'
import { hopLabel } from '../../../../gateway/outbound/routes.ts'
import { FAST_POOL, inward, MESSAGE, OTHER, outward, type Rig, rig, smtpHop, STAFF, START_MS, THIRD, until } from './relay-rig.ts'
import { type Behaviour, type Sink, startSink } from './smtp-sink.ts'

const HOUR_MS = 3_600_000
let rigs: Rig[] = []
let sinks: Sink[] = []

afterEach(async () => {
  await Promise.all(rigs.map(one => one.stop()))
  await Promise.all(sinks.map(sink => sink.close()))
  rigs = []
  sinks = []
})

async function sinkThat(behaviour: Behaviour = {}): Promise<Sink> {
  const sink = await startSink(behaviour)
  sinks.push(sink)
  return sink
}

function rigOn(...args: Parameters<typeof rig>): Rig {
  const made = rig(...args)
  rigs.push(made)
  return made
}

/** Runs one entry through one hop that behaves so, and says what became of it. */
async function through(behaviour: Behaviour, entry: Partial<Parameters<Rig['store']['add']>[0]> = {}, message: Uint8Array = MESSAGE) {
  const sink = await sinkThat(behaviour)
  const one = rigOn([inward(smtpHop(sink.port))])
  const queued = one.store.add({ recipients: [STAFF], acceptedAtMs: START_MS, ...entry }, message)
  void one.relay.run()
  await until(() => one.store.settlements.length >= queued.recipients.length, 'settlements')
  return { ...one, sink, queued, settlement: one.store.settlements[0]! }
}

/** Each mail when the one before it has been delivered. */
async function deliverOneByOne({ relay, store, said }: Pick<Rig, 'relay' | 'store' | 'said'>, count: number): Promise<void> {
  void relay.run()
  for (let i = 1; i <= count; i++) {
    store.add({ recipients: [STAFF] }, MESSAGE)
    relay.wake()
    await until(() => said.delivered.length === i)
  }
}

describe('the hop decides what becomes of a recipient', () => {
  test.for([
    { name: 'accepted', behaviour: {}, kind: 'delivered' },
    { name: 'slow, then accepted', behaviour: { delayMs: 30 }, kind: 'delivered' },
    { name: '4xx to MAIL', behaviour: { mail: '451 4.7.1 later' }, kind: 'scheduled' },
    { name: '5xx to MAIL', behaviour: { mail: '550 5.7.1 no' }, kind: 'failed' },
    { name: '4xx to RCPT', behaviour: { rcpt: () => '450 4.2.1 later' }, kind: 'scheduled' },
    { name: '5xx to RCPT', behaviour: { rcpt: () => '550 5.1.1 unknown' }, kind: 'failed' },
    { name: '4xx to DATA', behaviour: { data: '452 4.3.1 full' }, kind: 'scheduled' },
    { name: '5xx to end-of-data', behaviour: { end: '554 5.6.0 no' }, kind: 'failed' },
    { name: '4xx to end-of-data', behaviour: { end: '451 4.3.0 later' }, kind: 'scheduled' },
    { name: 'rubbish to end-of-data', behaviour: { end: 'what?' }, kind: 'scheduled' },
    { name: '421 at greeting', behaviour: { greeting: '421 4.3.2 busy' }, kind: 'scheduled' },
    { name: '554 at greeting', behaviour: { greeting: '554 5.7.1 not you' }, kind: 'scheduled' },
    { name: 'dropped mid-DATA', behaviour: { dropAfterOctets: 5 }, kind: 'scheduled' },
    { name: 'dropped before the reply to end-of-data', behaviour: { dropAtEnd: true }, kind: 'scheduled' },
    { name: 'message above SIZE', behaviour: { extensions: ['SIZE 10'] }, kind: 'failed' },
  ])('$name → $kind', async ({ behaviour, kind }) => {
    const { settlement } = await through(behaviour)
    expect(settlement.state.kind).toBe(kind)
  })

  test('each RCPT reply counts for its own recipient', async () => {
    const replies: Record<string, string> = { [STAFF]: '250 ok', [OTHER]: '550 5.1.1 unknown', [THIRD]: '450 4.2.2 full' }
    const { store, queued, said } = await through({ rcpt: to => replies[to]! }, { recipients: [STAFF, OTHER, THIRD] })
    expect([STAFF, OTHER, THIRD].map(to => store.state(queued, to)?.kind)).toEqual(['delivered', 'failed', 'scheduled'])
    expect(store.state(queued, OTHER)).toMatchObject({ status: '5.1.1', reply: '550 5.1.1 unknown' })
    await until(() => said.deferred.length === 1)
    expect([said.delivered[0]?.recipient, said.failed[0]?.recipient, said.deferred[0]?.recipient]).toEqual([STAFF, OTHER, THIRD])
  })

  test('a non-ASCII mailbox fails with 5.6.7 at a hop without SMTPUTF8, the others go', async () => {
    const utf8 = '職員@town.example.jp' as Mailbox
    const { store, queued } = await through({}, { recipients: [utf8, STAFF] })
    expect(store.state(queued, utf8)).toMatchObject({ kind: 'failed', status: '5.6.7' })
    expect(store.state(queued, STAFF)?.kind).toBe('delivered')
  })

  test('a non-ASCII mailbox goes to a hop with SMTPUTF8, and says so', async () => {
    const utf8 = '職員@town.example.jp' as Mailbox
    const { store, queued, sink } = await through({ extensions: ['SMTPUTF8', 'PIPELINING'] }, { recipients: [utf8] })
    expect(store.state(queued, utf8)?.kind).toBe('delivered')
    expect(sink.commands).toContainEqual(expect.stringMatching(/^MAIL FROM:<.*> SMTPUTF8/))
    expect(sink.received[0]?.recipients).toEqual([utf8])
  })

  test('the null reverse-path is sent as <>', async () => {
    const { sink } = await through({}, { reversePath: null })
    expect(sink.received[0]?.from).toBe('<>')
  })
})

describe('possible duplicates are recorded', () => {
  test.for([
    { name: 'the reply to end-of-data was lost', behaviour: { dropAtEnd: true }, entry: {}, want: true },
    { name: 'delivered after an attempt that a crash cut short', behaviour: {}, entry: { mayBeDuplicate: true }, want: true },
    { name: 'deferred after such an attempt', behaviour: { mail: '451 4.3.0 no' }, entry: { mayBeDuplicate: true }, want: false },
    { name: 'delivered', behaviour: {}, entry: {}, want: false },
  ])('$name → $want', async ({ behaviour, entry, want }) => {
    expect((await through(behaviour, entry)).settlement.possibleDuplicate).toBe(want)
  })

  test('a large message dropped in the middle was not taken', async () => {
    const large = Buffer.from(`A: b\r\n\r\n${'x'.repeat(70).concat('\r\n').repeat(400_000)}`)
    const { settlement } = await through({ dropAfterOctets: 100_000 }, {}, large)
    expect(settlement).toMatchObject({ possibleDuplicate: false, state: { kind: 'scheduled' } })
  })
})

describe('fail-over: the next hop is tried when one cannot be reached or says 421', () => {
  test.for([
    { name: 'down', behaviour: 'down' },
    { name: '421 at greeting', behaviour: { greeting: '421 4.3.2 busy' } },
    { name: '554 at greeting', behaviour: { greeting: '554 no' } },
    { name: '421 to MAIL', behaviour: { mail: '421 4.3.2 closing' } },
    { name: '421 to RCPT', behaviour: { rcpt: () => '421 4.3.2 closing' } },
    { name: '421 to DATA', behaviour: { data: '421 4.3.2 closing' } },
    { name: 'without the TLS that we require', behaviour: {}, tls: 'required' as const },
  ])('first hop $name → delivered by the second', async ({ behaviour, tls }) => {
    const first = await sinkThat(behaviour === 'down' ? {} : (behaviour as Behaviour))
    if (behaviour === 'down') await sinks.pop()!.close()
    const second = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(first.port, tls ? { tls } : {}), smtpHop(second.port))])
    store.add({ recipients: [STAFF, OTHER] }, MESSAGE)
    void relay.run()
    await until(() => said.delivered.length === 2, 'delivery')
    expect(second.received).toHaveLength(1)
    expect(first.received).toHaveLength(0)
    expect(said.delivered[0]?.nextHop).toBe(hopLabel(smtpHop(second.port)))
  })

  test.for([
    { name: 'a plain 4xx', behaviour: { mail: '451 4.7.1 later' } },
    { name: 'a 5xx', behaviour: { mail: '550 5.7.1 no' } },
    { name: 'a lost reply to end-of-data', behaviour: { dropAtEnd: true } },
  ])('$name is an answer: the second hop is not asked', async ({ behaviour }) => {
    const first = await sinkThat(behaviour)
    const second = await sinkThat()
    const { relay, store } = rigOn([inward(smtpHop(first.port), smtpHop(second.port))])
    store.add({ recipients: [STAFF] }, MESSAGE)
    void relay.run()
    await until(() => store.settlements.length === 1)
    expect(second.connections).toBe(0)
  })

  test('a 421 in the middle of RCPT: those with an answer keep it, the others go to the next hop', async () => {
    const first = await sinkThat({ rcpt: to => (to === STAFF ? '550 5.1.1 no' : '421 4.3.2 closing') })
    const second = await sinkThat()
    const { relay, store } = rigOn([inward(smtpHop(first.port), smtpHop(second.port))])
    const queued = store.add({ recipients: [STAFF, OTHER, THIRD] }, MESSAGE)
    void relay.run()
    await until(() => store.settlements.length === 3)
    expect([STAFF, OTHER, THIRD].map(to => store.state(queued, to)?.kind)).toEqual(['failed', 'delivered', 'delivered'])
    expect(second.received.map(({ recipients }) => recipients)).toEqual([[OTHER, THIRD]])
  })

  test('all hops down: deferred by the schedule, delivered when one is back', async () => {
    const sink = await sinkThat()
    sink.behaviour = { greeting: '421 4.3.2 not yet' }
    const { relay, store, said, clock } = rigOn([inward(smtpHop(sink.port))])
    const queued = store.add({ recipients: [STAFF], acceptedAtMs: START_MS }, MESSAGE)
    void relay.run()
    await until(() => said.deferred.length === 1)
    expect(store.state(queued, STAFF)).toMatchObject({ kind: 'scheduled', dueAtMs: START_MS + 120_000, attempts: 1 })
    sink.behaviour = {}
    await new Promise(resolve => setTimeout(resolve, FAST_POOL.longestBackOffMs + 10))
    clock.nowMs += 120_000
    await until(() => said.delivered.length === 1 || said.deferred.length > 1)
    expect(said.delivered[0]?.attempt).toBe(2)
  })
})

describe('time runs out', () => {
  test('a recipient that is deferred past the limit fails with 5.4.7', async () => {
    const { store, queued } = await through({ mail: '451 4.7.1 later' }, { acceptedAtMs: START_MS - 5 * 24 * HOUR_MS })
    expect(store.state(queued, STAFF)).toMatchObject({ kind: 'failed', status: '5.4.7', reply: expect.stringContaining('451 4.7.1 later') })
  })

  test('one that is delivered past the limit is delivered', async () => {
    const { settlement } = await through({}, { acceptedAtMs: START_MS - 6 * 24 * HOUR_MS })
    expect(settlement.state.kind).toBe('delivered')
  })
})

describe('connections are reused', () => {
  test('twenty messages over one connection', async () => {
    const sink = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port, { maxConnections: 1 }))])
    for (let i = 0; i < 20; i++) store.add({ recipients: [STAFF] }, MESSAGE)
    void relay.run()
    await until(() => said.delivered.length === 20)
    expect(sink.connections).toBe(1)
  })

  test('never more than maxTransactions on one', async () => {
    const sink = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port, { maxConnections: 1 }))], { limits: { pool: { ...FAST_POOL, maxTransactions: 5 } } })
    for (let i = 0; i < 20; i++) store.add({ recipients: [STAFF] }, MESSAGE)
    void relay.run()
    await until(() => said.delivered.length === 20)
    expect(sink.connections).toBe(4)
  })

  test('one that the hop closed meanwhile costs nothing', async () => {
    const sink = await sinkThat({ dropAfterTransactions: 1 })
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port, { maxConnections: 1 }))])
    await deliverOneByOne({ relay, store, said }, 3)
    expect(said.deferred).toEqual([])
    expect(sink.connections).toBe(3)
  })

  test('one that was closed when envelope and message had left together: delivered once more, and said to be in doubt', async () => {
    const sink = await sinkThat({ extensions: ['PIPELINING', 'CHUNKING'], dropAfterTransactions: 1 })
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port, { maxConnections: 1 }))])
    await deliverOneByOne({ relay, store, said }, 2)
    expect(said.deferred).toEqual([])
    expect(store.settlements.map(({ possibleDuplicate }) => possibleDuplicate)).toEqual([false, true])
    expect([sink.connections, sink.received.length]).toEqual([2, 2])
  })

  test('one that says 421 after each mail costs nothing either', async () => {
    const sink = await sinkThat({ closingAtTransaction: 1 })
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))])
    for (let i = 0; i < 5; i++) store.add({ recipients: [STAFF] }, MESSAGE)
    void relay.run()
    await until(() => said.delivered.length === 5)
    expect(sink.received).toHaveLength(5)
    expect(said.deferred).toHaveLength(0)
  })

  test('fewer than we would open, where the hop allows no more', async () => {
    const sink = await sinkThat({ mostConnections: 2, delayMs: 5 })
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port, { maxConnections: 8 }))])
    for (let i = 0; i < 40; i++) store.add({ recipients: [STAFF] }, MESSAGE)
    void relay.run()
    await until(() => said.delivered.length === 40)
    expect(sink.connections).toBeGreaterThan(2)
    expect([said.deferred, sink.received.length]).toEqual([[], 40])
  })

  test('an idle one is closed after idleMs', async () => {
    const sink = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))], { limits: { pool: { ...FAST_POOL, idleMs: 40 } } })
    store.add({ recipients: [STAFF] }, MESSAGE)
    void relay.run()
    await until(() => said.delivered.length === 1)
    await until(() => sink.commands.includes('QUIT') && relay.status().connections === 0, 'QUIT')
  })

  test('a transaction that never ends is dropped', async () => {
    const sink = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))], { limits: { pool: { ...FAST_POOL, transactionMs: 60, replyMs: 60_000, acquireMs: 5000 } } })
    void relay.run()
    store.add({ recipients: [STAFF] }, MESSAGE)
    await until(() => said.delivered.length === 1)
    sink.behaviour = { delayMs: 60_000 }
    store.add({ recipients: [STAFF] }, MESSAGE)
    await until(() => said.deferred.length === 1, 'deferral')
  })
})

describe('offer delivers from memory what has just been committed', () => {
  test('without reading the store', async () => {
    const sink = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))])
    store.failures.readMessage = new Error('must not be read')
    void relay.run()
    relay.offer(store.addClaimed({ recipients: [STAFF] }, MESSAGE), MESSAGE)
    await until(() => said.delivered.length === 1)
    expect(said.alarms).toEqual([])
  })

  test('beyond the room it has, through the store: bounded, each exactly once', async () => {
    const sink = await sinkThat({ delayMs: 2 })
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))], { limits: { maxInFlight: 4, maxWaiting: 5, maxOfferedBytes: 3 * MESSAGE.length } })
    void relay.run()
    for (let i = 0; i < 60; i++) relay.offer(store.addClaimed({ recipients: [STAFF] }, MESSAGE), MESSAGE)
    expect(relay.status().waiting).toBeLessThanOrEqual(5)
    await until(() => said.delivered.length === 60, 'all of them')
    expect(sink.received).toHaveLength(60)
  })
})

describe('emergency hold', () => {
  test('nothing begins while paused; everything goes after', async () => {
    const sink = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))])
    relay.pause()
    void relay.run()
    store.add({ recipients: [STAFF] }, MESSAGE)
    for (let i = 0; i < 15; i++) relay.offer(store.addClaimed({ recipients: [STAFF] }, MESSAGE), MESSAGE)
    await new Promise(resolve => setTimeout(resolve, 60))
    expect(sink.connections).toBe(0)
    relay.resume()
    await until(() => said.delivered.length === 16)
  })

  test('an entry that waits for a connection as the hold comes goes back untouched', async () => {
    const sink = await sinkThat({ delayMs: 40 })
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))])
    void relay.run()
    const queued = store.addClaimed({ recipients: [STAFF], attempts: 3 }, MESSAGE)
    relay.offer(queued, MESSAGE)
    await until(() => sink.connections === 1)
    relay.pause()
    await until(() => store.settlements.length === 1)
    expect(store.state(queued, STAFF)).toEqual({ kind: 'scheduled', dueAtMs: START_MS, attempts: 3, lastReply: '' })
    expect(sink.received).toEqual([])
    expect(said.deferred).toEqual([])
  })
})

describe('stopping', () => {
  test('what is in flight is finished, what waits goes back', async () => {
    const sink = await sinkThat({ delayMs: 15 })
    const { relay, store } = rigOn([inward(smtpHop(sink.port))], { limits: { maxInFlight: 3 } })
    const running = relay.run()
    const entries = Array.from({ length: 8 }, () => store.addClaimed({ recipients: [STAFF] }, MESSAGE))
    for (const entry of entries) relay.offer(entry, MESSAGE)
    await until(() => sink.connections === 3)
    await relay.close(2000)
    await running
    const kinds = entries.map(entry => store.state(entry, STAFF)?.kind)
    expect(kinds).toEqual(['delivered', 'delivered', 'delivered', ...Array(5).fill('scheduled')])
    expect([...store.rows.values()].some(row => row.claimed)).toBe(false)
  })

  test('after the grace, connections are dropped and their mail stays in the queue', async () => {
    const sink = await sinkThat()
    const { relay, store } = rigOn([inward(smtpHop(sink.port))])
    void relay.run()
    const first = store.addClaimed({ recipients: [STAFF] }, MESSAGE)
    relay.offer(first, MESSAGE)
    await until(() => store.settlements.length === 1)
    sink.behaviour = { delayMs: 60_000 }
    const second = store.addClaimed({ recipients: [STAFF] }, MESSAGE)
    relay.offer(second, MESSAGE)
    await relay.close(50)
    expect(store.state(second, STAFF)?.kind).toBe('scheduled')
    expect(store.rows.get(second.entryId)?.claimed).toBe(false)
  })
})

describe('failures of our own are temporary, and alarms', () => {
  test('a route that the settings no longer have', async () => {
    const { relay, store, said } = rigOn([inward(smtpHop(9))])
    const queued = store.add({ recipients: [STAFF], route: 'gone' }, MESSAGE)
    void relay.run()
    await until(() => said.deferred.length === 1)
    expect(store.state(queued, STAFF)).toMatchObject({ kind: 'scheduled', lastReply: expect.stringContaining('4.4.4') })
    expect(said.alarms[0]?.kind).toBe('unknown-route')
  })

  test.for([
    { name: 'bare LF', bytes: 'A: b\r\n\r\nx\n.\r\nMAIL FROM:<e@x.example>\r\n' },
    { name: 'bare CR', bytes: 'A: b\r\n\r\nx\r.\r\n' },
    { name: 'nothing at all', bytes: '' },
  ])('a stored message with $name never leaves', async ({ bytes }) => {
    const { sink, said, settlement } = await through({}, {}, Buffer.from(bytes))
    expect(settlement.state.kind).toBe('scheduled')
    expect(sink.received).toEqual([])
    await until(() => said.alarms.length === 1)
    expect(said.alarms[0]?.kind).toBe('message-damaged')
  })

  test('a message that cannot be read', async () => {
    const sink = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))])
    store.failures.readMessage = new Error('gone')
    store.add({ recipients: [STAFF] }, MESSAGE)
    void relay.run()
    await until(() => said.deferred.length === 1)
    expect(said.alarms[0]?.kind).toBe('message-unreadable')
  })

  test('a claim that fails is tried again', async () => {
    const sink = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))])
    store.failures.claimDue = new Error('busy')
    store.add({ recipients: [STAFF] }, MESSAGE)
    void relay.run()
    await until(() => said.alarms.length > 0)
    delete store.failures.claimDue
    await until(() => said.delivered.length === 1)
  })

  test('an outcome that the store does not take is not told as one', async () => {
    const sink = await sinkThat()
    const { relay, store, said } = rigOn([inward(smtpHop(sink.port))])
    store.failures.settle = new Error('no')
    store.add({ recipients: [STAFF] }, MESSAGE)
    void relay.run()
    await until(() => said.alarms.some(({ kind }) => kind === 'not-settled'))
    expect(said.delivered).toEqual([])
  })

  test.for(['settle', 'claimDue', 'readMessage'] as const)('a broken store at %s ends the relay', async where => {
    const sink = await sinkThat()
    const { relay, store } = rigOn([inward(smtpHop(sink.port))])
    store.failures[where] = new StoreBroken('flush failed')
    store.add({ recipients: [STAFF] }, MESSAGE)
    await expect(relay.run()).rejects.toThrow(StoreBroken)
  })
})

describe('the reverse-path is told', () => {
  async function failing(entry: Parameters<typeof through>[1], more: { outwardRoute?: boolean; schedule?: object; behaviour?: Behaviour } = {}) {
    const inner = await sinkThat(more.behaviour ?? { rcpt: () => '550 5.1.1 <staff> unknown at mx1.secret.inner' })
    const outer = await sinkThat()
    const routes = [inward(smtpHop(inner.port)), ...(more.outwardRoute === false ? [] : [outward(smtpHop(outer.port))])]
    const one = rigOn(routes, more.schedule ? { schedule: more.schedule } : {})
    const queued = one.store.add({ recipients: [STAFF], acceptedAtMs: START_MS, ...entry }, MESSAGE)
    void one.relay.run()
    await until(() => one.store.settlements.length >= 1)
    return { ...one, inner, outer, queued }
  }

  test('by a DSN over the outward route, from the null reverse-path, without a word from inside', async () => {
    const { outer, said, store } = await failing({})
    await until(() => outer.received.length === 1, 'the DSN')
    const { from, recipients, data } = outer.received[0]!
    expect({ from, recipients }).toEqual({ from: '<>', recipients: ['sender@outside.example'] })
    expect(data.toString()).not.toMatch(/secret|mx1/)
    expect(said.bounced).toMatchObject([{ kind: 'failed', reversePath: 'sender@outside.example', recipients: [STAFF] }])
    expect(store.accepted[0]).toMatchObject({ reversePath: null, dsnAllowed: false, original: undefined, groups: [{ direction: 'outward', route: 'outer' }] })
  })

  test.for([
    { name: 'the null reverse-path', entry: { reversePath: null }, outwardRoute: true, alarms: ['undeliverable'] },
    { name: 'a reverse-path that is not believed', entry: { dsnAllowed: false }, outwardRoute: true, alarms: ['undeliverable'] },
    { name: 'anybody without an outward route', entry: {}, outwardRoute: false, alarms: ['undeliverable', 'no-outward-route'] },
  ])('never $name; the administrator always', async ({ entry, outwardRoute, alarms }) => {
    const { store, said, outer } = await failing(entry, { outwardRoute })
    expect(said.alarms.map(({ kind }) => kind)).toEqual(alarms)
    expect(store.accepted).toEqual([])
    expect(outer.connections).toBe(0)
  })

  test('once, even when the process died between the DSN and the settlement', async () => {
    const { store, queued, relay, said } = await failing({})
    await until(() => said.bounced.length === 1)
    const row = store.rows.get(queued.entryId)!
    row.states.set(STAFF, { kind: 'scheduled', dueAtMs: 0, attempts: 0, lastReply: '' })
    relay.wake()
    await until(() => said.failed.length === 2)
    expect(store.accepted).toHaveLength(1)
  })

  test('when the store does not take the DSN the failure is settled all the same, with an alarm', async () => {
    const inner = await sinkThat({ mail: '550 5.7.1 no' })
    const one = rigOn([inward(smtpHop(inner.port)), outward(smtpHop(9))])
    one.store.failures.commit = new Error('quota')
    const queued = one.store.add({ recipients: [STAFF] }, MESSAGE)
    void one.relay.run()
    await until(() => one.said.failed.length === 1)
    expect(one.store.state(queued, STAFF)?.kind).toBe('failed')
    expect(one.said.alarms.map(({ kind }) => kind)).toContain('dsn-not-committed')
  })

  test('that it takes longer: only where the schedule says so, and once', async () => {
    const late = { acceptedAtMs: START_MS - 5 * HOUR_MS }
    const behaviour = { mail: '451 4.7.1 later' }
    const silent = await failing(late, { behaviour })
    expect(silent.store.accepted).toEqual([])

    const warned = await failing(late, { behaviour, schedule: { warnAfterMs: 4 * HOUR_MS } })
    await until(() => warned.said.bounced.length === 1)
    expect(warned.said.bounced[0]?.kind).toBe('delayed')
    warned.clock.nowMs += HOUR_MS
    await until(() => warned.said.deferred.length === 2)
    expect(warned.said.bounced).toHaveLength(1)
  })
})
