import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasOnlyCrLf, stuffed } from '../../../../gateway/outbound/dot-stuff.ts'

const lines = fc.array(fc.constantFrom('', '.', '..', '.x', 'x', 'x.'), { maxLength: 12 })
// Few distinct octets, so that CR, LF and dots meet often.
const lineNoise = fc.array(fc.constantFrom(0x0d, 0x0a, 0x2e, 0x61), { maxLength: 40 }).map(bytes => Uint8Array.from(bytes))

describe('stuffed', () => {
  test('doubles the dot of every line that begins with one, and changes nothing else', () => {
    fc.assert(fc.property(lines, list => {
      const message = Buffer.from(list.map(line => `${line}\r\n`).join(''))
      const want = list.map(line => `${line.startsWith('.') ? '.' : ''}${line}\r\n`).join('')
      expect(Buffer.concat([...stuffed(message)]).toString()).toBe(want)
    }))
  })

  test('leaves no line that is a lone dot, whatever the octets', () => {
    fc.assert(fc.property(lineNoise, bytes => {
      expect(Buffer.concat([...stuffed(bytes)]).toString('latin1')).not.toMatch(/(?:^|\n)\.(?!\.)/)
    }))
  })
})

describe('hasOnlyCrLf', () => {
  test('agrees with the definition, octet by octet', () => {
    fc.assert(fc.property(lineNoise, bytes => {
      const bare = bytes.some((byte, i) => (byte === 0x0d && bytes[i + 1] !== 0x0a) || (byte === 0x0a && bytes[i - 1] !== 0x0d))
      expect(hasOnlyCrLf(bytes)).toBe(!bare)
    }))
  })

  const CHECKED_AT_ONCE = 64 * 1024
  test.for([-2, -1, 0, 1, 2])('finds a bare LF and misses no CRLF at a border %i', offset => {
    const before = 'x'.repeat(CHECKED_AT_ONCE + offset)
    const after = `${'y'.repeat(CHECKED_AT_ONCE)}\r\n`
    expect(hasOnlyCrLf(Buffer.from(`${before}\r\n${after}`))).toBe(true)
    expect(hasOnlyCrLf(Buffer.from(`${before}\n${after}`))).toBe(false)
    expect(hasOnlyCrLf(Buffer.from(`${before}\r${after}`))).toBe(false)
  })
})
