import { Buffer } from 'node:buffer'
import CFB from 'cfb'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCompound, type Storage } from '../../../../core/disarm/ole/cfb.ts'
import { writeCompound } from '../../../../core/disarm/ole/cfb-write.ts'
import { expectLinear } from '../../../support/linear.ts'

type Tree = { readonly [name: string]: Uint8Array | Tree }

function storageOf(tree: Tree, classId = ''): Storage {
  const entries = Object.entries(tree)
  return {
    classId,
    streams: new Map(entries.flatMap(([name, value]) => (value instanceof Uint8Array ? [[name, value] as const] : []))),
    storages: new Map(entries.flatMap(([name, value]) => (value instanceof Uint8Array ? [] : [[name, storageOf(value)] as const]))),
  }
}

function treeOf(storage: Storage): Tree {
  const inner = [...storage.storages].map(([name, each]) => [name, treeOf(each)] as const)
  return Object.fromEntries([...storage.streams, ...inner])
}

const write = (tree: Tree) => writeCompound(storageOf(tree))!
const sized = (bytes: number, seed = 1) => Uint8Array.from({ length: bytes }, (_, at) => (at * 7 + seed) & 255)

const TREE: Tree = {
  WordDocument: sized(10_000),
  '1Table': sized(4096, 2),
  small: sized(63, 3),
  empty: new Uint8Array(0),
  文書: sized(4095, 4),
  Macros: { VBA: { dir: sized(100, 5) }, PROJECT: sized(65, 6) },
}

describe('what is written is read again', () => {
  test('with every stream and folder', () => {
    const read = readCompound(write(TREE))!
    expect(treeOf(read)).toEqual(TREE)
  })

  test('with the class of the root', () => {
    const classId = '0609020000000000c000000000000046'
    expect(readCompound(writeCompound(storageOf(TREE, classId))!)!.classId).toBe(classId)
  })

  test('for any sizes and number of entries', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.nat(20_000), { maxKeys: 40 }), sizes => {
        const tree = Object.fromEntries(Object.entries(sizes).map(([name, bytes]) => [name, sized(bytes, name.length)]))
        expect(treeOf(readCompound(write(tree))!)).toEqual(tree)
      }),
      { numRuns: 25 },
    ))

  test('beyond the tables that fit the header', () => {
    const big = sized(8_000_000)
    const read = readCompound(write({ big, small: sized(10) }))!
    expect(Buffer.compare(read.streams.get('big')!, big)).toBe(0)
    expect(read.streams.get('small')).toEqual(sized(10))
  })

  test('equal trees give equal octets', () => expect(write(TREE)).toEqual(write(TREE)))

  test('not with a name that is too long', () => expect(writeCompound(storageOf({ ['x'.repeat(32)]: sized(1) }))).toBeUndefined())
})

test('another reader sees the same', () => {
  const other = CFB.read(Buffer.from(write({ ...TREE, big: sized(5_000_000) })), { type: 'buffer' })
  const content = (path: string) => Uint8Array.from(CFB.find(other, path)!.content as Uint8Array)
  expect(content('/WordDocument')).toEqual(TREE['WordDocument'])
  expect(content('/文書')).toEqual(TREE['文書'])
  expect(content('/Macros/VBA/dir')).toEqual(sized(100, 5))
  expect(Buffer.compare(content('/big'), sized(5_000_000))).toBe(0)
})

test('what another writer made is read', () => {
  const other = CFB.utils.cfb_new()
  CFB.utils.cfb_add(other, '/Workbook', Buffer.from(sized(5000)))
  CFB.utils.cfb_add(other, '/Inner/Deep', Buffer.from(sized(50)))
  const read = readCompound(new Uint8Array(CFB.write(other, { type: 'buffer' }) as Buffer))!
  expect(read.streams.get('Workbook')).toEqual(sized(5000))
  expect(read.storages.get('Inner')!.streams.get('Deep')).toEqual(sized(50))
})

describe('hostile files are no compound files', () => {
  const good = write(TREE)
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const changed = (change: (bytes: DataView) => void) => {
    const bytes = good.slice()
    change(view(bytes))
    return bytes
  }
  const directoryAt = (view(good).getUint32(48, true) + 1) * 512

  test.each<[string, Uint8Array]>([
    ['empty', new Uint8Array(0)],
    ['the magic alone', good.slice(0, 8)],
    ['sectors of a size that there is not', changed(bytes => bytes.setUint16(30, 30, true))],
    ['a directory that is its own child', changed(bytes => bytes.setUint32(directoryAt + 76, 0, true))],
    ['siblings in a circle', changed(bytes => bytes.setUint32(directoryAt + 128 + 68, 1, true))],
    ['a stream larger than the file', changed(bytes => bytes.setUint32(directoryAt + 128 + 120, 0x7fffffff, true))],
    ['a table chain in a circle', changed(bytes => bytes.setUint32(68, 0, true))],
  ])('%s', (_, bytes) => expect(readCompound(bytes)).toBeUndefined())

  test('never throws, whatever is damaged', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 20 }), changes => {
        const bytes = good.slice()
        for (const [at, value] of changes) bytes[at] = value
        readCompound(bytes)
      }),
    ))

  test('many streams on one chain cost no more than an honest file', () => {
    const bytes = write(Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`s${at}`, sized(5000)])))
    const out = view(bytes)
    const from = (out.getUint32(48, true) + 1) * 512
    for (let id = 1; id <= 200; id++) {
      out.setUint32(from + id * 128 + 116, out.getUint32(from + 128 + 116, true), true)
      out.setUint32(from + id * 128 + 120, 900_000, true)
    }
    expect(readCompound(bytes)).toBeUndefined()
  })
})

test('is linear in the number of sectors', () =>
  expectLinear(
    size => write({ a: sized(size), ...Object.fromEntries(Array.from({ length: size / 10_000 }, (_, at) => [`s${at}`, sized(200)])) }),
    readCompound,
    2_000_000,
  ))
