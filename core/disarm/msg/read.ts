/**
 * An Outlook message as plain values: who, when, what, and the files with it.
 *
 *   root storage ──▶ [readMessage] ──▶ Message ──▶ compose.ts
 *
 * A message inside the message becomes a file of its own again, so that the next one to read it has the same bounds as any
 * other. Standards: MS-OXMSG §2.2 (storages), MS-OXCMSG §2.2.1, §2.2.2 (attachments).
 */
import { decodeText } from '../../text/charset.ts'
import { htmlToText } from '../../text/html.ts'
import { unpackRtf } from '../../media/lzfu.ts'
import type { MemberFile } from '../contract.ts'
import type { Storage } from '../ole/cfb.ts'
import { writeCompound } from '../ole/cfb-write.ts'
import { HEADER_BYTES, MapiObject } from './properties.ts'

export type Party = { readonly name: string; readonly address: string }
export type Message = {
  readonly subject: string
  readonly from: Party
  readonly to: readonly Party[]
  readonly cc: readonly Party[]
  readonly sentMs: number | undefined
  readonly messageId: string
  readonly text: string
  /** The body was laid out, and its layout is lost. */
  readonly wasHtml: boolean
  readonly files: readonly MemberFile[]
  /** Objects of programs, which are no files. */
  readonly oleObjects: number
}

const ID = {
  subject: 0x0037,
  clientSubmitTime: 0x0039,
  representingName: 0x0042,
  representingEmail: 0x0065,
  recipientType: 0x0c15,
  senderName: 0x0c1a,
  senderEmail: 0x0c1f,
  deliveryTime: 0x0e06,
  body: 0x1000,
  rtf: 0x1009,
  html: 0x1013,
  messageId: 0x1035,
  displayName: 0x3001,
  email: 0x3003,
  data: 0x3701,
  shortName: 0x3704,
  method: 0x3705,
  longName: 0x3707,
  mediaType: 0x370e,
  smtpAddress: 0x39fe,
  senderSmtp: 0x5d01,
  representingSmtp: 0x5d02,
} as const
const PROPERTIES = '__properties_version1.0'
const CC = 2
const BCC = 3
const MAX_TEXT_LENGTH = 4_000_000
const MAX_RECIPIENTS = 2000

export function readMessage(root: Storage, limitBytes: number): Message {
  const message = new MapiObject(root, HEADER_BYTES.message)
  const recipients = partsOf(root, '__recip_').slice(0, MAX_RECIPIENTS).map(storage => new MapiObject(storage, HEADER_BYTES.part, message.charset))
  const parties = (isWanted: (kind: number) => boolean) =>
    recipients.filter(each => isWanted(each.number(ID.recipientType) ?? 1)).map(each => partyOf(each, ID.displayName, [ID.smtpAddress, ID.email]))
  const attachments = partsOf(root, '__attach_').map(storage => fileOf(storage, message.charset))
  const body = bodyOf(message, limitBytes)
  return {
    subject: message.string(ID.subject),
    from: senderOf(message),
    to: parties(kind => kind !== CC && kind !== BCC),
    cc: parties(kind => kind === CC),
    sentMs: message.timeMs(ID.clientSubmitTime) ?? message.timeMs(ID.deliveryTime),
    messageId: message.string(ID.messageId),
    text: body.text,
    wasHtml: body.wasHtml,
    files: [...body.files, ...attachments.flatMap(file => file ?? [])],
    oleObjects: attachments.filter(file => file === undefined).length,
  }
}

function partsOf(root: Storage, prefix: string): Storage[] {
  return [...root.storages].filter(([name]) => name.startsWith(prefix)).map(([, storage]) => storage)
}

function senderOf(message: MapiObject): Party {
  const representing = partyOf(message, ID.representingName, [ID.representingSmtp, ID.representingEmail])
  return representing.address !== '' ? representing : partyOf(message, ID.senderName, [ID.senderSmtp, ID.senderEmail])
}

/** Addresses of Exchange's own kind are no mailboxes: the name has to do. */
function partyOf(object: MapiObject, nameId: number, addressIds: readonly number[]): Party {
  const address = addressIds.map(id => object.string(id)).find(each => each.includes('@')) ?? ''
  return { name: object.string(nameId), address }
}

function bodyOf(message: MapiObject, limitBytes: number): { text: string; wasHtml: boolean; files: MemberFile[] } {
  const text = message.string(ID.body)
  const octets = message.binary(ID.html)
  const html = octets ? decodeText(octets, message.charset).text : message.string(ID.html)
  if (text.trim() !== '') return { text, wasHtml: html !== '', files: [] }
  if (html !== '') {
    const options = { links: 'keep', language: 'ja', maxChars: MAX_TEXT_LENGTH } as const
    return { text: htmlToText(html, options).text, wasHtml: true, files: [] }
  }
  const packed = message.binary(ID.rtf)
  const rtf = packed && unpackRtf(packed, limitBytes)
  return { text: '', wasHtml: false, files: rtf ? [{ untrustedName: 'body.rtf', untrustedBytes: rtf }] : [] }
}

/** Undefined for an object that is no file. */
function fileOf(storage: Storage, charset: string | undefined): MemberFile | undefined {
  const attachment = new MapiObject(storage, HEADER_BYTES.part, charset)
  const name = attachment.string(ID.longName) || attachment.string(ID.shortName) || attachment.string(ID.displayName)
  const bytes = attachment.binary(ID.data)
  if (bytes) return { untrustedName: name, untrustedBytes: bytes, claimedType: attachment.string(ID.mediaType) }
  const inner = attachment.object(ID.data)
  const file = inner && asMessageFile(inner)
  return file && { untrustedName: `${attachment.string(ID.displayName) || 'message'}.msg`, untrustedBytes: file }
}

/** The properties of a message inside another one have a shorter header (§2.4.1.2): eight octets are put back. */
function asMessageFile(inner: Storage): Uint8Array | undefined {
  const properties = inner.streams.get(PROPERTIES)
  if (!properties || properties.length < HEADER_BYTES.inner) return undefined
  const longer = new Uint8Array(properties.length + HEADER_BYTES.message - HEADER_BYTES.inner)
  longer.set(properties.subarray(0, HEADER_BYTES.inner))
  longer.set(properties.subarray(HEADER_BYTES.inner), HEADER_BYTES.message)
  return writeCompound({ ...inner, streams: new Map([...inner.streams, [PROPERTIES, longer]]) })
}
