/**
 * Archives that Debian's programs made, seen again through other readers than ours: Info-ZIP, 7-Zip, libarchive, Python.
 * Bombs go through a process of their own, which says what it needed.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { detect } from '../../../core/media/detect.ts'
import { zeros, zipOf } from '../../support/archives.ts'
import { rebuildTestFile } from '../../support/disarm.ts'

const dir = mkdtempSync(join(tmpdir(), 'sekisho-archives-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const env = { ...process.env, LC_ALL: 'C.UTF-8' }
const run = (program: string, ...args: readonly string[]) => execFileSync(program, args, { cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

mkdirSync(join(dir, 'in/資料'), { recursive: true })
writeFileSync(join(dir, 'in/資料/表.csv'), 'a,b\r\n1,=1+1\r\n')
writeFileSync(join(dir, 'in/予定.txt'), '予定\r\n')
writeFileSync(join(dir, 'in/run.exe'), Buffer.from('MZ\x90\0\x03\0\0\0PAYLOAD-OF-THE-PROGRAM', 'latin1'))
run('ln', '-s', '/etc/passwd', 'in/link')

const PACKERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'info.zip': ['zip', '-qry', 'info.zip', 'in'],
  'seven.7z': ['7zz', 'a', '-bd', '-snl', 'seven.7z', 'in'],
  'seven.zip': ['7zz', 'a', '-bd', '-snl', 'seven.zip', 'in'],
  'gnu.tar': ['tar', 'cf', 'gnu.tar', 'in'],
  'gnu.tgz': ['tar', 'czf', 'gnu.tgz', 'in'],
  'gnu.tar.xz': ['tar', 'cJf', 'gnu.tar.xz', 'in'],
  'pax.tar.bz2': ['bsdtar', '--format', 'pax', '-cjf', 'pax.tar.bz2', 'in'],
  'cpio.tar.zst': ['tar', '--zstd', '-cf', 'cpio.tar.zst', 'in'],
  'disc.iso': ['genisoimage', '-quiet', '-J', '-r', '-o', 'disc.iso', 'in'],
  'python.zip': ['python3', '-c', "import shutil; shutil.make_archive('python', 'zip', '.', 'in')"],
}

describe('seen by other readers, what comes out is whole, named right and harmless', () => {
  test.each(Object.keys(PACKERS))('%s', async name => {
    const [program, ...args] = PACKERS[name]!
    run(program, ...args)
    const bytes = new Uint8Array(readFileSync(join(dir, name)))
    const { type } = await detect(bytes, { size: bytes.length, name, claimedType: '' })
    const result = await rebuildTestFile(bytes, type, { name })
    if (result.kind === 'kept') throw new Error(result.reason)
    const out = join(dir, `${name}.out.zip`)
    writeFileSync(out, result.file.bytes)
    run('unzip', '-tq', out)
    expect(run('7zz', 't', out)).toContain('Everything is Ok')
    const names = run('python3', '-c', 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print("\\n".join(z.namelist()))', out).trim().split('\n')
    const files = names.filter(each => !each.endsWith('/')).map(each => each.replace(/^in\//, ''))
    expect(files.toSorted()).toEqual(['link.txt', 'run.exe.txt', '予定.txt', '資料/表.csv'].toSorted())
    const extracted = run('bsdtar', '-xOf', out)
    expect(extracted).not.toContain('PAYLOAD-OF-THE-PROGRAM')
    expect(extracted).toContain("'=1+1")
  })
})

describe('names in CP932, where the policy wants them', () => {
  const NAMES = ['表示ソース/能力①.txt', '髙﨑.txt', '한국.txt', 'plain.txt']
  test('Python reads them as Windows would, libarchive unpacks them, 7-Zip finds the archive whole', async () => {
    const archive = zipOf(NAMES.map((name, index) => ({ name, flags: 0x800, content: `${index}` })))
    const result = await rebuildTestFile(archive, 'application/zip', { forms: { zipNames: 'cp932' } })
    if (result.kind === 'kept') throw new Error(result.reason)
    const out = join(dir, 'cp932.zip')
    writeFileSync(out, result.file.bytes)
    // Names without the mark are read in CP437 by Python, which loses nothing.
    const code = 'import sys, zipfile\nfor i in zipfile.ZipFile(sys.argv[1]).infolist(): print(i.filename if i.flag_bits & 0x800 else i.filename.encode("cp437").decode("cp932"))'
    const files = run('python3', '-c', code, out).trim().split('\n').filter(name => !name.endsWith('/'))
    expect(files.toSorted()).toEqual(NAMES.toSorted())
    expect(run('7zz', 't', out)).toContain('Everything is Ok')
    mkdirSync(join(dir, 'cp932'))
    run('bsdtar', '-x', '--options', 'zip:hdrcharset=CP932', '-C', 'cp932', '-f', out)
    for (const [index, name] of NAMES.entries()) expect(readFileSync(join(dir, 'cp932', name), 'utf8').trim()).toBe(`${index}`)
  })
})

describe('bombs', () => {
  /** As a heavy process does, with its usual bounds. */
  const MEASURE = `
    import { readFileSync } from 'node:fs'
    import { detect } from './core/media/detect.ts'
    import { rebuildTestFile } from './test/support/disarm.ts'
    const bytes = new Uint8Array(readFileSync(process.argv[1]))
    const { type } = await detect(bytes, { size: bytes.length, name: '', claimedType: '' })
    const limits = { outputBytes: 32 << 20, memberBytes: 256 << 20, members: 2000, entries: 10000 }
    const before = process.cpuUsage()
    const result = await rebuildTestFile(bytes, type, { limits })
    const { user, system } = process.cpuUsage(before)
    console.log(JSON.stringify({ kind: result.kind, cpuMs: (user + system) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024 }))`

  function measure(name: string) {
    const root = new URL('../../..', import.meta.url).pathname
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', MEASURE, join(dir, name)], { cwd: root, encoding: 'utf8' })
    return JSON.parse(said) as { kind: string; cpuMs: number; peakMiB: number }
  }

  const nested = [16, 16, 16, 16].reduce(
    (inner, count) => zipOf(Array.from({ length: count }, (_, index) => ({ name: `${index}.zip`, content: inner }))),
    zipOf([{ name: '0.txt', content: zeros(8 << 20) }]),
  )

  test.each<[string, () => void]>([
    ['300.7z', () => run('sh', '-c', 'head -c 300000000 /dev/zero | 7zz a -bd -si 300.7z')],
    ['1g.zst', () => run('sh', '-c', 'head -c 1073741824 /dev/zero | zstd -q -o 1g.zst')],
    ['300.xz', () => run('sh', '-c', 'head -c 300000000 /dev/zero | xz -0 > 300.xz')],
    ['300.bz2', () => run('sh', '-c', 'head -c 300000000 /dev/zero | bzip2 -1 > 300.bz2')],
    ['nested.zip', () => writeFileSync(join(dir, 'nested.zip'), nested)],
    ['shared.zip', () => writeFileSync(join(dir, 'shared.zip'), zipOf([{ name: 'a', content: zeros(8 << 20) }, ...Array.from({ length: 50 }, (_, index) => ({ name: `${index}`, content: zeros(0), sharesEntry: 0 }))]))],
    ['zeros.gz', () => writeFileSync(join(dir, 'zeros.gz'), gzipSync(zeros(200 << 20)))],
  ])('%s stops', (name, make) => {
    make()
    const { kind, cpuMs, peakMiB } = measure(name)
    expect(kind).toBe('kept')
    // Half a second of it is for loading the code on a slow machine.
    expect(cpuMs).toBeLessThan(1_500)
    expect(peakMiB).toBeLessThan(384)
    console.log(`${name}: ${Math.round(cpuMs)} ms of CPU, ${Math.round(peakMiB)} MiB`)
  })
})
