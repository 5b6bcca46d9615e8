import { describe, expect, test } from 'vitest'
import type { Mailbox } from '../../../../core/smtp/envelope.ts'
import { createRouteTable, type Route } from '../../../../gateway/outbound/routes.ts'
import { smtpHop } from './relay-rig.ts'

function route(name: string, direction: Route['direction'], ...domains: string[]): Route {
  return { name, direction, domains, hops: [smtpHop(25)] }
}

const TABLE = createRouteTable([
  route('town', 'inward', 'town.example.jp'),
  route('below', 'inward', '*.town.example.jp'),
  route('school', 'inward', 'school.town.example.jp'),
  route('rest', 'inward', '*'),
  route('out', 'outward', '*'),
])

describe('the most specific route of the direction wins', () => {
  test.for([
    { mailbox: 'a@town.example.jp', direction: 'inward', want: 'town' },
    { mailbox: 'a@x.town.example.jp', direction: 'inward', want: 'below' },
    { mailbox: 'a@y.x.town.example.jp', direction: 'inward', want: 'below' },
    { mailbox: 'a@school.town.example.jp', direction: 'inward', want: 'school' },
    { mailbox: 'a@nottown.example.jp', direction: 'inward', want: 'rest' },
    { mailbox: 'a@town.example.jp', direction: 'outward', want: 'out' },
  ] as const)('$mailbox $direction → $want', ({ mailbox, direction, want }) => {
    expect(TABLE.forMailbox(mailbox as Mailbox, direction)?.name).toBe(want)
  })
})

test('no route is undefined, never one of the other direction', () => {
  const table = createRouteTable([route('town', 'inward', '*')])
  expect(table.forMailbox('a@b.example' as Mailbox, 'outward')).toBeUndefined()
  expect(table.byName('gone')).toBeUndefined()
})

test('two routes of one name, or of one domain and direction, are refused', () => {
  expect(() => createRouteTable([route('a', 'inward', 'x'), route('a', 'outward', 'y')])).toThrow(/called 'a'/)
  expect(() => createRouteTable([route('a', 'inward', 'x'), route('b', 'inward', 'x')])).toThrow(/'x'/)
  expect(() => createRouteTable([route('a', 'inward', 'x'), route('b', 'outward', 'x')])).not.toThrow()
})
