import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddressList } from '../../../../core/mime/address.ts'

describe('parseAddressList', () => {
  test.for([
    ['a@b.jp', [['', 'a@b.jp']]],
    ['A B <a@b.jp>, c@d', [['A B', 'a@b.jp'], ['', 'c@d']]],
    ['"B, A" <a@b.jp>', [['B, A', 'a@b.jp']]],
    ['=?utf-8?B?5bGx55Sw?= <a@b.jp>', [['山田', 'a@b.jp']]],
    ['=?utf-8?Q?Yamada,_T?= <a@b.jp>', [['Yamada, T', 'a@b.jp']]],
    ['"=?utf-8?B?5bGx55Sw?=" <a@b.jp>', [['山田', 'a@b.jp']]],
    ['\x1b$B;32;\x1b(B <a@b.jp>', [['山音', 'a@b.jp']]],
    ['a@b.jp (Name (nick))', [['Name (nick)', 'a@b.jp']]],
    ['"a b"@c.jp', [['', '"a b"@c.jp']]],
    ['"a.b"@c.jp', [['', 'a.b@c.jp']]],
    ['a@[192.0.2.1]', [['', 'a@[192.0.2.1]']]],
    ['\xe5\xb1\xb1@b.jp', [['', '山@b.jp']]],
    ['<>', []],
    ['', []],
    [',, ,', []],
  ] as const)('%s', ([value, wanted]) => {
    expect(parseAddressList(value).addresses.map(({ name, address }) => [name, address])).toEqual(wanted)
  })

  test('groups name their members', () => {
    expect(parseAddressList('Staff: a@b, C <c@d>; e@f, undisclosed-recipients:;').addresses).toEqual([
      { name: '', address: 'a@b', group: 'Staff' },
      { name: 'C', address: 'c@d', group: 'Staff' },
      { name: '', address: 'e@f' },
      { name: 'undisclosed-recipients', address: '' },
    ])
  })

  test.for([
    ['two mailboxes in one', '<a@b> <c@d>', 'address.malformed'],
    ['no domain', 'a', 'address.malformed'],
    ['two at signs', 'a@b@c', 'address.malformed'],
    ['blank inside', '<a b@c>', 'address.malformed'],
    ['text after the angle', '<a@b> c', 'address.malformed'],
    ['angle not closed', '<a@b', 'address.malformed'],
    ['list inside the angle', '<a@b, c@d>', 'address.malformed'],
    ['octets that are no UTF-8', '<\xe5@b>', 'address.malformed'],
    ['control character', '<"a\x01"@b>', 'address.malformed'],
    ['quote not closed', '"a <b@c>', 'address.half-comment'],
    ['comment not closed', '(a <b@c>', 'address.half-comment'],
  ] as const)('%s yields no address', ([, value, code]) => {
    const { addresses, findings } = parseAddressList(value)
    expect(addresses).toEqual([])
    expect(findings.map(finding => finding.code)).toContain(code)
  })

  test('an obsolete route is taken off and told', () => {
    const { addresses, findings } = parseAddressList('<@x.jp,@y.jp:a@b.jp>')
    expect(addresses).toEqual([{ name: '', address: 'a@b.jp' }])
    expect(findings.map(finding => finding.code)).toEqual(['address.obsolete'])
  })

  test('never throws, and every address has the form of one, or is the name of a group', () => {
    const piece = fc.constantFrom('a', 'b.c', '@', '<', '>', ',', ';', ':', '"', '(', ')', '\\', ' ', '=?utf-8?Q?x?=', '\x1b$B', '\xe3', '[', ']', '\0')
    fc.assert(
      fc.property(fc.array(piece), pieces => {
        for (const { name, address } of parseAddressList(pieces.join('')).addresses) if (address !== '' || name === '') expect(address).toMatch(/^("[^\r\n]*"|[^\s@"]+)@[^\s@"]+$/)
      }),
      { numRuns: 2000 },
    )
  })
})
