/**
 * What the header of one part says about its body, and where it says it in more than one way.
 *
 *   header (fields) ──▶ [entity] ──▶ reader (leaf or container, boundary, decoder)
 *
 * Of a repeated field the first one is used. A broken Content-Type reads as application/octet-stream and an unknown
 * transfer encoding likewise (RFC 2045 §6.4), so that what may be understood in two ways is never shown as text.
 * Standards: RFC 2045, RFC 2046, RFC 2183, RFC 5322 §3.6.
 */
import { BOUNDARY_MAX, boundaryProblem } from './boundary.ts'
import { type HeaderFinding, printable } from './header.ts'
import { type Parameterised, parseParameterised } from './params.ts'
import type { ContentType, HeaderField, TransferEncoding } from './part.ts'
import { transferEncodingOf } from './transfer.ts'

export type Entity = {
  readonly contentType: ContentType
  readonly hasContentType: boolean
  readonly contentDisposition: 'inline' | 'attachment' | undefined
  readonly contentId: string
  readonly names: { readonly contentType: string; readonly contentDisposition: string }
  readonly transferEncoding: TransferEncoding
  readonly kind: 'leaf' | 'multipart' | 'message'
  /** Octets (latin1) of a usable boundary; only with kind multipart. */
  readonly boundary: string
}

export const OCTET_STREAM = 'application/octet-stream'

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/
const MESSAGE_TYPES: ReadonlySet<string> = new Set(['message/rfc822', 'message/global'])
const MULTIPART_TYPES: ReadonlySet<string> = new Set(
  (
    'mixed alternative related digest report signed encrypted parallel form-data appledouble ' +
    'voice-message mixed-replace x-mixed-replace multilingual byteranges header-set'
  ).split(' '),
)

/** Fields that RFC 5322 §3.6 and RFC 2045 allow once. */
const ONCE: ReadonlySet<string> = new Set([
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'content-id',
  'mime-version',
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'subject',
  'date',
  'message-id',
  'in-reply-to',
  'references',
])

/** Reads the fields that describe the body. `defaultType` is what a missing Content-Type means here. */
export function interpretHeader(
  header: readonly HeaderField[],
  defaultType: string,
  findings: HeaderFinding[],
): Entity {
  const first = firstOfEach(header, findings)
  const typeValue = first.get('content-type')
  const type = parseParameterised(typeValue)
  const disposition = parseParameterised(first.get('content-disposition'))
  // One by one: a header of semicolons has more of them than a call takes arguments.
  for (const found of type.findings) findings.push(found)
  for (const found of disposition.findings) findings.push(found)
  const transferEncoding = transferEncodingOf(first.get('content-transfer-encoding'), findings)
  const mediaType = mediaTypeOf(typeValue, type.value, defaultType, findings)
  const names = namesOf(type, disposition, findings)
  const contentDisposition = dispositionOf(disposition.value, findings)
  const { kind, boundary } = shapeOf(mediaType ?? OCTET_STREAM, type, transferEncoding, findings)
  noteTypeFindings(
    mediaType ?? OCTET_STREAM,
    header.length > 0 && contentDisposition === undefined && kind === 'leaf',
    findings,
  )
  const opaque =
    mediaType === undefined || transferEncoding === 'unknown' || (kind === 'leaf' && isComposite(mediaType))
  return {
    contentType: { type: opaque ? OCTET_STREAM : mediaType, params: type.params },
    hasContentType: typeValue !== undefined && mediaType !== undefined,
    contentDisposition,
    contentId: first.get('content-id')?.replace(/^<|>$/g, '') ?? '',
    names,
    transferEncoding,
    kind,
    boundary,
  }
}

function firstOfEach(header: readonly HeaderField[], findings: HeaderFinding[]): Map<string, string> {
  const first = new Map<string, string>()
  for (const { key, value } of header) {
    if (!ONCE.has(key)) continue
    const earlier = first.get(key)
    if (earlier === undefined) first.set(key, value)
    else findings.push({ code: earlier === value ? 'header.duplicate' : 'header.conflict', detail: key })
  }
  return first
}

/** Undefined when there is a field but no type can be read from it. */
function mediaTypeOf(
  fieldValue: string | undefined,
  claimed: string,
  defaultType: string,
  findings: HeaderFinding[],
): string | undefined {
  if (fieldValue === undefined) {
    findings.push({ code: 'type.missing' })
    return defaultType
  }
  const type = claimed.toLowerCase()
  if (type === 'text') {
    findings.push({ code: 'type.no-subtype', detail: type })
    return 'text/plain'
  }
  const brokenList = findings.some(finding => finding.code === 'type.junk' || finding.code === 'type.half-comment')
  if (MEDIA_TYPE.test(type) && !(brokenList && isComposite(type))) return type
  findings.push({ code: 'type.malformed', detail: printable(fieldValue) })
  return undefined
}

function isComposite(type: string): boolean {
  return type.startsWith('multipart/') || MESSAGE_TYPES.has(type)
}

function namesOf(type: Parameterised, disposition: Parameterised, findings: HeaderFinding[]): Entity['names'] {
  const names = {
    contentType: type.params.get('name') ?? '',
    contentDisposition: disposition.params.get('filename') ?? '',
  }
  if (names.contentType !== '' && names.contentDisposition !== '' && names.contentType !== names.contentDisposition) {
    findings.push({ code: 'name.conflict' })
  }
  return names
}

function dispositionOf(claimed: string, findings: HeaderFinding[]): 'inline' | 'attachment' | undefined {
  const value = claimed.toLowerCase()
  if (value === '') return undefined
  if (value === 'inline' || value === 'attachment') return value
  findings.push({ code: 'type.disposition-unknown', detail: printable(value) })
  return 'attachment'
}

function shapeOf(
  mediaType: string,
  type: Parameterised,
  encoding: TransferEncoding,
  findings: HeaderFinding[],
): { kind: Entity['kind']; boundary: string } {
  const composite = isComposite(mediaType)
  const encoded = encoding === 'base64' || encoding === 'quoted-printable' || encoding === 'uuencode'
  if (MESSAGE_TYPES.has(mediaType)) {
    if (encoded) findings.push({ code: 'type.encoded-message', detail: encoding })
    return { kind: encoding === 'unknown' ? 'leaf' : 'message', boundary: '' }
  }
  const raw = type.raw.get('boundary')
  if (!composite) {
    if (raw !== undefined) findings.push({ code: 'boundary.on-leaf', detail: printable(raw) })
    return { kind: 'leaf', boundary: '' }
  }
  if (encoded) findings.push({ code: 'type.encoded-multipart', detail: encoding })
  const usable = checkBoundary(raw, type, findings) && encoding !== 'unknown'
  return usable ? { kind: 'multipart', boundary: raw! } : { kind: 'leaf', boundary: '' }
}

function checkBoundary(raw: string | undefined, type: Parameterised, findings: HeaderFinding[]): boolean {
  if (raw === undefined) {
    findings.push({ code: 'boundary.missing' })
    return false
  }
  const tell = (code: HeaderFinding['code']) => findings.push({ code, detail: printable(raw) })
  const said = (code: HeaderFinding['code']) =>
    type.findings.some(({ code: found, detail: name }) => found === code && name === 'boundary')
  if (said('type.duplicate-parameter')) tell('boundary.conflict')
  if (said('type.half-quote')) return false
  if (type.extended.has('boundary')) tell('boundary.extended')
  if (raw.includes('=?')) tell('boundary.encoded-word')
  const problem = boundaryProblem(raw)
  if (problem !== undefined) tell(`boundary.${problem}`)
  return raw !== '' && raw.length <= BOUNDARY_MAX && !/[\0\r\n]/.test(raw)
}

function noteTypeFindings(mediaType: string, withoutDisposition: boolean, findings: HeaderFinding[]): void {
  if (mediaType === 'message/partial') findings.push({ code: 'type.partial' })
  else if (mediaType === 'message/external-body') findings.push({ code: 'type.external-body' })
  else if (mediaType.startsWith('multipart/')) {
    if (!MULTIPART_TYPES.has(mediaType.slice(10))) findings.push({ code: 'type.unknown-multipart', detail: mediaType })
  } else if (withoutDisposition && !mediaType.startsWith('text/') && !mediaType.startsWith('message/')) {
    findings.push({ code: 'type.no-disposition', detail: mediaType })
  }
}
