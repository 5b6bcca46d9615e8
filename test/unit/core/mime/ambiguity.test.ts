/** Every known way to make two readers see two messages leaves at least one finding. */
import { describe, expect, test } from 'vitest'
import { FINDINGS } from '../../../../core/finding.ts'
import { AMBIGUITY_CASES, B64, body, cte, MIXED, multi, single } from '../../../support/ambiguity-cases.ts'
import { crlf, read } from './reading.ts'

for (const [group, cases] of Object.entries(AMBIGUITY_CASES)) {
  describe(group, () => {
    test.for(cases)('%s', ([, message, ...codes]) => {
      expect(read(message).findings).toEqual(expect.arrayContaining(codes))
    })
  })
}

describe('what may be read in two ways is never shown as text', () => {
  test.for([
    ['unknown encoding', cte('base64, 7bit')],
    ['broken type', single('Content-Type: text/html, text/plain')],
    ['multipart without a boundary', crlf('Content-Type: multipart/mixed', '', '--b', '', 'x')],
    ['half a boundary', multi(`${MIXED}"b`)],
  ])('%s', ([, message]) => {
    const { parts } = read(message!)
    expect(parts.map(({ head }) => [head.kind, head.contentType.type])).toEqual([['leaf', 'application/octet-stream']])
  })
})

describe('honest mail', () => {
  test('has no finding worse than a note', () => {
    const { findings } = read(
      crlf(
        'Received: from a (b [192.0.2.1])', '\tby c; Mon, 23 Nov 2026 09:30:00 +0900', 'From: =?utf-8?B?5bGx55Sw?= <a@b.jp>', 'To: c@d.jp',
        'Subject: x', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed;', ' boundary="----=_Part_1_2.3"', '',
        'This is a multi-part message in MIME format.', '', '------=_Part_1_2.3', 'Content-Type: text/plain; charset="utf-8"',
        'Content-Transfer-Encoding: 8bit', '', 'text', '------=_Part_1_2.3',
        'Content-Type: application/pdf; name="=?utf-8?B?44GC?="', "Content-Disposition: attachment; filename*=utf-8''%E3%81%82",
        'Content-Transfer-Encoding: base64', '', B64.replace(/.{76}/g, '$&\r\n'), '', '------=_Part_1_2.3--', '',
      ),
    )
    expect(findings.filter(code => FINDINGS[code as keyof typeof FINDINGS].weight !== 'note')).toEqual([])
  })

  test('with LF alone is read, and told', () => {
    const { parts, findings } = read(body('--b', '', 'one', '--b--').replaceAll('\r\n', '\n'))
    expect(parts.map(({ data }) => data.toString())).toEqual(['', 'one'])
    expect([...new Set(findings)].sort()).toEqual(['header.missing', 'line.bare-lf', 'type.missing'])
  })
})
