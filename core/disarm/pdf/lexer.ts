/**
 * Octets to objects: the one reader of PDF syntax, for the file and for whatever is inside it.
 *
 * Linear; nesting is capped; octets that are no object read as null and are passed over, never searched through.
 * Standards: ISO 32000-1 §7.2, §7.3.
 */
import { Buffer } from 'node:buffer'
import { Damaged, type Dict, Name, Ref, Text, type Value } from './object.ts'

const MOST_NESTING = 100

/** 1: white space, 2: delimiter, 0: regular (ISO 32000-1 tables 1 and 2). */
export const CHARACTER_CLASS = new Uint8Array(256)
for (const code of [0, 9, 10, 12, 13, 32]) CHARACTER_CLASS[code] = 1
for (const character of '()<>[]{}/%') CHARACTER_CLASS[character.charCodeAt(0)] = 2

/**
 * A number as it may stand in a file, without exponent. PDFium keeps numbers as 32-bit floats and writes 115.2 as
 * 115.199997; the shortest number that is the same float is taken for the one that was meant.
 */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return Math.abs(value) < 2 ** 53 ? String(value) : '0'
  if (!Number.isFinite(value)) return '0'
  const float = Math.fround(value)
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits))
    if (Math.fround(shorter) === float) return decimals(shorter)
  }
  return decimals(value)
}

/** Without exponent, and not taken for any other. */
export function decimals(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(12).replace(/\.?0+$/, '')
}

export class Lexer {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  skipSpace(): void {
    const { bytes } = this
    for (; this.at < bytes.length; this.at++) {
      const code = bytes[this.at]!
      if (code === 0x25) this.#skipComment()
      else if (CHARACTER_CLASS[code] !== 1) return
    }
  }

  #skipComment(): void {
    while (this.at < this.bytes.length && this.bytes[this.at] !== 10 && this.bytes[this.at] !== 13) this.at++
  }

  /** The next run of regular characters, '' at a delimiter. */
  word(): string {
    const start = this.at
    while (this.at < this.bytes.length && CHARACTER_CLASS[this.bytes[this.at]!] === 0) this.at++
    return this.bytes.toString('latin1', start, this.at)
  }

  /** The next object. Throws Damaged for nesting that no file needs and for a container that never ends. */
  value(depth = 0): Value {
    this.skipSpace()
    const code = this.bytes[this.at]
    if (depth > MOST_NESTING || code === undefined) throw new Damaged()
    if (code === 0x2f) return this.name()
    if (code === 0x28) return this.#literal()
    if (code === 0x5b) return this.#array(depth)
    if (code === 0x3c) return this.bytes[this.at + 1] === 0x3c ? this.dict(depth) : this.#hex()
    if (CHARACTER_CLASS[code] !== 0) {
      this.at++
      return null
    }
    return this.#numberOrWord()
  }

  name(): Name {
    this.at++
    const raw = this.word()
    return new Name(
      raw.includes('#') ? raw.replace(/#([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))) : raw,
    )
  }

  #array(depth: number): Value[] {
    const items: Value[] = []
    this.at++
    for (;;) {
      this.skipSpace()
      if (this.bytes[this.at] === 0x5d) break
      items.push(this.value(depth + 1))
    }
    this.at++
    return items
  }

  dict(depth: number): Dict {
    const dict: Dict = new Map()
    this.at += 2
    for (;;) {
      this.skipSpace()
      const code = this.bytes[this.at]
      if (code === undefined) throw new Damaged()
      if (code === 0x3e) break
      if (code !== 0x2f) this.value(depth + 1)
      else {
        const key = this.name().text
        this.skipSpace()
        if (this.bytes[this.at] !== 0x3e) dict.set(key, this.value(depth + 1))
      }
    }
    this.at += 2
    return dict
  }

  #numberOrWord(): Value {
    const word = this.word()
    if (word === 'true') return true
    if (word === 'false') return false
    if (!/^[+-]*(?:\d+\.?\d*|\.\d+)/.test(word)) return null
    const value = Number.parseFloat(word.replace(/^[+-]*(?=[+-])/, ''))
    return /^\d{1,10}$/.test(word) ? (this.#reference(value) ?? value) : value
  }

  /** `12 0 R`, behind its first number. */
  #reference(number: number): Ref | undefined {
    const { bytes } = this
    const start = this.at
    let at = start
    while (CHARACTER_CLASS[bytes[at] ?? 0x28] === 1) at++
    const generation = at
    while (bytes[at]! >= 0x30 && bytes[at]! <= 0x39 && at - generation < 6) at++
    if (at === generation || CHARACTER_CLASS[bytes[at] ?? 0x28] !== 1) return undefined
    while (CHARACTER_CLASS[bytes[at] ?? 0x28] === 1 && at - generation < 20) at++
    if (bytes[at] !== 0x52 || CHARACTER_CLASS[bytes[at + 1] ?? 0x20] === 0) return undefined
    this.at = at + 1
    return new Ref(number)
  }

  #hex(): Text {
    const end = this.bytes.indexOf(0x3e, this.at)
    if (end < 0) throw new Damaged()
    const octets = hexOctets(this.bytes.toString('latin1', this.at + 1, end))
    this.at = end + 1
    return new Text(octets.toString('latin1'))
  }

  #literal(): Text {
    const { bytes } = this
    const start = ++this.at
    let open = 1
    let plain = true
    for (; this.at < bytes.length; this.at++) {
      const code = bytes[this.at]
      if (code === 0x5c) {
        this.at++
        plain = false
      } else if (code === 0x0d) plain = false
      else if (code === 0x28) open++
      else if (code === 0x29 && --open === 0) break
    }
    if (open > 0) throw new Damaged()
    const raw = bytes.toString('latin1', start, this.at++)
    return new Text(plain ? raw : unescaped(raw))
  }
}

/** A last digit that stands alone counts as the first of a pair. */
export function hexOctets(text: string): Buffer {
  const digits = text.replace(/[^0-9a-f]/gi, '')
  return Buffer.from(digits.length % 2 === 1 ? `${digits}0` : digits, 'hex')
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function unescaped(raw: string): string {
  return raw.replace(/\\([0-7]{1,3}|\r\n|[\s\S])|\r\n?/g, (_, sign: string | undefined) => {
    if (sign === undefined) return '\n'
    if (sign >= '0' && sign < '8') return String.fromCharCode(Number.parseInt(sign, 8) & 0xff)
    return sign === '\r' || sign === '\n' || sign === '\r\n' ? '' : (ESCAPES[sign] ?? sign)
  })
}

/** Written so that it reads back as the same octets whatever they are. */
export function stringText(octets: string): string {
  if (/^[\x20-\x7e]*$/.test(octets)) return `(${octets.replace(/[\\()]/g, '\\$&')})`
  return `<${Buffer.from(octets, 'latin1').toString('hex')}>`
}

export function nameSyntax(text: string): string {
  return `/${text.replace(/[^!"$&'*-.0-;=?-Z\\^-z|~]/g, found => `#${found.charCodeAt(0).toString(16).padStart(2, '0')}`)}`
}
