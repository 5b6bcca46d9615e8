/** The programs that make the files, beside make.py. */
import { copyFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, soffice } from './judge.ts'

const KINDS: Readonly<Record<string, readonly string[]>> = {
  fodt: ['odt', 'docx:MS Word 2007 XML', 'doc:MS Word 97', 'rtf:Rich Text Format', 'pdf'],
  fods: ['ods', 'xlsx:Calc MS Excel 2007 XML', 'xls:MS Excel 97', 'pdf'],
  fodp: ['odp', 'pptx:Impress MS PowerPoint 2007 XML', 'ppt:MS PowerPoint 97', 'pdf'],
}

export function makeFiles(folder: string, seed: string): void {
  run('/usr/bin/python3', join(import.meta.dirname, 'make.py'), folder, seed)
  const flat = readdirSync(join(folder, 'flat')).map(name => join(folder, 'flat', name))
  for (const [source, targets] of Object.entries(KINDS)) {
    const sources = flat.filter(name => name.endsWith(source))
    for (const target of targets) soffice(target, sources, join(folder, 'libreoffice'))
  }
  makePdfs(folder)
  makePictures(folder)
  makeArchives(folder)
}

function makePdfs(folder: string): void {
  mkdirSync(join(folder, 'ghostscript'))
  for (const name of readdirSync(join(folder, 'postscript'))) run('ps2pdf', join(folder, 'postscript', name), join(folder, 'ghostscript', name.replace('.ps', '.pdf')))
}

function makePictures(folder: string): void {
  const where = join(folder, 'imagemagick')
  mkdirSync(where)
  for (let number = 0; number < 5; number++) {
    const drawn = ['-size', `${200 + 60 * number}x${150 + 40 * number}`, `plasma:#2${number}4-#e${number}9`, '-seed', String(number), '-font', 'DejaVu-Sans', '-pointsize', '24', '-annotate', '+20+60', `No. ${number}`]
    for (const extension of ['png', 'jpg', 'gif', 'webp', 'bmp']) run('convert', ...drawn, join(where, `drawing-${number}.${extension}`))
    run('convert', ...drawn, '-compress', 'lzw', join(where, `scan-${number}.tiff`))
    run('convert', ...drawn, '-resize', '1728x1145!', '-threshold', '50%', '-density', '204x98', '-units', 'PixelsPerInch', '-compress', 'group4', join(where, `fax-${number}.tif`))
    run('convert', ...drawn, '-resize', '48x48!', join(where, `icon-${number}.ico`))
  }
}

/** Each packer gets the same few files, with a Japanese name among them. */
function makeArchives(folder: string): void {
  const [where, inside] = [join(folder, 'archives'), join(folder, 'tmp/資料')]
  mkdirSync(where)
  mkdirSync(inside, { recursive: true })
  for (const name of ['list-0.csv', 'readme-0.md']) copyFileSync(join(folder, 'text', name), join(inside, name))
  copyFileSync(join(folder, 'python-docx/word-0.docx'), join(inside, '別紙.docx'))
  writeFileSync(join(inside, 'memo.txt'), 'memo\r\n')
  const archive = (program: string, ...args: string[]) => run('sh', '-c', `cd '${join(folder, 'tmp')}' && ${[program, ...args].join(' ')}`)
  archive('zip', '-qr', '../archives/infozip.zip', '資料')
  archive('7zz', 'a', '-bd', '../archives/seven.7z', '資料', '>/dev/null')
  archive('7zz', 'a', '-bd', '../archives/seven.zip', '資料', '>/dev/null')
  archive('tar', 'czf', '../archives/gnu.tar.gz', '資料')
  archive('tar', 'cJf', '../archives/gnu.tar.xz', '資料')
  archive('bsdtar', '--format', 'pax', '-cf', '../archives/pax.tar', '資料')
  archive('/usr/bin/python3', '-c', `"import shutil; shutil.make_archive('../archives/python', 'zip', '.', '資料')"`)
  renameSync(join(where, 'gnu.tar.gz'), join(where, 'gnu.tgz'))
}
