/**
 * The words of an RTF document that we rebuilt: paragraphs, cells side by side, a form feed for a new page.
 * Standards: RTF 1.9.1, "Unicode RTF" (`\uN`, `\ucN`), "Font table" (`\fcharset`).
 */
import { Buffer } from 'node:buffer'
import { readTokens } from '../disarm/rtf/tokens.ts'
import { decodeText } from '../text/charset.ts'

/** Of fonts; a document's own code page for all others. */
const CHARSETS: Readonly<Record<number, string>> = { 128: 'shift_jis', 129: 'euc-kr', 134: 'gb18030', 136: 'big5', 161: 'windows-1253', 162: 'windows-1254', 204: 'windows-1251', 222: 'windows-874', 238: 'windows-1250' }
const CODE_PAGES: Readonly<Record<number, string>> = { 932: 'shift_jis', 936: 'gb18030', 949: 'euc-kr', 950: 'big5', 65001: 'utf-8' }
const NOT_TEXT = new Set(['fonttbl', 'colortbl', 'stylesheet', 'listtable', 'listoverridetable', 'info', 'pict', 'themedata', 'header', 'headerl', 'headerr', 'headerf', 'footer', 'footerl', 'footerr', 'footerf', 'fldinst', 'bkmkstart', 'bkmkend', 'revtbl'])
const WRITES: Readonly<Record<string, string>> = { par: '\n', line: '\n', row: '\n', cell: ' | ', nestcell: ' | ', nestrow: '\n', tab: ' ', page: '\f', sect: '\f', emdash: '—', endash: '–', lquote: '‘', rquote: '’', ldblquote: '“', rdblquote: '”', bullet: '•' }
const SIGNS: Readonly<Record<string, string>> = { '~': '\u00a0', _: '\u2011', '\\': '\\', '{': '{', '}': '}' }
const DEEPEST = 1_000
const MOST_FONTS = 10_000

type Group = { readonly isText: boolean; readonly inFonts: boolean; readonly font: number; readonly skips: number }

export function rtfWords(bytes: Uint8Array, mostCharacters: number): string {
  const reading = new RtfReading(mostCharacters)
  readTokens(bytes, reading)
  return reading.finish()
}

class RtfReading {
  readonly #most: number
  readonly #charsets = new Map<number, string>()
  readonly #groups: Group[] = []
  #now: Group = { isText: true, inFonts: false, font: -1, skips: 1 }
  #text = ''
  #octets: number[] = []
  #codePage = 'windows-1252'
  #isFirst = false
  /** Characters still to be passed over: they stand for the one before in older programs. */
  #toSkip = 0

  constructor(mostCharacters: number) {
    this.#most = mostCharacters
  }

  get isDone(): boolean {
    return this.#text.length >= this.#most || this.#groups.length > DEEPEST
  }

  finish(): string {
    this.#flush()
    return this.#text.replace(/ \| \n/g, '\n').replace(/\n{3,}/g, '\n\n').trim()
  }

  open(): void {
    this.#flush()
    this.#groups.push(this.#now)
    this.#isFirst = true
    this.#toSkip = 0
  }

  close(): void {
    this.#flush()
    this.#now = this.#groups.pop() ?? this.#now
    this.#toSkip = 0
  }

  word(name: string, number: number | undefined): void {
    if (this.#isFirst && NOT_TEXT.has(name)) this.#now = { ...this.#now, isText: false, inFonts: name === 'fonttbl' }
    this.#isFirst = false
    if (name === 'u' && number !== undefined) return this.#unicode(number)
    this.#flush()
    this.#toSkip = 0
    if (name === 'f') this.#now = { ...this.#now, font: number ?? 0 }
    else if (name === 'uc') this.#now = { ...this.#now, skips: Math.min(10, Math.max(0, number ?? 1)) }
    else if (name === 'ansicpg') this.#codePage = CODE_PAGES[number ?? 0] ?? (number !== undefined && number >= 1250 && number <= 1258 ? `windows-${number}` : this.#codePage)
    else if (name === 'fcharset' && this.#now.inFonts && this.#charsets.size < MOST_FONTS) this.#charsets.set(this.#now.font, CHARSETS[number ?? 0] ?? '')
    else if (this.#now.isText && Object.hasOwn(WRITES, name)) this.#text += WRITES[name]
  }

  sign(sign: string): void {
    // `\*`: a destination that a reader may pass over; none of them is text on the page.
    if (sign === '*') this.#now = { ...this.#now, isText: false }
    else if (this.#now.isText && SIGNS[sign] !== undefined) {
      this.#flush()
      this.#text += SIGNS[sign]
    }
    this.#isFirst = false
  }

  hex(octet: number): void {
    this.#isFirst = false
    if (this.#toSkip > 0) this.#toSkip--
    else if (this.#now.isText) this.#octets.push(octet)
  }

  text(octets: string): void {
    this.#isFirst = false
    const from = Math.min(this.#toSkip, octets.length)
    this.#toSkip -= from
    if (!this.#now.isText) return
    for (let at = from; at < octets.length; at++) this.#octets.push(octets.charCodeAt(at))
  }

  binary(): void {
    this.#isFirst = false
  }

  #unicode(number: number): void {
    this.#flush()
    if (this.#now.isText) this.#text += String.fromCharCode(number & 0xffff)
    this.#toSkip = this.#now.skips
  }

  #flush(): void {
    if (this.#octets.length === 0) return
    const octets = Buffer.from(this.#octets)
    this.#octets = []
    this.#text += decodeText(octets, this.#charsets.get(this.#now.font) || this.#codePage).text
  }
}
