/** Pages wait a moment while mail needs the processor, in order, and never where it is free. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pace } from '../../../portal/http/pace.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A machine on which the thread waits that share of the time in which it could run. */
function paceOn(machine: { share: number }, floor = 10): Pace {
  const spent = { ranNs: 0, waitedNs: 0 }
  const read = () => {
    spent.ranNs += 1e9 * (1 - machine.share)
    spent.waitedNs += 1e9 * machine.share
    return { ...spent }
  }
  return new Pace(floor, read, () => vi.getMockedSystemTime()?.getTime() ?? 0)
}

/** So many at once; how many were let in. */
async function visits(pace: Pace, count: number): Promise<{ inside: number; order: number[] }> {
  const seen = { inside: 0, order: [] as number[] }
  for (let index = 0; index < count; index++) {
    const turn = pace.turn()
    const enter = () => {
      seen.inside++
      seen.order.push(index)
    }
    if (turn) void turn.then(enter)
    else enter()
  }
  await vi.advanceTimersByTimeAsync(0)
  return seen
}

test('nobody waits where the processor is free', async () => {
  const pace = paceOn({ share: 0.1 })
  for (let second = 0; second < 5; second++) {
    expect((await visits(pace, 200)).inside).toBe(200)
    pace.look()
  }
  expect(pace.perSecond).toBe(Number.POSITIVE_INFINITY)
})

test('where it is short, half as many a second are begun each second, down to the floor; the others wait in order', async () => {
  const pace = paceOn({ share: 0.8 })
  await visits(pace, 100)
  pace.look()
  expect(pace.perSecond).toBe(50)
  const seen = await visits(pace, 100)
  expect(seen.inside).toBe(0)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(seen.inside).toBeGreaterThanOrEqual(40)
  expect(seen.inside).toBeLessThanOrEqual(51)
  expect(seen.order).toEqual(seen.order.toSorted((a, b) => a - b))
  for (let second = 0; second < 5; second++) {
    pace.look()
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect([pace.perSecond >= 10, pace.perSecond <= 25, seen.inside]).toEqual([true, true, 100])
})

test('who looks at a few pages at a time does not wait', async () => {
  const pace = paceOn({ share: 0.8 })
  await visits(pace, 100)
  pace.look()
  await vi.advanceTimersByTimeAsync(2_000)
  expect((await visits(pace, 10)).inside).toBe(10)
})

test('it goes back to as many as come once the processor is free', async () => {
  const machine = { share: 0.8 }
  const pace = paceOn(machine)
  await visits(pace, 100)
  pace.look()
  machine.share = 0.05
  for (let second = 0; second < 12; second++) pace.look()
  expect(pace.perSecond).toBe(Number.POSITIVE_INFINITY)
})

test('whoever waits, or comes later, is told that there is nobody when the portal closes', async () => {
  const pace = paceOn({ share: 0.8 })
  await visits(pace, 100)
  pace.look()
  const told = [1, 2, 3].map(() => expect(pace.turn()).rejects.toMatchObject({ problem: 'unavailable' }))
  pace.stop()
  await Promise.all(told)
  expect(() => pace.turn()).toThrow('unavailable')
})
