import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { grouped, maildirTransport, slots } from '../../../../gateway/outbound/maildir.ts'
import { Held, type HopOutcomes } from '../../../../gateway/outbound/outcome.ts'
import { inward, MESSAGE, OTHER, rig, STAFF, START_MS, until } from './relay-rig.ts'

let root: string
beforeEach(async () => { root = await mkdtemp(join(tmpdir(), 'maildir-')) })
afterEach(() => rm(root, { recursive: true, force: true }))

const NAMING = { clock: () => START_MS, random: () => 0.5, hostname: 'gw/../../x.example' }

function deliverTo(path: string, message: Uint8Array, transport = maildirTransport(path, NAMING)): Promise<HopOutcomes> {
  return transport.deliver({ reversePath: null, recipients: [STAFF, OTHER], messageBytes: message.length, load: async () => message })
}

describe('a Maildir as next hop', () => {
  test('makes new, cur and tmp, and writes the composed bytes and nothing else', async () => {
    const path = join(root, 'deep/maildir')
    const outcomes = await deliverTo(path, MESSAGE)
    expect((await readdir(path)).sort()).toEqual(['cur', 'new', 'tmp'])
    const names = await readdir(join(path, 'new'))
    expect(names).toHaveLength(1)
    expect(await readFile(join(path, 'new', names[0]!))).toEqual(MESSAGE)
    expect(await readdir(join(path, 'tmp'))).toEqual([])
    expect([...outcomes].map(([recipient, { kind }]) => [recipient, kind])).toEqual([[STAFF, 'delivered'], [OTHER, 'delivered']])
  })

  test('gives each of many concurrent deliveries its own name', async () => {
    const transport = maildirTransport(root, NAMING)
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => deliverTo(root, Buffer.from(`N: ${i}\r\n\r\n`), transport)))
    expect(all.every(outcomes => outcomes.get(STAFF)?.kind === 'delivered')).toBe(true)
    const names = await readdir(join(root, 'new'))
    expect(names).toHaveLength(50)
    expect(names.every(name => /^\d+\.M\d+P\d+Q\d+R[0-9a-f]{8}\.[\w.-]+$/.test(name))).toBe(true)
  })

  test('that cannot be written is a deferral, and works again once it can', async () => {
    const path = join(root, 'taken')
    await writeFile(path, 'a file stands here')
    const transport = maildirTransport(path, NAMING)
    expect((await deliverTo(path, MESSAGE, transport)).get(STAFF)).toMatchObject({ kind: 'deferred', possibleDuplicate: false })
    await rm(path)
    expect((await deliverTo(path, MESSAGE, transport)).get(STAFF)?.kind).toBe('delivered')
  })

  test('passes on what load throws, and leaves nothing behind', async () => {
    const transport = maildirTransport(root, NAMING)
    const load = () => Promise.reject(new Held('on hold'))
    await expect(transport.deliver({ reversePath: null, recipients: [STAFF], messageBytes: 1, load })).rejects.toThrow(Held)
    expect(await readdir(root, { recursive: true })).toEqual([])
  })

  test('is a next hop of a route like any other', async () => {
    const { relay, store, said, stop } = rig([inward({ kind: 'maildir', path: root })])
    void relay.run()
    const entry = store.addClaimed({ recipients: [STAFF, OTHER] }, MESSAGE)
    relay.offer(entry, MESSAGE)
    await until(() => said.delivered.length === 2)
    expect(await readdir(join(root, 'new'))).toHaveLength(1)
    expect(store.state(entry, STAFF)).toMatchObject({ kind: 'delivered', nextHop: `maildir:${root}` })
    await stop()
  })
})

describe('grouped', () => {
  test('callers that come during a run share the next one, which begins after they came', async () => {
    const runs: PromiseWithResolvers<void>[] = []
    const run = grouped(() => {
      runs.push(Promise.withResolvers())
      return runs.at(-1)!.promise
    })
    const first = run()
    const second = run()
    const third = run()
    expect(runs).toHaveLength(1)
    runs[0]!.resolve()
    await first
    await until(() => runs.length === 2)
    runs[1]!.resolve()
    await Promise.all([second, third])
    expect(runs).toHaveLength(2)
  })

  test('a failed run fails those who waited for it, and not those of the next', async () => {
    let runs = 0
    const run = grouped(async () => {
      if (++runs === 1) throw new Error('disk')
    })
    const first = run()
    const second = run()
    await expect(first).rejects.toThrow('disk')
    await expect(second).resolves.toBeUndefined()
  })
})

test('slots: never more at once than there are, none forgotten, a failure frees its slot', async () => {
  const inTurn = slots(3)
  let running = 0
  let most = 0
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => inTurn(async () => {
    most = Math.max(most, ++running)
    await new Promise(resolve => setTimeout(resolve, 1))
    running--
    if (i % 4 === 0) throw new Error('no')
  })))
  expect(most).toBe(3)
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(15)
})
