import { afterEach, describe, expect, test, vi } from 'vitest'
import { ReadyParts, readyLine } from '../../../cli/ready.ts'

describe('the ready line', () => {
  const said: string[] = []
  const parts = (...roles: string[]) => new ReadyParts<string>(roles, 'gateway', line => said.push(line))
  afterEach(() => {
    said.length = 0
    vi.useRealTimers()
  })

  test('names what listens, in one order', () => {
    expect(readyLine({ admin: 'a:3', smtp: 'a:1', portal: 'a:2' })).toBe('sekisho ready smtp=a:1 portal=a:2 admin=a:3\n')
  })
  test('is said once all parts are there', () => {
    const ready = parts('gateway', 'portal')
    ready.add('gateway', { smtp: 'a:1' })
    expect(said).toEqual([])
    ready.add('portal', { portal: 'a:2' })
    expect(said).toEqual(['sekisho ready smtp=a:1 portal=a:2\n'])
  })
  test('is said again when a role has come back', () => {
    const ready = parts('gateway')
    ready.add('gateway', { smtp: 'a:1' })
    ready.add('gateway', { smtp: 'a:1' })
    expect(said).toHaveLength(2)
  })
  test('does not wait for a role that will not come', () => {
    const ready = parts('gateway', 'portal')
    ready.add('gateway', { smtp: 'a:1' })
    ready.giveUp('portal')
    expect(said).toEqual(['sekisho ready smtp=a:1\n'])
  })
  test('is not said without the gateway', () => {
    const ready = parts('gateway', 'portal')
    ready.add('portal', { portal: 'a:2' })
    ready.giveUp('gateway')
    expect(said).toEqual([])
  })
  test('mail does not wait long for the others', () => {
    vi.useFakeTimers()
    parts('gateway', 'portal').add('gateway', { smtp: 'a:1' })
    vi.advanceTimersByTime(20_000)
    expect(said).toEqual(['sekisho ready smtp=a:1\n'])
  })
})
