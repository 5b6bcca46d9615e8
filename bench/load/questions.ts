/** Times one kind of question to a store of many rows: median and 95th percentile, as a line of JSON. */
import { quantile } from './measure.ts'

/** `rows`: how many the store has, for the record; `count`: how often each question is asked. */
export function questionTimer(rows: number, count: number): (name: string, ask: (index: number) => unknown) => void {
  return (name, ask) => {
    const times = Array.from({ length: count }, (_, index) => {
      const startMs = performance.now()
      ask(index)
      return performance.now() - startMs
    })
    const at = (share: number) => Number(quantile(times, share).toFixed(2))
    console.log(JSON.stringify({ name, rows, medianMs: at(0.5), p95Ms: at(0.95) }))
  }
}
