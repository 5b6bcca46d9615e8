/** ZIP files read in one way only: the strict package reader, the writer, and the door to zip.js for archives. */
import { Buffer } from 'node:buffer'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lockedZip, openArchive } from '../../../../core/disarm/zip.ts'
import { openPackage, type PackageLimits } from '../../../../core/disarm/zip-package.ts'
import { writeZip, type ZipFile } from '../../../../core/disarm/zip-write.ts'
import { expectLinear } from '../../../support/linear.ts'

const LIMITS: PackageLimits = { entries: 100, bytes: 8 << 20 }
const FILES: readonly ZipFile[] = [
  { name: '[Content_Types].xml', bytes: Buffer.from('<Types/>') },
  { name: 'word/document.xml', bytes: Buffer.from('<p>text</p>'.repeat(500)) },
  { name: 'word/資料.xml', bytes: Buffer.alloc(0) },
]

const zip = (files: readonly ZipFile[] = FILES) => writeZip(files, 1 << 24)!
const contents = (bytes: Uint8Array, limits = LIMITS) => {
  const opened = openPackage(bytes, limits)
  return opened.kind === 'open' ? opened.entries.map(entry => [entry.name, entry.read()?.toString() ?? 'damaged']) : opened.reason
}
const changed = (change: (bytes: Buffer) => void, bytes = zip()) => {
  change(bytes)
  return bytes
}
const DIRECTORY = Buffer.from('PK\x01\x02', 'latin1')
const END = Buffer.from('PK\x05\x06', 'latin1')
/** A part with other octets of the same length, in both headers or only in the first. */
const renameIn = (bytes: Buffer, from: string, to: string, where: 'both' | 'local') => {
  const first = bytes.indexOf(from)
  bytes.write(to, first, 'latin1')
  if (where === 'both') bytes.write(to, bytes.indexOf(from, bytes.indexOf(DIRECTORY)), 'latin1')
}

describe('packages', () => {
  test('what was written is read again', () =>
    expect(contents(zip())).toEqual(FILES.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])))

  test('equal files give equal octets, and other readers read them', async () => {
    expect(zip()).toEqual(zip())
    const opened = await openArchive(zip(), { reading: 'strict', entries: 10 })
    if (opened.kind === 'cannot') throw new Error(opened.reason)
    const read = await Promise.all(opened.entries.map(entry => entry.read(1 << 20)))
    expect(read.map(each => each.kind === 'content' && each.bytes)).toEqual(FILES.map(({ bytes }) => Buffer.from(bytes)))
    expect(opened.entries.map(entry => Buffer.from(entry.untrustedRawName).toString())).toEqual(FILES.map(({ name }) => name))
  })

  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'malformed'],
    ['octets in front', Buffer.concat([Buffer.from('MZ'), zip()]), 'malformed'],
    ['a local header with another name', changed(bytes => renameIn(bytes, 'word/document.xml', 'word/settings.xml', 'local')), 'malformed'],
    ['a name that climbs', changed(bytes => renameIn(bytes, 'word/document.xml', '../../document.xm', 'both')), 'malformed'],
    ['a name with a backslash', changed(bytes => renameIn(bytes, 'word/document.xml', 'word\\document.xml', 'both')), 'malformed'],
    ['an absolute name', changed(bytes => renameIn(bytes, 'word/document.xml', '/word/documentxml', 'both')), 'malformed'],
    ['a drive letter', changed(bytes => renameIn(bytes, 'word/document.xml', 'C:rd/document.xml', 'both')), 'malformed'],
    ['NUL in a name', changed(bytes => renameIn(bytes, 'word/document.xml', 'word/document\0xml', 'both')), 'malformed'],
    ['a name twice, in another case', zip([...FILES, { name: 'WORD/Document.xml', bytes: Buffer.from('x') }]), 'malformed'],
    ['a directory that says fewer entries', changed(bytes => void bytes.writeUInt16LE(2, bytes.indexOf(END) + 10)), 'malformed'],
    ['an encrypted entry', changed(bytes => {
      bytes[6]! |= 1
      bytes[bytes.indexOf(DIRECTORY) + 8]! |= 1
    }), 'encrypted'],
    ['a method beside deflate', changed(bytes => {
      bytes.writeUInt16LE(14, 8)
      bytes.writeUInt16LE(14, bytes.indexOf(DIRECTORY) + 10)
    }), 'unsupported'],
  ])('%s is refused', (_, bytes, reason) => expect(contents(bytes)).toBe(reason))

  test('two entries on the same octets are refused', () => {
    const bytes = zip([{ name: 'a', bytes: Buffer.from('same') }, { name: 'a', bytes: Buffer.from('same') }])
    const second = bytes.indexOf(DIRECTORY, bytes.indexOf(DIRECTORY) + 1)
    expect(contents(changed(each => void each.writeUInt32LE(0, second + 42), bytes))).toBe('malformed')
  })

  test('a size that lies gives nothing, a wrong checksum neither', () => {
    const big = deflateRawSync(Buffer.alloc(1 << 20))
    const file = { name: 'a', bytes: Buffer.alloc(1 << 20) }
    const lie = (offsets: readonly number[], value: number) =>
      changed(bytes => {
        const directory = bytes.indexOf(DIRECTORY)
        bytes.writeUInt32LE(value, offsets[0]!)
        bytes.writeUInt32LE(value, directory + offsets[1]!)
      }, zip([file]))
    expect(big.length).toBeLessThan(5000)
    expect(contents(lie([22, 24], 10))).toEqual([['a', 'damaged']])
    expect(contents(lie([14, 16], 10))).toEqual([['a', 'damaged']])
  })

  test('bombs and crowds stop before anything is unpacked', () => {
    expect(contents(zip([{ name: 'a', bytes: Buffer.alloc(6 << 20) }]))).toBe('limit')
    expect(contents(zip(), { entries: 2, bytes: 1 << 20 })).toBe('limit')
    expect(contents(zip(), { entries: 9, bytes: 100 })).toBe('limit')
  })

  test('octets that belong to nothing are counted, not read', () => {
    const opened = openPackage(Buffer.concat([zip(), Buffer.from('PDF behind')]), LIMITS)
    expect(opened).toMatchObject({ kind: 'open', strayBytes: 10 })
  })

  test('never throws on damage', () =>
    fc.assert(
      fc.property(fc.nat(zip().length - 1), fc.nat(255), fc.nat(zip().length), (at, byte, end) => {
        contents(changed(bytes => void (bytes[at] = byte)).subarray(0, end === 0 ? undefined : end + 1))
        contents(changed(bytes => void (bytes[at] = byte)))
      }),
      { numRuns: 400 },
    ))

  test('is linear in the number of entries', () =>
    expectLinear(
      count => zip(Array.from({ length: count }, (_, index) => ({ name: `part${index}.xml`, bytes: Buffer.from('x') }))),
      bytes => contents(bytes, { entries: 1e6, bytes: 1e9 }),
      2000,
    ))

  test('the writer stops at its limit', () => expect(writeZip(FILES, 200)).toBeUndefined())
})

describe('archives', () => {
  const open = async (bytes: Uint8Array, reading: 'strict' | 'lenient') => {
    const opened = await openArchive(bytes, { reading, entries: 10 })
    return opened.kind === 'open' ? opened.entries : opened.reason
  }

  test('octets in front are refused strictly and overlooked leniently', async () => {
    const bytes = Buffer.concat([Buffer.from('MZ program '), zip()])
    expect(await open(bytes, 'strict')).toBe('malformed')
    expect(await open(bytes, 'lenient')).toHaveLength(3)
  })

  test('a local header with another name is refused strictly', async () => {
    const entries = await open(changed(bytes => renameIn(bytes, 'word/document.xml', 'word/settings.xml', 'local')), 'strict')
    if (typeof entries === 'string') throw new Error(entries)
    expect(await entries[1]!.read(1 << 20)).toEqual({ kind: 'cannot', reason: 'malformed' })
  })

  test('content is counted as it comes', async () => {
    const entries = await open(zip([{ name: 'a', bytes: Buffer.alloc(1 << 20) }]), 'strict')
    if (typeof entries === 'string') throw new Error(entries)
    expect(await entries[0]!.read(1000)).toEqual({ kind: 'cannot', reason: 'limit' })
  })

  test('names of CP932 come as octets, with a backslash in them', async () => {
    const name = Buffer.from('93fa967b8cea835c2e747874', 'hex') // 日本語ソ.txt
    const bytes = zip([{ name: 'A'.repeat(name.length), bytes: Buffer.from('x') }])
    for (const at of [30, bytes.indexOf(DIRECTORY) + 46]) name.copy(bytes, at)
    const entries = await open(bytes, 'strict')
    if (typeof entries === 'string') throw new Error(entries)
    expect(entries[0]).toMatchObject({ nameIsUtf8: false, isFolder: false, isEncrypted: false })
    expect(Buffer.from(entries[0]!.untrustedRawName)).toEqual(name)
  })

  test('too many entries and noise are refused', async () => {
    expect(await openArchive(zip(), { reading: 'strict', entries: 2 })).toEqual({ kind: 'cannot', reason: 'limit' })
    expect(await open(Buffer.from('no archive at all'), 'lenient')).toBe('malformed')
  })
})

describe('the archive in which an approved original may leave', () => {
  const gather = async (octets: AsyncIterable<Uint8Array>) => {
    const pieces: Uint8Array[] = []
    for await (const piece of octets) pieces.push(piece)
    return Buffer.concat(pieces)
  }
  async function* octets(chunks: number): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < chunks; index++) yield Buffer.alloc(65_536, index)
  }

  test('opens with its password alone', async () => {
    const bytes = await gather(lockedZip([{ name: '調査票.xlsm', octets: octets(20) }], 'abcd-efgh'))
    const archive = await openArchive(bytes, { reading: 'strict', entries: 10 })
    if (archive.kind === 'cannot') return expect.fail(archive.reason)
    const [entry] = archive.entries
    expect([Buffer.from(entry!.untrustedRawName).toString(), entry!.isEncrypted, entry!.nameIsUtf8]).toEqual(['調査票.xlsm', true, true])
    expect(await entry!.read(1 << 30)).toEqual({ kind: 'cannot', reason: 'encrypted' })
    expect(await entry!.read(1 << 30, Buffer.from('wrong'))).toEqual({ kind: 'cannot', reason: 'password' })
    const content = await entry!.read(1 << 30, Buffer.from('abcd-efgh'))
    expect(content.kind === 'content' && content.bytes.equals(await gather(octets(20)))).toBe(true)
  })

  test('is locked by AES-256 (extra field 0x9901, strength 3) and differs each time', async () => {
    const [one, other] = await Promise.all([gather(lockedZip([{ name: 'a', octets: octets(1) }], 'p')), gather(lockedZip([{ name: 'a', octets: octets(1) }], 'p'))])
    expect(one.subarray(0, 200).includes(Buffer.from('0199070002004145' + '03', 'hex'))).toBe(true)
    expect(one.equals(other)).toBe(false)
  })

  test('fails where its octets fail, and lets go of them when nobody reads on', async () => {
    async function* broken() {
      yield Buffer.from('abc')
      throw new Error('came short')
    }
    await expect(gather(lockedZip([{ name: 'a', octets: broken() }], 'p'))).rejects.toThrow('came short')
    let isDone = false
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(65_536)
      } finally {
        isDone = true
      }
    }
    const reading = lockedZip([{ name: 'a', octets: endless() }], 'p')
    await reading.next()
    await reading.return(undefined)
    await expect.poll(() => isDone).toBe(true)
  })
})
