import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { tidyOnceStarted } from '../../../cli/once-started.ts'

test('what nobody needs any more is collected without anything being allocated, and the means for it stay hidden', async () => {
  const left = new WeakRef(Array.from({ length: 1000 }, () => ({})))
  await delay(20)
  const stood = left.deref() !== undefined
  tidyOnceStarted(1)
  await delay(100)
  expect([stood, left.deref(), globalThis.gc]).toEqual([true, undefined, undefined])
})
