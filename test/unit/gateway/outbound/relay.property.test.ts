import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Mailbox } from '../../../../core/smtp/envelope.ts'
import { FAST_POOL, inward, MESSAGE, outward, rig, smtpHop, START_MS, until } from './relay-rig.ts'
import { type Behaviour, startSink } from './smtp-sink.ts'

const reply = fc.constantFrom('250 ok', '250 ok', '250 ok', '421 4.3.2 closing', '451 4.3.0 later', '550 5.1.1 no', 'rubbish')
const maybe = (rate: number) => fc.nat(99).map(n => n < rate)

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  greeting: fc.constantFrom(undefined, undefined, undefined, '421 4.3.2 busy', '554 5.7.1 no'),
  extensions: fc.constantFrom(['PIPELINING', 'SIZE'], ['PIPELINING', 'CHUNKING'], ['SIZE'], []),
  refusedChunk: fc.constantFrom('thrown away', 'thrown away', 'obeyed'),
  mail: reply,
  // By the first letter, so that one transaction sees different answers.
  rcpt: fc.tuple(reply, reply, reply).map(replies => (to: string) => replies[to.charCodeAt(0) % 3]!),
  data: fc.constantFrom('354 go', '354 go', '354 go', '451 4.3.0 later', '421 4.3.2 closing', '554 5.6.0 no'),
  end: reply,
  dropAtEnd: maybe(15),
  dropAfterOctets: fc.constantFrom(undefined, undefined, undefined, 5),
  dropAfterTransactions: fc.constantFrom(undefined, 1, 2),
}).map(({ greeting, dropAfterOctets, dropAfterTransactions, ...rest }) => ({
  ...rest,
  ...(greeting === undefined ? {} : { greeting }),
  ...(dropAfterOctets === undefined ? {} : { dropAfterOctets }),
  ...(dropAfterTransactions === undefined ? {} : { dropAfterTransactions }),
}))

const entries = fc.array(
  fc.record({ letters: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), offered: fc.boolean() }),
  { minLength: 1, maxLength: 6 },
)

test('whatever the hops do, every recipient ends delivered, failed or scheduled, exactly once', { timeout: 60_000 }, () =>
  fc.assert(fc.asyncProperty(behaviour, behaviour, entries, async (first, second, list) => {
    const sinks = [await startSink(first), await startSink(second), await startSink()]
    const hops = sinks.map(sink => smtpHop(sink.port))
    const { relay, store, stop } = rig([inward(hops[0]!, hops[1]!), outward(hops[2]!)], { limits: { pool: { ...FAST_POOL, replyMs: 400 } } })
    void relay.run()
    const queued = list.map(({ letters, offered }) => {
      const recipients = letters.map(letter => `${letter}@town.example.jp` as Mailbox)
      if (!offered) return store.add({ recipients }, MESSAGE)
      const entry = store.addClaimed({ recipients }, MESSAGE)
      relay.offer(entry, MESSAGE)
      return entry
    })
    relay.wake()
    const expected = list.reduce((sum, { letters }) => sum + letters.length, 0)
    // The fake store throws on a second settlement, and that would be an alarm that leaves this waiting.
    const settledFor = () => store.settlements.filter(({ entryId }) => queued.some(entry => entry.entryId === entryId)).length
    await until(() => settledFor() === expected, `${expected} settlements`)
    await stop()

    const taken = [...sinks[0]!.received, ...sinks[1]!.received].flatMap(({ recipients }) => recipients).length
    const states = queued.flatMap(entry => entry.recipients.map(recipient => store.state(entry, recipient)!))
    const delivered = states.filter(({ kind }) => kind === 'delivered').length
    const doubtful = store.settlements.filter(({ possibleDuplicate }) => possibleDuplicate).length
    // Delivered means a hop has it; what a hop has and we do not know is recorded as doubtful.
    expect(delivered).toBeLessThanOrEqual(taken)
    expect(taken).toBeLessThanOrEqual(delivered + doubtful)
    for (const state of states) if (state.kind === 'scheduled') expect(state).toMatchObject({ attempts: 1, dueAtMs: START_MS + 120_000 })
    expect([...store.rows.values()].filter(row => row.claimed)).toEqual([])
    await Promise.all(sinks.map(sink => sink.close()))
  }), { numRuns: 150 }))
