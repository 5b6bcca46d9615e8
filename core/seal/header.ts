/**
 * The header of an age file: who can unwrap the file key, and a MAC over that, made with the file key.
 *
 * Strict in reading, as the specification asks: base64 without padding and in canonical form, lines of 64,
 * no white space of any other kind.
 * Standards: C2SP age.md "Header", RFC 4648 §4, RFC 2104.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { SealBroken } from './stream.ts'
import type { X25519Stanza } from './x25519.ts'

const VERSION_LINE = 'age-encryption.org/v1'
const BODY_COLUMNS = 64
const MAC_BYTES = 32
/** No header of ours comes near it; bounds what is buffered while looking for the end. */
const MAX_HEADER_BYTES = 64 * 1024

type Stanza = { readonly args: readonly string[]; readonly body: Uint8Array }
export type Header = {
  readonly stanzas: readonly Stanza[]
  readonly bytes: number
  readonly macked: string
  readonly mac: Uint8Array
}

export function formatHeader(fileKey: Uint8Array, stanzas: readonly X25519Stanza[]): Uint8Array {
  // A wrapped key has 43 columns: its body is always one line.
  const lines = stanzas.map(({ share, wrappedKey }) => `-> X25519 ${base64(share)}\n${base64(wrappedKey)}\n`)
  const macked = `${VERSION_LINE}\n${lines.join('')}---`
  return Buffer.from(`${macked} ${base64(headerMac(fileKey, macked))}\n`, 'latin1')
}

/** Undefined while the end of the header has not come yet. @throws SealBroken when it is not an age header. */
export function parseHeader(bytes: Uint8Array): Header | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_HEADER_BYTES)).toString('latin1')
  const macAt = text.indexOf('\n--- ')
  const end = macAt < 0 ? -1 : text.indexOf('\n', macAt + 1)
  if (end < 0) {
    if (bytes.length >= MAX_HEADER_BYTES) throw new SealBroken('header too long')
    return undefined
  }
  const lines = text.slice(0, macAt).split('\n')
  if (lines.shift() !== VERSION_LINE) throw new SealBroken('not an age v1 file')
  const mac = unbase64(text.slice(macAt + 5, end))
  if (mac.length !== MAC_BYTES) throw new SealBroken('malformed MAC')
  return { stanzas: parseStanzas(lines), bytes: end + 1, macked: text.slice(0, macAt + 4), mac }
}

export function x25519Stanzas(header: Header): X25519Stanza[] {
  const ours = header.stanzas.filter(stanza => stanza.args[0] === 'X25519')
  return ours.map(({ args, body }) => {
    const share = unbase64(args[1] ?? '')
    if (args.length !== 2 || share.length !== 32 || body.length !== 32) throw new SealBroken('malformed X25519 stanza')
    return { share, wrappedKey: body }
  })
}

/** @throws SealBroken when anything in the header was changed after it was made. */
export function checkHeaderMac(fileKey: Uint8Array, header: Header): void {
  if (!timingSafeEqual(headerMac(fileKey, header.macked), header.mac)) throw new SealBroken('header MAC does not match')
}

function headerMac(fileKey: Uint8Array, macked: string): Uint8Array {
  const key = new Uint8Array(hkdfSync('sha256', fileKey, '', 'header', 32))
  return createHmac('sha256', key).update(macked, 'latin1').digest()
}

function parseStanzas(lines: readonly string[]): Stanza[] {
  const stanzas: Stanza[] = []
  let at = 0
  while (at < lines.length) {
    const args = lines[at++]!.split(' ')
    if (args.shift() !== '->' || args.length === 0 || !args.every(isArgument)) throw new SealBroken('malformed stanza')
    let body = ''
    for (;;) {
      const line = lines[at++]
      if (line === undefined || line.length > BODY_COLUMNS) throw new SealBroken('malformed stanza body')
      body += line
      if (line.length < BODY_COLUMNS) break
    }
    stanzas.push({ args, body: unbase64(body) })
  }
  if (stanzas.length === 0) throw new SealBroken('no recipient stanza')
  return stanzas
}

const isArgument = (text: string) => /^[\x21-\x7e]+$/.test(text)

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64').replace(/=+$/, '')
}

function unbase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (base64(bytes) !== text) throw new SealBroken('base64 is not canonical')
  return bytes
}
