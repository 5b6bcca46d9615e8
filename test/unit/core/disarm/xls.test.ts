import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openPackage } from '../../../../core/disarm/zip-package.ts'
import { readCompound } from '../../../../core/disarm/ole/cfb.ts'
import { writeCompound } from '../../../../core/disarm/ole/cfb-write.ts'
import { xlsDisarmer } from '../../../../core/disarm/xls/disarm.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { f64, record, type TestSheet, u16, u32, u8, wide, xls } from '../../../support/biff.ts'
import { disarmInput, type InputChanges } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'

const SAMPLE = new Uint8Array(readFileSync('test/fixtures/disarm/legacy/sheet.xls'))
const TYPE = 'application/vnd.ms-excel'

disarmerContract('xlsDisarmer', { bytes: SAMPLE, detectedType: TYPE, tooFewBytes: 500, runs: 60 })

async function disarm(bytes: Uint8Array, changes: InputChanges = {}) {
  return xlsDisarmer.disarm(disarmInput(bytes, TYPE, changes))
}

async function rebuilt(bytes: Uint8Array, changes: InputChanges = {}) {
  const result = await disarm(bytes, changes)
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  const opened = openPackage(result.bytes, { entries: 100, bytes: 50_000_000 })
  if (opened.kind !== 'open') throw new Error(opened.reason)
  const parts = new Map(opened.entries.map(entry => [entry.name, entry.read()!.toString('utf8')]))
  return { parts, removed: result.removed, sheet: parts.get('xl/worksheets/sheet1.xml') ?? '' }
}

const oneSheet = (...records: Uint8Array[]): TestSheet[] => [{ name: '表', records }]
const cell = (type: number, column: number, ...value: Uint8Array[]) => record(type, u16(0, column, 0), ...value)

describe('what survives', () => {
  test('a file of a real program: cells, merged cells, protection, print area, hidden sheet', async () => {
    const { parts, sheet } = await rebuilt(SAMPLE)
    expect(sheet).toContain('<mergeCell ref="A1:C1"/>')
    expect(sheet).toContain('<sheetProtection sheet="1"')
    expect(sheet).toContain('<v>1234567</v>')
    expect(parts.get('xl/workbook.xml')).toContain("'見積'!$A$1:$C$5")
    expect(parts.get('xl/workbook.xml')).toContain('name="隠し" sheetId="2" state="hidden"')
    expect(parts.get('xl/sharedStrings.xml')).toContain('見積書　株式会社髙﨑')
    expect(parts.get('xl/styles.xml')).toContain('formatCode="yyyy\\年m\\月d\\日"')
    expect(parts.get('xl/worksheets/_rels/sheet1.xml.rels')).toContain('https://www.example.jp/')
  })

  test.each<[string, Uint8Array, string]>([
    ['a number', cell(0x203, 0, f64(-0.5)), '<v>-0.5</v>'],
    ['an integer in short form', cell(0x27e, 0, u32((-7 << 2) | 2)), '<v>-7</v>'],
    ['a hundredth in short form', cell(0x27e, 0, u32((1250 << 2) | 3)), '<v>12.5</v>'],
    ['a text of its own', cell(0x204, 0, wide('髙&<')), '髙&amp;&lt;'],
    ['what looks like an escape', cell(0x204, 0, wide('_x0041_')), '_x005F_x0041_'],
    ['true', cell(0x205, 0, u8(1), u8(0)), 't="b"><v>1</v>'],
    ['an error', cell(0x205, 0, u8(42), u8(1)), 't="e"><v>#N/A</v>'],
    ['several numbers', record(0xbd, u16(0, 0, 0), u32(6), u16(0), u32(10), u16(1)), '<c r="B1" s="0"><v>2</v></c>'],
  ])('%s', async (_, cells, expected) => expect((await rebuilt(xls(oneSheet(cells)))).sheet).toContain(expected))

  test('a string over the border of two records', async () => {
    const long = '漢'.repeat(3000)
    const body = Buffer.concat([u32(1), u32(1), wide(long)])
    const cut = 2001 + 8 + 2
    const strings = [record(0xfc, body.subarray(0, cut)), record(0x3c, u8(1), body.subarray(cut))]
    const { parts } = await rebuilt(xls(oneSheet(cell(0xfd, 0, u32(0))), strings))
    expect(parts.get('xl/sharedStrings.xml')).toContain(`>${long}</t>`)
  })
})

describe('what is left behind', () => {
  const formula = (...value: Uint8Array[]) => cell(0x06, 0, ...value, u16(0), u32(0), u16(3), Buffer.from([0x1e, 1, 0]))
  const urlLink = (url: string) => {
    const text = Buffer.from(`${url}\0`, 'utf16le')
    const moniker = Buffer.from('e0c9ea79f9bace118c8200aa004ba90b', 'hex')
    return record(0x1b8, u16(0, 0, 0, 0), Buffer.alloc(16), u32(2), u32(3), moniker, u32(text.length), text)
  }

  test('a formula gives its last value', async () => {
    const { sheet, removed } = await rebuilt(xls(oneSheet(formula(f64(42)))))
    expect(sheet).toContain('<v>42</v>')
    expect(sheet).not.toContain('<f>')
    expect(removed).toEqual([{ what: 'calculations', count: 1 }])
  })

  test('a formula with a text gives that text', async () => {
    const { sheet } = await rebuilt(xls(oneSheet(formula(Buffer.from('000000000000ffff', 'hex')), record(0x207, wide('結果')))))
    expect(sheet).toContain('結果')
  })

  test.each([1, 6])('a macro sheet of kind %i', async kind => {
    const { parts, removed } = await rebuilt(xls([{ name: 'A' }, { name: 'Macro1', kind, visibility: 2 }]))
    expect([...parts.values()].join()).not.toContain('Macro1')
    expect(removed).toEqual([{ what: 'macros', count: 1 }])
  })

  test('VBA, embedded objects, controls, properties', async () => {
    const root = readCompound(xls([{ name: 'A' }]))!
    const empty = { classId: '', streams: new Map(), storages: new Map() }
    const streams = new Map([...root.streams, ['Ctls', new Uint8Array(9)], ['\x05SummaryInformation', new Uint8Array(9)]])
    const storages = new Map([['_VBA_PROJECT_CUR', empty], ['MBD0001A2B3', empty], ['Strange', empty]])
    const { removed } = await rebuilt(writeCompound({ classId: '', streams, storages })!)
    expect(removed.map(({ what }) => what).sort()).toEqual(['controls', 'macros', 'metadata', 'oleObjects', 'unknownParts'])
  })

  test('a DDE source', async () => {
    const { removed } = await rebuilt(xls([{ name: 'A' }], [record(0x1ae, u16(0), wide('cmd\x03/c calc'))]))
    expect(removed).toEqual([{ what: 'externalLinks', count: 1 }])
  })

  test.each(['file:///c:/x.exe', 'javascript:alert(1)', 'vbscript:x', '\\\\server\\share\\x', 'https://w\u00b4w.example.jp/', 'https://exa\uab6dple.jp/'])('a link to %s', async url => {
    const { parts, removed } = await rebuilt(xls(oneSheet(urlLink(url))))
    expect([...parts.keys()].join()).not.toContain('sheet1.xml.rels')
    expect(removed).toEqual([{ what: 'externalLinks', count: 1 }])
  })

  test('links by rule', async () => {
    const bytes = xls(oneSheet(urlLink('https://www.example.jp/')))
    expect((await rebuilt(bytes)).removed).toEqual([])
    expect((await rebuilt(bytes, { rules: { hyperlinks: 'remove' } })).removed).toEqual([{ what: 'hyperlinks', count: 1 }])
  })

  test('comments, pictures, charts', async () => {
    const drawn = (kind: number) => record(0x5d, u16(0x15, 18), u16(kind, 1), Buffer.alloc(14))
    const { removed } = await rebuilt(xls(oneSheet(record(0x1c, Buffer.alloc(12)), drawn(8), drawn(5), drawn(0x19))))
    expect(removed).toEqual([
      { what: 'comments', count: 1 },
      { what: 'layout', count: 2 },
    ])
  })
})

describe('hostile workbooks', () => {
  test('a locked one', async () => expect(await disarm(xls([{ name: 'A' }], [record(0x2f, Buffer.alloc(54))]))).toEqual({ kind: 'cannot', reason: 'encrypted' }))

  test('of Excel 95', async () => {
    const streams = new Map([['Book', new Uint8Array(100)]])
    expect(await disarm(writeCompound({ classId: '', streams, storages: new Map() })!)).toEqual({ kind: 'cannot', reason: 'unsupported' })
  })

  test('a million cells in a few octets each stop at the limit', async () => {
    const row = (index: number) => record(0xbe, u16(index, 0), Buffer.alloc(512), u16(255))
    const bytes = xls(oneSheet(...Array.from({ length: 8000 }, (_, at) => row(at))))
    expect(await disarm(bytes)).toEqual({ kind: 'cannot', reason: 'limit' })
  })

  test('merged cells that overlap are told apart', async () => {
    const { sheet } = await rebuilt(xls(oneSheet(record(0xe5, u16(3), u16(0, 3, 0, 3), u16(1, 1, 1, 2), u16(5, 6, 0, 0)))))
    expect(sheet).toContain('<mergeCells count="2"><mergeCell ref="A1:D4"/><mergeCell ref="A6:A7"/></mergeCells>')
  })

  test('sheet names that no program takes', async () => {
    const { parts } = await rebuilt(xls([{ name: 'a:b' }, { name: 'A_B' }, { name: '' }]))
    expect(parts.get('xl/workbook.xml')).toMatch(/name="a_b".*name="A_B \(2\)".*name="Sheet"/)
  })

  test('many sheets with one name stay linear', () =>
    expectLinear(
      size => xls(Array.from({ length: size }, () => ({ name: 'same' }))),
      bytes => xlsDisarmer.disarm(disarmInput(bytes, TYPE, { limits: { entries: 10_000 } })),
      2_400,
    ))

  test('is linear in the cells', () =>
    expectLinear(
      size => xls(oneSheet(...Array.from({ length: size }, (_, at) => record(0x203, u16(at >> 3, at & 7, 0), f64(at))))),
      bytes => xlsDisarmer.disarm(disarmInput(bytes, TYPE, { limits: { outputBytes: 100_000_000 } })),
      20_000,
    ))
})
