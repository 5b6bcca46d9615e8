/**
 * Does the label of a part (its name, else its claimed type) agree with what the octets are?
 *
 * A program picks what to open a file with by the last extension, so that is what must agree. Families whose
 * members one program opens alike count as the same.
 */
import { lastExtension } from './filename.ts'
import type { Kind } from './kind.ts'

/** Extensions that mean the same as the first of their line. */
const SAME: readonly string[] = [
  'jpg jpeg jpe jfif', 'tif tiff', 'heic heif', 'html htm xhtml shtml', 'xml xsd xsl rdf', 'eml mht mhtml', 'ics vcs ical ifb', 'doc dot wri',
  'xls xlt xla', 'ppt pps pot ppa', 'jtd jtt jtdc jttc jfw', 'jhd jhdc', 'xdw xbd xct', 'exe dll scr com cpl ocx sys drv efi', 'msi msp mst', 'gz tgz',
  'bz2 tbz2 tbz', 'xz txz', 'zst tzst', 'lzh lha', 'mp4 m4v m4a mov 3gp', 'ps eps ai', 'asc pgp gpg sig', 'p7m p7s p7c p7b', 'dat tnef', 'p21 p2z sfc stp step',
  'one onetoc2', 'json geojson', 'mbox mbx',
]
const CANONICAL = new Map(SAME.flatMap(line => line.split(' ').map(each => [each, line.split(' ')[0]!] as const)))
/** Names that promise a format which is never plain text. */
const NEVER_TEXT = new Set(
  ('pdf docx docm xlsx xlsm xlsb pptx pptm doc xls ppt odt ods odp jpg png gif bmp webp tif heic zip lzh 7z rar cab iso gz jtd jhd xdw jww exe msi msg dat mp3 mp4').split(' '),
)

/** `name` is as the sender gave it; without an extension the claimed type speaks, unless it says nothing. */
export function labelDisagrees(kind: Kind, label: { readonly name: string; readonly claimedType: string }): boolean {
  const extension = canonical(lastExtension(label.name))
  if (extension === '') return typeDisagrees(kind.type, label.claimedType)
  if (extension === canonical(kind.extension)) return false
  // Prose may be called anything: .log, .md, .ini. Only a name that promises a program's format is wrong.
  return kind.type !== 'text/plain' || NEVER_TEXT.has(extension)
}

function canonical(extension: string): string {
  return CANONICAL.get(extension) ?? extension
}

function typeDisagrees(type: string, claimedType: string): boolean {
  const claimed = claimedType.split('/')[0]!
  if (!/^(?:image|audio|video|text)$/.test(claimed)) return false
  const family = type.split('/')[0]!
  // vCards, JSON and mail are text, too, whatever their registered types say.
  return family !== claimed && !(claimed === 'text' && /^(?:application\/(?:json|xml|x-script|pgp-keys)|message\/)/.test(type))
}
