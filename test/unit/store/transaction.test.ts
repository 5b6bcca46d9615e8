/** When a batch is tried again, and what its first attempt leaves in memory. */
import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Acceptance } from '../../../store/sqlite/acceptance.ts'
import { realFiles } from '../../../store/sqlite/files.ts'
import { type Opened, openState } from '../../../store/sqlite/opening.ts'
import { Planner } from '../../../store/sqlite/planner.ts'
import { Transaction } from '../../../store/sqlite/transaction.ts'
import { SETTINGS, scratchDirectory } from './sample.ts'

let directory: string
let opened: Opened
beforeEach(async () => {
  directory = scratchDirectory()
  opened = await openState(directory, SETTINGS, realFiles)
})
afterEach(() => {
  opened.state.database.close()
  opened.lock.close()
  rmSync(directory, { recursive: true })
})

test('each call has one answer, and no file is let go for an attempt that was undone', () => {
  const acceptance = new Acceptance(opened.state)
  const plan = new Planner(opened.state, acceptance).plan([], 0)
  let attempts = 0
  const purge = () => {
    // What the first attempt wanted to remove, the second may keep.
    plan.batch.obsolete.push(`of attempt ${++attempts}`)
    return attempts
  }
  const fail = () => {
    throw new Error('no')
  }
  plan.planned.push({ call: { id: 1, name: 'purge' } as never, work: purge }, { call: { id: 2, name: 'commit' } as never, work: fail })
  new Transaction(opened.state, acceptance).run(plan)
  expect(plan.answers).toEqual([{ id: 1, value: 2 }, { id: 2, error: { name: 'Error', message: 'no' } }])
  expect(plan.batch.obsolete).toEqual(['of attempt 2'])
})

test('only the failure of a message is tried again: a settlement that fails breaks the store', () => {
  const acceptance = new Acceptance(opened.state)
  const plan = new Planner(opened.state, acceptance).plan([], 0)
  let attempts = 0
  const fail = () => {
    attempts++
    throw new Error('half settled')
  }
  plan.planned.push({ call: { id: 1, name: 'settle' } as never, work: fail })
  expect(() => new Transaction(opened.state, acceptance).run(plan)).toThrow('half settled')
  expect([attempts, opened.state.database.isTransaction]).toEqual([1, false])
})
