/**
 * Old Office files through the real LibreOffice in its box: what comes out is a PDF of nothing but pictures, page for page what
 * LibreOffice draws of the file, with the words beside it; through the command line, and in a mail and over HTTP through `serve`.
 */
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readComposed } from '../../../core/mime/composed.ts'
import { excel95 } from '../../support/biff.ts'
import { mailWith, Served } from '../../support/served.ts'

const MAIN = join(import.meta.dirname, '../../../cli/main.ts')
const FIXTURES = join(import.meta.dirname, '../../fixtures/disarm/legacy')
let folder: string
const files: Record<'doc' | 'ppt' | 'xls', string> = { doc: join(FIXTURES, 'doc.doc'), ppt: join(FIXTURES, 'pres.ppt'), xls: '' }

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-old-office-'))
  for (const name of ['out', 'alone', 'theirs']) mkdirSync(join(folder, name))
  files.xls = join(folder, 'excel95.xls')
  writeFileSync(files.xls, excel95(['Estimate 1995', 'Desk 1,000']))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (program: string, ...given: readonly string[]) => execFileSync(program, given, { encoding: 'utf8', timeout: 120_000, stdio: ['ignore', 'pipe', 'ignore'] })
const pagesOf = (pdf: string) => Number(/^Pages:\s+(\d+)/m.exec(run('pdfinfo', pdf))![1])

function sanitize(out: string, file: string, more: NodeJS.ProcessEnv = {}): Record<string, unknown> {
  execFileSync(process.execPath, [MAIN, 'sanitize', '--out', join(folder, out), file], { env: { ...process.env, ...more }, stdio: 'ignore', timeout: 120_000 })
  return JSON.parse(readFileSync(join(folder, out, `${basename(file)}.report.json`), 'utf8')).parts[0]
}

/** What LibreOffice alone makes of it. */
function theirs(file: string): string {
  run('soffice', `-env:UserInstallation=file://${folder}/profile`, '--headless', '--convert-to', 'pdf', '--outdir', join(folder, 'theirs'), file)
  return join(folder, 'theirs', basename(file).replace(/\w+$/, 'pdf'))
}

function pixels(pdf: string, page: number): Buffer {
  return execFileSync('pdftoppm', ['-r', '50', '-gray', '-f', String(page), '-l', String(page), pdf], { maxBuffer: 64 * 2 ** 20 })
}

/** Largest share of grey by which two pictures of the same size differ, averaged over the page. */
function difference(one: Buffer, other: Buffer): number {
  expect(one.length).toBe(other.length)
  let sum = 0
  for (let at = 0; at < one.length; at++) sum += Math.abs(one[at]! - other[at]!)
  return sum / one.length / 255
}

function expectPicturesOnly(pdf: string, original: string): void {
  const drawn = theirs(original)
  const pages = pagesOf(drawn)
  expect(pagesOf(pdf)).toBe(pages)
  expect(run('pdfimages', '-list', pdf).trim().split('\n').slice(2).map(line => Number(line.trim().split(/\s+/)[0]))).toEqual(Array.from({ length: pages }, (_, index) => index + 1))
  expect(run('pdffonts', pdf).trim().split('\n').slice(2)).toEqual([])
  expect(run('pdftotext', pdf, '-').trim()).toBe('')
  expect(run('qpdf', '--check', pdf)).toContain('No syntax or stream encoding errors')
  const json = run('qpdf', '--json=2', '--json-key=qpdf', pdf)
  for (const key of ['/Font', '/Annots', '/OpenAction', '/AA', '/Names', '/Metadata', '/Outlines', '/StructTreeRoot', '/EmbeddedFiles']) expect(json).not.toContain(`"${key}"`)
  for (let page = 1; page <= pages; page++) expect(difference(pixels(pdf, page), pixels(drawn, page))).toBeLessThan(0.02)
}

describe('at the command line', () => {
  test.each(['doc', 'ppt'] as const)('%s: a PDF of pictures, and the words', kind => {
    const part = sanitize('out', files[kind])
    const name = basename(files[kind])
    expect(part).toMatchObject({ outcome: 'rebuilt', deliveredName: name.replace(/\w+$/, 'pdf'), besideName: name.replace(/\w+$/, 'txt') })
    expectPicturesOnly(join(folder, 'out', `${name}.sanitized.pdf`), files[kind])
    expect(readFileSync(join(folder, 'out', `${name}.sanitized.txt`), 'utf8').trim()).not.toBe('')
  })

  test('xls of Excel 95, which nothing here reads: the PDF alone; without LibreOffice it is kept back', () => {
    expect(sanitize('out', files.xls)).toMatchObject({ outcome: 'rebuilt', deliveredName: 'excel95.pdf', findings: [{ code: 'media.pages-drawn' }] })
    expectPicturesOnly(join(folder, 'out/excel95.xls.sanitized.pdf'), files.xls)
    expect(run('pdftotext', theirs(files.xls), '-')).toContain('Estimate 1995')
    expect(sanitize('alone', files.xls, { SEKISHO_SANITIZER_OLD_OFFICE_USE: 'off' })).toMatchObject({ outcome: 'quarantined', reason: 'cannot-disarm' })
    expect(readdirSync(join(folder, 'alone'))).toEqual(['excel95.xls.report.json'])
  })

  test('without LibreOffice there are the words', () => {
    expect(sanitize('alone', files.doc, { SEKISHO_VAULT_OFFICE_PROGRAM: '/nowhere/soffice.bin' })).toMatchObject({ outcome: 'rebuilt', deliveredName: 'doc.txt' })
  })
})

describe('through serve', () => {
  const token = { name: 'a', sha256: hash('sha256', 'token-a'), profile: 'disarm' }
  const served = new Served({ SEKISHO_API_ENABLED: 'true', SEKISHO_API_PORT: '0', SEKISHO_API_TOKENS: JSON.stringify([token]) })
  beforeAll(() => served.start())
  afterAll(async () => {
    await served.stop()
    served.remove()
  })

  test('both are attached to the mail, and the notice says so', async () => {
    const mail = mailWith('議事録', '送ります。', [{ name: '議事録.doc', type: 'application/msword', bytes: readFileSync(files.doc) }])
    const isDrawn = (each: string) => readComposed(Buffer.from(each)).files.length === 2
    // What is not drawn in the time that a mail has goes without pages, as it may on a busy machine whose processes are only starting.
    let drawn: string | undefined
    for (let tries = 1; tries <= 4 && drawn === undefined; tries++) {
      expect(await served.send(mail)).toMatch(/^250 /)
      await vi.waitUntil(() => served.delivered().length === tries, { timeout: 60_000 })
      drawn = served.delivered().find(isDrawn)
    }
    const { text, files: attached } = readComposed(Buffer.from(drawn ?? ''))
    expect(attached.map(({ name }) => name)).toEqual(['議事録.pdf', '議事録.txt'])
    expect(text).toContain('ページを画像にしたPDF「議事録.pdf」と、文字だけの「議事録.txt」を添付しました。')
    const pdf = join(folder, 'mail.pdf')
    writeFileSync(pdf, attached[0]!.bytes)
    expectPicturesOnly(pdf, files.doc)
  })

  test('both are answered by the API, each with an address of its own', async () => {
    await vi.waitUntil(() => served.output.includes('api='), { timeout: 60_000 })
    const origin = `http://${/api=([\d.:]+)/.exec(served.output)![1]}`
    const headers = { authorization: 'Bearer token-a' }
    const reply = await fetch(`${origin}/api/v1/sanitize?name=a.ppt`, { method: 'POST', body: readFileSync(files.ppt), headers: { ...headers, 'content-type': 'application/octet-stream' } })
    const { result, beside } = (await reply.json()) as Record<'result' | 'beside', { readonly name: string; readonly url: string }>
    expect([result.name, beside.name]).toEqual(['a.pdf', 'a.txt'])
    const pdf = join(folder, 'api.pdf')
    writeFileSync(pdf, Buffer.from(await (await fetch(`${origin}${result.url}`, { headers })).arrayBuffer()))
    expectPicturesOnly(pdf, files.ppt)
    expect(await (await fetch(`${origin}${beside.url}`, { headers })).text()).toContain('【スライド 1】')
  })
})
