/**
 * Sender and sink as the coordinating process sees them: two children, started once and used for many runs.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { RunId } from './mark.ts'
import type { Batch } from './records.ts'
import type { SendOrder } from './sender.ts'
import type { SenderDone } from './sender-process.ts'
import type { Arrival, SinkSettings } from './sink.ts'
import type { SinkAnswer, SinkQuestion } from './sink-process.ts'

export type SenderChild = {
  readonly pid: number
  run(order: SendOrder, onBatch: (batch: Batch) => void): Promise<SenderDone>
  stop(): void
  end(): void
}

export type SinkChild = {
  readonly port: number
  readonly pid: number
  reset(run: RunId): Promise<void>
  count(): Promise<number>
  take(): Promise<readonly Arrival[]>
  end(): void
}

export function startSender(): SenderChild {
  const child = start('sender-process.ts')
  return {
    pid: child.pid!,
    async run(order, onBatch) {
      const { promise, resolve, reject } = Promise.withResolvers<SenderDone>()
      const hear = (message: Batch | SenderDone) => (message.kind === 'done' ? resolve(message) : onBatch(message))
      const gone = () => reject(new Error('the sender process has ended'))
      child.on('message', hear).once('exit', gone)
      child.send(order)
      return promise.finally(() => child.off('message', hear).off('exit', gone))
    },
    stop: () => void child.send('stop'),
    end: () => leave(child),
  }
}

/** Throws when it cannot listen there. */
export async function startSink(settings: SinkSettings): Promise<SinkChild> {
  const child = start('sink-process.ts')
  let before: Promise<unknown> = Promise.resolve()
  // One question at a time: answers carry no number.
  const ask = (question: SinkQuestion): Promise<SinkAnswer> => {
    const answer = before.then(async () => {
      child.send(question)
      return ((await once(child, 'message')) as [SinkAnswer])[0]
    })
    before = answer.catch(() => undefined)
    return answer
  }
  const listening = await ask({ kind: 'listen', settings })
  if (!('port' in listening)) {
    leave(child)
    throw new Error(`the sink cannot listen: ${'problem' in listening ? listening.problem : 'no answer'}`)
  }
  return {
    port: listening.port,
    pid: child.pid!,
    reset: async run => void (await ask({ kind: 'reset', run })),
    count: async () => ((await ask({ kind: 'count' })) as { count: number }).count,
    take: async () => ((await ask({ kind: 'take' })) as { arrivals: readonly Arrival[] }).arrivals,
    end: () => leave(child),
  }
}

/** It ends when nobody is left to ask it; one that was ended by somebody else has gone already. */
function leave(child: ChildProcess): void {
  if (child.connected) child.disconnect()
}

function start(file: string): ChildProcess {
  return fork(join(import.meta.dirname, file), { execArgv: ['--no-warnings'], serialization: 'advanced' })
}
