/**
 * How much of good files is left: `node test/campaign/fidelity/run.ts FOLDER [SEED] [--write]`, on Debian with LibreOffice.
 *
 *   make.py, LibreOffice, ImageMagick, Ghostscript, zip … ──▶ before/ ──▶ rebuildFile ──▶ after/ ──▶ judged by other programs
 *
 * Each file must still open: LibreOffice makes a PDF of what it was and of what became of it, of which poppler takes the words and
 * draws the pages; pictures are compared by ImageMagick; structures are counted by Python. With --write docs/fidelity.md is
 * written. The folder is made anew; nothing of it is kept in the repository.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join, relative } from 'node:path'
import { detect } from '../../../core/media/detect.ts'
import { rebuildTestFile } from '../../support/disarm.ts'
import { imagesOf, likeness, pdfOf, run, structuresOf, wordsKept, wordsOf } from './judge.ts'
import { makeFiles } from './make.ts'
import { type Judged, report } from './report.ts'

const [folder = '', seed = '1'] = process.argv.slice(2).filter(each => !each.startsWith('--'))
if (folder === '') throw new Error('usage: run.ts FOLDER [SEED] [--write]')
const [before, after] = [join(folder, 'before'), join(folder, 'after')]
if (!process.argv.includes('--judge')) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(before, { recursive: true })
  makeFiles(before, seed)
}
rmSync(after, { recursive: true, force: true })

const LIMITS = { outputBytes: 64 << 20, pixels: 100_000_000, memberBytes: 256 << 20, members: 1000, pages: 500 }
/** Extensions that LibreOffice opens. */
const OFFICE = /\.(?:docx|xlsx|pptx|odt|ods|odp|rtf|doc|xls|ppt)$/
const PICTURE = /\.(?:png|jpe?g|gif|webp|tiff?|bmp|ico|svg)$/
const files = readdirSync(before, { recursive: true, withFileTypes: true })
  .filter(each => each.isFile())
  .map(each => relative(before, join(each.parentPath, each.name)))
  .filter(each => !/^(?:tmp|flat|postscript)\//.test(each))
  .sort()

const judged: Judged[] = []
const rebuilt: { readonly file: string; readonly out: string }[] = []
for (const file of files) {
  const bytes = new Uint8Array(readFileSync(join(before, file)))
  const { type } = await detect(bytes, { size: bytes.length, name: file, claimedType: '' })
  const result = await rebuildTestFile(bytes, type, { name: basename(file), limits: LIMITS })
  if (result.kind === 'kept') judged.push({ file, kept: result.reason })
  else {
    const out = join(after, `${file}.${result.file.extension}`)
    mkdirSync(join(out, '..'), { recursive: true })
    writeFileSync(out, result.file.bytes)
    rebuilt.push({ file, out })
    if (result.file.removed.length > 0) console.log(file, JSON.stringify(result.file.removed))
  }
}
console.log(`${files.length} files, ${rebuilt.length} rebuilt`)

const pdfs = pdfOf([...rebuilt.map(({ file }) => join(before, file)), ...rebuilt.map(({ out }) => out)].filter(each => OFFICE.test(each)), join(folder, 'pdf'))
for (const { file, out } of rebuilt) judged.push({ file, ...judge(join(before, file), out) })
const lines = report(judged)
console.log(lines)
if (process.argv.includes('--write')) writeFileSync('docs/fidelity.md', lines)
writeFileSync(join(folder, 'scores.json'), JSON.stringify(judged, null, 1))

function judge(original: string, out: string): Omit<Judged, 'file'> {
  try {
    if (PICTURE.test(original)) return { look: likeness(imagesOf(original), imagesOf(out)) }
    if (/archives\//.test(original)) return { text: wordsKept(wordsOf(original, run), wordsOf(out, run)) }
    const [pdfBefore, pdfAfter] = [pdfs.get(original) ?? original, pdfs.get(out) ?? out]
    const text = wordsKept(wordsOf(pdfBefore, run), wordsOf(pdfAfter, run))
    if (extname(pdfBefore) !== '.pdf' || extname(pdfAfter) !== '.pdf') return { text }
    return { text, look: likeness(imagesOf(pdfBefore), imagesOf(pdfAfter)), structures: structuresOf(original, out) }
  } catch (error) {
    return { fault: String(error).split('\n')[0]! }
  }
}
