/**
 * Damage and malice by chance, the same for the same seed: octets flipped, cut, doubled and put in, or, below the checksums
 * of a package, the same done to one of its parts and hostile pieces put where markup allows them.
 */
import { openPackage } from '../../core/disarm/zip-package.ts'
import { writeZip, type ZipFile } from '../../core/disarm/zip-write.ts'
import { packedMutant } from './mutate-packed.ts'

/** What nothing that was rebuilt may name. */
export const CANARY = 'canary.invalid'

export type Below = (limit: number) => number

/** Equal for equal seeds (mulberry32). */
export function randomOf(seed: number): Below {
  let state = seed
  return limit => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

/** Of a package, and of what has sums over its content, three of four are changed inside. */
export function mutant(bytes: Uint8Array, below: Below): Uint8Array {
  const inside = below(4) > 0 ? (packageMutant(bytes, below) ?? packedMutant(bytes, below, octetMutant)) : undefined
  return inside ?? octetMutant(bytes, below)
}

/** One of three has a single octet that is another: what changes much is refused at once. */
function octetMutant(bytes: Uint8Array, below: Below): Uint8Array {
  let changed = Buffer.from(bytes)
  if (changed.length > 0 && below(3) === 0) {
    changed[below(changed.length)] = below(256)
    return new Uint8Array(changed)
  }
  for (let change = below(4) + 1; change > 0 && changed.length > 0; change--) {
    const at = below(changed.length)
    const way = below(4)
    if (way === 0) for (let flips = below(20); flips >= 0; flips--) changed[below(changed.length)] = below(256)
    else if (way === 1) changed = changed.subarray(0, at)
    else if (way === 2) changed = Buffer.concat([changed.subarray(0, at), changed.subarray(below(changed.length))])
    else changed = Buffer.concat([changed.subarray(0, at), Buffer.alloc(below(9), below(256)), changed.subarray(at)])
  }
  return new Uint8Array(changed)
}

/** Undefined when it is no package. */
function packageMutant(bytes: Uint8Array, below: Below): Uint8Array | undefined {
  const opened = openPackage(bytes, { entries: 1000, bytes: 64 << 20 })
  if (opened.kind === 'cannot') return undefined
  const files: ZipFile[] = opened.entries.map(entry => ({ name: entry.name, bytes: entry.read() ?? new Uint8Array(0), stored: entry.name === 'mimetype' }))
  for (let change = below(2) + 1; change > 0 && files.length > 1; change--) {
    const index = below(files.length)
    const file = files[index]!
    const way = below(20)
    if (way === 0) files.splice(index, 1)
    else if (way === 1) files[index] = { ...file, bytes: files[below(files.length)]!.bytes }
    else if (way === 2) files.push({ name: `x/${below(100)}-${file.name.split('/').at(-1)}`, bytes: file.bytes })
    else files[index] = { ...file, bytes: partMutant(file, below) }
  }
  const names = new Set(files.map(({ name }) => name))
  const zipped = names.size === files.length ? writeZip(files, 64 << 20) : undefined
  return zipped && new Uint8Array(zipped)
}

function partMutant({ bytes }: ZipFile, below: Below): Uint8Array {
  const isMarkup = bytes[0] === 0x3c || bytes[0] === 0xef
  return isMarkup && below(8) > 0 ? markupMutant(Buffer.from(bytes).toString(), below) : octetMutant(bytes, below)
}

/** Put between two tags, or between attributes. */
const ELEMENTS: readonly string[] = [
  `<w:fldSimple w:instr=" DDEAUTO c:\\\\${CANARY} x"><w:r><w:t>1</w:t></w:r></w:fldSimple>`,
  `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> INCLUDEPICTURE "file://${CANARY}/x" </w:instrText></w:r>`,
  `<w:r><w:instrText> HYPER</w:instrText></w:r><w:r><w:instrText>LINK "javascript:${CANARY}"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`,
  `<w:object><o:OLEObject Type="Embed" ProgID="${CANARY}" r:id="rId1"/></w:object><w:control r:id="rId1" w:name="${CANARY}"/>`,
  `<f>WEBSERVICE("http://${CANARY}/")</f>`,
  `<f>cmd|'/C ${CANARY}'!A1</f>`,
  `<definedName name="_xlnm.Auto_Open">${CANARY}!$A$1</definedName><externalReferences><externalReference r:id="rId1"/></externalReferences>`,
  `<ddeLink ddeService="cmd" ddeTopic="${CANARY}"/>`,
  `<a:hlinkClick r:id="rId1" action="ppaction://program?${CANARY}"/>`,
  `<Relationship Id="rIdCanary" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="http://${CANARY}/t.dotm" TargetMode="External"/>`,
  `<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="javascript:${CANARY}" TargetMode="External"/>`,
  `<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="file://${CANARY}/x.png" TargetMode="External"/>`,
  `<Override PartName="/${CANARY}" ContentType="application/vnd.ms-office.vbaProject"/>`,
  `<text:a xlink:href="vnd.sun.star.script:${CANARY}" xlink:type="simple">x</text:a>`,
  `<office:event-listeners><script:event-listener script:language="ooo:script" script:event-name="dom:load" xlink:href="vnd.sun.star.script:${CANARY}"/></office:event-listeners>`,
  `<text:section text:name="s"><text:section-source xlink:href="file:///${CANARY}"/></text:section>`,
  `<draw:object-ole xlink:href="./${CANARY}"/><draw:plugin xlink:href="http://${CANARY}"/><draw:image xlink:href="http://${CANARY}/x.png"/>`,
  `<text:dde-connection office:dde-application="${CANARY}"/><office:dde-source office:dde-application="${CANARY}"/>`,
  `<table:table-cell table:formula="of:=WEBSERVICE(&quot;http://${CANARY}&quot;)"/>`,
  `<?xml-stylesheet href="http://${CANARY}/x.xsl"?>`,
  `<!DOCTYPE x SYSTEM "http://${CANARY}/x.dtd">`,
  `<x:y xmlns:x="http://${CANARY}/"><script>${CANARY}</script></x:y>`,
  '<![CDATA[x]]>', '<!-- x -->', '<mc:AlternateContent>', '</mc:AlternateContent>', '<mc:Choice Requires="w14">', '</w:p>', '<w:p>', '</table:table-row>', '&#0;', '&#xD800;', '&unknown;', '\0', '\ud800',
]
const ATTRIBUTES: readonly string[] = [
  ` xlink:href="javascript:${CANARY}"`, ` r:id="rIdCanary"`, ` xml:base="http://${CANARY}/"`, ` onload="${CANARY}"`, ` href="file://${CANARY}"`, ` table:formula="of:=DDE(&quot;${CANARY}&quot;)"`,
  ` xmlns:w="http://${CANARY}/"`, ' xmlns=""', ' mc:Ignorable="w"', ' w:val="x" w:val="y"', ` macro="${CANARY}"`, ` w:instr="DDE ${CANARY}"`, ' s="99999"', ' ref="A1:XFD1048576"',
  ' table:number-columns-repeated="16384"', ' table:number-rows-repeated="1048576"', ` xlink:href="../../${CANARY}"`, ' ContentType="application/x-y"', ' count="-1"', ' Target="../../../etc/passwd"',
]

function markupMutant(text: string, below: Below): Buffer {
  let changed = text
  for (let change = below(3) + 1; change > 0; change--) changed = changeMarkup(changed, below)
  return Buffer.from(changed)
}

function changeMarkup(text: string, below: Below): string {
  const at = below(text.length + 1)
  const open = text.indexOf('<', at)
  const close = text.indexOf('>', at)
  const way = below(10)
  if (way < 4 && open >= 0) return text.slice(0, open) + declared(ELEMENTS[below(ELEMENTS.length)]!, text) + text.slice(open)
  if (way < 6 && close > 0 && !/[/?]/.test(text[close - 1]!)) return text.slice(0, close) + ATTRIBUTES[below(ATTRIBUTES.length)] + text.slice(close)
  if (way === 6) return damaged(text, at, below)
  if (way === 7) return replaceValue(text, at, below)
  if (way === 8) return open < 0 || open === at ? text : text.slice(0, open - 1) + String.fromCharCode(below(0x3000)) + text.slice(open - 1)
  if (open < 0 || close <= open) return text
  // An element name becomes that of another element.
  const from = text.indexOf('<', below(text.length))
  const name = /^<\/?([\w:]+)/.exec(text.slice(from, from + 60))?.[1]
  return name === undefined ? text : text.slice(0, open) + text.slice(open, close).replace(/^(<\/?)[\w:]+/, `$1${name}`) + text.slice(close)
}

const NAMESPACES: Readonly<Record<string, string>> = {
  w: 'http://schemas.openxmlformats.org/wordprocessingml/2006/main', r: 'http://schemas.openxmlformats.org/officeDocument/2006/relationships',
  o: 'urn:schemas-microsoft-com:office:office', a: 'http://schemas.openxmlformats.org/drawingml/2006/main',
  mc: 'http://schemas.openxmlformats.org/markup-compatibility/2006', text: 'urn:oasis:names:tc:opendocument:xmlns:text:1.0',
  office: 'urn:oasis:names:tc:opendocument:xmlns:office:1.0', script: 'urn:oasis:names:tc:opendocument:xmlns:script:1.0',
  draw: 'urn:oasis:names:tc:opendocument:xmlns:drawing:1.0', table: 'urn:oasis:names:tc:opendocument:xmlns:table:1.0', xlink: 'http://www.w3.org/1999/xlink',
}

/** Well-formed where it can be: each element declares the prefixes that the part does not know. */
function declared(piece: string, text: string): string {
  const head = text.slice(0, 5000)
  const missing = Object.keys(NAMESPACES).filter(prefix => new RegExp(`[< ]${prefix}:`).test(piece) && !head.includes(`xmlns:${prefix}=`))
  const declarations = missing.map(prefix => ` xmlns:${prefix}="${NAMESPACES[prefix]}"`).join('')
  return declarations === '' ? piece : piece.replace(/<(\w[\w:]*)/g, `<$1${declarations}`)
}

function damaged(text: string, at: number, below: Below): string {
  if (below(2) === 0) return text.slice(0, at) + text.slice(at + below(200))
  return text.slice(0, at) + text.slice(below(text.length), at + below(500)) + text.slice(at)
}

const LINK = /(?:href|Target|src|action|macro|instr|formula|link)$/i

/** What is no link gets values that are out of all bounds; a link, one that leads away. */
function replaceValue(text: string, at: number, below: Below): string {
  const start = text.indexOf('="', at)
  const end = start < 0 ? -1 : text.indexOf('"', start + 2)
  if (end < 0) return text
  const isLink = LINK.test(text.slice(Math.max(0, start - 20), start))
  const values = isLink ? [`file://${CANARY}`, `javascript:${CANARY}`, `\\\\${CANARY}\\x`] : ['-1', '999999999', '', 'rId1', 'x'.repeat(below(5000)), '&lt;script&gt;']
  return text.slice(0, start + 2) + values[below(values.length)] + text.slice(end)
}
