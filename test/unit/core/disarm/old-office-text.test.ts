import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { docDisarmer } from '../../../../core/disarm/doc.ts'
import { writeCompound } from '../../../../core/disarm/ole/cfb-write.ts'
import type { SanitizeTools } from '../../../../core/sanitize.ts'
import { pptDisarmer } from '../../../../core/disarm/ppt.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { u16, u32 } from '../../../support/biff.ts'
import { disarmInput, type InputChanges } from '../../../support/disarm.ts'
import { NO_TOOLS, sanitizeBytes, testJob } from '../../../support/job.ts'
import { expectLinear } from '../../../support/linear.ts'

const DOC = new Uint8Array(readFileSync('test/fixtures/disarm/legacy/doc.doc'))
const PPT = new Uint8Array(readFileSync('test/fixtures/disarm/legacy/pres.ppt'))

disarmerContract('docDisarmer', { bytes: DOC, detectedType: 'application/msword', tooFewBytes: 50, runs: 60 })
disarmerContract('pptDisarmer', { bytes: PPT, detectedType: 'application/vnd.ms-powerpoint', tooFewBytes: 50, runs: 20 })

test('a large file in a mail whose directory stands at its end is read whole before it is judged', async () => {
  const lines = Buffer.from(PPT).toString('base64').replace(/(.{76})/g, '$1\r\n')
  const mail = `From: a@example.jp\r\nContent-Type: application/octet-stream; name=x.ppt\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}\r\n`
  const types: string[] = []
  let isWhole = false
  const disarmHeavy: SanitizeTools['disarmHeavy'] = async ({ detectedType, untrustedBytes }) => {
    types.push(detectedType)
    isWhole = Buffer.compare(untrustedBytes, PPT) === 0
    return { kind: 'pending' }
  }
  await sanitizeBytes(new Uint8Array(Buffer.from(mail)), testJob(), { ...NO_TOOLS, disarmHeavy })
  expect(types).toEqual(['application/vnd.ms-powerpoint'])
  expect(isWhole).toBe(true)
})

const input = (bytes: Uint8Array, changes?: InputChanges) => disarmInput(bytes, '', changes)

function textOf(disarmer: typeof docDisarmer, bytes: Uint8Array, changes?: InputChanges) {
  const result = disarmer.disarm(input(bytes, changes))
  if (result instanceof Promise || result.kind !== 'rebuilt') throw new Error('not rebuilt')
  return { text: Buffer.from(result.bytes).toString().replace('\ufeff', '').replaceAll('\r\n', '\n'), removed: result.removed }
}

const compound = (streams: Readonly<Record<string, Uint8Array>>) =>
  writeCompound({ classId: '', streams: new Map(Object.entries(streams)), storages: new Map() })!

type DocFacts = { readonly flags?: number; readonly lengths?: readonly number[]; readonly pieces?: number; readonly version?: number }

/** A Word document of one piece that holds `text`, or of several that all claim it. */
function doc(text: string, { flags = 0x0200, lengths = [text.length], pieces = 1, version = 0xc1 }: DocFacts = {}): Uint8Array {
  const head = Buffer.alloc(0x400)
  head.writeUInt16LE(0xa5ec, 0)
  head.writeUInt16LE(version, 2)
  head.writeUInt16LE(flags, 10)
  for (const [at, length] of lengths.entries()) head.writeUInt32LE(length, 0x4c + 4 * at)
  const count = Array.from({ length: pieces }, (_, at) => at)
  const places = Buffer.concat([u32(0), ...count.map(at => u32((at + 1) * text.length)), ...count.map(() => Buffer.concat([u16(0), u32(0x400), u16(0)]))])
  const clx = Buffer.concat([Buffer.from([2]), u32(places.length), places])
  head.writeUInt32LE(0, 0x1a2)
  head.writeUInt32LE(clx.length, 0x1a6)
  return compound({ WordDocument: Buffer.concat([head, Buffer.from(text, 'utf16le')]), '1Table': clx })
}

describe('old Word documents', () => {
  test('a file of a real program', () => {
    const { text } = textOf(docDisarmer, DOC)
    expect(text).toContain('令和八年度 報告書\n株式会社髙﨑工業　御中　①②③ 資料 斜体\n')
    expect(text).toContain('甲\t乙\t丙\t\n')
  })

  test.each<[string, string, string]>([
    ['a field shows its result', 'a\x13DDEAUTO cmd "/c calc"\x14結果\x15b', 'a結果b\n'],
    ['a field without a result shows nothing', 'a\x13INCLUDETEXT x\x15b', 'ab\n'],
    ['a field inside an instruction stays hidden', '\x13IF \x13DDE x\x14y\x15 = 1\x14ok\x15', 'ok\n'],
    ['a field inside a result is shown', '\x13REF a\x14[\x13PAGE\x147\x15]\x15', '[7]\n'],
    ['ends without a beginning', 'a\x15b\x14c', 'abc\n'],
    ['rows and cells', 'a\x07b\x07\x07c', 'a\tb\t\nc\n'],
    ['pictures', 'a\x01\x08b', 'ab\n'],
    ['line ends', 'a\rb\x0bc\x0cd\x1ee', 'a\nb\nc\nd-e\n'],
  ])('%s', (_, text, expected) => expect(textOf(docDisarmer, doc(text)).text).toBe(expected))

  test('fields are counted', () => expect(textOf(docDisarmer, doc('\x13DDE x\x14y\x15')).removed).toContainEqual({ what: 'dynamicFields', count: 1 }))

  test('comments by rule', () => {
    const bytes = doc('本文コメント', { lengths: [2, 0, 0, 0, 4] })
    expect(textOf(docDisarmer, bytes).text).toBe('本文\n\n【コメント】\nコメント\n')
    expect(textOf(docDisarmer, bytes, { rules: { comments: 'remove' } }).text).toBe('本文\n')
  })

  test.each<[string, Uint8Array, string]>([
    ['locked', doc('a', { flags: 0x0300 }), 'encrypted'],
    ['of Word 95', doc('a', { version: 0x68 }), 'unsupported'],
    ['with a table that is not there', doc('a', { flags: 0 }), 'malformed'],
    ['whose pieces all hold the same text', doc('a'.repeat(10_000), { pieces: 1000 }), 'malformed'],
  ])('%s', (_, bytes, reason) => expect(docDisarmer.disarm(input(bytes))).toEqual({ kind: 'cannot', reason }))

  test('fields are read in linear time', () =>
    expectLinear(size => doc('\x13'.repeat(size) + 'x\x14'.repeat(size)), bytes => docDisarmer.disarm(input(bytes)), 40_000))
})

describe('old PowerPoint slides', () => {
  const atom = (type: number, body: Uint8Array, head = 0) => Buffer.concat([u16(head, type), u32(body.length), body])
  const box = (type: number, children: readonly Uint8Array[], head = 15) => atom(type, Buffer.concat(children), head)
  const chars = (text: string) => atom(0x0fa0, Buffer.from(text, 'utf16le'))

  /** Two slides of which the second was changed by a later save. */
  function ppt(token = 0xe391c05f): Uint8Array {
    const slide = (text: string) => box(0x03ee, [chars(text)])
    const persist = (id: number) => atom(0x03f3, Buffer.concat([u32(id), Buffer.alloc(16)]))
    const list = box(0x0ff0, [persist(2), chars('題一'), persist(3), chars('題二')])
    const notes = box(0x0ff0, [persist(4)], 0x2f)
    const objects = [box(0x03e8, [list, notes]), slide('一枚目'), slide('消した文'), slide('二枚目'), box(0x03f0, [chars('話すこと')])]
    const places: number[] = []
    let at = 0
    for (const object of objects) {
      places.push(at)
      at += object.length
    }
    const directory = (first: number, ...offsets: number[]) => atom(0x1772, Buffer.concat([u32((offsets.length << 20) | first), ...offsets.map(u32)]))
    const edit = (before: number, directoryAt: number) => atom(0x0ff5, Buffer.concat([u32(0), u32(0), u32(before), u32(directoryAt), u32(1), u32(4)]))
    const first = directory(1, places[0]!, places[1]!, places[2]!)
    const firstEditAt = at + first.length
    const firstEdit = edit(0, at)
    const second = directory(3, places[3]!, places[4]!)
    const secondAt = firstEditAt + firstEdit.length
    const lastEditAt = secondAt + second.length
    const stream = Buffer.concat([...objects, first, firstEdit, second, edit(firstEditAt, secondAt)])
    return compound({ 'PowerPoint Document': stream, 'Current User': Buffer.concat([u16(0, 0x0ff6), u32(20), u32(20), u32(token), u32(lastEditAt)]) })
  }

  test('a file of a real program', () => {
    expect(textOf(pptDisarmer, PPT).text).toBe(
      '【スライド 1】\n防災計画の説明　①\n避難所の一覧\n髙﨑小学校\n\n【スライド 2】\n二枚目 plain ascii text\n',
    )
  })

  test('only what the last save shows', () => {
    expect(textOf(pptDisarmer, ppt()).text).toBe('【スライド 1】\n題一\n一枚目\n\n【スライド 2】\n題二\n二枚目\n\n【ノート 1】\n話すこと\n')
  })

  test('locked', () => expect(pptDisarmer.disarm(input(ppt(0xf3d1c4df)))).toEqual({ kind: 'cannot', reason: 'encrypted' }))
})
