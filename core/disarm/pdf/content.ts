/**
 * Content streams: the operators that draw a page, read one by one and written again.
 *
 * Only operators of the standard pass, with their operands as they were written (numbers keep their digits, so pages
 * stay the same to the pixel). Inline pictures are unpacked and packed anew in letters, so that no two readers can
 * disagree where one ends. Linear in the stream.
 * Standards: ISO 32000-1 §7.8.2, §8.9.7, annex A.
 */
import { Buffer } from 'node:buffer'
import { ascii85, deflate, unpack } from './filters.ts'
import { remuxJpeg } from './jpeg.ts'
import { CHARACTER_CLASS, Lexer, nameSyntax, numberText, stringText } from './lexer.ts'
import { Damaged, type Dict, isDict, Name, nameText, Stream, Text, type Value } from './object.ts'
import type { Source } from './source.ts'

const OPERATORS: ReadonlySet<string> = new Set(
  ('b B b* B* BDC BMC BT BX c cm CS cs d d0 d1 Do DP EMC ET EX f F f* G g gs h i j J K k l m M MP n q Q re RG rg ri s S SC sc SCN scn sh ' +
    `T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' "`).split(' '),
)
const MOST_OPERANDS = 64
const MOST_NESTING = 16

export type Content = { readonly data: Uint8Array; /** Instructions that mean nothing. */ readonly unknown: number }

/** `source` is there for the filters of inline pictures. */
export function rebuildContent(untrustedBytes: Uint8Array, source: Source, mostBytes: number): Content {
  return new ContentWriter(untrustedBytes, source, mostBytes).run()
}

class ContentWriter {
  readonly #lexer: Lexer
  readonly #source: Source
  readonly #mostBytes: number
  #pieces: Buffer[] = []
  /** Of this, `#size` octets are in use. */
  #block = Buffer.allocUnsafe(65_536)
  #size = 0
  /** Pairs of start and end of the operands since the last operator. */
  #operands: number[] = []
  /** Operands on the outermost level. */
  #count = 0
  #open = ''
  #unknown = 0

  constructor(bytes: Uint8Array, source: Source, mostBytes: number) {
    this.#lexer = new Lexer(bytes)
    this.#source = source
    this.#mostBytes = mostBytes
  }

  run(): Content {
    const lexer = this.#lexer
    for (lexer.skipSpace(); lexer.at < lexer.bytes.length; lexer.skipSpace()) this.#token()
    this.#pieces.push(this.#block.subarray(0, this.#size))
    return { data: Buffer.concat(this.#pieces), unknown: this.#unknown }
  }

  #token(): void {
    const lexer = this.#lexer
    this.#source.spendToken()
    const { bytes, at: start } = lexer
    const code = bytes[start]!
    if (CHARACTER_CLASS[code] === 0) return this.#word(start, code)
    if (code === 0x28 || (code === 0x3c && bytes[start + 1] !== 0x3c)) {
      try {
        lexer.value()
      } catch (error) {
        if (!(error instanceof Damaged)) throw error
        lexer.at = bytes.length
        return
      }
    } else if (code === 0x2f) {
      lexer.at++
      lexer.word()
    } else return this.#bracket(code)
    this.#operand(start)
  }

  #bracket(code: number): void {
    const start = this.#lexer.at
    const { bytes } = this.#lexer
    const isPair = (code === 0x3c || code === 0x3e) && bytes[start + 1] === code
    this.#lexer.at += isPair ? 2 : 1
    const sign = isPair ? (code === 0x3c ? '<' : '>') : code === 0x5b ? '[' : code === 0x5d ? ']' : ''
    if (sign === '') return
    if (sign === '[' || sign === '<') {
      if (this.#open.length >= MOST_NESTING) return
      this.#operand(start)
      this.#open += sign === '[' ? ']' : '>'
    } else if (this.#open.endsWith(sign)) {
      this.#open = this.#open.slice(0, -1)
      this.#operands.push(start, this.#lexer.at)
    }
  }

  #operand(start: number): void {
    if (this.#open === '' && ++this.#count > MOST_OPERANDS) return
    this.#operands.push(start, this.#lexer.at)
  }

  #word(start: number, code: number): void {
    // Digits, sign or point: a number, whatever follows; readers differ over what a wrong one is worth.
    if ((code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e) {
      const { bytes } = this.#lexer
      while (isNumberCode(bytes[this.#lexer.at])) this.#lexer.at++
      return this.#operand(start)
    }
    const word = this.#lexer.word()
    if (word === 'true' || word === 'false' || word === 'null') return this.#operand(start)
    if (word === 'BI' && this.#open === '') this.#inlinePicture()
    else if (OPERATORS.has(word) && this.#open === '' && this.#count <= MOST_OPERANDS) this.#instruction(start)
    else this.#unknown++
    this.#operands = []
    this.#count = 0
    this.#open = ''
  }

  #instruction(start: number): void {
    const { bytes, at: end } = this.#lexer
    const operands = this.#operands
    for (let index = 0; index < operands.length; index += 2) this.#copy(bytes, { start: operands[index]!, end: operands[index + 1]!, then: 0x20 })
    this.#copy(bytes, { start, end, then: 0x0a })
  }

  #copy(from: Buffer, { start, end, then }: { readonly start: number; readonly end: number; readonly then: number }): void {
    const length = end - start + 1
    if (this.#size + length > this.#block.length) {
      this.#pieces.push(this.#block.subarray(0, this.#size))
      this.#block = Buffer.allocUnsafe(Math.max(65_536, length))
      this.#size = 0
    }
    from.copy(this.#block, this.#size, start, end)
    this.#size += length
    this.#block[this.#size - 1] = then
  }

  #inlinePicture(): void {
    const dict = this.#inlineDict()
    const data = dict && this.#inlineData(dict)
    const text = data && inlineText(new Stream(dict, data), this.#source, this.#mostBytes)
    if (text === undefined) this.#unknown++
    else {
      const octets = Buffer.from(text, 'latin1')
      this.#copy(octets, { start: 0, end: octets.length, then: 0x0a })
    }
  }

  /** Keys and values from BI to ID. */
  #inlineDict(): Dict | undefined {
    const lexer = this.#lexer
    const dict: Dict = new Map()
    try {
      for (lexer.skipSpace(); lexer.bytes[lexer.at] === 0x2f; lexer.skipSpace()) dict.set(lexer.name().text, lexer.value())
    } catch (error) {
      if (!(error instanceof Damaged)) throw error
    }
    return lexer.word() === 'ID' ? dict : undefined
  }

  /** Octets from ID to EI; by their number where nothing is packed, else to the first EI that stands alone. */
  #inlineData(dict: Dict): Uint8Array | undefined {
    const lexer = this.#lexer
    const { bytes } = lexer
    const start = lexer.at + 1
    const plainBytes = dict.has('F') || dict.has('Filter') ? 0 : plainSize(dict)
    for (let at = bytes.indexOf('EI', start + plainBytes, 'latin1'); at >= 0; at = bytes.indexOf('EI', at + 1, 'latin1')) {
      const before = CHARACTER_CLASS[bytes[at - 1]!] === 1 || bytes[at - 1] === 0x3e || at === start + plainBytes
      if (!before || CHARACTER_CLASS[bytes[at + 2] ?? 0x20] !== 1 || !looksLikeContent(bytes, at + 2)) continue
      lexer.at = at + 2
      return bytes.subarray(start, plainBytes > 0 ? start + plainBytes : at)
    }
    lexer.at = bytes.length
    return undefined
  }
}

function isNumberCode(code: number | undefined): boolean {
  return code !== undefined && ((code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e)
}

function looksLikeContent(bytes: Buffer, at: number): boolean {
  return /^[\t\n\f\r\x20-\x7e]*$/.test(bytes.toString('latin1', at, at + 12))
}

const COMPONENTS: Readonly<Record<string, number>> = { G: 1, DeviceGray: 1, RGB: 3, DeviceRGB: 3, CMYK: 4, DeviceCMYK: 4, I: 1, Indexed: 1 }

function plainSize(dict: Dict): number {
  const number = (short: string, long: string) => Number(dict.get(short) ?? dict.get(long) ?? 0)
  const space = dict.get('CS') ?? dict.get('ColorSpace') ?? null
  const isMask = (dict.get('IM') ?? dict.get('ImageMask')) === true
  const components = isMask ? 1 : COMPONENTS[nameText(Array.isArray(space) ? space[0] : space)]
  const bits = isMask ? 1 : number('BPC', 'BitsPerComponent')
  const size = components === undefined ? 0 : Math.ceil((number('W', 'Width') * components * bits) / 8) * number('H', 'Height')
  return Number.isSafeInteger(size) && size > 0 ? size : 0
}

const INLINE_KEYS: Readonly<Record<string, string>> = {
  W: 'W', Width: 'W', H: 'H', Height: 'H', CS: 'CS', ColorSpace: 'CS', BPC: 'BPC', BitsPerComponent: 'BPC', D: 'D', Decode: 'D', IM: 'IM', ImageMask: 'IM',
  I: 'I', Interpolate: 'I', Intent: 'Intent',
}
const FAX_KEYS = ['K', 'EndOfLine', 'EncodedByteAlign', 'Columns', 'Rows', 'EndOfBlock', 'BlackIs1', 'DamagedRowsBeforeError']

function inlineText(stream: Stream, source: Source, mostBytes: number): string | undefined {
  const unpacked = unpackInline(stream, source, mostBytes)
  if (!unpacked) return undefined
  const { filter, data, parameters } = unpacked
  const entries = [...stream.dict].flatMap(([key, value]) => {
    const known = Object.hasOwn(INLINE_KEYS, key) ? INLINE_KEYS[key] : undefined
    return known === undefined ? [] : [`/${known} ${simpleText(value)}`]
  })
  return `BI ${entries.join(' ')} /F[/A85/${filter}]${parameters} ID ${ascii85(data)}\nEI`
}

type InlineData = { readonly filter: 'Fl' | 'CCF' | 'DCT'; readonly data: Uint8Array; readonly parameters: string }

function unpackInline(stream: Stream, source: Source, mostBytes: number): InlineData | undefined {
  try {
    const unpacked = unpack(stream, source, mostBytes)
    if (!unpacked) return undefined
    const { data, picture } = unpacked
    if (!picture) return { filter: 'Fl', data: deflate(data), parameters: '' }
    if (picture.filter === 'DCTDecode') {
      const jpeg = remuxJpeg(data)
      return jpeg && { filter: 'DCT', data: jpeg.bytes, parameters: '' }
    }
    if (picture.filter !== 'CCITTFaxDecode') return undefined
    const entries = FAX_KEYS.flatMap(key => (picture.parameters?.has(key) ? [`/${key} ${simpleText(picture.parameters.get(key)!)}`] : []))
    return { filter: 'CCF', data, parameters: ` /DP[null <<${entries.join(' ')}>>]` }
  } catch (error) {
    if (error instanceof Damaged) return undefined
    throw error
  }
}

/** Names, numbers, strings and arrays of them; null for what has no place in an inline picture. */
function simpleText(value: Value): string {
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'boolean') return String(value)
  if (value instanceof Name) return nameSyntax(value.text)
  if (value instanceof Text) return stringText(value.octets)
  if (Array.isArray(value) && value.every(each => !Array.isArray(each) && !isDict(each))) return `[${value.map(simpleText).join(' ')}]`
  return 'null'
}
