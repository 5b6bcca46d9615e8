/** How a load test goes, while it goes: a line that is drawn anew on a terminal, now and then a line elsewhere. */
import type { Glimpse } from '../loadtest/run.ts'
import { displayWidth } from './output.ts'

const CLEAR = '\r\u001b[K'
const SELDOM_S = 10

export class LiveView {
  readonly #stream: NodeJS.WriteStream
  #last = { mails: 0, elapsedS: 0, saidS: 0 }
  #drawn = false

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream
  }

  show(now: Glimpse): void {
    const { elapsedS, tally } = now
    if (elapsedS < this.#last.elapsedS) this.#last = { mails: 0, elapsedS: 0, saidS: 0 }
    if (!this.#stream.isTTY && elapsedS - this.#last.saidS < SELDOM_S) return
    const line = this.#lineFor(now)
    this.#last = { mails: tally.mails, elapsedS, saidS: elapsedS }
    if (!this.#stream.isTTY) return void this.#stream.write(`${line}\n`)
    this.#drawn = true
    this.#stream.write(CLEAR + fitting(line, this.#stream.columns || 80))
  }

  count(requests: number, troubled: number): void {
    if (!this.#stream.isTTY) return
    this.#drawn = true
    this.#stream.write(`${CLEAR}${requests} requests  errors ${troubled}`)
  }

  say(text: string): void {
    this.close()
    this.#stream.write(`${text}\n`)
  }

  close(): void {
    if (this.#drawn) this.#stream.write(CLEAR)
    this.#drawn = false
  }

  #lineFor({ tally, elapsedS, phase, waiting, connections, queue }: Glimpse): string {
    const rate = (tally.mails - this.#last.mails) / Math.max(0.001, elapsedS - this.#last.elapsedS)
    const { answered } = tally.latency
    const troubled = tally.mails - tally.outcomes.accepted
    return [
      `${Math.floor(elapsedS)}s`,
      phase === 'load' ? `${rate.toFixed(rate < 10 ? 1 : 0)}/s` : 'waiting for mails',
      `${tally.mails} sent`,
      `p50 ${span(answered.quantile(0.5))} p99 ${span(answered.quantile(0.99))}`,
      `errors ${troubled}`,
      `arrived ${tally.arrivals}`,
      `conn ${connections}`,
      ...(waiting > 0 ? [`behind ${waiting}`] : []),
      ...(queue === undefined ? [] : [`queue ${queue}`]),
    ].join('  ')
  }
}

export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '-'
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

function fitting(text: string, columns: number): string {
  let line = text
  while (displayWidth(line) >= columns) line = line.slice(0, -1)
  return line
}
