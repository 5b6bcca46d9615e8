/** Few at a time, in order, and a failure gives its place on. */
import { expect, test } from 'vitest'
import { fewAtOnce } from '../../../cli/few-at-once.ts'

test('never more than so many run, those that wait go on in their order, and what fails holds no place', async () => {
  const turns = fewAtOnce(3)
  const order: number[] = []
  let running = 0
  let most = 0
  const work = (index: number) => async () => {
    order.push(index)
    most = Math.max(most, ++running)
    await new Promise(done => setImmediate(done))
    running--
    if (index % 5 === 0) throw new Error(`${index}`)
    return index
  }
  const results = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => turns(work(index))))
  expect(most).toBe(3)
  expect(order).toEqual(Array.from({ length: 40 }, (_, index) => index))
  expect(results.map(({ status }) => status)).toEqual(order.map(index => (index % 5 === 0 ? 'rejected' : 'fulfilled')))
  expect(await turns(async () => 'again')).toBe('again')
})
