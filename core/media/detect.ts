/**
 * What bytes are, beside what their label says. Disagreement and double nature are findings.
 *
 *   octets ──▶ signatures ▸ containers ▸ text ▸ file-type (only when none of these decides) ──▶ Detected
 *
 * Given are the whole octets of a file, or its first 64 KiB and its last ones. Unknown stays
 * application/octet-stream, which no policy lets through. Never throws; work is bounded by what is given.
 */
import { Buffer } from 'node:buffer'
import { fileTypeFromBuffer } from 'file-type'
import type { FindingCode } from '../finding.ts'
import { lastExtension } from './filename.ts'
import type { Kind } from './kind.ts'
import { labelDisagrees } from './label.ts'
import { oleKind } from './ole-kind.ts'
import { matchSignature, type Signature } from './signatures.ts'
import { isText, textKind } from './text-kind.ts'
import { zipKind } from './zip-kind.ts'

/** `size` is that of the whole file; `tail` its last octets, for a file of which only the head is given. */
export type DetectFacts = { readonly size: number; readonly name: string; readonly claimedType: string; readonly tail?: Uint8Array }

export type Detected = {
  readonly type: string
  readonly extension: string
  /** Locked with a password or for a recipient: nothing in it can be read here. */
  readonly encrypted: boolean
  readonly findings: readonly { readonly code: FindingCode; readonly detail?: string }[]
}

/** What is looked at from the front, but for the directories of ZIP and OLE2. */
const HEAD_BYTES = 64 * 1024
/** All that file-type gets to see. */
const FILE_TYPE_BYTES = 4100
/** Readers accept a PDF whose header stands within the first 1024 octets. */
const PDF_HEADER_WITHIN = 1024
const UNKNOWN: Kind = { type: 'application/octet-stream', extension: 'bin', encrypted: false }
const OLE_MAGIC = Buffer.from('d0cf11e0a1b11ae1', 'hex')

type Given = { readonly bytes: Buffer; readonly head: Buffer; readonly tail: Buffer | undefined; readonly facts: DetectFacts }

/** Names what the octets are. A promise only where file-type has to be asked. */
export function detect(untrustedBytes: Uint8Array, facts: DetectFacts): Detected | Promise<Detected> {
  const bytes = bufferOf(untrustedBytes)
  const given = { bytes, head: bytes.subarray(0, HEAD_BYTES), tail: facts.tail && bufferOf(facts.tail), facts }
  const kind = ownKind(given)
  if (kind) return withFindings(kind, given)
  return fileTypeFromBuffer(bytes.subarray(0, FILE_TYPE_BYTES)).then(
    found => withFindings(found ? { type: found.mime, extension: found.ext, encrypted: false } : UNKNOWN, given),
    () => withFindings(UNKNOWN, given),
  )
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function ownKind(given: Given): Kind | undefined {
  const { bytes, head, tail, facts } = given
  if (head.length === 0) return UNKNOWN
  if (head.length >= 4 && head.readUInt32LE(0) === 0x04034b50) return zipKind(bytes, bytes.length >= facts.size, tail)
  if (head.subarray(0, 8).equals(OLE_MAGIC)) return lockedOffice(oleKind(bytes), facts)
  const signature = trueSignature(head)
  if (signature && signature.type !== 'application/pdf') return { type: signature.type, extension: signature.extension, encrypted: false }
  // An encrypted PDF mostly opens without a password (only printing is locked): its disarmer tries, and says so if not.
  if (pdfHeaderAt(head) >= 0) return { type: 'application/pdf', extension: 'pdf', encrypted: false }
  const cms = cmsKind(head)
  if (cms) return cms
  const text = textKind(head)
  return text && { ...refineText(text, facts, isDeclaredXml(head)), encrypted: text.type === 'application/pgp-encrypted' }
}

/** A printable magic begins many a sentence: it counts when what follows is no text. */
function trueSignature(head: Buffer): Signature | undefined {
  const signature = matchSignature(head)
  if (!signature || signature.textual || /[^\x20-\x7e]/.test(signature.magic.toString('latin1'))) return signature
  return isText(head.subarray(0, 2048)) ? undefined : signature
}

/** -1 without one. Behind other octets it needs an object near by, or a letter about PDF would be one. */
function pdfHeaderAt(head: Buffer): number {
  const start = head.toString('latin1', 0, PDF_HEADER_WITHIN + 8)
  const at = start.search(/%PDF-\d/)
  if (at <= 0 || at > PDF_HEADER_WITHIN) return at === 0 ? 0 : -1
  return /\d+\s+\d+\s+obj\b/.test(head.toString('latin1', at, at + 8192)) ? at : -1
}

/** Which Office program a locked package belongs to, only its name knows. */
function lockedOffice(kind: Kind, { name }: DetectFacts): Kind {
  const extension = lastExtension(name)
  return kind.type === 'application/x-ooxml-encrypted' && /^(?:doc|xls|ppt|pps|pot|dot|xlt)[xm]$/.test(extension) ? { ...kind, extension } : kind
}

/** CMS has no magic but the identifier of its content type near the start (RFC 5652 §3, §5, §6). */
function cmsKind(head: Buffer): Kind | undefined {
  if (head[0] !== 0x30) return undefined
  const at = head.subarray(0, 40).indexOf(Buffer.from('06092a864886f70d0107', 'hex'))
  const content = at < 0 ? undefined : head[at + 10]
  if (content === undefined) return undefined
  return { type: 'application/pkcs7-mime', extension: 'p7m', encrypted: content === 3 || content === 6 }
}

/** Text that some program runs or obeys when a person opens it: its name alone makes it a script. */
const SCRIPT_EXTENSIONS = new Set(
  'js jse mjs vbs vbe vb wsf wsh wsc ps1 psm1 psd1 ps1xml bat cmd sh csh ksh py pyw pl rb hta sct reg inf url website iqy oqy rqy dqy slk rdp library-ms search-ms settingcontent-ms appref-ms jnlp scf theme'.split(' '),
)

const XML_DECLARATION = /^(?:\xef\xbb\xbf)?<\?xml\s/
const PAGE = /<!doctype\s+html|<(?:\w+:)?html[\s>]/i

function isDeclaredXml(head: Buffer): boolean {
  const start = head.toString('latin1', 0, 2048)
  return XML_DECLARATION.test(start) && !PAGE.test(start)
}

/** Prose and tables have no marks: there the label may say which, within the family of harmless text. */
function refineText(text: { readonly type: string; readonly extension: string }, { name, claimedType }: DetectFacts, declaresXml: boolean) {
  const extension = lastExtension(name)
  // Elements of data may be called `table` or `a`, too; a page in XML says that its root is one.
  if (text.type === 'text/html' && extension === 'xml' && declaresXml) return { type: 'application/xml', extension }
  if (text.type === 'application/p21' && extension === 'sfc') return { type: 'application/x-sfc', extension }
  if (text.type !== 'text/plain' && text.type !== 'application/json' && text.type !== 'application/xml') return text
  if (SCRIPT_EXTENSIONS.has(extension)) return { type: 'text/x-script', extension }
  if (text.type !== 'text/plain') return text
  if (extension === 'csv' || (extension === '' && claimedType === 'text/csv')) return { type: 'text/csv', extension: 'csv' }
  if (extension === 'tsv' || (extension === '' && claimedType === 'text/tab-separated-values')) return { type: 'text/tab-separated-values', extension: 'tsv' }
  return text
}

function withFindings(kind: Kind, given: Given): Detected {
  const findings: { code: FindingCode; detail?: string }[] = []
  if (kind.type !== UNKNOWN.type && labelDisagrees(kind, given.facts)) findings.push({ code: 'media.type-mismatch', detail: kind.type })
  const second = secondNature(kind, given)
  if (second) findings.push({ code: 'media.polyglot', detail: second })
  return { type: kind.type, extension: kind.extension, encrypted: kind.encrypted, findings }
}

const ZIP_BASED = /zip|openxmlformats|opendocument|macroenabled|java-archive|package-archive|visio\.drawing|xpsdocument/

/** A second format in the same octets: a ZIP that ends where the file ends, a PDF or a page inside something else. */
function secondNature(kind: Kind, { bytes, head, tail, facts }: Given): string | undefined {
  if (!ZIP_BASED.test(kind.type) && endsAsZip(tail ?? (bytes.length >= facts.size ? bytes : undefined))) return 'application/zip'
  if (kind.type === 'application/pdf') {
    const signature = head.indexOf('%PDF-') > 0 ? matchSignature(head) : undefined
    return signature && signature.type !== kind.type ? signature.type : undefined
  }
  if (!kind.type.startsWith('text/') && pdfHeaderAt(head) >= 0) return 'application/pdf'
  const isPicture = kind.type.startsWith('image/') && kind.type !== 'image/svg+xml'
  return isPicture && /<script[\s>]/i.test(head.toString('latin1')) ? 'text/html' : undefined
}

const ZIP_END = Buffer.from('PK\x05\x06', 'latin1')

/** The end record of a ZIP must account for all octets to the end; one inside an embedded object does not. */
function endsAsZip(tail: Buffer | undefined): boolean {
  const at = tail ? tail.lastIndexOf(ZIP_END) : -1
  return at >= 0 && at + 22 <= tail!.length && at + 22 + tail!.readUInt16LE(at + 20) === tail!.length
}
