/** Real files with octets flipped, cut out and put in: every one is answered, none with its own octets. */
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DISARMERS } from '../../../../core/disarm/registry.ts'
import { disarmInput } from '../../../support/disarm.ts'

const MUTANTS = 40
const ODF = 'application/vnd.oasis.opendocument.'
const FILES: readonly (readonly [file: string, type: string])[] = [
  ['odf/active.odt', `${ODF}text`],
  ['odf/sheet.ods', `${ODF}spreadsheet`],
  ['rtf/doc.rtf', 'application/rtf'],
  ['legacy/sheet.xls', 'application/vnd.ms-excel'],
  ['legacy/doc.doc', 'application/msword'],
  ['legacy/pres.ppt', 'application/vnd.ms-powerpoint'],
]

/** Equal for equal seeds (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function mutant(bytes: Uint8Array, seed: number): Uint8Array {
  const random = randomOf(seed)
  const out = Buffer.from(bytes)
  for (let change = 1 + random(12); change > 0; change--) out[random(out.length)] = random(256)
  const at = random(out.length)
  const kind = random(4)
  if (kind === 0) return new Uint8Array(Buffer.concat([out.subarray(0, at), out.subarray(Math.min(out.length, at + random(2000)))]))
  if (kind === 1) return new Uint8Array(Buffer.concat([out.subarray(0, at), out.subarray(0, random(2000)), out.subarray(at)]))
  return new Uint8Array(out)
}

describe('mutants of real files', () => {
  test.each(FILES)('%s', async (file, type) => {
    const bytes = new Uint8Array(readFileSync(`test/fixtures/disarm/${file}`))
    const disarmer = await DISARMERS.get(type)!.load()
    for (let seed = 0; seed < MUTANTS; seed++) {
      const input = mutant(bytes, seed)
      const result = await disarmer.disarm(disarmInput(input, type))
      if (result.kind === 'rebuilt') expect(Buffer.compare(result.bytes, input), `seed ${seed}`).not.toBe(0)
    }
  })
})
