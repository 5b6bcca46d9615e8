import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { jtdDisarmer } from '../../../../core/disarm/jtd.ts'
import { detect } from '../../../../core/media/detect.ts'
import { REASONS } from '../../../../core/text/reasons.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput, rebuildTestFile } from '../../../support/disarm.ts'
import { compound, jtd, jtdc } from '../../../support/jtd.ts'
import { expectLinear } from '../../../support/linear.ts'

const TYPE = 'application/x-js-taro'
const SAMPLE = jtd('令和八年度 報告書\n', 0x1c, 0, 6, 1, 6, 0x1f, '本文です。\n'.repeat(10))
disarmerContract('jtdDisarmer', { bytes: SAMPLE, detectedType: TYPE, tooFewBytes: 50, runs: 100 })

async function textOf(bytes: Uint8Array): Promise<string> {
  const result = await jtdDisarmer.disarm(disarmInput(bytes, TYPE))
  if (result.kind !== 'rebuilt') throw new Error('not rebuilt')
  return Buffer.from(result.bytes).toString().replace('\ufeff', '').replaceAll('\r\n', '\n')
}

describe('text of an Ichitaro document', () => {
  test.each<[string, readonly (number | string)[], string]>([
    ['plain', ['午后の授業\n髙﨑'], '午后の授業\n髙﨑\n'],
    ['behind a record', ['a', 0x1c, 0, 7, 0x4e00, 0x4e01, 7, 0x1f, 'b'], 'ab\n'],
    ['with a phonetic guide', [0x1c, 1, 7, 0, 0, 3, 0x1d, '午后', 0x1e, 5, 0, 3, 0x1f, 0x1c, 1, 7, 0, 1, 0x82, 0x1d, 'ごご', 0x1e, 5, 0, 0x82, 0x1f, 'の'], '午后の\n'],
    ['with a record of no length', ['a', 0x1c, 9, 0, 1, 0x1f, 'b'], 'ab\n'],
    ['with a record that has no end', ['a', 0x1c, 'b'], 'ab\n'],
    ['with rows and controls', ['a', 0x0e, 'b', 0x90, 3, 'c', 0x0c, 'd'], 'a\nbc\nd\n'],
  ])('%s', async (_, pieces, expected) => {
    expect(await textOf(jtd(...pieces))).toBe(expected)
    expect(await textOf(jtdc(jtd(...pieces)))).toBe(expected)
  })

  test('a compressed one is known by its content', async () => {
    const bytes = jtdc(SAMPLE)
    expect(await detect(bytes, { size: bytes.length, name: '', claimedType: '' })).toMatchObject({ type: TYPE, extension: 'jtdc' })
  })

  test('records without end stay linear', () =>
    expectLinear(size => jtd(...new Array<number>(size).fill(0x1c), 'a'), bytes => jtdDisarmer.disarm(disarmInput(bytes, TYPE)), 50_000))

  test.each<[string, Uint8Array]>([
    ['without the stream', compound({ JSRV_SegmentInformation: new Uint8Array(10) })],
    ['with another stream', compound({ DocumentText: Buffer.alloc(100) })],
    ['without text', jtd(0x1c, 0, 4, 0x1f)],
    ['packed in another way', compound({ JSCompDocument: Buffer.alloc(100) })],
    ['packed, and cut', compound({ JSCompDocument: new Uint8Array(Buffer.from('\x26\0JustCompressedDocument              -lh5-\0payload', 'latin1')) })],
  ])('one %s is kept back by its name', async (_, bytes) => {
    const result = await rebuildTestFile(bytes, TYPE)
    expect(result).toMatchObject({ kind: 'kept', reason: 'format-ichitaro' })
    expect(REASONS['format-ichitaro'].why.ja).toBe('一太郎の文書は無害化できないため保管しています')
  })
})
