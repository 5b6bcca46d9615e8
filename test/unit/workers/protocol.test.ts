import { Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  FRAME,
  FrameReader,
  FrameWriter,
  frame,
  HEADER_BYTES,
  packet,
  parsePacket,
  ProtocolError,
} from '../../../workers/protocol.ts'

type Heard = { type: number; id: number; payload: string }

function readAll(chunks: readonly Uint8Array[], maxBytes = 1e6): Heard[] {
  const heard: Heard[] = []
  const reader = new FrameReader(
    (type, id, payload) => heard.push({ type, id, payload: payload.toString('latin1') }),
    maxBytes,
  )
  for (const chunk of chunks) reader.push(Buffer.from(chunk))
  return heard
}

function cut(whole: Uint8Array, at: readonly number[]): Uint8Array[] {
  const points = [0, ...at.map(each => each % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  return points.slice(1).map((end, index) => whole.subarray(points[index], end))
}

describe('frames', () => {
  test('come out as they went in, however the octets are cut', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.uint8Array({ maxLength: 300 })), {
          maxLength: 12,
        }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (frames, cuts) => {
          const octets = Buffer.concat(frames.map(([id, payload]) => frame(FRAME.data, id, payload)))
          const expected = frames.map(([id, payload]) => ({
            type: FRAME.data,
            id,
            payload: Buffer.from(payload).toString('latin1'),
          }))
          expect(readAll(cut(octets, cuts))).toEqual(expected)
        },
      ),
    ))

  test('one octet at a time are read in linear time and without copies of what came before', () => {
    const octets = frame(FRAME.data, 7, Buffer.alloc(20_000, 'x'))
    expect(readAll(Array.from(octets, octet => Uint8Array.of(octet)))[0]?.payload.length).toBe(20_000)
  })

  test('longer than allowed are refused by their length field alone', () => {
    const header = frame(FRAME.data, 1, Buffer.alloc(2000)).subarray(0, HEADER_BYTES)
    expect(() => readAll([header], 1999)).toThrow(ProtocolError)
  })

  test('of one turn leave in one write', async () => {
    const writes: number[] = []
    const out = new Writable({
      write(chunk, _encoding, done) {
        writes.push(chunk.length)
        done()
      },
    })
    const writer = new FrameWriter(out)
    for (let id = 1; id <= 3; id++) writer.send(FRAME.data, id, Buffer.from('abc'))
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    expect(writes).toEqual([3 * (HEADER_BYTES + 3)])
  })
})

describe('packets', () => {
  test('carry JSON and octets', () => {
    const { meta, octets } = parsePacket(
      Buffer.concat(packet({ name: '件名' }, Buffer.from('abc'), Buffer.from('def'))),
    )
    expect(meta).toEqual({ name: '件名' })
    expect(octets.toString()).toBe('abcdef')
  })

  test.each([
    ['', 'empty'],
    ['\x01\x00', 'length cut'],
    ['\xff\xff\xff\xff{}', 'length beyond the end'],
    ['\x01\x00\x00\x00{', 'no JSON'],
  ])('%j throw (%s)', octets => expect(() => parsePacket(Buffer.from(octets, 'latin1'))).toThrow())
})
