/**
 * OOXML judged by readers that are not ours: LibreOffice opens what was rebuilt and shows the same text on the same
 * number of pages, unzip finds only parts of known kinds, and a document sent through the real gateway arrives rebuilt.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { detect } from '../../../core/media/detect.ts'
import { rebuildTestFile } from '../../support/disarm.ts'
import { DOCX, docx, xlsx } from '../../support/ooxml.ts'
import { SmtpConnection } from '../support/client.ts'
import { until } from '../support/processes.ts'
import { Sekisho } from '../support/sekisho.ts'

const FIXTURES = 'test/fixtures/disarm/ooxml'
const NAMES = readdirSync(FIXTURES).filter(name => /\.(?:docx|xlsx|pptx)$/.test(name))
const VBA = { id: 'rId9', type: 'http://schemas.microsoft.com/office/2006/relationships/vbaProject', target: 'vbaProject.bin' }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-ooxml-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function rebuilt(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  const { type } = await detect(bytes, { size: bytes.length, name, claimedType: '' })
  const result = await rebuildTestFile(bytes, type, { name, limits: { outputBytes: 32 << 20 } })
  if (result.kind === 'kept') throw new Error(`${name}: ${result.reason}`)
  return result.file.bytes
}

function write(where: string, files: ReadonlyMap<string, Uint8Array>): string[] {
  mkdirSync(join(folder, where), { recursive: true })
  return [...files].map(([name, bytes]) => {
    writeFileSync(join(folder, where, name), bytes)
    return join(folder, where, name)
  })
}

function convert(where: string, files: readonly string[]): void {
  const profile = `-env:UserInstallation=file://${folder}/profile`
  execFileSync('soffice', [profile, '--headless', '--convert-to', 'pdf', '--outdir', join(folder, where), ...files], { stdio: 'ignore', timeout: 240_000 })
}

const pdfOf = (where: string, name: string) => join(folder, where, name.replace(/\.\w+$/, '.pdf'))
const textOf = (pdf: string) => execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' })
const pagesOf = (pdf: string) => /^Pages:\s+(\d+)$/m.exec(execFileSync('pdfinfo', [pdf], { encoding: 'utf8' }))?.[1]

describe('LibreOffice opens what was rebuilt and shows the same', () => {
  const originals = new Map(NAMES.map(name => [name, new Uint8Array(readFileSync(join(FIXTURES, name)))]))
  beforeAll(async () => {
    const outputs = new Map<string, Uint8Array>()
    for (const [name, bytes] of originals) outputs.set(name, await rebuilt(bytes, name))
    for (const [where, files] of [['before', originals], ['after', outputs]] as const) {
      // One by one: a name without its extension stands for one file only.
      for (const path of write(where, files)) convert(`${where}/${path.slice(-4)}`, [path])
    }
  }, 280_000)

  test.each(NAMES)('%s', name => {
    const [before, after] = ['before', 'after'].map(where => pdfOf(`${where}/${name.slice(-4)}`, name)) as [string, string]
    expect(pagesOf(after)).toBe(pagesOf(before))
    expect(textOf(after)).toBe(textOf(before))
  })

  test.each(NAMES)('unzip finds nothing unknown in %s', name => {
    const path = join(folder, 'after', name)
    execFileSync('unzip', ['-tqq', path])
    const listed = execFileSync('unzip', ['-Z1', path], { encoding: 'utf8' }).trim().split('\n')
    for (const entry of listed) expect(entry).toMatch(/^(?:\[Content_Types\]\.xml|(?:[\w/]+\/)?_rels\/[\w.]*\.rels|[\w/]+\.(?:xml|vml|png|jpeg|jpg|xlsx))$/)
  })
})

test('python reads the markup, and neither it nor unzip sees the danger', async () => {
  const field = '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DDEAUTO c:\\\\evil</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
  const dangerous = new Map<string, Uint8Array>([
    ['a.docm', docx(`${field}<w:p><w:r><w:object/></w:r></w:p>`, [VBA, { id: 'rId8', type: 'oleObject', target: 'embeddings/evil.bin' }, { id: 'rId7', type: 'frame', target: 'http://evil.example/', external: true }], { 'word/vbaProject.bin': 'evil', 'word/embeddings/evil.bin': 'evil' })],
    ['b.xlsm', xlsx('<sheetData><row r="1"><c r="A1"><f>WEBSERVICE("http://evil.example")</f><v>1</v></c></row></sheetData>', { links: [{ ...VBA }], parts: { 'xl/vbaProject.bin': 'evil' } })],
  ])
  const cleaned = new Map<string, Uint8Array>()
  for (const [name, bytes] of dangerous) cleaned.set(name.replace(/m$/, 'x'), await rebuilt(bytes, name))
  const script = 'import sys,zipfile,xml.dom.minidom as d\nfor p in sys.argv[1:]:\n z=zipfile.ZipFile(p)\n assert z.testzip() is None\n for n in z.namelist():\n  b=z.read(n); d.parseString(b); print(n, b.decode())'
  const seen = execFileSync('python3', ['-c', script, ...write('clean', cleaned)], { encoding: 'utf8' })
  expect(seen).not.toMatch(/evil|vba|DDE|WEBSERVICE|oleObject/i)
})

test('a document with macros goes through the real gateway and arrives without', async () => {
  const sekisho = await Sekisho.start()
  try {
    const bytes = docx('<w:p><w:r><w:t>本文</w:t></w:r></w:p>', [VBA], { 'word/vbaProject.bin': 'vba' })
    const lines = bytes.toString('base64').match(/.{1,76}/g)!.join('\r\n')
    const mail = `From: a@outside.example\r\nTo: b@town.example.jp\r\nSubject: file\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=report.docm\r\n\r\n${lines}\r\n--x--\r\n`
    const connection = await SmtpConnection.open(sekisho.port)
    await connection.expect('MAIL FROM:<a@outside.example>', '250')
    await connection.expect('RCPT TO:<b@town.example.jp>', '250')
    await connection.expect('DATA', '354')
    expect(await connection.data(Buffer.from(mail))).toMatch(/^250/)
    connection.close()
    await until('delivered', 60_000, () => existsSync(sekisho.maildir) && readdirSync(sekisho.maildir).length === 1)
    const parsed = await simpleParser(readFileSync(join(sekisho.maildir, readdirSync(sekisho.maildir)[0]!)))
    expect(parsed.attachments.map(({ filename, contentType }) => [filename, contentType])).toEqual([['report.docx', DOCX]])
    expect(parsed.attachments[0]!.content.includes('vbaProject')).toBe(false)
    expect(parsed.text).toContain('マクロ')
  } finally {
    await sekisho.remove()
  }
})
