import { describe, expect, test } from 'vitest'
import { Acquaintances } from '../../../../gateway/inbound/acquaintances.ts'

describe('acquaintances', () => {
  test('are known for a while', () => {
    const known = new Acquaintances(1000, 10)
    expect(known.isKnown('192.0.2.1', 0)).toBe(false)
    known.met('192.0.2.1', 0)
    expect(known.isKnown('192.0.2.1', 999)).toBe(true)
    expect(known.isKnown('192.0.2.1', 1000)).toBe(false)
    expect(known.isKnown('192.0.2.2', 999)).toBe(false)
  })

  test('of IPv6 are networks of 64 bits', () => {
    const known = new Acquaintances(1000, 10)
    known.met('2001:db8:1:2::3', 0)
    expect(known.isKnown('2001:db8:1:2:ffff::1', 1)).toBe(true)
    expect(known.isKnown('2001:db8:1:3::3', 1)).toBe(false)
  })

  test('are so many at most, and who was heard of longest ago goes first', () => {
    const known = new Acquaintances(1000, 2)
    for (const [at, address] of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.3'].entries()) known.met(address, at)
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(address => known.isKnown(address, 10))).toEqual([true, false, true])
  })
})
