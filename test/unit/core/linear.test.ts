/** Hostile growth of whole messages, without a stopwatch: twice the input may take at most about thrice the time. */
import { describe, expect, test } from 'vitest'
import { sanitizeBytes } from '../../support/job.ts'

const HEAD = 'From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n'

const CASES: Readonly<Record<string, (size: number) => string>> = {
  'short lines of text': size => `${HEAD}\r\n${'a\r\n'.repeat(size)}`,
  'spaces at the end of the body': size => `${HEAD}\r\n${'x'.padEnd(size * 3)}y\r\n`,
  'open tags without end': size => `${HEAD}Content-Type: text/html\r\n\r\n${'<'.repeat(size * 2)}`,
  'nested elements': size => `${HEAD}Content-Type: text/html\r\n\r\n${'<div>'.repeat(size)}`,
  'delimiters of many parts': size => `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(size / 2)}`,
  'things that look like delimiters': size => `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n${'--bx\r\n'.repeat(size)}`,
  'recipients in To': size => `${HEAD}To: ${'a <a@example.com>, '.repeat(size / 10)}\r\n\r\nx\r\n`,
  'references': size => `${HEAD}References: ${'<a@example.com> '.repeat(size / 10)}\r\n\r\nx\r\n`,
  'encoded words': size => `${HEAD.replace('x', '=?utf-8?B?44GC?= '.repeat(size / 10))}\r\nx\r\n`,
  'armour lines': size => `${HEAD}\r\n${'-----BEGIN PGP MESSAGE-----\r\n'.repeat(size / 4)}`,
  'links': size => `${HEAD}\r\n${'https://a.example/ '.repeat(size / 4)}`,
}

async function bestOf(times: number, run: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let time = 0; time < times; time++) {
    const startMs = performance.now()
    await run()
    best = Math.min(best, performance.now() - startMs)
  }
  return best
}

/** A busy machine may spoil one comparison, hardly three; quadratic growth spoils all of them. */
const ATTEMPTS = 3

describe('time grows with the size, not with its square', () => {
  test.each(Object.keys(CASES))('%s', async name => {
    const small = Buffer.from(CASES[name]!(20_000))
    const large = Buffer.from(CASES[name]!(80_000))
    await sanitizeBytes(small)
    const ratios: number[] = []
    for (let attempt = 0; attempt < ATTEMPTS && !ratios.some(ratio => ratio < 8); attempt++) {
      const smallMs = await bestOf(3, () => sanitizeBytes(small))
      ratios.push((await bestOf(3, () => sanitizeBytes(large))) / (smallMs + 5))
    }
    expect(Math.min(...ratios), 'four times the size, less than eight times the time').toBeLessThan(8)
  })
})
