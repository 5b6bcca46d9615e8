/**
 * STEP files (.p21) and SXF drawings (.sfc): read by the grammar of ISO 10303-21 and written again token by token.
 *
 *   octets ──▶ tokens ──▶ sections ▸ records ▸ parameters ──▶ octets
 *
 * SXF keeps its drawing in comments of a form of its own between `SXF` marks: in an .sfc those are read by their grammar;
 * every other comment is left behind. Sections that refer to other files (ANCHOR, REFERENCE, SIGNATURE) are left behind. What
 * does not fit the grammar makes the file 'malformed'. Octets of strings above ASCII stay as they are (CP932 in Japan).
 * Standards: ISO 10303-21 §5–10; SXF ver. 3.1 feature comments (OCF, 2007).
 */
import { Buffer } from 'node:buffer'
import type { Removed } from '../../objects.ts'
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'

const SFC = 'application/x-sfc'
const MAX_DEPTH = 64
/** Each costs some dozens of octets while it is held. */
const MAX_PIECES = 4_000_000

export const stepDisarmer: Disarmer = {
  table: [
    { object: 'header and data records', becomes: 'rebuilt' },
    { object: 'SXF features in comments (.sfc)', becomes: 'rebuilt' },
    { object: 'other comments', becomes: 'removed', kind: 'customData' },
    { object: 'references to other files', becomes: 'removed', kind: 'externalLinks' },
    { object: 'signatures', becomes: 'removed', kind: 'signatures' },
    { object: 'data behind the end', becomes: 'removed', kind: 'trailingData' },
  ],
  disarm({ untrustedBytes, detectedType, limits }: DisarmInput): Disarmed {
    if (untrustedBytes.length > 2 * limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const isSfc = detectedType === SFC
    const text = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength).toString('latin1')
    const rebuilding = new StepRebuilding(text, isSfc)
    if (!rebuilding.run()) return { kind: 'cannot', reason: rebuilding.isOverLimit ? 'limit' : 'malformed' }
    const bytes = new Uint8Array(Buffer.from(rebuilding.pieces.join(''), 'latin1'))
    if (bytes.length > limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    return { kind: 'rebuilt', bytes, mediaType: detectedType, extension: isSfc ? 'sfc' : 'p21', removed: rebuilding.removed(), findings: [] }
  },
}

type Kind = 'name' | 'reference' | 'string' | 'number' | 'enumeration' | 'binary' | 'sign' | 'comment'
type Token = { readonly kind: Kind; readonly text: string }

/** Half of all tokens, by their character code. */
const SIGNS: readonly (Token | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const text = String.fromCharCode(code)
  return '=(),;$*'.includes(text) ? { kind: 'sign', text } : undefined
})

/** One alternative per kind but signs; none can match what another one begins. */
const TOKEN = new RegExp(
  [
    String.raw`\/\*`,
    String.raw`[#@]\d{1,20}`,
    '!?[A-Za-z_][A-Za-z0-9_-]{0,100}',
    String.raw`'(?:[^'\x00-\x08\x0e-\x1f\x7f]|'')*'`,
    String.raw`[+-]?\d{1,40}(?:\.\d{0,40})?(?:[Ee][+-]?\d{1,5})?`,
    String.raw`\.[A-Za-z_][A-Za-z0-9_]{0,100}\.`,
    '"[0-9A-Fa-f]*"',
  ].join('|'),
  'y',
)
/** What a token is, by its first character: the alternatives above do not share any. */
function kindOf(text: string): Kind {
  const first = text[0]!
  if (first === '#' || first === '@') return 'reference'
  if (first === "'") return 'string'
  if (first === '.') return 'enumeration'
  if (first === '"') return 'binary'
  if (first === '/') return 'comment'
  return /[0-9+-]/.test(first) ? 'number' : 'name'
}

const FEATURE = /\*?(SXF[0-9.]{0,8})[ \t\r\n]*(#\d{1,20})[ \t\r\n]*=[ \t\r\n]*([A-Za-z_][A-Za-z0-9_]{0,100})[ \t\r\n]*\(/y
const FEATURE_VALUE = /[ \t\r\n]*('(?:[^'\x00-\x08\x0e-\x1f\x7f]|'')*'|[+-]?\d{1,40}(?:\.\d{0,40})?(?:[Ee][+-]?\d{1,5})?|\$)?[ \t\r\n]*([,)])/y
const FEATURE_END = /[ \t\r\n]*(SXF[0-9.]{0,8})[ \t\r\n]*\*\//y

class StepRebuilding {
  readonly pieces: string[] = []
  isOverLimit = false
  readonly #text: string
  readonly #isSfc: boolean
  #at = 0
  #comments = 0
  #links = 0
  #signatures = 0
  #trailing = false

  constructor(text: string, isSfc: boolean) {
    this.#text = text
    this.#isSfc = isSfc
  }

  removed(): Removed[] {
    const lines: Removed[] = []
    if (this.#comments > 0) lines.push({ what: 'customData', count: this.#comments })
    if (this.#links > 0) lines.push({ what: 'externalLinks', count: this.#links })
    if (this.#signatures > 0) lines.push({ what: 'signatures', count: this.#signatures })
    if (this.#trailing) lines.push({ what: 'trailingData', count: 1 })
    return lines
  }

  run(): boolean {
    if (!this.#expect('ISO-10303-21', ';')) return false
    this.#write('ISO-10303-21;\n')
    for (;;) {
      const token = this.#next(true)
      if (token?.kind !== 'name') return false
      if (token.text === 'END-ISO-10303-21') break
      if (!this.#section(token.text)) return false
    }
    if (!this.#isSign(this.#next(true), ';')) return false
    this.#write('END-ISO-10303-21;\n')
    this.#trailing = /[^\s\x1a\0]/.test(this.#text.slice(this.#at))
    return true
  }

  #section(name: string): boolean {
    if (name === 'HEADER') return this.#records(name, this.#isSign(this.#next(false), ';'), true)
    if (name === 'DATA') return this.#data()
    if (name !== 'ANCHOR' && name !== 'REFERENCE' && name !== 'SIGNATURE') return false
    if (name === 'SIGNATURE') this.#signatures++
    else this.#links++
    const end = this.#text.indexOf('ENDSEC;', this.#at)
    this.#at = end + 'ENDSEC;'.length
    return end >= 0
  }

  /** `DATA;` or, for one of several, `DATA(name, schema);` */
  #data(): boolean {
    const token = this.#next(false)
    if (this.#isSign(token, ';')) return this.#records('DATA', true, true)
    if (!this.#isSign(token, '(')) return false
    this.#write('DATA(')
    if (!this.#parameters() || !this.#isSign(this.#next(false), ';')) return false
    this.#write(';\n')
    return this.#records('DATA', true, false)
  }

  #records(section: string, begins: boolean, writesName: boolean): boolean {
    if (!begins) return false
    if (writesName) this.#write(`${section};\n`)
    for (;;) {
      const token = this.#next(true)
      if (token?.kind === 'name' && token.text === 'ENDSEC') break
      if (!token || !this.#record(token)) return false
    }
    this.#write('ENDSEC;\n')
    return this.#isSign(this.#next(false), ';')
  }

  /** `NAME(…);` or `#1=NAME(…);` or `#1=(A(…)B(…));` */
  #record(first: Token): boolean {
    let token: Token | undefined = first
    if (token.kind === 'reference') {
      if (!this.#isSign(this.#next(false), '=')) return false
      this.#write(`${token.text}=`)
      token = this.#next(false)
      if (this.#isSign(token, '(')) return this.#complex()
    }
    if (token?.kind !== 'name') return false
    this.#write(token.text)
    if (!this.#isSign(this.#next(false), '(')) return false
    this.#write('(')
    return this.#parameters() && this.#end()
  }

  #complex(): boolean {
    this.#write('(')
    for (;;) {
      const token = this.#next(false)
      if (this.#isSign(token, ')')) break
      if (token?.kind !== 'name' || !this.#isSign(this.#next(false), '(')) return false
      this.#write(`${token.text}(`)
      if (!this.#parameters()) return false
    }
    this.#write(')')
    return this.#end()
  }

  #end(): boolean {
    this.#write(';\n')
    return this.#isSign(this.#next(false), ';')
  }

  /** Values behind an opened bracket up to the one that closes it, without recursion. */
  #parameters(): boolean {
    let depth = 1
    let wantsValue = true
    let isEmpty = true
    while (depth > 0) {
      const token = this.#next(false)
      if (!token) return false
      const { kind, text } = token
      if (kind === 'sign' && text === '(' && wantsValue) {
        if (++depth > MAX_DEPTH) {
          this.isOverLimit = true
          return false
        }
        isEmpty = true
      } else if (kind === 'sign' && text === ')' && (!wantsValue || isEmpty)) {
        depth--
        wantsValue = false
        isEmpty = false
      } else if (kind === 'sign' && text === ',' && !wantsValue) wantsValue = true
      else if (kind === 'name' && wantsValue) isEmpty = false
      else if (wantsValue && (kind !== 'sign' || text === '$' || text === '*')) {
        wantsValue = false
        isEmpty = false
      } else return false
      if (kind === 'sign' && text === ',') isEmpty = false
      this.#write(text)
    }
    return true
  }

  /** The next token; comments are passed over, but for features where those may stand. */
  #next(mayHoldFeatures: boolean): Token | undefined {
    while (!this.isOverLimit) {
      let start = this.#at
      let code = this.#text.charCodeAt(start)
      while (code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a) code = this.#text.charCodeAt(++start)
      const sign = SIGNS[code]
      if (sign) {
        this.#at = start + 1
        return sign
      }
      TOKEN.lastIndex = start
      if (!TOKEN.test(this.#text)) return undefined
      const text = this.#text.slice(start, TOKEN.lastIndex)
      const kind = kindOf(text)
      this.#at = TOKEN.lastIndex
      if (kind !== 'comment') return { kind, text }
      if (mayHoldFeatures && this.#isSfc && this.#feature()) continue
      const end = this.#text.indexOf('*/', this.#at)
      if (end < 0) return undefined
      this.#comments++
      this.#at = end + 2
    }
    return undefined
  }

  /** A feature that fits its grammar is written, and the comment is passed; else nothing has happened. */
  #feature(): boolean {
    FEATURE.lastIndex = this.#at
    const head = FEATURE.exec(this.#text)
    if (!head) return false
    const values: string[] = []
    let at = FEATURE.lastIndex
    for (let sign = ','; sign === ','; ) {
      FEATURE_VALUE.lastIndex = at
      const value = FEATURE_VALUE.exec(this.#text)
      // A string that could end the comment early would be read in two ways.
      if (!value || value[1]?.includes('*/')) return false
      values.push(value[1] ?? '')
      sign = value[2]!
      at = FEATURE_VALUE.lastIndex
    }
    FEATURE_END.lastIndex = at
    const end = FEATURE_END.exec(this.#text)
    if (!end) return false
    this.#at = FEATURE_END.lastIndex
    this.#write(`/*${head[1]}\n${head[2]} = ${head[3]}(${values.join(',')})\n${end[1]}*/\n`)
    return true
  }

  #expect(name: string, sign: string): boolean {
    const token = this.#next(false)
    return token?.kind === 'name' && token.text === name && this.#isSign(this.#next(false), sign)
  }

  #isSign(token: Token | undefined, sign: string): boolean {
    return token?.kind === 'sign' && token.text === sign
  }

  #write(piece: string): void {
    this.isOverLimit ||= this.pieces.length >= MAX_PIECES
    this.pieces.push(piece)
  }
}
