/**
 * The one way in which we write things down: base64 bodies, encoded words, parameters, folded fields.
 *
 * Everything here turns values into 7-bit octets that have a single reading. Callers pass text that
 * core/text/harmless.ts has made a single harmless line; what still cannot be written is dropped here.
 * Standards: RFC 2045 §6.8, RFC 2047, RFC 2231 §3-4, RFC 5322 §2.1.1 and §2.2.3.
 */
import { Buffer } from 'node:buffer'

const CRLF = '\r\n'
/** Octets of one base64 line: 57 decoded octets make 76 characters (RFC 2045 §6.8). */
const LINE_BYTES = 57
const BATCH_LINES = 1024
/** UTF-8 octets that fit one encoded word of at most 75 characters (RFC 2047 §2). */
const WORD_BYTES = 45
const FOLD_AT = 76

/** Base64 with CRLF after every 76 characters, the last line included. */
export function base64Lines(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const pieces: string[] = []
  for (let at = 0; at < buffer.length; at += LINE_BYTES * BATCH_LINES) {
    pieces.push(breakLines(buffer.toString('base64', at, Math.min(at + LINE_BYTES * BATCH_LINES, buffer.length))))
  }
  return pieces.join('')
}

function breakLines(encoded: string): string {
  let out = ''
  for (let at = 0; at < encoded.length; at += 76) out += encoded.slice(at, at + 76) + CRLF
  return out
}

const PLAIN_TEXT = /^[\x20-\x7e]*$/
/** Text that a reader may take for an encoded word, or that folding could change, is encoded as well. */
const LOOKS_ENCODED = /=\?|^ | $| {2}/

/** Unstructured text (Subject): as is when plain, else as UTF-8 B encoded words. */
export function encodeUnstructured(text: string): string {
  if (PLAIN_TEXT.test(text) && !LOOKS_ENCODED.test(text) && text.length < 900) return text
  return encodedWords(text)
}

/** Display name: atoms as is, other plain text quoted, the rest as encoded words (RFC 5322 §3.2.5). */
export function encodePhrase(text: string): string {
  if (text === '') return ''
  if (PLAIN_TEXT.test(text) && !LOOKS_ENCODED.test(text) && text.length < 200) {
    return /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/.test(text)
      ? text
      : `"${text.replace(/["\\]/g, '\\$&')}"`
  }
  return encodedWords(text)
}

/** Splits at whole characters, so that each word decodes by itself (RFC 2047 §5). */
function encodedWords(text: string): string {
  const words: string[] = []
  let word = ''
  let wordBytes = 0
  for (const character of text) {
    const bytes = Buffer.byteLength(character)
    if (wordBytes + bytes > WORD_BYTES) {
      words.push(word)
      word = ''
      wordBytes = 0
    }
    word += character
    wordBytes += bytes
  }
  if (word !== '') words.push(word)
  return words.map(each => `=?UTF-8?B?${Buffer.from(each).toString('base64')}?=`).join(' ')
}

const ATTRIBUTE_CHARS = /[^A-Za-z0-9!#$&+.^_`|~-]/g
/** Characters of one RFC 2231 section, so that a line stays short. */
const SECTION_CHARS = 60

/** `name="plain"`, or RFC 2231 sections `name*0*=UTF-8''…` for anything else. Each piece begins with `; `. */
export function encodeParameter(name: string, value: string): string[] {
  if (/^[\x20-\x7e]*$/.test(value) && value.length <= SECTION_CHARS && !/["\\]|=\?/.test(value)) return [`; ${name}="${value}"`]
  const encoded = percentEncode(value)
  if (encoded.length <= SECTION_CHARS) return [`; ${name}*=UTF-8''${encoded}`]
  return sections(encoded).map((piece, index) => `; ${name}*${index}*=${index === 0 ? "UTF-8''" : ''}${piece}`)
}

function percentEncode(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replace(
    ATTRIBUTE_CHARS,
    c => (c === '%' ? '%' : `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
  )
}

/** Never cuts inside a %XX triple. */
function sections(encoded: string): string[] {
  const pieces: string[] = []
  let at = 0
  while (at < encoded.length) {
    let end = Math.min(at + SECTION_CHARS, encoded.length)
    const percent = encoded.lastIndexOf('%', end - 1)
    if (end < encoded.length && percent > end - 3 && percent > at) end = percent
    pieces.push(encoded.slice(at, end))
    at = end
  }
  return pieces
}

/**
 * `Name: value` folded at spaces so that lines stay below 77 characters where the value allows it
 * and never above 998 octets (RFC 5322 §2.1.1). Without CRLF at the end.
 */
export function foldField(name: string, value: string): string {
  const line = `${name}: ${value}`
  if (line.length <= FOLD_AT) return line
  const lines: string[] = []
  let current = `${name}:`
  for (const word of value.split(' ')) {
    for (const piece of hardPieces(word)) {
      if (current.length + 1 + piece.length > FOLD_AT && current.trim() !== '' && current !== `${name}:`) {
        lines.push(current)
        current = ''
      }
      current += ` ${piece}`
    }
  }
  lines.push(current)
  return lines.join(CRLF)
}

/** A run without spaces of more than 900 octets has to be cut somewhere. */
function hardPieces(word: string): string[] {
  if (word.length <= 900) return [word]
  return word.match(/.{1,900}/g) ?? []
}
