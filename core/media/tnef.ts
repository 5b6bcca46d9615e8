/**
 * winmail.dat opened: the body and the files that Outlook packs into application/ms-tnef.
 *
 * A row of attributes (level, id, length, data, checksum), some of which hold MAPI properties. Read once from the
 * front with every length checked; damage ends the reading with a finding, and what was read so far stands.
 * Standards: MS-OXTNEF §2.1 (stream), §2.1.3.4 (encapsulated properties), MS-OXPROPS.
 */
import { Buffer } from 'node:buffer'
import type { FindingCode } from '../finding.ts'
import { decodeText } from '../text/charset.ts'
import { unpackRtf } from './lzfu.ts'

export type TnefFile = { readonly name: string; readonly bytes: Uint8Array; readonly mediaType: string }
export type TnefContents = {
  readonly body: string | undefined
  readonly htmlBody: string | undefined
  /** Body as RTF, unpacked. */
  readonly rtfBody: Uint8Array | undefined
  readonly files: readonly TnefFile[]
  readonly findings: readonly { readonly code: FindingCode; readonly detail?: string }[]
}

const TNEF_MAGIC = 0x223e9f78
const ATTACHMENT_LEVEL = 2
const ATTRIBUTE = {
  body: 0x800c,
  messageProperties: 0x9003,
  attachmentStart: 0x9002,
  attachmentData: 0x800f,
  attachmentTitle: 0x8010,
  attachmentProperties: 0x9005,
  codepage: 0x9007,
  transportName: 0x9001,
} as const
const PROPERTY = { body: 0x1000, rtf: 0x1009, html: 0x1013, longName: 0x3707, shortName: 0x3704, displayName: 0x3001, mimeType: 0x370e, data: 0x3701, internetCodepage: 0x3fde } as const
/** Largest RTF body that is unpacked. */
const RTF_LIMIT_BYTES = 16 * 1024 * 1024
const MOST_FILES = 500
const MOST_PROPERTIES = 20_000

type OpenFile = { title: string; longName: string; mediaType: string; bytes: Uint8Array | undefined }
type Property = { readonly id: number; readonly type: number; readonly value: Buffer }

function isTnef(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(4, bytes.length)).toString('hex') === '789f3e22'
}

/** Undefined when the bytes are no TNEF at all. Never throws. */
export function openTnef(untrustedBytes: Uint8Array): TnefContents | undefined {
  const buffer = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  if (buffer.length < 6 || buffer.readUInt32LE(0) !== TNEF_MAGIC) return undefined
  const reading = new TnefReading(buffer)
  reading.readAll()
  return reading.contents()
}

class TnefReading {
  readonly #buffer: Buffer
  readonly #files: OpenFile[] = []
  readonly #findings: { code: FindingCode; detail?: string }[] = []
  #charset: string | undefined
  #body: string | undefined
  #html: Property | undefined
  #htmlCharset: string | undefined
  #rtf: Uint8Array | undefined

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  readAll(): void {
    let at = 6
    while (at + 11 <= this.#buffer.length) {
      const level = this.#buffer[at]!
      const id = this.#buffer.readUInt16LE(at + 1)
      const length = this.#buffer.readUInt32LE(at + 5)
      const end = at + 9 + length
      if (end + 2 > this.#buffer.length || level < 1 || level > ATTACHMENT_LEVEL) return this.#damaged()
      const data = this.#buffer.subarray(at + 9, end)
      if (sumOf(data) !== this.#buffer.readUInt16LE(end)) this.#note('tnef.checksum')
      this.#attribute(level, id, data)
      at = end + 2
    }
    if (at < this.#buffer.length) this.#damaged()
  }

  contents(): TnefContents {
    const files = this.#files.flatMap(file =>
      file.bytes ? [{ name: file.longName || file.title, bytes: file.bytes, mediaType: isTnef(file.bytes) ? 'application/ms-tnef' : file.mediaType || 'application/octet-stream' }] : [],
    )
    return { body: this.#body, htmlBody: this.#html && this.#htmlText(this.#html), rtfBody: this.#rtf, files, findings: this.#findings }
  }

  #damaged(): void {
    this.#note('tnef.damaged')
  }

  #note(code: FindingCode): void {
    if (!this.#findings.some(finding => finding.code === code)) this.#findings.push({ code })
  }

  #attribute(level: number, id: number, data: Buffer): void {
    const file = this.#files.at(-1)
    if (id === ATTRIBUTE.codepage && data.length >= 4) this.#charset = codepageLabel(data.readUInt32LE(0))
    else if (id === ATTRIBUTE.body && level === 1) this.#body ??= this.#text(data)
    else if (id === ATTRIBUTE.messageProperties) this.#messageProperties(data)
    else if (id === ATTRIBUTE.attachmentStart) this.#startFile()
    else if (!file) return
    else if (id === ATTRIBUTE.attachmentTitle) file.title = this.#text(data)
    else if (id === ATTRIBUTE.transportName) file.title ||= this.#text(data)
    else if (id === ATTRIBUTE.attachmentData) file.bytes = new Uint8Array(data)
    else if (id === ATTRIBUTE.attachmentProperties) this.#fileProperties(file, data)
  }

  #startFile(): void {
    if (this.#files.length < MOST_FILES) this.#files.push({ title: '', longName: '', mediaType: '', bytes: undefined })
    else this.#note('tnef.damaged')
  }

  #messageProperties(data: Buffer): void {
    for (const property of this.#properties(data)) {
      if (property.id === PROPERTY.body) this.#body ??= this.#string(property)
      else if (property.id === PROPERTY.html) this.#html ??= property
      else if (property.id === PROPERTY.internetCodepage && property.value.length >= 4) this.#htmlCharset = codepageLabel(property.value.readUInt32LE(0))
      else if (property.id === PROPERTY.rtf) this.#rtf ??= unpackRtf(property.value, RTF_LIMIT_BYTES)
    }
  }

  #fileProperties(file: OpenFile, data: Buffer): void {
    for (const property of this.#properties(data)) {
      if (property.id === PROPERTY.longName) file.longName = this.#string(property)
      else if (property.id === PROPERTY.shortName || property.id === PROPERTY.displayName) file.title ||= this.#string(property)
      else if (property.id === PROPERTY.mimeType) file.mediaType = mediaTypeOf(this.#string(property))
      // An embedded message or object: 16 octets of interface id stand before it (MS-OXTNEF §2.1.3.4).
      else if (property.id === PROPERTY.data) file.bytes ??= new Uint8Array(property.type === 0x0d ? property.value.subarray(16) : property.value)
    }
  }

  /** Encapsulated MAPI properties; stops at the first that does not fit. */
  *#properties(data: Buffer): Generator<Property> {
    if (data.length < 4) return
    const count = Math.min(data.readUInt32LE(0), MOST_PROPERTIES)
    let at = 4
    for (let index = 0; index < count && at + 4 <= data.length; index++) {
      const type = data.readUInt16LE(at)
      const id = data.readUInt16LE(at + 2)
      at += 4
      if (id >= 0x8000) {
        const afterName = skipPropertyName(data, at)
        if (afterName === undefined) return this.#damaged()
        at = afterName
      }
      const values = propertyValues(data, at, type)
      if (!values) return this.#damaged()
      yield { id, type: type & 0x0fff, value: values.first }
      at = values.next
    }
  }

  #string({ type, value }: Property): string {
    return type === 0x1f ? value.toString('utf16le').replace(/\0+$/, '') : this.#text(value)
  }

  /** HTML comes as octets in the charset of the Internet message, not in that of the sender's system. */
  #htmlText(property: Property): string {
    if (property.type !== 0x102) return this.#string(property)
    return decodeText(property.value, this.#htmlCharset ?? this.#charset).text.replace(/\0+$/, '')
  }

  #text(data: Buffer): string {
    // The NUL that ends a string would make its charset look like UTF-16.
    const end = data.indexOf(0)
    return decodeText(end < 0 ? data : data.subarray(0, end), this.#charset).text
  }
}

/** Named properties carry a GUID and a number, or a name (MS-OXTNEF §2.1.3.4.1). */
function skipPropertyName(data: Buffer, at: number): number | undefined {
  if (at + 24 > data.length) return undefined
  const kind = data.readUInt32LE(at + 16)
  const length = kind === 0 ? 0 : data.readUInt32LE(at + 20)
  const next = at + 24 + padded(length)
  return next <= data.length ? next : undefined
}

const FIXED_BYTES: Readonly<Record<number, number>> = { 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16 }
const MULTI_VALUED = 0x1000

function propertyValues(data: Buffer, start: number, type: number): { first: Buffer; next: number } | undefined {
  const base = type & 0x0fff
  const fixed = FIXED_BYTES[base]
  if (fixed !== undefined && (type & MULTI_VALUED) === 0) {
    return start + fixed <= data.length ? { first: data.subarray(start, start + fixed), next: start + fixed } : undefined
  }
  if (start + 4 > data.length) return undefined
  const count = data.readUInt32LE(start)
  let at = start + 4
  if (fixed !== undefined) {
    const next = at + count * fixed
    return next <= data.length ? { first: data.subarray(at, next), next } : undefined
  }
  let first: Buffer | undefined
  for (let index = 0; index < count; index++) {
    if (at + 4 > data.length) return undefined
    const length = data.readUInt32LE(at)
    if (at + 4 + length > data.length) return undefined
    first ??= data.subarray(at + 4, at + 4 + length)
    at += 4 + padded(length)
  }
  return { first: first ?? data.subarray(0, 0), next: Math.min(at, data.length) }
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}

function sumOf(data: Buffer): number {
  let sum = 0
  for (const octet of data) sum = (sum + octet) & 0xffff
  return sum
}

const CODEPAGES: Readonly<Record<number, string>> = {
  932: 'shift_jis', 936: 'gbk', 949: 'euc-kr', 950: 'big5', 20932: 'euc-jp', 51932: 'euc-jp', 50220: 'iso-2022-jp', 50221: 'iso-2022-jp',
  50222: 'iso-2022-jp', 28591: 'iso-8859-1', 20127: 'us-ascii', 65001: 'utf-8',
}

function codepageLabel(codepage: number): string | undefined {
  if (Object.hasOwn(CODEPAGES, codepage)) return CODEPAGES[codepage]
  return codepage >= 1250 && codepage <= 1258 ? `windows-${codepage}` : undefined
}

function mediaTypeOf(text: string): string {
  return /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/i.test(text) ? text.toLowerCase() : ''
}
