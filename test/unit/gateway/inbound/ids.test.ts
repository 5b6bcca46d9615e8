import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createIds } from '../../../../gateway/inbound/ids.ts'
import { loopGuard } from '../../../../gateway/inbound/loop.ts'

describe('ids', () => {
  test('queue ids are 26 safe characters, sort by time, and differ within one millisecond', () => {
    let nowMs = 1_780_000_000_000
    const ids = createIds(() => nowMs, randomBytes)
    const made: string[] = []
    for (let i = 0; i < 500; i++) {
      nowMs += 1 + (i % 40)
      made.push(ids.queueId())
    }
    for (const id of made) expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
    expect([...made].sort()).toEqual(made)
    expect(new Set(Array.from({ length: 500 }, () => ids.queueId())).size).toBe(500)
  })

  test('public numbers are short and opaque, check codes four digits, seeds 128 bits', () => {
    const ids = createIds(() => 0, randomBytes)
    expect(ids.publicId()).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/)
    for (let i = 0; i < 100; i++) expect(ids.checkCode()).toMatch(/^\d{4}$/)
    expect(ids.seed()).toMatch(/^[0-9a-f]{32}$/)
  })

  test('a check code is drawn again where a remainder would make some codes likelier', () => {
    const draws = [Uint8Array.of(0xff, 0xff), Uint8Array.of(0, 7)]
    expect(createIds(() => 0, () => draws.shift()!).checkCode()).toBe('0007')
  })
})

describe('the loop guard', () => {
  const guard = loopGuard(Buffer.from('key'), 50)
  const summary = { messageId: '', subject: '', from: '', receivedCount: 3, loopMarks: [] as string[] }

  test.each([
    ['nothing of ours', summary, undefined],
    ['as many Received fields as allowed', { ...summary, receivedCount: 50 }, undefined],
    ['one too many', { ...summary, receivedCount: 51 }, '51 Received fields'],
    ['our own mark', { ...summary, loopMarks: ['junk', ` ${guard.mark('01ABC')} `] }, 'own loop mark'],
    ['a mark with another id', { ...summary, loopMarks: [guard.mark('01ABC').replace('01ABC', '01ABD')] }, undefined],
    ['a mark of another gateway', { ...summary, loopMarks: [loopGuard(Buffer.from('other'), 50).mark('01ABC')] }, undefined],
    ['half a mark', { ...summary, loopMarks: ['01ABC.', '01ABC', '.', ''] }, undefined],
  ])('%s', (_name, seen, want) => expect(guard.detect(seen)).toBe(want))
})
