/**
 * What bytes are, beside what their label says. Disagreement and double nature are findings.
 *
 *   first 64 KiB ──▶ signatures ▸ containers ▸ text ▸ file-type (only when all of these pass) ──▶ Detected
 *
 * Unknown stays application/octet-stream, which no policy lets through. Never throws; work is bounded by the head.
 */
import { Buffer } from 'node:buffer'
import { fileTypeFromBuffer } from 'file-type'
import type { FindingCode } from '../finding.ts'
import { type Kind, oleKind, zipKind } from './containers.ts'
import { lastExtension } from './filename.ts'
import { matchSignature } from './signatures.ts'
import { textKind } from './text-kind.ts'

export type DetectFacts = { readonly size: number; readonly name: string; readonly claimedType: string; readonly tail?: Uint8Array }

export type Detected = {
  readonly type: string
  readonly extension: string
  readonly encrypted: boolean
  readonly findings: readonly { readonly code: FindingCode; readonly detail?: string }[]
}

const HEAD_BYTES = 64 * 1024
const UNKNOWN: Kind = { type: 'application/octet-stream', extension: 'bin', encrypted: false }
const OLE_MAGIC = Buffer.from('d0cf11e0a1b11ae1', 'hex')
/** Readers accept a PDF whose header stands within the first 1024 octets. */
const PDF_HEADER_WITHIN = 1024

export function detect(untrustedHead: Uint8Array, facts: DetectFacts): Detected | Promise<Detected> {
  const head = Buffer.from(untrustedHead.buffer, untrustedHead.byteOffset, Math.min(untrustedHead.byteLength, HEAD_BYTES))
  const kind = ownKind(head, facts)
  if (kind) return withFindings(kind, head, facts)
  return fileTypeFromBuffer(head.subarray(0, 4100)).then(
    found => withFindings(found ? { type: found.mime, extension: found.ext, encrypted: false } : UNKNOWN, head, facts),
    () => withFindings(UNKNOWN, head, facts),
  )
}

function ownKind(head: Buffer, facts: DetectFacts): Kind | undefined {
  if (head.length === 0) return UNKNOWN
  if (head.length >= 4 && head.readUInt32LE(0) === 0x04034b50) return zipKind(head)
  if (head.subarray(0, 8).equals(OLE_MAGIC)) return oleKind(head)
  const signature = matchSignature(head)
  if (signature && signature.type !== 'application/pdf') return { ...signature, encrypted: false }
  const pdf = head.subarray(0, PDF_HEADER_WITHIN).indexOf('%PDF-')
  if (pdf >= 0) return { type: 'application/pdf', extension: 'pdf', encrypted: isEncryptedPdf(head, facts) }
  if (isSignedMail(head, facts)) return { type: 'application/pkcs7-mime', extension: 'p7m', encrypted: false }
  const text = textKind(head)
  return text && { ...refineText(text, facts), encrypted: false }
}

function isEncryptedPdf(head: Buffer, { tail }: DetectFacts): boolean {
  return head.includes('/Encrypt') || (tail !== undefined && Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).includes('/Encrypt'))
}

/** CMS has no magic but the OID of its content type near the start (RFC 5652 §3). */
function isSignedMail(head: Buffer, { claimedType }: DetectFacts): boolean {
  return /^application\/(?:x-)?pkcs7-mime$/.test(claimedType) && head[0] === 0x30 && head.subarray(0, 40).includes(Buffer.from('2a864886f70d0107', 'hex'))
}

/** Prose and tables have no marks: there the label may say which, within the family of harmless text. */
function refineText(text: { readonly type: string; readonly extension: string }, { name, claimedType }: DetectFacts) {
  if (text.type !== 'text/plain') return text
  const extension = lastExtension(name)
  if (extension === 'csv' || (extension === '' && claimedType === 'text/csv')) return { type: 'text/csv', extension: 'csv' }
  if (extension === 'tsv' || (extension === '' && claimedType === 'text/tab-separated-values')) return { type: 'text/tab-separated-values', extension: 'tsv' }
  if (SCRIPT_EXTENSIONS.has(extension)) return { type: 'text/x-script', extension }
  return text
}

/** Text that some program runs when a person opens it: its name alone makes it a script. */
const SCRIPT_EXTENSIONS = new Set(['js', 'jse', 'vbs', 'vbe', 'wsf', 'wsh', 'ps1', 'psm1', 'bat', 'cmd', 'sh', 'py', 'pl', 'rb', 'hta', 'sct', 'reg', 'inf', 'url', 'iqy', 'slk', 'rdp', 'svg'])

function withFindings(kind: Kind, head: Buffer, facts: DetectFacts): Detected {
  const findings: { code: FindingCode; detail?: string }[] = []
  if (isMismatch(kind, facts)) findings.push({ code: 'media.type-mismatch', detail: kind.type })
  const second = secondNature(kind, head, facts)
  if (second) findings.push({ code: 'media.polyglot', detail: second })
  return { type: kind.type, extension: kind.extension, encrypted: kind.encrypted, findings }
}

const SAME_EXTENSION: Readonly<Record<string, string>> = { jpeg: 'jpg', jpe: 'jpg', tiff: 'tif', htm: 'html', text: 'txt', log: 'txt', md: 'txt', xbd: 'xdw', jtdc: 'jtd', dll: 'exe', scr: 'exe' }

function isMismatch(kind: Kind, { name }: DetectFacts): boolean {
  const extension = lastExtension(name)
  if (extension === '' || kind.type === UNKNOWN.type) return false
  const canonical = (each: string) => SAME_EXTENSION[each] ?? each
  return canonical(extension) !== canonical(kind.extension) && !(kind.type === 'text/plain' && !KNOWN_BINARY.has(canonical(extension)))
}

const KNOWN_BINARY = new Set(['pdf', 'docx', 'xlsx', 'pptx', 'doc', 'xls', 'ppt', 'jpg', 'png', 'gif', 'tif', 'zip', 'lzh', '7z', 'rar', 'jtd', 'xdw', 'jww', 'exe'])

/** A second format inside the same bytes: ZIP directory at the end, PDF or HTML near the start, of something else. */
function secondNature(kind: Kind, head: Buffer, { tail }: DetectFacts): string | undefined {
  const isZip = kind.type.includes('zip') || kind.type.includes('openxml') || kind.type.includes('opendocument') || kind.type.includes('macroenabled') || kind.type.includes('archive')
  const end = tail && Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength)
  if (!isZip && end?.includes('PK\x05\x06', 0, 'latin1')) return 'application/zip'
  const start = head.subarray(0, PDF_HEADER_WITHIN)
  if (kind.type !== 'application/pdf' && !kind.type.startsWith('text/') && start.includes('%PDF-')) return 'application/pdf'
  if (kind.type === 'application/pdf' && matchSignature(head) && matchSignature(head)!.type !== 'application/pdf') return matchSignature(head)!.type
  if (kind.type.startsWith('image/') && kind.type !== 'image/svg+xml' && /<script[\s>]/i.test(head.toString('latin1'))) return 'text/html'
  return undefined
}
