/**
 * Puts an Exif structure of our own into a picture of our own: a segment of JPEG, a chunk of PNG or WebP.
 *
 * Standards: Exif 2.32 §4.5.4 (APP1); PNG (third edition) §11.3.3.4 (eXIf); WebP container specification (VP8X, EXIF).
 */
import { Buffer } from 'node:buffer'
import { chunk } from './png.ts'

const JFIF_BYTES = 18
/** Behind the signature and IHDR. */
const PNG_HEAD_BYTES = 33
const [HAS_EXIF, HAS_ALPHA] = [0x08, 0x10]

/** `ownJpeg` begins with a JFIF segment of our own. */
export function jpegWithExif(ownJpeg: Uint8Array, exif: Buffer | undefined): Uint8Array {
  if (!exif) return ownJpeg
  const content = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif])
  const head = Buffer.from([0xff, 0xe1, (content.length + 2) >> 8, (content.length + 2) & 0xff])
  const at = 2 + JFIF_BYTES
  return new Uint8Array(Buffer.concat([ownJpeg.subarray(0, at), head, content, ownJpeg.subarray(at)]))
}

export function pngWithExif(ownPng: Uint8Array, exif: Buffer | undefined): Uint8Array {
  if (!exif) return ownPng
  return new Uint8Array(Buffer.concat([ownPng.subarray(0, PNG_HEAD_BYTES), chunk('eXIf', exif), ownPng.subarray(PNG_HEAD_BYTES)]))
}

/** A plain file gets the head that one with more than a picture needs. */
export function webpWithExif(ownWebp: Uint8Array, exif: Buffer | undefined, { width, height, alpha }: { readonly width: number; readonly height: number; readonly alpha: boolean }): Uint8Array {
  if (!exif) return ownWebp
  const chunks = Buffer.from(ownWebp.subarray(12))
  const isPlain = chunks.toString('latin1', 0, 4) !== 'VP8X'
  const head = isPlain ? webpChunk('VP8X', Buffer.concat([Buffer.from([alpha ? HAS_ALPHA : 0, 0, 0, 0]), threeOctets(width - 1), threeOctets(height - 1)])) : chunks.subarray(0, 18)
  head[8]! |= HAS_EXIF
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), head, isPlain ? chunks : chunks.subarray(18), webpChunk('EXIF', exif)])
  return new Uint8Array(webpChunk('RIFF', body))
}

function webpChunk(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(name, 'latin1')
  head.writeUInt32LE(content.length, 4)
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)])
}

function threeOctets(value: number): Buffer {
  return Buffer.from([value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff])
}
