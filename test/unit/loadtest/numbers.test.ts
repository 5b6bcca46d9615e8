/** Arrivals, histogram, rules, the search for the limit, addresses: the arithmetic of the load tester. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrivalsOf, OFFICE_DAY } from '../../../loadtest/arrivals.ts'
import { check, parseRule, RULE_NAMES } from '../../../loadtest/checks.ts'
import { isInside, parseHostPort, resolveTarget } from '../../../loadtest/guard.ts'
import { Histogram } from '../../../loadtest/histogram.ts'
import { findLimit, limitOf } from '../../../loadtest/limit.ts'
import { isExpected } from '../../../loadtest/probe.ts'
import { recipientsOf } from '../../../loadtest/recipients.ts'
import type { Result } from '../../../loadtest/result.ts'

describe('arrivals', () => {
  test('constant', () => expect([...arrivalsOf({ kind: 'constant', perSecond: 4 }, 1000, 1)]).toEqual([0, 250, 500, 750]))

  test('poisson has the rate, and gaps as wide as their mean', () => {
    const times = [...arrivalsOf({ kind: 'poisson', perSecond: 100 }, 100_000, 42)]
    expect(times.length).toBeGreaterThan(9700)
    expect(times.length).toBeLessThan(10_300)
    const gaps = times.slice(1).map((at, i) => at - times[i]!)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
    expect(deviation / mean).toBeGreaterThan(0.95)
    expect(deviation / mean).toBeLessThan(1.05)
  })

  test('a day follows its curve', () => {
    const times = [...arrivalsOf({ kind: 'curve', perSecond: 1000, steps: OFFICE_DAY }, 24_000, 7)]
    const counts = OFFICE_DAY.map((_, hour) => times.filter(at => Math.floor(at / 1000) === hour).length)
    expect(counts[9]).toBeGreaterThan(900)
    expect(counts[9]).toBeLessThan(1100)
    for (const [hour, share] of OFFICE_DAY.entries()) expect(Math.abs(counts[hour]! - share * 10)).toBeLessThan(4 * Math.sqrt(share * 10) + 1)
  })

  test('bursts stand in the constant stream', () => {
    const times = [...arrivalsOf({ kind: 'burst', perSecond: 2, burstMails: 3, everyMs: 1000 }, 2500, 1)]
    expect(times).toEqual([0, 500, 1000, 1000, 1000, 1000, 1500, 2000, 2000, 2000, 2000])
  })

  test('ascending and within the time, whatever the plan', () => {
    fc.assert(fc.property(fc.constantFrom('poisson', 'curve', 'burst'), fc.integer({ min: 1, max: 300 }), fc.nat(), (kind, perSecond, seed) => {
      const plan = kind === 'curve' ? { kind, perSecond, steps: [1, 0, 5] } as const : kind === 'burst' ? { kind, perSecond, burstMails: 4, everyMs: 300 } as const : { kind: 'poisson', perSecond } as const
      const times = [...arrivalsOf(plan, 1000, seed)]
      expect(times.every((at, i) => at >= (times[i - 1] ?? 0) && at < 1000)).toBe(true)
    }))
  })
})

describe('histogram', () => {
  test('every quantile is within one per cent of the exact one', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 400 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      const histogram = new Histogram()
      for (const value of values) histogram.add(value)
      const exact = values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1]!
      expect(Math.abs(histogram.quantile(share) - exact)).toBeLessThanOrEqual(exact * 0.01)
    }))
  })
  test('nothing has no quantile, and what is no number is not counted', () => {
    const histogram = new Histogram()
    histogram.add(Number.NaN)
    expect(histogram.quantile(0.5)).toBeNaN()
    expect(histogram.count).toBe(0)
  })
})

describe('rules', () => {
  const result = {
    mails: 200, outcomes: { accepted: 199 }, acceptedPerSecond: 50, arrivedPerSecond: null, verification: null, limit: null,
    latency: { answered: { p99Ms: 600, p999Ms: 900, meanMs: 5 }, service: null, data: null, arrived: { p99Ms: 4000 } },
  } as unknown as Result
  test.each([
    ['p99>500ms', 600, false], ['p99>0.7s', 600, true], ['p99.9>1s', 900, true], ['mean < 4', 5, true], ['arrived.p99>3s', 4000, false],
    ['errors>0.5%', 0.5, true], ['errors>0.4%', 0.5, false], ['rate<60', 50, false], ['rate<50', 50, true],
    // What is not known has not been shown to be good.
    ['lost>0', null, false], ['service.p99>1s', null, false], ['limit<10', null, false],
  ])('%s', (text, value, ok) => expect(check(result, parseRule(text)!)).toEqual({ rule: text.replace(/ /g, ''), value, ok }))
  test.each(['p98>1', 'p99', 'p99>=1', 'p99>1h', 'constructor>1', 'toString.p99>1', 'foo.p99>1', 'p99>-1'])('%s is no rule', text => expect(parseRule(text)).toBeUndefined())
  test('every name that is offered is one', () => {
    for (const name of RULE_NAMES) expect(parseRule(`${name}>1`), name).toBeDefined()
  })
})

describe('the search for the limit', () => {
  const search = (capacity: number, firstPerSecond = 10) =>
    findLimit({
      firstPerSecond, highestPerSecond: 1000, withinShare: 0.1, stop: new AbortController().signal,
      trial: async perSecond => ({ perSecond, seconds: 1, p99Ms: 1, troubledShare: 0, backlog: 0, ok: perSecond <= capacity, why: '' }),
    })
  test.each([3, 17, 100, 333, 999])('finds %i within a tenth below', async capacity => {
    const { perSecond, trials, atLeast } = await search(capacity)
    expect(perSecond).toBeLessThanOrEqual(capacity)
    expect(perSecond).toBeGreaterThan(capacity * 0.88)
    expect(atLeast).toBe(false)
    expect(trials.length).toBeLessThan(16)
  })
  test('says when nothing failed up to the highest rate', async () => expect(await search(5000)).toMatchObject({ perSecond: 1000, atLeast: true }))
  test('a server that holds nothing has no limit', async () => expect((await search(0)).perSecond).toBe(0))
  test('mails a day and staff by the assumption that is stated', () => {
    const found = { trials: [], perSecond: 10, atLeast: false }
    expect(limitOf(found, { busyHourShare: 0.15, peakFactor: 2, mailsPerPerson: 30 })).toMatchObject({ mailsPerDay: 120_000, staff: 4000 })
  })
})

describe('where load may go', () => {
  test.each(['127.0.0.1', '127.9.9.9', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.1.1', '100.64.0.1', '::1', 'fd00::1', 'fe80::1%eth0', '::ffff:10.0.0.1'])('%s is inside', each => expect(isInside(each)).toBe(true))
  test.each(['8.8.8.8', '172.32.0.1', '11.0.0.1', '100.128.0.1', '2001:4860::1', '::ffff:8.8.8.8', '0.0.0.0', '::', 'localhost', ''])('%s is not', each => expect(isInside(each)).toBe(false))
  test('one public address among several is enough to refuse', async () => {
    const resolve = async () => ['10.0.0.1', '203.0.113.5']
    expect(await resolveTarget({ host: 'mx.example', port: 25 }, false, resolve)).toHaveProperty('problem', expect.stringContaining('203.0.113.5'))
    expect(await resolveTarget({ host: 'mx.example', port: 25 }, true, resolve)).toEqual({ host: '10.0.0.1', port: 25, name: 'mx.example' })
  })
  test('a name goes to the address it had when it was checked', async () => {
    expect(await resolveTarget({ host: 'mx.example', port: 2525 }, false, async () => ['192.168.0.9'])).toEqual({ host: '192.168.0.9', port: 2525, name: 'mx.example' })
    expect(await resolveTarget({ host: 'mx.example', port: 25 }, false, async () => Promise.reject(new Error('x')))).toHaveProperty('problem')
    expect(await resolveTarget({ host: 'mx.example', port: 25 }, false, async () => [])).toHaveProperty('problem')
  })
  test.each([['127.0.0.1:2525', '127.0.0.1', 2525], ['mail.example', 'mail.example', 25], ['[::1]:2525', '::1', 2525], ['[fe80::1%eth0]', 'fe80::1%eth0', 25]])('%s', (text, host, port) => expect(parseHostPort(text)).toEqual({ host, port }))
  test.each(['::1', 'a:b', 'a:99999', '', 'a b:25'])('%s is no address with a port', text => expect(parseHostPort(text)).toBeUndefined())
  test('greetings', () => {
    expect(isExpected('Mail.Town.example.jp', ['town.example.jp'])).toBe(true)
    expect(isExpected('eviltown.example.jp', ['town.example.jp'])).toBe(false)
  })
})

test('recipients are distinct, of the population, and always the same', () => {
  const recipients = { pattern: 's%d@x', mailboxes: 7, perMail: 7 }
  fc.assert(fc.property(fc.nat(), fc.nat(), (seed, number) => {
    const list = recipientsOf(recipients, seed, number)
    expect(new Set(list).size).toBe(7)
    expect(list).toEqual(recipientsOf(recipients, seed, number))
    expect(list.every(each => /^s[1-7]@x$/.test(each))).toBe(true)
  }))
})
