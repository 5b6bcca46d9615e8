/** Records as others read them, with everything in them that a sender could choose. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChainedRecord } from '../../../store/audit.ts'
import { AUDIT_FORMATS, auditFileLine, cefOf, csvLine, syslogOf } from '../../../store/audit-formats.ts'

const RECORD: ChainedRecord = { seq: 7, atMs: Date.UTC(2026, 3, 1), tenant: 'default', kind: 'accept', actor: 'system', subject: 'q1', detail: { reversePath: 'a@x.example' }, prevHash: '00', hash: 'ff' }
const hostile = (text: string): ChainedRecord => ({ ...RECORD, actor: text, subject: text, detail: { reply: text } })

test('CEF', () =>
  expect(cefOf(RECORD, 'gate.example')).toBe(
    'CEF:0|Sekisho|Sekisho|1|accept|accept|3|rt=1775001600000 dvchost=gate.example externalId=7 suser=system cs1Label=subject cs1=q1 cs2Label=detail cs2={"reversePath":"a@x.example"} cs3Label=hash cs3=ff cs4Label=tenant cs4=default',
  ))

test('RFC 5424', () =>
  expect(syslogOf(RECORD, 'gate.example')).toBe(
    '<110>1 2026-04-01T00:00:00.000Z gate.example sekisho-audit - accept [audit@32473 seq="7" tenant="default" actor="system" subject="q1" hash="ff"] \ufeff{"reversePath":"a@x.example"}',
  ))

test('an alarm is loud', () => {
  expect(syslogOf({ ...RECORD, kind: 'alarm' }, 'g')).toMatch(/^<106>1 /)
  expect(cefOf({ ...RECORD, kind: 'emergency' }, 'g')).toContain('|emergency|9|')
})

describe('what a sender writes ends no field and no line', () => {
  test.each([
    ['a"]b', 'actor="a\\"\\]b"'],
    ['back\\slash', 'actor="back\\\\slash"'],
    ['two\nlines\r', 'actor="two\\\\u000alines\\\\u000d"'],
  ])('syslog: %j', (text, expected) => expect(syslogOf(hostile(text), 'g')).toContain(expected))

  test('CEF', () => expect(cefOf(hostile('a=b\\c\nCEF:0|x'), 'g')).toContain('suser=a\\=b\\\\c\\\\u000aCEF:0|x cs1Label'))

  test.each([
    ['=cmd|x', '"\'=cmd|x"'],
    ['+81', '+81'],
    ['-1+1', '"\'-1+1"'],
    ['@SUM(A1)', '"\'@SUM(A1)"'],
    ['＝1', '"\'＝1"'],
    ['say "x", y', '"say ""x"", y"'],
    ['a\nb', 'a\\u000ab'],
    ['plain', 'plain'],
  ])('CSV: %j', (text, expected) => expect(csvLine([text, 1])).toBe(`${expected},1\r\n`))

  test('every format, any text: one line, no control characters', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...AUDIT_FORMATS), (text, format) => {
        const line = auditFileLine(hostile(text), format, 'host')
        expect(line.trimEnd()).not.toMatch(/[\u0000-\u001f\u2028\u2029\u202a-\u202e]/)
        expect(line).toMatch(/\r?\n$/)
      }),
    ))
})
