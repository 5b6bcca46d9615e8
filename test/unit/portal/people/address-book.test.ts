/** Address books as mail servers and directories export them. */
import { expect, test } from 'vitest'
import { bookAge, importBook, readBook } from '../../../../portal/people/address-book.ts'
import { expectLinear } from '../../../support/linear.ts'
import { BY, openHouse } from '../support/house.ts'

test('CSV: aliases, lists in one line or several', () => {
  const text = 'アドレス,種類,宛先,名前\nInfo@town.example.jp,alias,sato@town.example.jp,代表\nzenin@town.example.jp,リスト,sato@town.example.jp;ito@town.example.jp,全員\nkakari@town.example.jp,,a@town.example.jp,\nkakari@town.example.jp,,b@town.example.jp,\n'
  expect(readBook(Buffer.from(text))).toEqual({
    kind: 'book',
    entries: [
      { address: 'info@town.example.jp', kind: 'alias', name: '代表', targets: ['sato@town.example.jp'] },
      { address: 'zenin@town.example.jp', kind: 'list', name: '全員', targets: ['sato@town.example.jp', 'ito@town.example.jp'] },
      { address: 'kakari@town.example.jp', kind: 'list', name: '', targets: ['a@town.example.jp', 'b@town.example.jp'] },
    ],
  })
})

test('LDIF: further addresses are aliases, members by name or mail, folded and base64 values, nothing fetched', () => {
  const text = `version: 1
# people
dn: uid=sato,ou=people,dc=town
mail: sato@town.example.jp
cn:: ${Buffer.from('佐藤 花子').toString('base64')}
proxyAddresses: SMTP:sato@town.example.jp
proxyAddresses: smtp:hanako@town.exa
 mple.jp
proxyAddresses: X400:C=JP;S=Sato
jpegPhoto:< file:///etc/passwd

dn: cn=zei,ou=groups,dc=town
mail: zei@town.example.jp
member: UID=sato, OU=people,DC=town
member: uid=nobody,dc=town
rfc822MailMember: ito@town.example.jp

dn: cn=nomail,dc=town
member: uid=sato,ou=people,dc=town
`
  expect(readBook(Buffer.from(text))).toEqual({
    kind: 'book',
    entries: [
      { address: 'hanako@town.example.jp', kind: 'alias', name: '佐藤 花子', targets: ['sato@town.example.jp'] },
      { address: 'zei@town.example.jp', kind: 'list', name: '', targets: ['sato@town.example.jp', 'ito@town.example.jp'] },
    ],
  })
})

test('what is wrong is told with its line, and the book before stays', async () => {
  const { db, clock } = await openHouse()
  importBook(db, 'default', Buffer.from('address,targets\na@t.jp,b@t.jp\n'), BY)
  const at = clock.nowMs
  clock.nowMs += 1
  expect(importBook(db, 'default', Buffer.from('address,targets\na@t.jp,nonsense\n'), BY)).toMatchObject({ problems: [{ line: 2, column: 'targets', problem: 'mailbox', value: 'nonsense' }] })
  expect(bookAge(db, 'default')).toEqual({ atMs: at, entries: 1 })
  expect(bookAge(db, 'otsu')).toBeUndefined()
  importBook(db, 'default', Buffer.from('address,targets\nc@t.jp,d@t.jp\n'), BY)
  expect(db.all('SELECT address FROM book_entries').map(row => row['address'])).toEqual(['c@t.jp'])
})

test('large directories are read in linear time', () => {
  expectLinear(people => Buffer.from(`dn: cn=all\nmail: all@t.jp\n${'rfc822MailMember: x@t.jp\n'.repeat(people)}`), readBook, 10_000)
})
