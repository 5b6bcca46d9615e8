/**
 * JSON, read by its grammar and written again: keys in their order, numbers with the digits they came with.
 *
 *   text ──▶ tokens, checked against the grammar ──▶ same values, layout of our own
 *
 * Nothing in JSON acts; what is guarded against is text that pretends to be JSON, and characters that fool a reader:
 * those are written as \u escapes, which mean the same. One value per file, or one per line (JSON Lines). What is no
 * JSON after all is a text like any other. A key that stands twice in one object is kept and told: programs differ
 * in which they believe.
 * Linear, no recursion. Standards: RFC 8259; RFC 7464 is not read; jsonlines.org.
 */
import { Buffer } from 'node:buffer'
import type { FindingCode } from '../finding.ts'
import { decodeText } from '../text/charset.ts'
import type { Disarmed, Disarmer, DisarmInput } from './contract.ts'
import { textDisarmer } from './text.ts'

const MOST_DEPTH = 200
const BLANK = /[ \t\r\n]*/y
const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y
/** Controls, direction marks, invisible characters, lone surrogates, line ends of JavaScript. */
const FOOLING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

export const jsonDisarmer: Disarmer = {
  table: [
    { object: 'values, keys and their order, numbers as written', becomes: 'rebuilt' },
    { object: 'keys that stand twice: told', becomes: 'kept' },
    { object: 'invisible and direction characters: as escapes', becomes: 'rebuilt' },
  ],
  disarm(input: DisarmInput): Disarmed | Promise<Disarmed> {
    if (input.untrustedBytes.length > 4 * input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const { text, findings } = decodeText(input.untrustedBytes, input.declaredCharset ?? 'utf-8')
    if (findings.some(({ code }) => code === 'charset.cut')) return { kind: 'cannot', reason: 'malformed' }
    const written = new JsonWriting(text, input.limits.outputBytes).run()
    if (written === 'limit') return { kind: 'cannot', reason: 'limit' }
    if (written === undefined) return textDisarmer.disarm(input)
    const { bytes } = written
    if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const twice: { code: FindingCode; detail: string }[] = written.keysTwice > 0 ? [{ code: 'json.key-twice', detail: String(written.keysTwice) }] : []
    return { kind: 'rebuilt', bytes, mediaType: 'application/json', extension: 'json', removed: [], findings: [...findings, ...twice] }
  },
}

type Written = { readonly bytes: Uint8Array; readonly keysTwice: number }
type Level = { readonly close: '}' | ']'; readonly keys: Set<string> | undefined; count: number }
/** What may come next: bits, since each token asks. */
const [VALUE, KEY, COLON, COMMA, END] = [1, 2, 4, 8, 16]
/** Pieces of the output become octets at this length. */
const PIECE_LENGTH = 65_536

class JsonWriting {
  readonly #text: string
  readonly #mostLength: number
  readonly #indented: boolean
  readonly #octets: Buffer[] = []
  readonly #open: Level[] = []
  #piece = ''
  #expect = VALUE
  #length = 0
  #values = 0
  #keysTwice = 0
  #at = 0

  constructor(text: string, mostLength: number) {
    this.#text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
    this.#mostLength = mostLength
    // Written on several lines, unless it is one value or one per line.
    this.#indented = /^\s*[{[][ \t]*\r?\n/.test(this.#text)
  }

  /** Undefined when it is no JSON. */
  run(): Written | 'limit' | undefined {
    const text = this.#text
    for (this.#skipBlank(); this.#at < text.length; this.#skipBlank()) {
      if (!this.#take(text[this.#at]!)) return undefined
      if (this.#length > this.#mostLength || this.#open.length > MOST_DEPTH) return 'limit'
    }
    if (this.#open.length > 0 || this.#values === 0) return undefined
    this.#octets.push(Buffer.from(`${this.#piece}\n`))
    return { bytes: new Uint8Array(Buffer.concat(this.#octets)), keysTwice: this.#keysTwice }
  }

  #skipBlank(): void {
    if (this.#text.charCodeAt(this.#at) > 0x20) return
    BLANK.lastIndex = this.#at
    BLANK.test(this.#text)
    this.#at = BLANK.lastIndex
  }

  #take(first: string): boolean {
    if ('{}[],:'.includes(first)) {
      this.#at++
      return this.#mark(first)
    }
    const string = first === '"' ? this.#string() : undefined
    if (string !== undefined) return this.#expect & KEY ? this.#key(string) : this.#value(string)
    LITERAL.lastIndex = this.#at
    const literal = LITERAL.exec(this.#text)?.[0]
    this.#at = LITERAL.lastIndex
    return literal !== undefined && this.#value(literal)
  }

  /** Written anew; undefined when it is none. Its end is the next quote that no backslash stands before. */
  #string(): string | undefined {
    let end = this.#at
    do end = this.#text.indexOf('"', end + 1)
    while (end > 0 && this.#isEscaped(end))
    const literal = end < 0 ? '' : this.#text.slice(this.#at, end + 1)
    this.#at = end + 1
    return literal === '' ? undefined : rewritten(literal)
  }

  #isEscaped(at: number): boolean {
    let back = at - 1
    while (this.#text[back] === '\\') back--
    return (at - back) % 2 === 0
  }

  #mark(mark: string): boolean {
    if (mark === '{' || mark === '[') {
      if (!this.#begin()) return false
      this.#open.push({ close: mark === '{' ? '}' : ']', keys: mark === '{' ? new Set() : undefined, count: 0 })
      this.#expect = (mark === '{' ? KEY : VALUE) | END
      return this.#say(mark)
    }
    if (mark === ':') return this.#expect === COLON && this.#after(VALUE, this.#indented ? ': ' : ':')
    const level = this.#open.at(-1)
    if (mark === ',') return level !== undefined && (this.#expect & COMMA) !== 0 && this.#after(level.keys ? KEY : VALUE, ',')
    if (level?.close !== mark || (this.#expect & END) === 0) return false
    this.#open.pop()
    if (level.count > 0) this.#newLine()
    return this.#after(COMMA | END, mark)
  }

  #key(key: string): boolean {
    const level = this.#open.at(-1)!
    if (level.keys!.has(key)) this.#keysTwice++
    level.keys!.add(key)
    level.count++
    this.#newLine()
    return this.#after(COLON, key)
  }

  #value(value: string): boolean {
    return this.#begin() && this.#after(COMMA | END, value)
  }

  /** Before a value: in an array its own line, at the top a line of its own, too. */
  #begin(): boolean {
    const level = this.#open.at(-1)
    if (!level) {
      if (this.#values++ > 0) this.#say('\n')
      return true
    }
    if ((this.#expect & VALUE) === 0) return false
    level.count++
    if (!level.keys) this.#newLine()
    return true
  }

  #after(expect: number, text: string): boolean {
    this.#expect = expect
    return this.#say(text)
  }

  #newLine(): void {
    if (this.#indented) this.#say(`\n${'  '.repeat(this.#open.length)}`)
  }

  #say(text: string): boolean {
    this.#piece += text
    this.#length += text.length
    if (this.#piece.length > PIECE_LENGTH) {
      this.#octets.push(Buffer.from(this.#piece))
      this.#piece = ''
    }
    return true
  }
}

/** A string literal with the same meaning, every character that fools a reader escaped; undefined when it is none. */
function rewritten(literal: string): string | undefined {
  try {
    const meant = JSON.parse(literal) as string
    return JSON.stringify(meant).replace(FOOLING, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
  } catch {
    return undefined
  }
}
