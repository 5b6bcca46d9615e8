/** Archives of every kind: what real programs made, what attackers make, and what becomes of each object. */
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detect } from '../../../../../core/media/detect.ts'
import { openArchive } from '../../../../../core/disarm/zip.ts'
import type { FileForms } from '../../../../../core/file-forms.ts'
import type { ObjectRules } from '../../../../../core/objects.ts'
import type { FileBounds } from '../../../../../core/rebuild.ts'
import { encodeCp932 } from '../../../../../core/text/cp932-encode.ts'
import { disarmerContract } from '../../../../contract/disarmer.contract.ts'
import { cp932, lh5Run, lzhOf, rar4Of, rar5Of, tarOf, type ZipTestFile, zeros, zipOf } from '../../../../support/archives.ts'
import { rebuildTestFile } from '../../../../support/disarm.ts'

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../../../../fixtures/disarm/archives/${name}`, import.meta.url)))
const PLAIN: readonly ZipTestFile[] = [{ name: 'a.txt', content: 'hello\n' }, { name: 'folder/b.csv', content: 'x,y\n1,2\n' }]

type Changes = { readonly name?: string; readonly rules?: ObjectRules; readonly limits?: Partial<FileBounds>; readonly forms?: Partial<FileForms> }

async function rebuild(bytes: Uint8Array, changes: Changes = {}) {
  const detected = await detect(bytes, { size: bytes.length, name: changes.name ?? '', claimedType: '' })
  return rebuildTestFile(bytes, detected.type, changes)
}

async function rebuilt(bytes: Uint8Array, changes: Changes = {}) {
  const result = await rebuild(bytes, changes)
  if (result.kind === 'kept') throw new Error(`kept back: ${result.reason}`)
  return result.file
}

/** Name and text of each file; folders have undefined. */
async function filesOf(zip: Uint8Array): Promise<Record<string, string | undefined>> {
  const opened = await openArchive(zip, { reading: 'strict', entries: 1000 })
  if (opened.kind === 'cannot') throw new Error(opened.reason)
  const files: Record<string, string | undefined> = {}
  for (const entry of opened.entries) {
    const content = entry.isFolder ? undefined : await entry.read(1 << 20)
    const text = content?.kind === 'content' ? content.bytes.toString().replace('\ufeff', '').replaceAll('\r\n', '\n') : undefined
    files[Buffer.from(entry.untrustedRawName).toString()] = text
  }
  return files
}

const unpacked = async (bytes: Uint8Array, changes?: Changes) => filesOf((await rebuilt(bytes, changes)).bytes)

disarmerContract('archiveDisarmer for ZIP', { bytes: zipOf(PLAIN), detectedType: 'application/zip', tooFewBytes: 10, runs: 25 })
disarmerContract('archiveDisarmer for tar', { bytes: tarOf(PLAIN), detectedType: 'application/x-tar', tooFewBytes: 10, runs: 25 })
disarmerContract('archiveDisarmer for 7z', { bytes: fixture('plain.7z'), detectedType: 'application/x-7z-compressed', tooFewBytes: 10, runs: 25 })
disarmerContract('archiveDisarmer for LZH', {
  bytes: lzhOf([{ name: 'a.txt', content: 'hello\n', level: 1 }]),
  detectedType: 'application/x-lzh-compressed',
  tooFewBytes: 4,
  runs: 25,
})
disarmerContract('archiveDisarmer for gzip', { bytes: new Uint8Array(gzipSync('a,b\n')), detectedType: 'application/gzip', tooFewBytes: 3, runs: 25 })

describe('archives of real programs keep files, folders and Japanese names', () => {
  test.each(['plain.7z', 'gnu.tar', 'gnu.tar.gz', 'gnu.tar.xz', 'gnu.tar.bz2', 'gnu.tar.zst', 'pax.tar', 'gcab.cab', 'infozip.zip'])('%s', async name =>
    expect(await unpacked(fixture(name), { name })).toEqual({ '資料/': undefined, '資料/表.csv': 'a,b\n1,2\n', '予定.txt': '予定\n' }))

  test('ISO 9660 with Joliet names', async () =>
    expect(await unpacked(new Uint8Array(gunzipSync(fixture('joliet.iso.gz'))))).toEqual({ '表.csv': 'a,b\n1,2\n', '予定.txt': '予定\n' }))

  test('CP932 names, whose second octets may be backslashes', async () =>
    expect(Object.keys(await unpacked(fixture('cp932.zip')))).toEqual(['表示ソース/', '表示ソース/能力.txt', '予定.csv', '申請書.txt']))

  test.each(['locked.7z', 'locked-names.7z', 'zipcrypto.zip', 'aes256.zip'])('%s needs its password', async name =>
    expect(await rebuild(fixture(name))).toMatchObject({ kind: 'kept', reason: 'encrypted' }))
})

describe('names', () => {
  test('the mark for UTF-8 counts, and so does the Unicode field of Info-ZIP', async () => {
    const raw = cp932('資料.txt')
    const path = Buffer.from('予定.txt')
    const field = Buffer.concat([Buffer.from([0x75, 0x70, 5 + path.length, 0, 1]), crcOf(raw), path])
    const files = await unpacked(zipOf([{ name: '表.txt', flags: 0x800, content: 'a' }, { name: raw, extra: field, content: 'b' }]))
    expect(files).toEqual({ '表.txt': 'a', '予定.txt': 'b' })
  })

  describe('in CP932, where the policy wants it', () => {
    const forms = { zipNames: 'cp932' } as const
    const named = async (...names: readonly string[]) => {
      const result = await rebuilt(zipOf(names.map(name => ({ name, flags: 0x800, content: 'x' }))), { forms })
      const opened = await openArchive(result.bytes, { reading: 'strict', entries: 1000 })
      if (opened.kind === 'cannot') throw new Error(opened.reason)
      return { bytes: result.bytes, entries: opened.entries }
    }
    const windows = new TextDecoder('shift_jis')

    test('as Windows reads them, without the mark of UTF-8; ASCII names as ever', async () => {
      const { entries } = await named('表示ソース/能力①.txt', '髙﨑ﾃｽﾄ.txt', 'plain.txt')
      expect(entries.map(entry => [windows.decode(entry.untrustedRawName), entry.nameIsUtf8])).toEqual([['表示ソース/', false], ['表示ソース/能力①.txt', false], ['髙﨑ﾃｽﾄ.txt', false], ['plain.txt', false]])
    })

    test('a name that CP932 cannot write stays whole in UTF-8 and is marked; none becomes another', async () => {
      const names = ['한국.txt', '한글.txt', '𠮷野家.txt', '~〜～.txt', '表.txt']
      const { entries, bytes } = await named(...names)
      expect(entries.map(entry => entry.nameIsUtf8)).toEqual([true, true, true, true, false])
      expect(new Set(entries.map(entry => Buffer.from(entry.untrustedRawName).toString('hex'))).size).toBe(names.length)
      expect(Object.keys(await unpacked(bytes))).toEqual(names)
    })

    test('once more gives the same', async () => {
      const { bytes } = await named('資料/見積書.txt', '한국.txt', 'ﾊﾝｶｸ.txt')
      expect(Buffer.from((await rebuilt(bytes, { forms })).bytes).equals(Buffer.from(bytes))).toBe(true)
    })

    test('every character comes back as it went', () =>
      fc.assert(fc.property(fc.string({ unit: fc.integer({ min: 0x20, max: 0xffff }).filter(code => code < 0xd800 || code > 0xdfff).map(code => String.fromCharCode(code)) }), text => {
        const octets = encodeCp932(text)
        expect(octets === undefined || windows.decode(octets) === text).toBe(true)
      }), { numRuns: 300 }))
  })

  test.each([
    ['../../evil.txt', 'evil.txt'],
    ['/etc/cron.d/evil.txt', 'etc/cron.d/evil.txt'],
    ['C:\\Windows\\evil.txt', 'Windows/evil.txt'],
    ['..\\..\\evil.txt', 'evil.txt'],
    ['a/./../b/evil.txt', 'a/b/evil.txt'],
  ])('%s stays inside, with a finding', async (name, expected) => {
    const file = await rebuilt(zipOf([{ name, content: 'x' }]))
    expect(Object.keys(await filesOf(file.bytes))).toContain(expected)
    expect(file.findings).toMatchObject([{ code: 'archive.path' }])
  })

  test.each([
    ['folder\\file.txt', 'folder/file.txt'],
    ['aux.txt', '_aux.txt'],
    ['con/nul.txt', '_con/_nul.txt'],
    ['a\u202etxt.b', 'atxt.txt'],
    ['trailing. /x.txt', 'trailing/x.txt'],
    ['a:b/x.txt', 'a_b/x.txt'],
  ])('%s becomes %s', async (name, expected) =>
    expect(Object.keys(await unpacked(zipOf([{ name, flags: 0x800, content: 'x' }])))).toContain(expected))

  test('no file overwrites another or a folder, whatever the case', async () => {
    const files = await unpacked(zipOf([{ name: 'A.txt', content: '1' }, { name: 'a.TXT', content: '2' }, { name: 'dir.txt/x.txt', content: '3' }, { name: 'DIR.txt', content: '4' }]))
    expect(Object.keys(files)).toEqual(['dir.txt/', 'A.txt', 'a (2).TXT', 'dir.txt/x.txt', 'DIR (2).txt'])
  })

  test.each([0, 1, 2] as const)('LZH of level %i, with the separators of UNLHA', async level => {
    const folder = level === 0 ? {} : { folder: Buffer.concat([cp932('表能'), Buffer.from([0xff])]) }
    const archive = lzhOf([{ name: cp932('日本語ソ.txt'), content: 'hello\n', level, ...folder }])
    expect(await unpacked(archive)).toEqual(level === 0 ? { '日本語ソ.txt': 'hello\n' } : { '表能/': undefined, '表能/日本語ソ.txt': 'hello\n' })
  })

  test('LZH whose names are UTF-8 by its code page', async () =>
    expect(await unpacked(lzhOf([{ name: '予定.txt', content: 'x', level: 2, codepage: 65001 }]))).toEqual({ '予定.txt': 'x' }))
})

describe('formats without a free packer', () => {
  test('RAR 5', async () => expect(await unpacked(rar5Of([{ name: '資料/予定.txt', content: 'x' }]))).toEqual({ '資料/': undefined, '資料/予定.txt': 'x' }))
  test('RAR 4', async () => expect(await unpacked(rar4Of([{ name: 'dir\\a.txt', content: 'x' }]))).toEqual({ 'dir/': undefined, 'dir/a.txt': 'x' }))
  test('LZH compressed by -lh5-', async () => {
    const content = 'z'.repeat(900)
    expect(await unpacked(lzhOf([{ name: 'z.txt', content, level: 0, method: '-lh5-', packed: lh5Run('z', 900) }]))).toEqual({ 'z.txt': content })
  })
})

describe('single files behind a packer', () => {
  test.each([
    ['a.csv.gz', gzipSync('x,y\n'), 'a.csv'],
    ['表.csv.zst', zstdCompressSync(Buffer.from('x,y\n')), '表.csv'],
    ['', gzipSync('text'), 'file.txt'],
  ])('%s', async (name, bytes, expected) => expect(Object.keys(await unpacked(new Uint8Array(bytes), { name }))).toEqual([expected]))
})

describe('what may not pass', () => {
  const mixed = zipOf([...PLAIN, { name: 'run.exe', content: 'MZ\x90\0\x03\0\0\0' }])

  test('a text file in its place says why', async () => {
    const file = await rebuilt(mixed)
    const files = await filesOf(file.bytes)
    expect(Object.keys(files)).toEqual(['folder/', 'a.txt', 'folder/b.csv', 'run.exe.txt'])
    expect(files['run.exe.txt']).toContain('「run.exe」は入っていません。\nプログラムなど危険な種類のファイルのため止めました。')
    expect(file.removed).toEqual([{ what: 'archiveMembers', count: 1, detail: 'run.exe' }])
    expect(file.members).toMatchObject([{ outcome: 'rebuilt' }, { outcome: 'rebuilt' }, { outcome: 'quarantined', reason: 'dangerous-type' }])
  })

  test('the whole archive is kept back where the settings say so', async () =>
    expect(await rebuild(mixed, { rules: { archiveMembers: 'block' } })).toMatchObject({ kind: 'kept', reason: 'blocked-object', object: 'archiveMembers' }))

  test('an archive of nothing else is kept back with the most telling reason', async () =>
    expect(await rebuild(zipOf([{ name: 'x.dat', content: '\x01\x02\x03\xff' }, { name: 'run.exe', content: 'MZ\x90\0\x03' }]))).toMatchObject({ kind: 'kept', reason: 'dangerous-type' }))

  test('links lead nowhere', async () => {
    const tar = await rebuilt(tarOf([{ name: 'a.txt', content: 'x' }, { name: 'link', type: '2', link: '/etc/passwd' }, { name: 'hard', type: '1', link: 'a.txt' }]))
    expect(tar.removed).toEqual(['link', 'hard'].map(detail => ({ what: 'archiveMembers', count: 1, detail })))
    const seven = await rebuilt(fixture('link.7z'))
    expect(seven.removed).toEqual([{ what: 'archiveMembers', count: 1, detail: 'link' }])
    const zip = await unpacked(zipOf([{ name: 'a.txt', content: 'x' }, { name: 'link', content: '/etc/passwd', externalAttributes: 0xa1ff0000 }]))
    expect(zip.link).toBeUndefined()
    expect(zip['link.txt']).not.toContain('/etc/passwd')
  })

  test('files of the file system go without a word', async () => {
    const file = await rebuilt(zipOf([...PLAIN, { name: '__MACOSX/._a.txt', content: '\0' }, { name: 'Thumbs.db', content: '\0' }]))
    expect(Object.keys(await filesOf(file.bytes))).toEqual(['folder/', 'a.txt', 'folder/b.csv'])
    expect(file.removed).toEqual([{ what: 'customData', count: 2 }])
  })

  test('octets behind the archive stay behind', async () => {
    expect((await rebuilt(lzhOf([{ name: 'a.txt', content: 'x', level: 1 }], 'MZ payload'))).removed).toEqual([{ what: 'trailingData', count: 1 }])
    expect((await rebuilt(new Uint8Array([...fixture('plain.7z'), ...Buffer.from('MZ payload')]))).removed).toEqual([{ what: 'trailingData', count: 1 }])
  })

  test('an archive in an archive is walked as well', async () => {
    const files = await unpacked(zipOf([{ name: 'inner.7z', content: fixture('plain.7z') }]))
    expect(Object.keys(files)).toEqual(['inner.zip'])
  })

  test('one of several volumes cannot be read', async () => {
    const damaged = fixture('plain.7z').slice(0, 150)
    expect(await rebuild(damaged)).toMatchObject({ kind: 'kept', reason: 'malformed' })
  })
})

describe('two readings', () => {
  test('a local header with another name: one reading, with a finding', async () => {
    const file = await rebuilt(zipOf([{ name: 'safe.txt', localName: 'evil.exe', content: 'x' }]))
    expect(Object.keys(await filesOf(file.bytes))).toEqual(['safe.txt'])
    expect(file.findings).toEqual([{ code: 'archive.ambiguous' }])
  })

  test('many entries on the same octets are refused', async () => {
    const shared = Array.from({ length: 20 }, (_, index) => ({ name: `${index}.txt`, content: zeros(1 << 20), sharesEntry: 0 }))
    expect(await rebuild(zipOf([{ name: 'first.txt', content: zeros(1 << 20) }, ...shared]))).toMatchObject({ kind: 'kept' })
  })

  test('an entry that lies about its size is not delivered', async () =>
    expect(await rebuild(zipOf([{ name: 'lie.txt', content: 'y'.repeat(200_000), claimedBytes: 10 }]))).toMatchObject({ kind: 'kept' }))
})

describe('bombs stop at their limit', () => {
  const nested = [16, 16, 2].reduce(
    (inner, count) => zipOf(Array.from({ length: count }, (_, index) => ({ name: `${index}.zip`, content: inner }))),
    zipOf([{ name: '0.txt', content: zeros(3 << 20) }]),
  )

  test.each<[string, () => Uint8Array]>([
    ['zeros in ZIP', () => zipOf([{ name: 'z.txt', content: zeros(40 << 20) }])],
    ['zeros in gzip', () => new Uint8Array(gzipSync(zeros(40 << 20)))],
    ['zeros in zstd', () => new Uint8Array(zstdCompressSync(zeros(40 << 20)))],
    ['zeros in bzip2', () => fixture('zeros.bz2')],
    ['a file that LZH declares too large', () => lzhOf([{ name: 'a.txt', content: 'x', level: 0 }].map(file => ({ ...file, level: 0 as const }))).map((octet, at) => (at === 14 ? 0x7f : at === 1 ? (octet + 0x7f) & 255 : octet))],
  ])('%s', async (_name, make) => expect(await rebuild(make())).toMatchObject({ kind: 'kept', reason: 'too-large' }))

  test('archives in archives in archives', async () =>
    expect(await rebuild(nested)).toMatchObject({ kind: 'kept', reason: 'limit-exceeded' }))

  test('more entries than a container may have', async () => {
    const many = Array.from({ length: 1_200 }, (_, index) => ({ name: `${index}.txt`, content: 'x' }))
    for (const archive of [zipOf(many), tarOf(many)]) expect(await rebuild(archive)).toMatchObject({ kind: 'kept', reason: 'too-large' })
  })
})

test('250 mutants: nothing throws, nothing is handed back as it came', async () => {
  const seeds = [zipOf(PLAIN), fixture('infozip.zip'), fixture('pax.tar'), lzhOf([{ name: cp932('表.txt'), content: 'x', level: 2 }, { name: 'b', content: 'y', level: 0 }])]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 6 }), async (seed, flips) => {
      const mutant = seed.slice()
      for (const [at, octet] of flips) mutant[Math.floor(at * mutant.length)] = octet
      const result = await rebuild(mutant)
      if (result.kind === 'rebuilt') expect(Buffer.from(result.file.bytes).equals(mutant)).toBe(false)
    }),
    { numRuns: 250 },
  )
})

function crcOf(bytes: Uint8Array): Buffer {
  let crc = 0xffffffff
  for (const octet of bytes) {
    crc ^= octet
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  const out = Buffer.alloc(4)
  out.writeUInt32LE(~crc >>> 0)
  return out
}
