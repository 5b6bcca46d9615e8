/**
 * Good files of the types of which no fixture exists: archives of programs that nobody may ship, formats without a free writer, and
 * templates and macro kinds of packages, made from a fixture of their family by the type that they name.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { openPackage } from '../../core/disarm/zip-package.ts'
import { writeZip } from '../../core/disarm/zip-write.ts'
import { cp932, lh5Run, lzhOf, rar4Of, rar5Of } from '../support/archives.ts'
import { jtd, jtdc } from '../support/jtd.ts'
import { msg, MSG_VALUES } from '../support/msg.ts'
import { attachment, message, properties, utf16, winmail } from '../support/tnef.ts'

const FIXTURES = 'test/fixtures/disarm'
const OOXML = 'application/vnd.openxmlformats-officedocument.'
const ODF = 'application/vnd.oasis.opendocument.'
const FILES = [{ name: 'a.txt', content: 'hello\r\n' }, { name: 'b/list.csv', content: 'a,b\r\n=1+1,2\r\n' }, { name: 'c.html', content: '<p>x<script>y</script>' }]

const MADE: Readonly<Record<string, () => readonly Uint8Array[]>> = {
  'application/vnd.rar': () => [rar5Of(FILES), rar4Of(FILES)],
  'application/x-lzh-compressed': () => [
    ...([0, 1, 2] as const).map(level => lzhOf(FILES.map(file => ({ ...file, name: cp932(`表${file.name.replace('/', '-')}`), level })))),
    lzhOf([{ name: 'z.txt', content: Buffer.alloc(900, 'z'), level: 2, method: '-lh5-', packed: lh5Run('z', 900) }]),
  ],
  'application/x-iso9660-image': () => [new Uint8Array(gunzipSync(readFileSync(`${FIXTURES}/archives/joliet.iso.gz`)))],
  'application/ms-tnef': () => [new Uint8Array(winmail(
    message(0x9007, Buffer.from([0xa4, 3, 0, 0, 0, 0, 0, 0])),
    message(0x800c, Buffer.from('body\0')),
    ...FILES.flatMap(({ name, content }) => [attachment(0x9002, Buffer.alloc(14)), attachment(0x8010, Buffer.from(`${name}\0`)), attachment(0x800f, Buffer.from(content))]),
    attachment(0x9005, properties({ id: 0x3707, type: 0x1f, data: utf16('とても長い名前.csv') })),
  ))],
  'application/vnd.ms-outlook': () => [msg(MSG_VALUES)],
  'application/x-js-taro': () => [jtdc(jtd('圧縮した文書です。\n')), jtd('令和八年度 報告書\n', 0x1c, 0, 6, 1, 6, 0x1f, '本文です。\n', 0x1c, 1, 7, 0, 0, 3, 0x1d, '午後', 0x1e, 5, 0, 3, 0x1f, 0x0e, 0x90, 3, 'おわり')],
}

export function madeSamples(type: string): readonly Uint8Array[] {
  return MADE[type]?.() ?? packageOf(type)
}

/** Main types of OOXML packages, by the type of the file; each is made from the fixture of its program. */
const PROGRAMS = { word: ['python-docx.docx', 'wordprocessingml.document'], excel: ['openpyxl.xlsx', 'spreadsheetml.sheet'], powerpoint: ['pptxgenjs.pptx', 'presentationml.presentation'] } as const
const MACRO_KIND = /^application\/vnd\.ms-(word|excel|powerpoint)\.(\w+)\.macroenabled\.12$/
const KIND: Readonly<Record<string, keyof typeof PROGRAMS>> = { wordprocessingml: 'word', spreadsheetml: 'excel', presentationml: 'powerpoint' }
const ODF_FIXTURES: Readonly<Record<string, string>> = { text: 'doc.odt', spreadsheet: 'sheet.ods', presentation: 'pres.odp', graphics: 'pres.odp' }

function packageOf(type: string): readonly Uint8Array[] {
  const macro = MACRO_KIND.exec(type)
  const plain = type.startsWith(OOXML) ? KIND[type.slice(OOXML.length).split('.')[0]!] : undefined
  const program = (macro?.[1] as keyof typeof PROGRAMS | undefined) ?? plain
  const named = macro ? `application/vnd.ms-${macro[1]}.${macro[2]}.macroEnabled.main+xml` : `${type}.main+xml`
  if (program) return [changed(`ooxml/${PROGRAMS[program][0]}`, new Map([[`${OOXML}${PROGRAMS[program][1]}.main+xml`, named]]))]
  const family = type.startsWith(ODF) ? ODF_FIXTURES[type.slice(ODF.length).replace('-template', '')] : undefined
  if (family === undefined) return []
  const from = family === 'pres.odp' ? 'presentation' : family === 'doc.odt' ? 'text' : 'spreadsheet'
  const body: ReadonlyMap<string, string> = type.includes('graphics') ? new Map([['<office:presentation', '<office:drawing'], ['</office:presentation', '</office:drawing']]) : new Map()
  return [changed(`odf/${family}`, new Map([[`${ODF}${from}`, type], ...body]))]
}

/** A fixture in which every part says one thing for another. */
function changed(path: string, words: ReadonlyMap<string, string>): Uint8Array {
  const opened = openPackage(readFileSync(`${FIXTURES}/${path}`), { entries: 1000, bytes: 64 << 20 })
  if (opened.kind === 'cannot') throw new Error(`${path} is no package`)
  const files = opened.entries.map(entry => {
    const bytes = entry.read() ?? Buffer.alloc(0)
    const isText = /(?:\.xml|\.rels|mimetype)$/.test(entry.name)
    const text = isText ? [...words].reduce((all, [from, to]) => all.replaceAll(from, to), Buffer.from(bytes).toString()) : ''
    return { name: entry.name, bytes: isText ? Buffer.from(text) : bytes, stored: entry.name === 'mimetype' }
  })
  return new Uint8Array(writeZip(files, 64 << 20)!)
}
