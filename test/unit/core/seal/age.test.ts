/** age v1: what we seal opens, and whatever was changed, cut or reordered does not. Interop: test/system/age.test.ts. */
import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  generateIdentity,
  openWithFileKey,
  parseIdentity,
  parseRecipient,
  SealBroken,
  Sealer,
  sealedLength,
  sealSmall,
  Unsealer,
} from '../../../../core/seal/age.ts'

const CHUNK = 64 * 1024
const ALICE = {
  secret: '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
  public: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
}
const pair = generateIdentity(randomBytes(32))
const other = generateIdentity(randomBytes(32))
const recipient = parseRecipient(pair.recipient)!
const identity = parseIdentity(pair.identity)!
const otherRecipient = parseRecipient(other.recipient)!
const otherIdentity = parseIdentity(other.identity)!

function sealed(plain: Uint8Array): Buffer {
  const { headers, payload } = sealSmall([[recipient]], plain, randomBytes)
  return Buffer.concat([headers[0]!, ...payload])
}

function unseal(file: Uint8Array, by = identity): Buffer {
  const unsealer = new Unsealer([by])
  return Buffer.concat([...unsealer.push(file), ...unsealer.end()])
}

function headerLength(file: Buffer): number {
  return file.indexOf('\n', file.indexOf('\n--- ') + 1) + 1
}

describe('keys', () => {
  test('are the text forms of age', () => {
    expect(pair.identity).toMatch(/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/)
    expect(pair.recipient).toMatch(/^age1[02-9ac-hj-np-z]{58}$/)
  })

  test('the public key of RFC 7748 §6.1 (Alice) comes out of her private key', () => {
    const secret = Buffer.from(ALICE.secret, 'hex')
    const text = generateIdentity(secret).recipient
    expect(Buffer.from(parseRecipient(text)!.bytes).toString('hex')).toBe(ALICE.public)
  })

  test('an identity file with comments is read, and gives its recipient', () => {
    const file = `# created: 2026-04-01\n# public key: ${pair.recipient}\n${pair.identity}\n`
    expect(parseIdentity(file)?.recipient.text).toBe(pair.recipient)
  })

  test.for([
    ['one letter changed', pair.recipient.replace(/.$/, last => (last === 'q' ? 'p' : 'q'))],
    ['mixed case', pair.recipient.replace('age1', 'Age1')],
    ['an identity', pair.identity],
    ['too short', 'age1qqqqqq'],
    ['nothing', ''],
    ['very long', `age1${'q'.repeat(10_000)}`],
  ] as const)('not a recipient: %s', ([, text]) => {
    expect(parseRecipient(text)).toBeUndefined()
  })
})

describe('what is sealed opens again', () => {
  test.for([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17])('%i bytes', length => {
    const plain = randomBytes(length)
    const file = sealed(plain)
    expect(unseal(file).equals(plain)).toBe(true)
    expect(file.length - headerLength(file)).toBe(sealedLength(length))
  })

  test('however it is cut into pieces, on both sides', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 70_000 }),
        (lengths, step) => {
          const pieces = lengths.map(length => randomBytes(length))
          const sealer = new Sealer([[recipient]], randomBytes)
          const payload = Buffer.concat([...pieces.flatMap(piece => sealer.push(piece)), ...sealer.end()])
          const file = Buffer.concat([sealer.headers[0]!, payload])

          const unsealer = new Unsealer([identity])
          const opened: Uint8Array[] = []
          for (let at = 0; at < file.length; at += step) opened.push(...unsealer.push(file.subarray(at, at + step)))
          opened.push(...unsealer.end())
          expect(Buffer.concat(opened).equals(Buffer.concat(pieces))).toBe(true)
        },
      ),
      { numRuns: 40 },
    ))

  test('the buffer that was pushed may be used again at once', () => {
    const sealer = new Sealer([[recipient]], randomBytes)
    const buffer = Buffer.alloc(100, 'a')
    const early = sealer.push(buffer)
    buffer.fill('b')
    const file = Buffer.concat([sealer.headers[0]!, ...early, ...sealer.end()])
    expect(unseal(file).toString()).toBe('a'.repeat(100))
  })

  test('one payload, a header for each tenant: each opens with its own key only', () => {
    const { headers, payload } = sealSmall([[recipient], [otherRecipient]], Buffer.from('both'), randomBytes)
    expect(unseal(Buffer.concat([headers[0]!, ...payload])).toString()).toBe('both')
    expect(unseal(Buffer.concat([headers[1]!, ...payload]), otherIdentity).toString()).toBe('both')
    expect(() => unseal(Buffer.concat([headers[0]!, ...payload]), otherIdentity)).toThrow(SealBroken)
  })

  test('one header for two recipients opens for both', () => {
    const { headers, payload } = sealSmall([[recipient, otherRecipient]], Buffer.from('two safes'), randomBytes)
    const file = Buffer.concat([headers[0]!, ...payload])
    expect(unseal(file).toString()).toBe('two safes')
    expect(unseal(file, otherIdentity).toString()).toBe('two safes')
  })

  test('the Sealer that is still at hand reads its own payload back', async () => {
    const plain = randomBytes(200_000)
    const sealer = new Sealer([[recipient]], randomBytes)
    const payload = [...sealer.push(plain), ...sealer.end()]
    const opened: Uint8Array[] = []
    for await (const piece of openWithFileKey(sealer.fileKey, payload)) opened.push(piece)
    expect(Buffer.concat(opened).equals(plain)).toBe(true)
  })

  test('the same bytes sealed twice share nothing', () => {
    const [one, two] = [sealed(Buffer.from('same')), sealed(Buffer.from('same'))]
    expect(one.equals(two)).toBe(false)
    expect(one.subarray(-20).equals(two.subarray(-20))).toBe(false)
  })
})

describe('what was changed does not open', () => {
  const plain = randomBytes(3 * CHUNK + 100)
  const file = sealed(plain)
  const start = headerLength(file) + 16
  const sealedChunk = CHUNK + 16

  test('any single bit, anywhere', () =>
    fc.assert(
      fc.property(fc.nat(file.length * 8 - 1), bit => {
        const damaged = Buffer.from(file)
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        expect(() => unseal(damaged)).toThrow(SealBroken)
      }),
      { numRuns: 60 },
    ))

  test('cut anywhere, also exactly between two chunks', () => {
    for (const length of [
      0,
      10,
      start - 17,
      start - 5,
      start,
      start + 1,
      start + sealedChunk,
      start + 3 * sealedChunk,
      file.length - 1,
    ]) {
      expect(() => unseal(file.subarray(0, length)), `cut at ${length}`).toThrow(SealBroken)
    }
  })

  test('two chunks exchanged', () => {
    const [first, second] = [
      file.subarray(start, start + sealedChunk),
      file.subarray(start + sealedChunk, start + 2 * sealedChunk),
    ]
    expect(() =>
      unseal(Buffer.concat([file.subarray(0, start), second, first, file.subarray(start + 2 * sealedChunk)])),
    ).toThrow(SealBroken)
  })

  test('a chunk left out, or given twice', () => {
    expect(() => unseal(Buffer.concat([file.subarray(0, start), file.subarray(start + sealedChunk)]))).toThrow(
      SealBroken,
    )
    expect(() => unseal(Buffer.concat([file.subarray(0, start + sealedChunk), file.subarray(start)]))).toThrow(
      SealBroken,
    )
  })

  test('bytes after the last chunk', () => {
    expect(() => unseal(Buffer.concat([file, Buffer.from('x')]))).toThrow(SealBroken)
  })

  test('an empty last chunk after full ones', () => {
    const fileKey = randomBytes(16)
    const nonce = randomBytes(16)
    const key = new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', 32))
    const chunk = (counter: number, last: number, bytes: Buffer) => {
      const cipher = createCipheriv('chacha20-poly1305', key, Buffer.from([...new Array(10).fill(0), counter, last]), {
        authTagLength: 16,
      })
      return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    }
    const payload = Buffer.concat([nonce, chunk(0, 0, Buffer.alloc(CHUNK)), chunk(1, 1, Buffer.alloc(0))])
    return expect(drain(openWithFileKey(fileKey, [payload]))).rejects.toThrow('empty last chunk')
  })

  test('a header made for another payload', () => {
    const foreign = sealed(plain)
    expect(() =>
      unseal(Buffer.concat([foreign.subarray(0, headerLength(foreign)), file.subarray(headerLength(file))])),
    ).toThrow(SealBroken)
  })

  test('a MAC of the right form that does not belong to the header', () => {
    const macAt = file.indexOf('\n--- ') + 5
    const damaged = Buffer.from(file)
    damaged.write(Buffer.alloc(32, 9).toString('base64').replace('=', ''), macAt, 'latin1')
    expect(() => unseal(damaged)).toThrow('MAC')
  })

  test.for([
    ['another version', (text: string) => text.replace('v1', 'v2')],
    ['base64 with padding', (text: string) => text.replace(/^(--- .*)$/m, '$1=')],
    ['CRLF line ends', (text: string) => text.replace(/\n/g, '\r\n')],
    ['a stanza of two blanks', (text: string) => text.replace('-> X25519 ', '-> X25519  ')],
    ['no stanza', (text: string) => text.replace(/-> X25519 .*\n.*\n/, '')],
  ] as const)('a header with %s', ([, change]) => {
    const header = file.subarray(0, headerLength(file)).toString('latin1')
    expect(() =>
      unseal(Buffer.concat([Buffer.from(change(header), 'latin1'), file.subarray(headerLength(file))])),
    ).toThrow(SealBroken)
  })

  test('arbitrary bytes end in SealBroken, never in another error', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), bytes => void expect(() => unseal(bytes)).toThrow(SealBroken)),
    ))

  test('a header without end is given up at a limit', () => {
    const unsealer = new Unsealer([identity])
    unsealer.push(Buffer.from('age-encryption.org/v1\n'))
    expect(() => unsealer.push(Buffer.alloc(70_000, 'x'))).toThrow('header too long')
  })

  test('a share of low order', () => {
    const text = file.subarray(0, headerLength(file)).toString('latin1')
    const zero = Buffer.alloc(32).toString('base64').replace('=', '')
    const header = Buffer.from(text.replace(/(-> X25519 ).*/, `$1${zero}`), 'latin1')
    expect(() => unseal(Buffer.concat([header, file.subarray(headerLength(file))]))).toThrow(SealBroken)
  })
})

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of pieces);
}
