import { describe, expect, test } from 'vitest'
import type { Mailbox } from '../../../../core/smtp/envelope.ts'
import { createRouteTable, outsideRoute, type Route } from '../../../../gateway/outbound/routes.ts'
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

describe('the way of an approved original', () => {
  const hop = (host: string) => ({ kind: 'smtp', host, port: 25, tls: 'off', name: 'gate' }) as const
  const route = (name: string, direction: 'inward' | 'outward', domains: string[], ...hosts: [string, ...string[]]) => ({ name, direction, domains, hops: hosts.map(hop) as never })
  const mailbox = 'a@internet.town.example.jp' as Mailbox
  const inner = route('inner', 'inward', ['town.example.jp'], 'mail.inner')

  test('is an outward route that names the domain', () => {
    expect(outsideRoute(createRouteTable([inner, route('net', 'outward', ['internet.town.example.jp'], 'mail.net'), route('dsn', 'outward', ['*'], 'relay.net')]), mailbox)?.name).toBe('net')
  })

  test.for<[string, ReturnType<typeof route>[]]>([
    ['an inward route only', [inner]],
    ['an inward route that takes the domain', [inner, route('other', 'inward', ['*.town.example.jp'], 'mail.other'), route('net', 'outward', ['internet.town.example.jp'], 'mail.net')]],
    ['an outward route for everything', [inner, route('dsn', 'outward', ['*'], 'relay.net')]],
    ['an outward route to an inner hop', [inner, route('net', 'outward', ['internet.town.example.jp'], 'mail.inner')]],
    ['an outward route whose second hop is an inner one', [inner, route('net', 'outward', ['internet.town.example.jp'], 'mail.net', 'mail.inner')]],
  ])('is not %s', ([, routes]) => expect(outsideRoute(createRouteTable(routes), mailbox)).toBeUndefined())
})
