import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isClosing, ownReply, parseHopReply, replyKind } from '../../../../gateway/outbound/hop-reply.ts'

describe('what a hop says becomes code, status and one printable line', () => {
  test.for([
    { said: '250 2.0.0 ok', want: { code: 250, status: '2.0.0', line: '250 2.0.0 ok' } },
    { said: '250', want: { code: 250, status: '2.0.0', line: '250' } },
    { said: '550 no such user', want: { code: 550, status: '5.0.0', line: '550 no such user' } },
    { said: '550-5.1.1 no\n550 5.1.1 such user', want: { code: 550, status: '5.1.1', line: '550 5.1.1 no 5.1.1 such user' } },
    { said: '451 5.1.1 classes disagree', want: { code: 451, status: '4.0.0', line: '451 5.1.1 classes disagree' } },
    { said: '550 5.1.1\x1b[31mred\u202e', want: { code: 550, status: '5.0.0', line: '550 5.1.1?[31mred?' } },
    { said: '550 5.1.1234 x', want: { code: 550, status: '5.0.0', line: '550 5.1.1234 x' } },
  ])('$said', ({ said, want }) => expect(parseHopReply(said)).toEqual(want))

  test.for(['', 'hello', '25', '2500 x', '150 x', '650 x', '25x ok'])('%j is no reply', said => expect(parseHopReply(said)).toBeUndefined())

  test('never more than a line of 400 characters, whatever was said', () => {
    fc.assert(fc.property(fc.integer({ min: 200, max: 599 }), fc.string({ unit: 'binary', maxLength: 6000 }), (code, text) => {
      const reply = parseHopReply(`${code} ${text.replaceAll('\n', '')}`)
      if (reply === undefined) return
      expect(reply.line.length).toBeLessThanOrEqual(400)
      expect(reply.line).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
    }))
  })
})

describe('the first digit decides, and doubt is temporary', () => {
  test.for([
    { code: 250, kind: 'delivered' }, { code: 251, kind: 'delivered' }, { code: 354, kind: 'deferred' }, { code: 421, kind: 'deferred' },
    { code: 450, kind: 'deferred' }, { code: 550, kind: 'failed' }, { code: 599, kind: 'failed' }, { code: 999, kind: 'deferred' },
  ])('$code → $kind', ({ code, kind }) => expect(replyKind(ownReply(code, '4.0.0', ''))).toBe(kind))

  test('only 421 closes', () => {
    expect(isClosing(ownReply(421, '4.3.2', ''))).toBe(true)
    expect(isClosing(ownReply(451, '4.3.2', ''))).toBe(false)
  })
})
