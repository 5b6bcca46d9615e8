import fc from 'fast-check'
import { domainToASCII } from 'node:url'
import { describe, expect, test } from 'vitest'
import { domainOf, needsSmtpUtf8, parseMailbox } from '../../../../core/smtp/mailbox.ts'

const ascii = { smtpUtf8: false, domainToAscii: domainToASCII }
const utf8 = { smtpUtf8: true, domainToAscii: domainToASCII }

describe('parseMailbox takes', () => {
  test.each([
    ['a@x.example', 'a@x.example'],
    ['A.b+c@X.Example', 'A.b+c@x.example'],
    ["o'hara!#$%&*/=?^_`{|}~-@x.example", "o'hara!#$%&*/=?^_`{|}~-@x.example"],
    ['a@localhost', 'a@localhost'],
    ['a@例え.jp', 'a@xn--r8jz45g.jp'],
    ['a@XN--R8JZ45G.jp', 'a@xn--r8jz45g.jp'],
    [`${'l'.repeat(128)}@x.example`, `${'l'.repeat(128)}@x.example`],
  ])('%s', (text, want) => expect(parseMailbox(text, ascii)).toBe(want))

  test('a UTF-8 local part with SMTPUTF8 only', () => {
    expect(parseMailbox('佐藤.花子@x.example', utf8)).toBe('佐藤.花子@x.example')
    expect(parseMailbox('佐藤@x.example', ascii)).toBeUndefined()
  })
})

describe('parseMailbox refuses', () => {
  test.each([
    '', 'a', '@x.example', 'a@', 'a@@x.example', 'a b@x.example', '.a@x.example', 'a.@x.example', 'a..b@x.example',
    '"a b"@x.example', '"a"@x.example', 'a@[192.0.2.1]', 'a@192.0.2.1', 'a@x..example', 'a@-x.example', 'a@x-.example', 'a@x_y.example',
    'a@x.example.', 'a\r\nb@x.example', 'a\0@x.example', 'a,b@x.example', 'a<b@x.example', 'a(b)@x.example', 'a:b@x.example',
    `${'l'.repeat(129)}@x.example`, `a@${'x'.repeat(64)}.example`, `a@${'x.'.repeat(127)}example`,
    'a\u200b@x.example', 'a\u202e@x.example', 'a\u00a0@x.example', 'a\ufffd@x.example', 'a\ud800@x.example', 'a\u0085@x.example', 'a@\u202e.example',
  ])('%j, with and without SMTPUTF8', text => {
    expect(parseMailbox(text, ascii)).toBeUndefined()
    expect(parseMailbox(text, utf8)).toBeUndefined()
  })

  test('a non-ASCII domain when nobody can map it', () => expect(parseMailbox('a@例え.jp', { smtpUtf8: true })).toBeUndefined())
})

test('whatever comes in, what comes out is one mailbox without anything that could end a command or a path', () => {
  const hostile = fc.string({ unit: fc.constantFrom('a', '.', '@', '"', '<', '>', '\r', '\n', ' ', '\0', '佐', '\u202e', '-', '1') })
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string(), fc.emailAddress()), text => {
      const mailbox = parseMailbox(text, utf8)
      if (mailbox === undefined) return
      expect(mailbox).toMatch(/^[^\s"<>@\p{C}]+@[a-z0-9.-]+$/u)
      expect(parseMailbox(mailbox, utf8)).toBe(mailbox)
    }),
    { numRuns: 1000 },
  )
})

test('domain and need for SMTPUTF8 of a mailbox', () => {
  expect(domainOf(parseMailbox('a@X.example', ascii)!)).toBe('x.example')
  expect(needsSmtpUtf8(parseMailbox('佐藤@x.example', utf8)!)).toBe(true)
  expect(needsSmtpUtf8(parseMailbox('a@例え.jp', utf8)!)).toBe(false)
})
