/** Which process of a lane gets the next job. */
import { PassThrough } from 'node:stream'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Lane } from '../../../workers/lane.ts'
import { type LaneJob, Peer } from '../../../workers/peer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function emptyLane({ promptMs = 40, growMs = 0, jobsPerProcess = 48 } = {}): { readonly lane: Lane; readonly wanted: () => number } {
  let wanted = 0
  const rules = { name: 'light', mostWaiting: 10, mostWaitingBytes: 1e6, jobsPerProcess, bytesPerProcess: 1e6, promptMs, growMs, timeoutMs: 30_000, recycleAfterJobs: 1000, oneJob: false }
  const lane: Lane = new Lane(rules, { replace: () => {}, began: () => {}, kill: each => lane.gone(each, 'deadline'), wanting: () => void wanted++ })
  return { lane, wanted: () => wanted }
}

function laneOf(promptMs: number, jobsPerProcess = 48): { readonly lane: Lane; readonly first: Peer; readonly second: Peer } {
  const { lane } = emptyLane({ promptMs, jobsPerProcess })
  const [first, second] = [peer(), peer()]
  lane.add(first)
  lane.add(second)
  return { lane, first, second }
}

function peer(): Peer {
  return new Peer(new PassThrough() as unknown as Socket, { role: 'sanitizer', lane: 'light', pid: 1, version: 1 } as never)
}

function give(lane: Lane, count: number, waiting = false): LaneJob[] {
  const jobs = Array.from({ length: count }, (): LaneJob => ({ bytes: 10, waiting, begin: () => {}, heard: () => true, lost: () => {}, late: () => {} }))
  for (const job of jobs) lane.enqueue(job, 1_000)
  return jobs
}

const inWork = (...peers: Peer[]) => peers.map(each => each.inWork.size)

test('the first has all while it is prompt: two that take turns cost each other their caches', () => {
  const { lane, first, second } = laneOf(40)
  give(lane, 5)
  vi.advanceTimersByTime(39)
  give(lane, 5)
  expect(inWork(first, second)).toEqual([10, 0])
})

test('once it is behind with its oldest, the other has the next, and the first again when it has caught up', () => {
  const { lane, first, second } = laneOf(40)
  give(lane, 5)
  vi.advanceTimersByTime(40)
  give(lane, 3)
  expect(inWork(first, second)).toEqual([5, 3])
  for (const id of [...first.inWork.keys()]) lane.heard(first, 1, id, Buffer.alloc(0))
  give(lane, 2)
  expect(inWork(first, second)).toEqual([2, 3])
})

test('when both are behind, whoever has less', () => {
  const { lane, first, second } = laneOf(40)
  give(lane, 5)
  vi.advanceTimersByTime(40)
  give(lane, 3)
  vi.advanceTimersByTime(40)
  give(lane, 4)
  expect(inWork(first, second)).toEqual([6, 6])
})

test('jobs that wait for their senders put nobody behind', () => {
  const { lane, first, second } = laneOf(40)
  give(lane, 5, true)
  vi.advanceTimersByTime(1_000)
  give(lane, 5)
  expect(inWork(first, second)).toEqual([10, 0])
})

test('no more than a process may have, and by turns where nobody is preferred', () => {
  const { lane, first, second } = laneOf(40, 4)
  give(lane, 6)
  expect(inWork(first, second)).toEqual([4, 2])
  const even = laneOf(0)
  give(even.lane, 6)
  expect(inWork(even.first, even.second)).toEqual([3, 3])
})

test('one that hangs is ended, and meanwhile the other works', () => {
  const { lane, first, second } = laneOf(40)
  give(lane, 1)
  vi.advanceTimersByTime(1_000)
  give(lane, 3)
  expect(inWork(first, second)).toEqual([1, 3])
  for (const id of [...second.inWork.keys()]) lane.heard(second, 1, id, Buffer.alloc(0))
  vi.advanceTimersByTime(30_000)
  expect([...lane.peers]).toEqual([second])
})

test('another is wanted when all are behind by so much, and not for jobs that wait for their senders', () => {
  const { lane, wanted } = emptyLane({ growMs: 500 })
  lane.add(peer())
  give(lane, 3, true)
  vi.advanceTimersByTime(2_000)
  expect(wanted()).toBe(0)
  give(lane, 1)
  vi.advanceTimersByTime(490)
  expect(wanted()).toBe(0)
  vi.advanceTimersByTime(100)
  expect(wanted()).toBeGreaterThan(0)
})

test('another is wanted when a job waits for so long although those in work go on', () => {
  const { lane, wanted } = emptyLane({ growMs: 500, jobsPerProcess: 2 })
  lane.add(peer())
  give(lane, 2, true)
  give(lane, 1)
  expect(wanted()).toBe(0)
  vi.advanceTimersByTime(600)
  expect(wanted()).toBeGreaterThan(0)
})

test('one is wanted at once where there is none', () => {
  const { lane, wanted } = emptyLane({ growMs: 500 })
  give(lane, 1)
  expect(wanted()).toBe(1)
})
