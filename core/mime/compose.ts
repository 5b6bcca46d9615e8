/**
 * The last step of sanitize(): one canonical message from parsed values only.
 *
 *   fields + body text + rebuilt files ──▶ [compose] ──▶ verifier ──▶ gateway's grammar check ──▶ store
 *
 * Invariant: every octet of structure is written here. Always 7-bit; multipart/mixed only when there are files;
 * CRLF line ends; no line above 998 octets. The Manifest says what an independent parser must find again.
 * Standards: RFC 5322 §2, RFC 2045, RFC 2046 §5.1, RFC 2183.
 */
import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import type { Manifest } from '../job.ts'
import type { QueueId } from '../smtp/envelope.ts'
import { base64Lines, encodeParameter, foldField } from './encode.ts'

export type OutField = { readonly name: string; readonly value: string }
export type OutFile = { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }

export type Composition = {
  readonly queueId: QueueId
  readonly fields: readonly OutField[]
  /** Values that the manifest repeats, as a parser will decode them. */
  readonly subject: string
  readonly messageId: string
  /** As a parser will decode it: with the characters of JIS where that is how it is written. */
  readonly text: string
  /** The text with CRLF line ends in ISO-2022-JP; undefined where UTF-8 is wanted or the text does not fit. */
  readonly iso2022Jp: Uint8Array | undefined
  readonly files: readonly OutFile[]
  readonly seed: string
}

export type Composed = { readonly message: Uint8Array; readonly manifest: Manifest }

const CRLF = '\r\n'
const TEXT_LINE_LIMIT = 990

export function compose(composition: Composition): Composed {
  const text = composition.text.replace(/\n+$/, '')
  const textEntity = composeText(text, composition.iso2022Jp)
  const entity = composition.files.length === 0 ? textEntity : composeMixed(textEntity, composition)
  const fields = [...composition.fields, { name: 'MIME-Version', value: '1.0' }, ...entity.fields]
  const header = fields.map(field => foldField(field.name, field.value) + CRLF).join('')
  return {
    message: Buffer.from(`${header}${CRLF}${entity.body}`, 'latin1'),
    manifest: {
      queueId: composition.queueId,
      fields: fields.map(field => field.name.toLowerCase()),
      subject: composition.subject,
      messageId: composition.messageId,
      textSha256: hash('sha256', text),
      files: composition.files.map(file => ({
        name: file.name,
        mediaType: file.mediaType,
        bytes: file.bytes.length,
        sha256: hash('sha256', file.bytes),
      })),
    },
  }
}

/** `body` is latin1 text of 7-bit octets that ends with CRLF. */
type Entity = { readonly fields: readonly OutField[]; readonly body: string }

/** Plain ASCII of short lines stays readable; everything else is base64, which no hop has a reason to touch. */
function composeText(text: string, iso2022Jp: Uint8Array | undefined): Entity {
  if (iso2022Jp) {
    return { fields: textFields('iso-2022-jp', 'base64'), body: base64Lines(iso2022Jp) }
  }
  if (isShortAscii(text)) return { fields: textFields('us-ascii', '7bit'), body: text.replace(/\n/g, CRLF) + CRLF }
  return { fields: textFields('utf-8', 'base64'), body: base64Lines(Buffer.from(text.replace(/\n/g, CRLF) + CRLF)) }
}

function textFields(charset: string, encoding: string): OutField[] {
  return [
    { name: 'Content-Type', value: `text/plain; charset=${charset}` },
    { name: 'Content-Transfer-Encoding', value: encoding },
  ]
}

/** A space at a line's end or a leading "From " may be changed on the way: such text is encoded too. */
function isShortAscii(text: string): boolean {
  if (!/^[\t\n\x20-\x7e]*$/.test(text) || /[ \t](?:\n|$)|(?:^|\n)From /.test(text)) return false
  return text.split('\n').every(line => line.length <= TEXT_LINE_LIMIT)
}

function composeMixed(textEntity: Entity, { files, seed }: Composition): Entity {
  const boundary = `=_${seed}`
  const parts = [textEntity, ...files.map(composeFile)]
  const body = parts.map(part => `--${boundary}${CRLF}${entityHeader(part)}${CRLF}${part.body}${CRLF}`).join('')
  return {
    fields: [{ name: 'Content-Type', value: `multipart/mixed; boundary="${boundary}"` }],
    body: `${body}--${boundary}--${CRLF}`,
  }
}

function entityHeader(entity: Entity): string {
  return entity.fields.map(field => foldField(field.name, field.value) + CRLF).join('')
}

function composeFile(file: OutFile): Entity {
  return {
    fields: [
      { name: 'Content-Type', value: [file.mediaType, ...encodeParameter('name', file.name)].join('') },
      { name: 'Content-Transfer-Encoding', value: 'base64' },
      { name: 'Content-Disposition', value: ['attachment', ...encodeParameter('filename', file.name)].join('') },
    ],
    body: base64Lines(file.bytes),
  }
}
