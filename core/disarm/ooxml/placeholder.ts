/**
 * The picture that stands where one could not be re-encoded: a grey frame with a cross, seen at any size.
 *
 * Standards: PNG (3rd ed.) §5, §11.2.
 */
import { Buffer } from 'node:buffer'
import { crc32, deflateSync } from 'node:zlib'

const SIDE = 64
const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

function draw(): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(SIDE, 0)
  header.writeUInt32BE(SIDE, 4)
  // Eight bits of grey.
  header[8] = 8
  const rows = Buffer.alloc(SIDE * (SIDE + 1))
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const isDrawn = x === 0 || y === 0 || x === SIDE - 1 || y === SIDE - 1 || x === y || x === SIDE - 1 - y
      rows[y * (SIDE + 1) + 1 + x] = isDrawn ? 0x99 : 0xee
    }
  }
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

export const PLACEHOLDER: Buffer = draw()
