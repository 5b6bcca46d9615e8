import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DotReader } from '../../../../gateway/inbound/dots.ts'
import { LineWatch } from '../../../../gateway/inbound/line-watch.ts'
import { SMUGGLING } from '../../../support/smuggling.ts'

type Read = { readonly content: string; readonly rest: string | undefined }

/** Feeds the pieces as packets; what follows the end of data is `rest`, undefined when there was no end. */
function read(pieces: readonly string[]): Read {
  let content = ''
  let rest: string | undefined
  const dots = new DotReader(chunk => {
    content += Buffer.from(chunk).toString('latin1')
  })
  for (const piece of pieces) {
    if (rest !== undefined) rest += piece
    else {
      const chunk = Buffer.from(piece, 'latin1')
      const end = dots.push(chunk)
      if (end >= 0) rest = chunk.subarray(end).toString('latin1')
    }
  }
  return { content, rest }
}

/** The definition: lines end with CRLF only; a lone dot ends data; a leading dot is taken away. */
function expected(wire: string): Read {
  const end = wire.startsWith('.\r\n') ? -2 : wire.indexOf('\r\n.\r\n')
  const body = end === -1 ? wire : wire.slice(0, Math.max(end + 2, 0))
  const content = body.replace(/^\./, '').replace(/\r\n\./g, '\r\n')
  return { content, rest: end === -1 ? undefined : wire.slice(end + 5) }
}

function everySplit(wire: string): string[][] {
  const splits = [[wire], [...wire]]
  for (let at = 1; at < wire.length; at++) splits.push([wire.slice(0, at), wire.slice(at)])
  return splits
}

describe('only <CR><LF>.<CR><LF> ends data, at every split into packets', () => {
  test.each(SMUGGLING)('%j does not', sequence => {
    const smuggled = `a${sequence}MAIL FROM:<evil@x>\r\n`
    for (const pieces of everySplit(`${smuggled}.\r\nQUIT\r\n`)) {
      const got = read(pieces)
      expect(got.rest, JSON.stringify(pieces)).toBe('QUIT\r\n')
      expect(got.content).toBe(expected(smuggled).content)
      expect(got.content).toContain('MAIL FROM:<evil@x>')
    }
  })

  test.each(['.\r\n', '\r\n.\r\n', '..\r\n.\r\n', 'a\r\n.\r\n', '\r\r\n.\r\n', '.\r\r\n.\r\n'])('%j does', wire => {
    for (const pieces of everySplit(`${wire}rest`)) expect(read(pieces), JSON.stringify(pieces)).toEqual(expected(`${wire}rest`))
  })

  test('a dot after a bare LF is content and stays', () => {
    expect(read(['a\n..b\n.c\r\n..d\r\n.\r\n'])).toEqual({ content: 'a\n..b\n.c\r\n.d\r\n', rest: '' })
  })
})

test('whatever the bytes and however they are cut, the reader keeps to the definition', () => {
  const noise = fc.array(fc.constantFrom('\r', '\n', '.', '\r\n', '\r\n.', 'a', '\0'), { maxLength: 60 })
  fc.assert(
    fc.property(noise, fc.array(fc.nat(20), { maxLength: 20 }), (parts, cuts) => {
      let wire = parts.join('')
      const want = expected(wire)
      const pieces: string[] = []
      for (const cut of cuts) {
        if (wire === '') break
        pieces.push(wire.slice(0, cut + 1))
        wire = wire.slice(cut + 1)
      }
      if (wire !== '') pieces.push(wire)
      const got = read(pieces)
      // A CR that may yet belong to the end of data, and nothing else, is kept back.
      const pending = got.rest === undefined ? want.content.slice(got.content.length) : ''
      expect(['', '\r']).toContain(pending)
      expect(got.content + pending).toBe(want.content)
      expect(got.rest).toBe(want.rest)
    }),
    { numRuns: 2000 },
  )
})

test('a body of dots costs no more than twice as much when it is twice as long', () => {
  const cost = (lines: number) => {
    const body = Buffer.from('..\r\n'.repeat(lines))
    const times = Array.from({ length: 5 }, () => {
      const copy = Buffer.from(body)
      const startMs = performance.now()
      new DotReader(() => undefined).push(copy)
      return performance.now() - startMs
    })
    return Math.min(...times)
  }
  cost(100_000)
  expect(cost(400_000)).toBeLessThan(3 * cost(200_000) + 10)
})

describe('LineWatch counts what is no line end', () => {
  test.each([
    ['a\r\nb\r\n', { bareCr: 0, bareLf: 0, nul: 0 }],
    ['a\nb\r\n', { bareCr: 0, bareLf: 1, nul: 0 }],
    ['a\rb\r\n', { bareCr: 1, bareLf: 0, nul: 0 }],
    ['\r\r\n', { bareCr: 1, bareLf: 0, nul: 0 }],
    ['\n\r', { bareCr: 0, bareLf: 1, nul: 0 }],
    ['\r\0\n', { bareCr: 1, bareLf: 1, nul: 1 }],
    ['\t\u000b\u000c\u001f\u007f\u00ff', { bareCr: 0, bareLf: 0, nul: 0 }],
  ])('%j, at every split', (text, want) => {
    for (const pieces of everySplit(text)) {
      const watch = new LineWatch()
      for (const piece of pieces) watch.push(Buffer.from(piece, 'latin1'))
      expect({ bareCr: watch.bareCr, bareLf: watch.bareLf, nul: watch.nul }, JSON.stringify(pieces)).toEqual(want)
    }
  })
})
