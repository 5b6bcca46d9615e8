/**
 * What is over must not outlive the young generation: it would be copied, and stay until the whole heap is collected.
 * Each fails where one of the two things is done that V8 does not forgive (docs/performance/notes.md).
 */
import { expect, test } from 'vitest'
import { survivorsOf } from '../../support/survivors.ts'

test('an entry that is over goes from what is under way, and stays in a Map: once it goes from a Map, that does as well', () => {
  const { map, ours } = survivorsOf('under-way.ts')
  expect(ours).toBeLessThan(0.02)
  expect(map).toBeGreaterThan(0.2)
})

test('of a connection that is closed nothing stays but its sockets', () => {
  expect(survivorsOf('connections.ts')).toEqual({ connection: 0, session: 0, envelope: 0, source: 0 })
})

test('of signed mails that were checked nothing stays', () => {
  expect(survivorsOf('signatures.ts')).toEqual({ check: 0, feed: 0, result: 0 })
})
