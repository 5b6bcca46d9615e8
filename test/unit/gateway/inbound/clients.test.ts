import { describe, expect, test } from 'vitest'
import { ConnectionCount, clientClassifier, clientKey, parseNetworks } from '../../../../gateway/inbound/clients.ts'
import { BytesInFlight, type Holder } from '../../../../gateway/inbound/in-flight.ts'

describe('parseNetworks', () => {
  test.each([
    [['192.0.2.0/24'], '192.0.2.255', true],
    [['192.0.2.0/24'], '192.0.3.0', false],
    [['192.0.2.7'], '192.0.2.7', true],
    [['192.0.2.0/24'], '::ffff:192.0.2.9', true],
    [['2001:db8::/32'], '2001:db8:1::1', true],
    [['2001:db8::/32'], '192.0.2.7', false],
    [['::/0'], '192.0.2.7', false],
    [['::1'], '::1', true],
    [['127.0.0.0/8'], 'not an address', false],
    [[], '127.0.0.1', false],
  ])('%j and %s: %s', (networks, address, want) => expect(parseNetworks(networks).contains(address)).toBe(want))

  test('a typing error in the configuration is told', () => expect(() => parseNetworks(['192.0.2.0/33'])).toThrow())
})

test('the first upstream that lists a client lends it its authserv-ids; nobody else is listed', () => {
  const classify = clientClassifier([
    { networks: ['10.0.0.0/8'], authservIds: ['a.example'] },
    { networks: ['10.1.0.0/16', '192.0.2.1'], authservIds: ['b.example'] },
  ])
  expect(classify('10.1.2.3')).toEqual({ listedUpstream: true, trustedAuthservIds: ['a.example'] })
  expect(classify('192.0.2.1').trustedAuthservIds).toEqual(['b.example'])
  expect(classify('192.0.2.2')).toEqual({ listedUpstream: false, trustedAuthservIds: [] })
})

test('an IPv6 client is its /64', () => {
  expect(clientKey('2001:db8:0:1::1')).toBe(clientKey('2001:db8:0:1:ffff::2'))
  expect(clientKey('2001:db8:0:1::1')).not.toBe(clientKey('2001:db8:0:2::1'))
  expect(clientKey('192.0.2.1')).toBe('192.0.2.1')
})

test('places are counted per stranger and in all, and given back once', () => {
  const count = new ConnectionCount(3, 1, 0.1)
  const leave = count.enter('192.0.2.1', false)
  expect(leave).toBeDefined()
  expect(count.enter('192.0.2.1', false)).toBeUndefined()
  expect(count.enter('192.0.2.1', true)).toBeDefined()
  expect(count.enter('192.0.2.2', false)).toBeDefined()
  expect(count.enter('192.0.2.3', true)).toBeUndefined()
  leave?.()
  leave?.()
  expect(count.all).toBe(2)
})

test.for<[number, number]>([[0, 20], [0.5, 10], [0.9, 2]])('a share of %d leaves %d of 20 connections to strangers, from the next one on', ([share, most]) => {
  const count = new ConnectionCount(20, 20, 0.1)
  count.setLimits(20, 20, share)
  expect(Array.from({ length: 20 }, (_, i) => count.enter(`192.0.2.${i}`, false)).filter(leave => leave !== undefined)).toHaveLength(most)
})

test('strangers leave a tenth of the connections to listed upstreams', () => {
  const count = new ConnectionCount(20, 20, 0.1)
  const taken = Array.from({ length: 20 }, (_, i) => count.enter(`192.0.2.${i}`, false)).filter(leave => leave !== undefined)
  expect(taken).toHaveLength(18)
  expect(count.enter('198.51.100.1', true)).toBeDefined()
  expect(count.enter('192.0.2.99', false)).toBeUndefined()
})

describe('bytes in flight', () => {
  const [a, b, c] = ['x', 'x', 'y'].map(client => ({ client, stranger: false })) as [Holder, Holder, Holder]

  test('over the limit of a client its younger messages wait, others go on', () => {
    const budget = new BytesInFlight(1000, 100)
    for (const [holder, bytes] of [[a, 60], [b, 60], [c, 60]] as const) budget.charge(holder, bytes)
    expect([a, b, c].map(holder => budget.mayRead(holder))).toEqual([true, false, true])
    let woken = 0
    budget.wait(b, () => void woken++)
    budget.release(a)
    expect(woken).toBe(1)
    expect(budget.all).toBe(120)
  })

  test('the oldest may always go on, so somebody finishes', () => {
    const budget = new BytesInFlight(100, 100)
    budget.charge(a, 500)
    budget.charge(c, 1)
    expect(budget.mayRead(a)).toBe(true)
    expect(budget.mayRead(c)).toBe(false)
    budget.release(a)
    expect(budget.mayRead(c)).toBe(true)
  })

  test('strangers together leave a quarter to listed upstreams', () => {
    const budget = new BytesInFlight(100, 100)
    const strangers = ['p', 'q', 'r'].map(client => ({ client, stranger: true }))
    for (const stranger of strangers) budget.charge(stranger, 26)
    budget.charge(a, 1)
    expect([...strangers, a].map(holder => budget.mayRead(holder))).toEqual([true, false, false, true])
  })
})
