import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader, type FrameRules } from '../../../workers/frame-reader.ts'
import { FRAME, frame, HEADER_BYTES, ProtocolError } from '../../../workers/protocol.ts'

type Heard = { type: number; id: number; payload: Buffer }

/** All chunks through the same memory, which is spoilt after each: as a socket's reader does it. */
function readAll(chunks: readonly Uint8Array[], rules: FrameRules = { maxBytes: 1e7 }, look = (payload: Buffer) => payload): Heard[] {
  const heard: Heard[] = []
  const reader = new FrameReader((type, id, payload) => heard.push({ type, id, payload: look(payload) }), rules)
  const memory = Buffer.alloc(Math.max(0, ...chunks.map(({ length }) => length)))
  for (const chunk of chunks) {
    memory.set(chunk)
    reader.push(memory.subarray(0, chunk.length))
    memory.fill(0xee)
  }
  return heard
}

function cut(whole: Uint8Array, at: readonly number[]): Uint8Array[] {
  const points = [0, ...at.map(each => each % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  return points.slice(1).map((end, index) => whole.subarray(points[index], end))
}

const FRAMES = fc.array(
  fc.tuple(fc.constantFrom(FRAME.data, FRAME.whole), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.uint8Array({ maxLength: 300 })),
  { maxLength: 12 },
)
const CUTS = fc.array(fc.nat(), { maxLength: 20 })

function sent(frames: readonly (readonly [type: typeof FRAME.data | typeof FRAME.whole, id: number, payload: Uint8Array])[]): Buffer {
  return Buffer.concat(frames.map(([type, id, payload]) => frame(type, id, payload)))
}

describe('frames', () => {
  test('come out as they went in, however the octets are cut, and stay so when the memory is used again', () =>
    fc.assert(
      fc.property(FRAMES, CUTS, (frames, cuts) => {
        const expected = frames.map(([type, id, payload]) => ({ type, id, payload: Buffer.from(payload) }))
        expect(readAll(cut(sent(frames), cuts))).toEqual(expected)
      }),
    ))

  test('of the type that comes in pieces give the same octets in the same order, the others come whole', () =>
    fc.assert(
      fc.property(FRAMES, CUTS, (frames, cuts) => {
        const heard = readAll(cut(sent(frames), cuts), { maxBytes: 1e7, inPieces: FRAME.data }, payload => Buffer.from(payload))
        const octetsOf = (type: number, all: readonly { type: number; payload: Uint8Array }[]) =>
          Buffer.concat(all.filter(each => each.type === type).map(({ payload }) => payload))
        const before = frames.map(([type, id, payload]) => ({ type, id, payload: Buffer.from(payload) }))
        expect(octetsOf(FRAME.data, heard)).toEqual(octetsOf(FRAME.data, before))
        expect(heard.filter(({ type }) => type === FRAME.whole)).toEqual(before.filter(({ type }) => type === FRAME.whole))
        const ids = (all: readonly { id: number }[]) => all.map(({ id }) => id).filter((id, i, list) => id !== list[i - 1])
        expect(ids(heard)).toEqual(ids(before))
      }),
    ))

  test('are views while they come in pieces: nothing is copied', () => {
    const chunk = Buffer.from(frame(FRAME.data, 7, Buffer.from('abcdef')))
    const reader = new FrameReader((_type, _id, payload) => payload.fill('x'), { maxBytes: 100, inPieces: FRAME.data })
    reader.push(chunk)
    expect(chunk.subarray(HEADER_BYTES).toString()).toBe('xxxxxx')
  })

  test('larger than what is taken on the word of a length field grow with what comes', () => {
    const payload = Buffer.from(Array.from({ length: 5_000_000 }, (_, i) => i % 251))
    const chunks = cut(frame(FRAME.result, 9, payload), Array.from({ length: 79 }, (_, i) => (i + 1) * 63_000))
    const [only, ...others] = readAll(chunks)
    expect(others).toEqual([])
    expect(only!.payload.equals(payload)).toBe(true)
  })

  test('one octet at a time are read in linear time', () => {
    const octets = frame(FRAME.result, 7, Buffer.alloc(20_000, 'x'))
    expect(readAll(Array.from(octets, octet => Uint8Array.of(octet)))[0]?.payload.length).toBe(20_000)
  })

  test('longer than allowed are refused by their length field alone', () => {
    const header = frame(FRAME.data, 1, Buffer.alloc(2000)).subarray(0, HEADER_BYTES)
    expect(() => readAll([header], { maxBytes: 1999 })).toThrow(ProtocolError)
  })
})
