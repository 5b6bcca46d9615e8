import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PendingWork } from '../../../vault/pending.ts'
import type { Gateway } from '../../../vault/ports.ts'
import { accept, openTestHouse, PART, REBUILT, type TestHouse } from './support.ts'

let house: TestHouse
/** Name of the gateway's method that is cut off, before or after it has done its work. */
let cut: { readonly method: keyof Gateway; readonly when: 'before' | 'after' } | undefined

beforeEach(async () => {
  cut = undefined
  house = await openTestHouse(gateway => {
    const cutting = (method: keyof Gateway) => async (...given: never[]) => {
      if (cut?.method === method && cut.when === 'before') throw new Error('killed')
      const answer = await (gateway[method] as (...given: never[]) => Promise<unknown>)(...given)
      if (cut?.method === method && cut.when === 'after') throw new Error('killed')
      return answer
    }
    return { ...gateway, submit: cutting('submit') as Gateway['submit'], amend: cutting('amend') as Gateway['amend'], original: cutting('original') as Gateway['original'] }
  })
})
afterEach(() => house.close())

async function stateOf(publicId = 'P1') {
  const { state, report } = (await house.store.mailMessage(publicId))!
  return [state, ...report.parts.map(part => `${part.outcome} ${part.reason ?? part.deliveredName ?? ''}`)]
}

async function mailsQueued(): Promise<number> {
  return (await house.store.listQueue({ limit: 100 })).filter(row => row.reversePath === null).length
}

describe('a part that was not ready', () => {
  test('is rebuilt, mailed to who had the mail, and recorded', async () => {
    await accept(house.store, [PART])
    await new PendingWork(house).run()
    expect(house.asked).toEqual([{ file: 'Hello, part!', passwords: [], alone: false, lockAgain: false }])
    expect(await stateOf()).toEqual(['clean', 'rebuilt 議事録.txt'])
    expect(await mailsQueued()).toBe(1)
    expect(await house.store.pendingMails(10)).toEqual([])
    expect((await house.store.trace({ limit: 9 })).flatMap(({ steps }) => steps.map(step => step.kind))).toContain('verdict')
  })

  test('that cannot be rebuilt is kept back with its reason, and no mail is sent', async () => {
    house.result = { kind: 'kept', reason: 'malware' }
    await accept(house.store, [PART])
    await new PendingWork(house).run()
    expect(await stateOf()).toEqual(['kept', 'quarantined malware'])
    expect(await mailsQueued()).toBe(0)
  })

  test('goes out with what goes beside it, and both names are recorded', async () => {
    const { file } = REBUILT
    if (file.rebuilt.kind !== 'rebuilt') throw new Error('not rebuilt')
    const beside = { bytes: Buffer.from('words'), mediaType: 'text/csv', extension: 'csv' }
    house.result = { ...REBUILT, file: { report: { ...file.report, besideName: '議事録.csv' }, rebuilt: { kind: 'rebuilt', file: { ...file.rebuilt.file, beside } } } }
    await accept(house.store, [PART])
    await new PendingWork(house).run()
    expect((await house.store.mailMessage('P1'))!.report.parts).toMatchObject([{ deliveredName: '議事録.txt', besideName: '議事録.csv' }])
    expect(house.letterTexts[0]).toContain('議事録.csv')
  })

  test('waits while nobody is free, and is not given up', async () => {
    house.result = { kind: 'busy', why: 'full' }
    await accept(house.store, [PART])
    await new PendingWork(house).run()
    expect(await stateOf()).toEqual(['pending', 'pending processing'])
  })

  test('shares one mail with the others of its message', async () => {
    await accept(house.store, [PART, { ...PART, id: '3' }])
    await new PendingWork(house).run()
    expect(await stateOf()).toEqual(['clean', 'rebuilt 議事録.txt', 'rebuilt 議事録.txt'])
    expect(await mailsQueued()).toBe(1)
  })

  test.for<[keyof Gateway, 'before' | 'after']>([
    ['original', 'before'],
    ['submit', 'before'],
    ['submit', 'after'],
    ['amend', 'before'],
    ['amend', 'after'],
  ])('is not lost and not mailed twice when the process dies %s / %s', async ([method, when]) => {
    await accept(house.store, [PART])
    cut = { method, when }
    await expect(new PendingWork(house).run()).rejects.toThrow('killed')
    cut = undefined
    await new PendingWork(house).run()
    expect(await stateOf()).toEqual(['clean', 'rebuilt 議事録.txt'])
    expect(await mailsQueued()).toBe(1)
  })

  test('that kills the process again and again is kept back in the end', async () => {
    await accept(house.store, [PART])
    cut = { method: 'original', when: 'before' }
    for (let i = 0; i < 3; i++) await expect(new PendingWork(house).run()).rejects.toThrow('killed')
    await new PendingWork(house).run()
    expect(await stateOf()).toEqual(['kept', 'quarantined time-limit'])
  })
})
