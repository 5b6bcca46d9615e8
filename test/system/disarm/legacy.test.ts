/**
 * OpenDocument, RTF and old Office files judged by readers that are not ours: LibreOffice opens what was rebuilt and shows the
 * same text, Python's zipfile finds whole packages without the parts that must go, and none of the dangers.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { detect } from '../../../core/media/detect.ts'
import { rebuildTestFile } from '../../support/disarm.ts'
import { DEFAULT_SECRET, xorXls } from '../../support/old-lock.ts'

const FIXTURES = 'test/fixtures/disarm'
const SAME_TEXT = ['odf/doc.odt', 'odf/pres.odp', 'rtf/doc.rtf']
const REBUILT = [...SAME_TEXT, 'odf/active.odt', 'odf/sheet.ods', 'legacy/sheet.xls']

let folder: string
const outputs = new Map<string, string>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-legacy-'))
  for (const where of ['before', 'after']) mkdirSync(join(folder, where))
  for (const file of REBUILT) {
    const bytes = new Uint8Array(readFileSync(join(FIXTURES, file)))
    const { type } = await detect(bytes, { size: bytes.length, name: file, claimedType: '' })
    const result = await rebuildTestFile(bytes, type, { name: basename(file) })
    if (result.kind === 'kept') throw new Error(`${file}: ${result.reason}`)
    const out = join(folder, 'after', basename(file).replace(/\w+$/, result.file.extension))
    writeFileSync(out, result.file.bytes)
    outputs.set(file, out)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function textOf(where: string, file: string): string {
  const profile = `-env:UserInstallation=file://${folder}/profile`
  execFileSync('soffice', [profile, '--headless', '--convert-to', 'pdf', '--outdir', join(folder, where), file], { stdio: 'ignore', timeout: 120_000 })
  const pdf = join(folder, where, basename(file).replace(/\w+$/, 'pdf'))
  return execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' })
}

describe('LibreOffice opens it and shows the same text', () => {
  test.each(SAME_TEXT)('%s', file => {
    expect(textOf('after', outputs.get(file)!)).toBe(textOf('before', join(FIXTURES, file)))
  })

  test.each(['odf/sheet.ods', 'legacy/sheet.xls'])('%s, but for what the report names', file => {
    const text = textOf('after', outputs.get(file)!).replace(/\s+/g, ' ')
    for (const shown of ['見積書 株式会社髙﨑', '2026年4月1日', '1,234,567', '1234569.5', '注釈付き', 'はい']) expect(text).toContain(shown)
  })
})

test('LibreOffice opens a workbook under XOR obfuscation and everybody’s password, too: what it shows is what was rebuilt', async () => {
  const locked = xorXls(new Uint8Array(readFileSync(join(FIXTURES, 'legacy/sheet.xls'))), DEFAULT_SECRET)
  const result = await rebuildTestFile(locked, 'application/vnd.ms-excel', { name: 'locked.xls' })
  if (result.kind === 'kept') throw new Error(result.reason)
  writeFileSync(join(folder, 'locked.xls'), locked)
  writeFileSync(join(folder, 'after', 'locked.xlsx'), result.file.bytes)
  const shown = ['見積書', '1,234,567', '1234569.5']
  for (const text of [textOf('before', join(folder, 'locked.xls')), textOf('after', join(folder, 'after', 'locked.xlsx'))]) for (const words of shown) expect(text).toContain(words)
})

describe('Python finds', () => {
  const python = (code: string, file: string) => execFileSync('python3', ['-c', `import sys,zipfile,re\nz=zipfile.ZipFile(sys.argv[1])\n${code}`, file], { encoding: 'utf8' })

  test.each(['odf/doc.odt', 'odf/active.odt', 'odf/sheet.ods', 'odf/pres.odp'])('a whole package in %s, its type first and stored', file => {
    const found = python('print(z.testzip(), z.infolist()[0].filename, z.infolist()[0].compress_type)', outputs.get(file)!)
    expect(found.trim()).toBe('None mimetype 0')
  })

  test('no script, macro or file reference in a text that had them', () => {
    const all = python('print(*(z.read(n).decode("utf-8","replace") for n in z.namelist()))', outputs.get('odf/active.odt')!)
    expect(all).not.toMatch(/vnd\.sun\.star|script:event|execute-macro|section-source|evil\.example|passwd|\.exe/)
  })

  test('no formula that reaches outside, and no DDE source', () => {
    const all = python('print(z.read("content.xml").decode())', outputs.get('odf/sheet.ods')!)
    expect(all).not.toMatch(/webservice|DDE\(|dde-/)
    const sheet = python('print(*(z.read(n).decode() for n in z.namelist()))', outputs.get('legacy/sheet.xls')!)
    expect(sheet).not.toMatch(/<f>|externalLink|evil\.example|cmd/)
  })
})
