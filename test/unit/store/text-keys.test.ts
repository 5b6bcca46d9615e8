import { describe, expect, test } from 'vitest'
import { TextKeys } from '../../../store/sqlite/text-keys.ts'

const KEY = { fileKey: new Uint8Array(16), header: new Uint8Array(1), queueId: 'q1', originalExpiresAtMs: 1000 }

const until = (expiresAtMs: number, queueId = 'q1') => ({ queueId, expiresAtMs })

describe('keys of originals, for their texts', () => {
  test('are handed out once', () => {
    const keys = new TextKeys()
    keys.remember(1, KEY)
    expect(keys.take(1, until(1000))).toBe(KEY)
    expect(keys.take(1, until(1000))).toBeUndefined()
  })

  test('are not for a text that outlives its original', () => {
    const keys = new TextKeys()
    keys.remember(1, KEY)
    expect(keys.take(1, until(1001))).toBeUndefined()
  })

  test('are not for the text of another message, to which the number of an entry went after its transaction was undone', () => {
    const keys = new TextKeys()
    keys.remember(1, KEY)
    expect(keys.take(1, until(0, 'q2'))).toBeUndefined()
    expect(keys.take(1, until(0))).toBeUndefined()
  })

  test('are forgotten with the header of the original', () => {
    const keys = new TextKeys()
    keys.remember(1, KEY)
    keys.remember(2, { ...KEY, queueId: 'q2' })
    keys.forget('q1')
    expect(keys.take(1, until(0))).toBeUndefined()
    expect(keys.take(2, until(0, 'q2'))).toMatchObject({ queueId: 'q2' })
  })

  test('are bounded in number: the oldest goes', () => {
    const keys = new TextKeys()
    for (let entryId = 0; entryId <= 20_000; entryId++) keys.remember(entryId, KEY)
    expect(keys.take(0, until(0))).toBeUndefined()
    expect(keys.take(20_000, until(0))).toBe(KEY)
  })
})
