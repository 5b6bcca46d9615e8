/** A whole run inside the test's own process: sender, sink and tally, without children. */
import type { SenderChild } from '../../loadtest/children.ts'
import type { Inbox } from '../../loadtest/inbox.ts'
import { RULES } from '../../loadtest/look.ts'
import { generateMails } from '../../loadtest/mails/kinds.ts'
import { type Crew, type Load, type Ran, runOnce } from '../../loadtest/run.ts'
import { Sender } from '../../loadtest/sender.ts'
import { Sink } from '../../loadtest/sink.ts'

export function testLoad(port: number, changes: Partial<Load> = {}): Load {
  return {
    habits: { target: { host: '127.0.0.1', port, name: 'scripted.example' }, tls: 'off', helo: 'test.example', pipelining: true },
    from: 'a@example.com',
    recipients: { pattern: 'staff%d@town.example.jp', mailboxes: 20, perMail: 1 },
    ...generateMails({ 'text-utf-8': 1 }, 1),
    seed: 1, plan: { kind: 'constant', perSecond: 1000 }, durationMs: 10_000, mostMails: 100, connections: 8, mailsPerConnection: 10,
    slow: { share: 0, bytesPerSecond: 1 }, replyTimeoutMs: 20_000, graceMs: 20_000, drainMs: 20_000, settleMs: 50,
    ...changes,
  }
}

export async function openSink(): Promise<{ inbox: Inbox; port: number }> {
  const settings = { host: '127.0.0.1', port: 0, look: RULES }
  const sink = new Sink(settings)
  const port = await sink.listen(settings)
  return { port, inbox: { source: 'sink', where: '', reset: async run => sink.reset(run), take: async () => sink.take(), end: () => sink.close() } }
}

export function runHere(load: Load, inbox?: Inbox): Promise<Ran> {
  const crew: Crew = { sender: senderHere(), inbox, queue: undefined, stop: new AbortController().signal }
  return runOnce(load, crew, () => undefined)
}

function senderHere(): SenderChild {
  return {
    pid: process.pid,
    async run(order, onBatch) {
      const sender = new Sender(order)
      onBatch(sender.take())
      await sender.run()
      onBatch(sender.take())
      return { kind: 'done', startedMs: sender.startedMs, cpuSeconds: 0, collectedMs: 0 }
    },
    stop: () => undefined,
    end: () => undefined,
  }
}
