/**
 * What every disarmer must keep to (core/disarm/contract.ts). Each disarmer's own test calls this with a good
 * sample of its type, then adds its own cases.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DISARMERS } from '../../core/disarm/registry.ts'
import { OBJECTS } from '../../core/objects.ts'
import { disarmInput, TEST_BOUNDS } from '../support/disarm.ts'

export type ContractSample = {
  readonly bytes: Uint8Array
  readonly detectedType: string
  /** An output limit that the sample does not fit. */
  readonly tooFewBytes: number
  readonly runs?: number
  /**
   * For formats that lose a little whenever they are written, such as JPEG: what must be equal in the own output and
   * in that disarmed again, where the octets cannot be.
   */
  readonly lossy?: (bytes: Uint8Array) => unknown
}

export function disarmerContract(name: string, sample: ContractSample): void {
  const family = DISARMERS.get(sample.detectedType)
  if (!family) throw new Error(`no disarmer takes ${sample.detectedType}`)
  type Options = { readonly outputBytes?: number; readonly detectedType?: string }
  const disarm = async (untrustedBytes: Uint8Array, options: Options = {}) => {
    const { outputBytes = TEST_BOUNDS.outputBytes, detectedType = sample.detectedType } = options
    const disarmer = await (DISARMERS.get(detectedType) ?? family).load()
    return disarmer.disarm(disarmInput(untrustedBytes, detectedType, { limits: { outputBytes } }))
  }
  const rebuild = async (bytes: Uint8Array, detectedType?: string) => {
    const result = await disarm(bytes, detectedType === undefined ? {} : { detectedType })
    if (result.kind !== 'rebuilt') throw new Error(`expected a rebuilt file, got: ${result.reason}`)
    return result
  }
  const expectClean = async (bytes: Uint8Array, mediaType: string) => {
    const next = await DISARMERS.get(mediaType)?.load()
    const again = await next?.disarm(disarmInput(bytes, mediaType))
    if (again) expect(again).toMatchObject({ kind: 'rebuilt', removed: [] })
  }
  const options = { numRuns: sample.runs ?? 200 }

  describe(`${name} keeps the disarmer contract`, () => {
    test('has a table of what becomes of what, and makes what it says', async () => {
      const { table } = await family.load()
      expect(table.length).toBeGreaterThan(0)
      expect(family.makes).toContain((await rebuild(sample.bytes)).mediaType)
      for (const { kind } of table) if (kind !== undefined) expect(OBJECTS).toHaveProperty(kind)
    })

    test('never throws, whatever the bytes', () =>
      fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ maxLength: 4096 }),
          async bytes => void (await disarm(bytes)),
        ),
        options,
      ))

    test('never throws on a damaged or cut sample', () =>
      fc.assert(
        fc.asyncProperty(fc.nat(sample.bytes.length - 1), fc.nat(255), async (at, byte) => {
          const damaged = sample.bytes.slice()
          damaged[at] = byte
          await disarm(damaged)
          await disarm(sample.bytes.slice(0, at))
        }),
        options,
      ))

    test('finds nothing left to remove in its own output', async () => {
      const once = await rebuild(sample.bytes)
      // A format that becomes another one is read again by whoever rebuilds that one.
      if (!family.mediaTypes.includes(once.mediaType)) return expectClean(once.bytes, once.mediaType)
      const again = await rebuild(once.bytes, once.mediaType)
      expect(again.removed).toEqual([])
      if (sample.lossy) expect(await sample.lossy(again.bytes)).toEqual(await sample.lossy(once.bytes))
      else expect(again.bytes).toEqual(once.bytes)
      expect([again.mediaType, again.extension]).toEqual([once.mediaType, once.extension])
    })

    test('says nothing that is not printable', async () => {
      const { removed, findings } = await rebuild(sample.bytes)
      for (const text of [...removed, ...findings].map(each => each.detail ?? '')) expect(text).toMatch(/^\P{C}*$/u)
    })

    test('gives equal output for equal input', async () => {
      expect(await rebuild(sample.bytes)).toEqual(await rebuild(sample.bytes.slice()))
    })

    test('neither writes to its input nor hands back a view of it', async () => {
      const input = sample.bytes.slice()
      const { bytes } = await rebuild(input)
      expect(input).toEqual(sample.bytes)
      expect(bytes.buffer).not.toBe(input.buffer)
    })

    test('stops at the output limit', async () => {
      expect(await disarm(sample.bytes, { outputBytes: sample.tooFewBytes })).toEqual({
        kind: 'cannot',
        reason: 'limit',
      })
    })
  })
}
