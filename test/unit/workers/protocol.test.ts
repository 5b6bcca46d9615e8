import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import {
  FRAME,
  FrameWriter,
  HEADER_BYTES,
  packet,
  parsePacket,
} from '../../../workers/protocol.ts'

describe('frames', () => {
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
