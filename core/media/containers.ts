/**
 * What kind of document a ZIP or an OLE2 file is, by the names inside its first octets.
 *
 * ZIP local headers are walked in order (APPNOTE §4.3.7); OLE2 directory names are looked for as UTF-16LE text
 * (MS-CFB §2.6.1), which also finds them where the directory is not at its usual place.
 */
import { Buffer } from 'node:buffer'

export type Kind = { readonly type: string; readonly extension: string; readonly encrypted: boolean }

const OOXML = 'application/vnd.openxmlformats-officedocument.'
const MOST_MEMBERS = 2000

/** Main content types of OOXML in order of harm: the macro kinds first. */
const OOXML_MAIN: readonly (readonly [string, string, string])[] = [
  ['ms-word.document.macroEnabled', 'application/vnd.ms-word.document.macroenabled.12', 'docm'],
  ['ms-word.template.macroEnabled', 'application/vnd.ms-word.template.macroenabled.12', 'dotm'],
  ['ms-excel.sheet.macroEnabled', 'application/vnd.ms-excel.sheet.macroenabled.12', 'xlsm'],
  ['ms-excel.template.macroEnabled', 'application/vnd.ms-excel.template.macroenabled.12', 'xltm'],
  ['ms-excel.addin.macroEnabled', 'application/vnd.ms-excel.addin.macroenabled.12', 'xlam'],
  ['ms-excel.sheet.binary', 'application/vnd.ms-excel.sheet.binary.macroenabled.12', 'xlsb'],
  ['ms-powerpoint.presentation.macroEnabled', 'application/vnd.ms-powerpoint.presentation.macroenabled.12', 'pptm'],
  ['ms-powerpoint.slideshow.macroEnabled', 'application/vnd.ms-powerpoint.slideshow.macroenabled.12', 'ppsm'],
]

export function zipKind(head: Buffer): Kind {
  const members = zipMembers(head)
  const encrypted = members.some(member => member.encrypted)
  const kind = (type: string, extension: string): Kind => ({ type, extension, encrypted })
  const first = members[0]
  if (first?.name === 'mimetype' && first.stored.startsWith('application/')) return odfKind(first.stored, encrypted)
  const names = members.map(member => member.name)
  const has = (start: string) => names.some(name => name.startsWith(start))
  if (names.includes('[Content_Types].xml') || has('_rels/')) return ooxmlKind(head, has, kind)
  if (has('META-INF/MANIFEST.MF') || names.some(name => name.endsWith('.class'))) return kind('application/java-archive', 'jar')
  if (has('AndroidManifest.xml')) return kind('application/vnd.android.package-archive', 'apk')
  return kind('application/zip', 'zip')
}

function ooxmlKind(head: Buffer, has: (start: string) => boolean, kind: (type: string, extension: string) => Kind): Kind {
  const text = head.toString('latin1')
  const named = OOXML_MAIN.find(([mark]) => text.includes(mark))
  const macro = named !== undefined || text.includes('vbaProject.bin')
  if (named) return kind(named[1], named[2])
  if (has('word/')) return macro ? kind('application/vnd.ms-word.document.macroenabled.12', 'docm') : kind(`${OOXML}wordprocessingml.document`, 'docx')
  if (has('xl/')) return macro ? kind('application/vnd.ms-excel.sheet.macroenabled.12', 'xlsm') : kind(`${OOXML}spreadsheetml.sheet`, 'xlsx')
  if (has('ppt/')) return macro ? kind('application/vnd.ms-powerpoint.presentation.macroenabled.12', 'pptm') : kind(`${OOXML}presentationml.presentation`, 'pptx')
  return kind('application/vnd.openxmlformats-package', 'zip')
}

const ODF_EXTENSIONS: Readonly<Record<string, string>> = { text: 'odt', spreadsheet: 'ods', presentation: 'odp', graphics: 'odg' }

function odfKind(mimetype: string, encrypted: boolean): Kind {
  const family = /^application\/vnd\.oasis\.opendocument\.([a-z]+)/.exec(mimetype)?.[1] ?? ''
  if (mimetype.startsWith('application/epub+zip')) return { type: 'application/epub+zip', extension: 'epub', encrypted }
  const extension = ODF_EXTENSIONS[family]
  return extension ? { type: `application/vnd.oasis.opendocument.${family}`, extension, encrypted } : { type: 'application/zip', extension: 'zip', encrypted }
}

type Member = { readonly name: string; readonly encrypted: boolean; readonly stored: string }

/** Local headers from the start; where a size is only given after the data, the next header is searched for. */
function zipMembers(head: Buffer): Member[] {
  const members: Member[] = []
  let at = 0
  while (at + 30 <= head.length && head.readUInt32LE(at) === 0x04034b50 && members.length < MOST_MEMBERS) {
    const flags = head.readUInt16LE(at + 6)
    const method = head.readUInt16LE(at + 8)
    const packed = head.readUInt32LE(at + 18)
    const nameEnd = at + 30 + head.readUInt16LE(at + 26)
    const data = nameEnd + head.readUInt16LE(at + 28)
    const name = head.toString('latin1', at + 30, nameEnd)
    const stored = method === 0 && packed < 200 ? head.toString('latin1', data, data + packed) : ''
    members.push({ name, encrypted: (flags & 1) === 1, stored })
    if ((flags & 8) === 0 || packed > 0) at = data + packed
    else {
      const next = head.indexOf('PK\x03\x04', data, 'latin1')
      if (next < 0) break
      at = next
    }
  }
  return members
}

const utf16 = (name: string) => Buffer.from(name, 'utf16le')
const OLE_KINDS: readonly (readonly [Buffer, string, string, boolean])[] = [
  [utf16('EncryptedPackage'), 'application/x-ooxml-encrypted', 'docx', true],
  [utf16('WordDocument'), 'application/msword', 'doc', false],
  [utf16('Workbook'), 'application/vnd.ms-excel', 'xls', false],
  [utf16('PowerPoint Document'), 'application/vnd.ms-powerpoint', 'ppt', false],
  [utf16('__properties_version1.0'), 'application/vnd.ms-outlook', 'msg', false],
  [utf16('DocumentText'), 'application/x-js-taro', 'jtd', false],
  [utf16('JSRV_SegmentInformation'), 'application/x-js-taro', 'jtd', false],
  [utf16('Hanako'), 'application/x-js-hanako', 'jhd', false],
  [utf16('VisioDocument'), 'application/vnd.visio', 'vsd', false],
  [utf16('HwpSummaryInformation'), 'application/x-hwp', 'hwp', false],
]

export function oleKind(head: Buffer): Kind {
  for (const [name, type, extension, encrypted] of OLE_KINDS) if (head.includes(name)) return { type, extension, encrypted }
  return { type: 'application/x-ole-storage', extension: 'bin', encrypted: false }
}
