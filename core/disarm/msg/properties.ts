/**
 * MAPI properties of an Outlook message, of one of its recipients or attachments.
 *
 *   Storage ──▶ [MapiObject] ──▶ strings, numbers, times, octets by property number
 *
 * Short values stand in one stream of fixed records, long ones in a stream each. What does not fit is as if it were not
 * there. Standards: MS-OXMSG §2.1–2.4 (storages and streams), MS-OXPROPS (numbers), MS-OXCDATA §2.11 (types).
 */
import { Buffer } from 'node:buffer'
import { decodeText } from '../../text/charset.ts'
import type { Storage } from '../ole/cfb.ts'

const PROPERTIES = '__properties_version1.0'
const RECORD_BYTES = 16
const UNICODE = 0x001f
const EIGHT_BIT = 0x001e
const BINARY = 0x0102
const OBJECT = 0x000d
const TIME = 0x0040
const LONG = 0x0003
/** From 1601 to 1970, and the last year that a date of ours has. */
const EPOCH_OFFSET_MS = 11_644_473_600_000
const LAST_MS = Date.UTC(9999, 11, 31)

/** Octets before the records: of a message file, of a message inside it, of a recipient or attachment (§2.4.1). */
export const HEADER_BYTES = { message: 32, inner: 24, part: 8 } as const

const CHARSETS: Readonly<Record<number, string>> = {
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  51932: 'euc-jp',
  50220: 'iso-2022-jp',
  50221: 'iso-2022-jp',
  50222: 'iso-2022-jp',
  65001: 'utf-8',
}

export class MapiObject {
  readonly #storage: Storage
  readonly #records = new Map<number, Buffer>()
  readonly charset: string | undefined

  constructor(storage: Storage, headerBytes: number, charset?: string) {
    this.#storage = storage
    const stream = storage.streams.get(PROPERTIES)
    const bytes = stream ? bufferOf(stream) : Buffer.alloc(0)
    for (let at = headerBytes; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      this.#records.set(bytes.readUInt32LE(at), bytes.subarray(at + 8, at + 16))
    }
    const codepage = this.number(0x3ffd) ?? this.number(0x3fde)
    this.charset = (codepage === undefined ? undefined : charsetOf(codepage)) ?? charset
  }

  string(id: number): string {
    const wide = this.#stream(id, UNICODE)
    if (wide) return bufferOf(wide).toString('utf16le').replace(/\0+$/, '')
    const narrow = this.#stream(id, EIGHT_BIT)
    return narrow ? decodeText(trimmed(narrow), this.charset).text : ''
  }

  binary(id: number): Uint8Array | undefined {
    return this.#stream(id, BINARY)
  }

  object(id: number): Storage | undefined {
    return this.#storage.storages.get(streamName(id, OBJECT))
  }

  number(id: number): number | undefined {
    return this.#records.get(id * 0x10000 + LONG)?.readInt32LE(0)
  }

  /** Milliseconds since 1970; undefined for none, or one outside of the years that can be written. */
  timeMs(id: number): number | undefined {
    const value = this.#records.get(id * 0x10000 + TIME)
    if (!value) return undefined
    const timeMs = Number(value.readBigUInt64LE(0) / 10_000n) - EPOCH_OFFSET_MS
    return timeMs > 0 && timeMs < LAST_MS ? timeMs : undefined
  }

  #stream(id: number, type: number): Uint8Array | undefined {
    return this.#storage.streams.get(streamName(id, type))
  }
}

function streamName(id: number, type: number): string {
  const digits = (id * 0x10000 + type).toString(16).toUpperCase().padStart(8, '0')
  return `__substg1.0_${digits}`
}

function charsetOf(codepage: number): string | undefined {
  if (Object.hasOwn(CHARSETS, codepage)) return CHARSETS[codepage]
  return codepage >= 1250 && codepage <= 1258 ? `windows-${codepage}` : undefined
}

/** The NUL that ends a string would make its charset look like UTF-16. */
function trimmed(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
