/**
 * The sender in a process of its own, so that neither reports nor plots wait on its event loop.
 *
 *   parent ── SendOrder ──▶ [Sender] ──▶ batches of rows ──▶ parent;  then { kind: 'done' }
 *   parent ── 'stop' ──▶ the plan ends
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { type SendOrder, Sender } from './sender.ts'

export type SenderDone = {
  readonly kind: 'done'
  readonly startedMs: number
  readonly cpuSeconds: number
  readonly collectedMs: number
}

const BATCH_MS = 250

let sender: Sender | undefined
let collectedMs = 0

new PerformanceObserver(list => {
  for (const { duration } of list.getEntries()) collectedMs += duration
}).observe({ entryTypes: ['gc'] })

process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole group; the parent decides when this ends.
process.on('SIGINT', () => undefined)
process.on('message', (message: SendOrder | 'stop') => {
  if (message === 'stop') sender?.stop()
  else void carryOut(message)
})

async function carryOut(order: SendOrder): Promise<void> {
  const before = process.cpuUsage()
  sender = new Sender(order)
  const running = sender
  process.send?.(running.take())
  const timer = setInterval(() => process.send?.(running.take()), BATCH_MS)
  await running.run()
  clearInterval(timer)
  process.send?.(running.take())
  const { user, system } = process.cpuUsage(before)
  process.send?.({
    kind: 'done',
    startedMs: running.startedMs,
    cpuSeconds: (user + system) / 1e6,
    collectedMs,
  } satisfies SenderDone)
}
