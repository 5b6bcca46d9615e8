/**
 * The sink in a process of its own: told where to listen, it says its port, then answers what it is asked.
 */
import type { RunId } from './mark.ts'
import { type Arrival, Sink, type SinkSettings } from './sink.ts'

export type SinkQuestion =
  | { readonly kind: 'listen'; readonly settings: SinkSettings }
  | { readonly kind: 'reset'; readonly run: RunId }
  | { readonly kind: 'count' }
  | { readonly kind: 'take' }
export type SinkAnswer =
  | { readonly port: number }
  | { readonly count: number }
  | { readonly arrivals: readonly Arrival[] }
  | { readonly problem: string }

let sink: Sink | undefined

process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole group; the parent decides when this ends.
process.on('SIGINT', () => undefined)
process.on('message', (question: SinkQuestion) => void answer(question).then(reply => process.send?.(reply)))

async function answer(question: SinkQuestion): Promise<SinkAnswer> {
  if (question.kind === 'listen') {
    sink = new Sink(question.settings)
    return sink.listen(question.settings).then(
      port => ({ port }),
      (error: Error) => ({ problem: error.message }),
    )
  }
  if (!sink) return { problem: 'not listening yet' }
  if (question.kind === 'reset') sink.reset(question.run)
  return question.kind === 'take' ? { arrivals: sink.take() } : { count: sink.count }
}
