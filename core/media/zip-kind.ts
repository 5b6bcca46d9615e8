/**
 * What kind of document a ZIP file is: OOXML, ODF, JAR and others, by its members.
 *
 * With the whole file at hand its central directory counts, as it does for the programs that open it; of a large
 * one only the first and last octets are here, so local headers from the front and directory entries in the tail
 * are taken together. A macro anywhere makes it a macro kind: the worse answer wins.
 * Standards: PKWARE APPNOTE §4.3 (structure), §4.4.4 (flags); ECMA-376 part 2 §10 (content types); ODF 1.3 part 2.
 */
import { Buffer } from 'node:buffer'
import { constants, inflateRawSync } from 'node:zlib'
import type { Kind } from './kind.ts'

const LOCAL_HEADER = 0x04034b50
const DIRECTORY_HEADER = 0x02014b50
const DIRECTORY_END = Buffer.from('PK\x05\x06', 'latin1')
const MAX_MEMBERS = 3000
/** The end record with the longest comment it may have (APPNOTE §4.3.16). */
const END_WITHIN_BYTES = 22 + 65_535
const MAX_INFLATED_BYTES = 512 * 1024

type Member = { readonly name: string; readonly encrypted: boolean; readonly headerAt: number }

const OOXML = 'application/vnd.openxmlformats-officedocument.'
const MS = 'application/vnd.ms-'

/** Content types of main parts, and what the package is then. `macroEnabled` ones first: the worse answer wins. */
const MAIN_TYPES: readonly (readonly [mark: string, type: string, extension: string])[] = [
  ['ms-word.document.macroEnabled', `${MS}word.document.macroenabled.12`, 'docm'],
  ['ms-word.template.macroEnabled', `${MS}word.template.macroenabled.12`, 'dotm'],
  ['ms-excel.sheet.macroEnabled', `${MS}excel.sheet.macroenabled.12`, 'xlsm'],
  ['ms-excel.template.macroEnabled', `${MS}excel.template.macroenabled.12`, 'xltm'],
  ['ms-excel.addin.macroEnabled', `${MS}excel.addin.macroenabled.12`, 'xlam'],
  ['ms-excel.sheet.binary', `${MS}excel.sheet.binary.macroenabled.12`, 'xlsb'],
  ['ms-powerpoint.presentation.macroEnabled', `${MS}powerpoint.presentation.macroenabled.12`, 'pptm'],
  ['ms-powerpoint.template.macroEnabled', `${MS}powerpoint.template.macroenabled.12`, 'potm'],
  ['ms-powerpoint.slideshow.macroEnabled', `${MS}powerpoint.slideshow.macroenabled.12`, 'ppsm'],
  ['ms-powerpoint.addin.macroEnabled', `${MS}powerpoint.addin.macroenabled.12`, 'ppam'],
  ['wordprocessingml.document.main', `${OOXML}wordprocessingml.document`, 'docx'],
  ['wordprocessingml.template.main', `${OOXML}wordprocessingml.template`, 'dotx'],
  ['spreadsheetml.sheet.main', `${OOXML}spreadsheetml.sheet`, 'xlsx'],
  ['spreadsheetml.template.main', `${OOXML}spreadsheetml.template`, 'xltx'],
  ['presentationml.presentation.main', `${OOXML}presentationml.presentation`, 'pptx'],
  ['presentationml.template.main', `${OOXML}presentationml.template`, 'potx'],
  ['presentationml.slideshow.main', `${OOXML}presentationml.slideshow`, 'ppsx'],
  ['ms-visio.drawing.macroEnabled', `${MS}visio.drawing.macroenabled.12`, 'vsdm'],
  ['ms-visio.drawing.main', `${MS}visio.drawing`, 'vsdx'],
  ['ms-package.xps-fixeddocumentsequence', `${MS}xpsdocument`, 'xps'],
]

/** Where the content types cannot be read, the folder of the main part tells the family. */
const FAMILIES: readonly (readonly [folder: string, plain: string, extension: string, macro: string, macroExtension: string])[] = [
  ['word/', `${OOXML}wordprocessingml.document`, 'docx', `${MS}word.document.macroenabled.12`, 'docm'],
  ['xl/', `${OOXML}spreadsheetml.sheet`, 'xlsx', `${MS}excel.sheet.macroenabled.12`, 'xlsm'],
  ['ppt/', `${OOXML}presentationml.presentation`, 'pptx', `${MS}powerpoint.presentation.macroenabled.12`, 'pptm'],
]

/** `bytes` start with a local header; `isWhole` says that they are all there are, else `tail` holds the last octets. */
export function zipKind(bytes: Buffer, isWhole: boolean, tail: Buffer | undefined): Kind {
  const members = membersOf(bytes, isWhole, tail)
  const encrypted = members.some(member => member.encrypted)
  const names = new Set(members.map(member => member.name))
  const mimetype = members[0]?.name === 'mimetype' ? (contentOf(bytes, members[0])?.toString('latin1').trim() ?? '') : ''
  if (mimetype.startsWith('application/')) return mimetypeKind(mimetype, encrypted || hasEncryptionData(bytes, members))
  const types = members.find(member => member.name === '[Content_Types].xml')
  if (types || names.has('_rels/.rels')) return { ...packageKind(types && contentOf(bytes, types)?.toString('utf8'), [...names]), encrypted }
  const all = [...names]
  if (names.has('AndroidManifest.xml')) return { type: 'application/vnd.android.package-archive', extension: 'apk', encrypted }
  if (names.has('META-INF/MANIFEST.MF') || all.some(name => name.endsWith('.class'))) return { type: 'application/java-archive', extension: 'jar', encrypted }
  return { type: 'application/zip', extension: 'zip', encrypted }
}

function packageKind(contentTypes: string | undefined, names: readonly string[]): Omit<Kind, 'encrypted'> {
  const hasMacros = names.some(name => /vbaProject\.bin$|vbaData\.xml$|^xl\/macrosheets\//i.test(name)) || /vbaProject|macrosheet/i.test(contentTypes ?? '')
  const main = MAIN_TYPES.find(([mark]) => contentTypes?.includes(mark))
  const family = FAMILIES.find(([folder]) => names.some(name => name.startsWith(folder)))
  if (main && (!hasMacros || /macroEnabled|binary/.test(main[0]) || !family)) return { type: main[1], extension: main[2] }
  if (family) return hasMacros ? { type: family[3], extension: family[4] } : { type: family[1], extension: family[2] }
  return { type: 'application/vnd.openxmlformats-package', extension: 'zip' }
}

const ODF_EXTENSIONS: Readonly<Record<string, string>> = {
  text: 'odt', 'text-template': 'ott', 'text-master': 'odm', spreadsheet: 'ods', 'spreadsheet-template': 'ots', presentation: 'odp',
  'presentation-template': 'otp', graphics: 'odg', 'graphics-template': 'otg', chart: 'odc', formula: 'odf', database: 'odb',
}

function mimetypeKind(mimetype: string, encrypted: boolean): Kind {
  if (mimetype === 'application/epub+zip') return { type: mimetype, extension: 'epub', encrypted }
  const family = mimetype.replace(/^application\/vnd\.oasis\.opendocument\./, '')
  const extension = Object.hasOwn(ODF_EXTENSIONS, family) ? ODF_EXTENSIONS[family] : undefined
  return extension ? { type: mimetype, extension, encrypted } : { type: 'application/zip', extension: 'zip', encrypted }
}

/** ODF encrypts its parts one by one and says so in the manifest (ODF 1.3 part 2 §4.8.5). */
function hasEncryptionData(bytes: Buffer, members: readonly Member[]): boolean {
  const manifest = members.find(member => member.name === 'META-INF/manifest.xml')
  return (manifest && contentOf(bytes, manifest)?.includes('encryption-data')) ?? false
}

function membersOf(bytes: Buffer, isWhole: boolean, tail: Buffer | undefined): Member[] {
  const listed = isWhole ? directoryMembers(bytes, directoryStart(bytes), bytes.length) : []
  if (listed.length > 0) return listed
  const first = tail?.indexOf('PK\x01\x02', 0, 'latin1') ?? -1
  return [...localMembers(bytes), ...(tail && first >= 0 ? directoryMembers(tail, first, 0) : [])]
}

function directoryStart(bytes: Buffer): number {
  const from = Math.max(0, bytes.length - END_WITHIN_BYTES)
  const end = bytes.subarray(from).lastIndexOf(DIRECTORY_END)
  return end >= 0 && from + end + 20 <= bytes.length ? bytes.readUInt32LE(from + end + 16) : bytes.length
}

/** Entries of the central directory. Local headers are looked up only below `headersBelow`. */
function directoryMembers(bytes: Buffer, start: number, headersBelow: number): Member[] {
  const members: Member[] = []
  let at = start
  while (at + 46 <= bytes.length && bytes.readUInt32LE(at) === DIRECTORY_HEADER && members.length < MAX_MEMBERS) {
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28)
    const headerAt = bytes.readUInt32LE(at + 42)
    members.push({
      name: bytes.toString('latin1', at + 46, nameEnd),
      encrypted: (bytes.readUInt16LE(at + 8) & 1) === 1,
      headerAt: headerAt < headersBelow ? headerAt : -1,
    })
    at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return members
}

/** Local headers from the front; where a size only follows the data, the next header is searched for. */
function localMembers(bytes: Buffer): Member[] {
  const members: Member[] = []
  let at = 0
  while (at >= 0 && at + 30 <= bytes.length && bytes.readUInt32LE(at) === LOCAL_HEADER && members.length < MAX_MEMBERS) {
    const flags = bytes.readUInt16LE(at + 6)
    const packed = bytes.readUInt32LE(at + 18)
    const nameEnd = at + 30 + bytes.readUInt16LE(at + 26)
    const data = nameEnd + bytes.readUInt16LE(at + 28)
    members.push({ name: bytes.toString('latin1', at + 30, nameEnd), encrypted: (flags & 1) === 1, headerAt: at })
    at = (flags & 8) === 0 || packed > 0 ? data + packed : bytes.indexOf('PK\x03\x04', data, 'latin1')
  }
  return members
}

/** The content of a small member, stored or deflated, as far as it can be read. */
function contentOf(bytes: Buffer, { headerAt, encrypted }: Member): Buffer | undefined {
  if (encrypted || headerAt < 0 || headerAt + 30 > bytes.length || bytes.readUInt32LE(headerAt) !== LOCAL_HEADER) return undefined
  const method = bytes.readUInt16LE(headerAt + 8)
  const packed = bytes.readUInt32LE(headerAt + 18)
  const data = headerAt + 30 + bytes.readUInt16LE(headerAt + 26) + bytes.readUInt16LE(headerAt + 28)
  const source = bytes.subarray(data, packed > 0 ? data + packed : undefined)
  if (method === 0) return source.subarray(0, Math.min(packed, MAX_INFLATED_BYTES))
  if (method !== 8) return undefined
  try {
    // The input may be cut off: what came so far is enough. The output is small or is not what we look for.
    return inflateRawSync(source.subarray(0, MAX_INFLATED_BYTES), { maxOutputLength: MAX_INFLATED_BYTES, finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return undefined
  }
}
