/**
 * Random bytes, drawn from the system in blocks: a few calls for each message cost more than its cipher.
 * One block per thread.
 */
import { randomFillSync } from 'node:crypto'

const BLOCK_BYTES = 8192

let block = Buffer.alloc(0)

/** Each byte is handed out once and wiped from the block. The answer owns its memory. */
export function drawRandom(length: number): Uint8Array {
  if (block.length < length) block = randomFillSync(Buffer.alloc(Math.max(BLOCK_BYTES, length)))
  const drawn = Uint8Array.from(block.subarray(0, length))
  block.fill(0, 0, length)
  block = block.subarray(length)
  return drawn
}
