/** How many mails wait in a Sekisho under test, from /metrics of its admin address. */
import { request } from 'node:http'

const METRIC = /^sekisho_queue_messages(?:\{[^}]*\})? (\d+)/m
const TIMEOUT_MS = 900
const MOST_BYTES = 4 * 2 ** 20

/** Undefined when it cannot be known now. */
export function queueOf({ host, port }: { readonly host: string; readonly port: number }): Promise<number | undefined> {
  return new Promise(resolve => {
    const question = request({ host, port, path: '/metrics', timeout: TIMEOUT_MS }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > MOST_BYTES) question.destroy()
      })
      response.on('end', () =>
        resolve(METRIC.exec(text)?.[1] === undefined ? undefined : Number(METRIC.exec(text)![1])),
      )
      response.on('error', () => resolve(undefined))
    })
    question.on('timeout', () => question.destroy())
    question.on('error', () => resolve(undefined))
    question.end()
  })
}
