/**
 * A page of plain text that is written from top to bottom: white space collapses, lines end, quotes and lists
 * indent, runs of struck-out or coloured text get their marks.
 *
 * White space follows CSS Text 3 §4.1; a source line break between two CJK characters is no space at all
 * (§4.1.3), so Japanese wrapped by a mail program reads as one sentence again.
 */

const NEWLINE = '\n'
/** Struck out and coloured, as bits of one run. */
export const STRIKE = 2
export const COLOR = 1

export type MarkWords = { readonly strike: readonly [string, string]; readonly color: readonly [string, string] }

export class TextFlow {
  readonly #words: MarkWords
  readonly #lines: string[] = []
  #line = ''
  /** Last code unit of the line, kept apart so that the line need not be flattened to look. */
  #lastCode = 0
  /** Nothing, a space, or a source line break that may turn out to be nothing. */
  #blank: '' | ' ' | '\n' = ''
  #wantsGap = false
  #openMarks = 0
  /** Stands before every line: quotes and indents. */
  #prefix = ''
  #lastPrefix = ''
  /** Stands before the next line instead: a list marker. */
  #marker: string | undefined
  /** Goes before the next text unless that begins with a sign of its own: `■ `. */
  #lead = ''
  chars = 0

  constructor(words: MarkWords) {
    this.#words = words
  }

  /** Text as it stands in the source; white space in it collapses. `marks` are the bits it carries. */
  collapse(source: string, marks: number): void {
    const first = source.search(/[^ \t\n\r\f]/)
    if (first < 0) {
      this.#noteBlank(source)
      return
    }
    if (first > 0) this.#noteBlank(source.slice(0, first))
    const end = endOfInk(source)
    const trimmed = source.slice(first, end)
    this.#put(/[\t\n\r\f]| {2}/.test(trimmed) ? trimmed.replace(/[ \t\n\r\f]+/g, joined) : trimmed, marks)
    if (end < source.length) this.#noteBlank(source.slice(end))
  }

  /** Text whose line breaks count; `spaces` says whether its spaces do, too. */
  keep(source: string, marks: number, spaces: boolean): void {
    const lines = source.split(/\r\n|[\r\n]/)
    lines.forEach((line, index) => {
      if (index > 0) this.break()
      if (line === '') return
      if (spaces) this.#put(line, marks)
      else this.collapse(line, marks)
    })
  }

  /** Our own words: never taken apart, never marked. */
  say(words: string): void {
    this.#put(words, 0)
  }

  space(): void {
    this.#blank ||= ' '
  }

  /** <br>: ends the line, or makes an empty one. */
  break(): void {
    this.#endLine()
  }

  /** Edge of a block: what follows starts on a line of its own, after an empty one when `gap`. */
  edge(gap: boolean): void {
    this.#blank = ''
    if (this.#line !== '') this.#endLine()
    this.#wantsGap ||= gap
  }

  lead(words: string): void {
    this.#lead = words
  }

  /** The next line starts with `marker`, the lines after it with as many spaces. */
  marker(marker: string): void {
    this.#marker = (this.#marker ?? this.#prefix) + marker
  }

  dropMarker(): void {
    this.#marker = undefined
    this.#lead = ''
  }

  get prefix(): string {
    return this.#prefix
  }
  set prefix(prefix: string) {
    this.#prefix = prefix
  }

  /** Lines made elsewhere, with our prefix. */
  addLines(lines: readonly string[]): void {
    for (const line of lines) {
      this.#put(line, 0)
      this.edge(false)
    }
  }

  /** The finished lines. */
  finish(): string[] {
    this.edge(false)
    while (this.#lines.at(-1)?.trim() === '') this.#lines.pop()
    return this.#lines
  }

  #noteBlank(source: string): void {
    if (this.#line === '') return
    this.#blank = this.#blank === NEWLINE || source.includes(NEWLINE) ? NEWLINE : ' '
  }

  #put(text: string, marks: number): void {
    if (text === '') return
    this.#openGap()
    const blank = this.#takeBlank(text)
    if (marks !== this.#openMarks) {
      this.#closeMarks()
      this.#line += blank + this.#takeLead(text)
      this.#openMarks = marks
      if (marks & STRIKE) this.#line += this.#words.strike[0]
      if (marks & COLOR) this.#line += this.#words.color[0]
      this.#line += text
    } else this.#line += blank + this.#takeLead(text) + text
    this.#lastCode = text.charCodeAt(text.length - 1)
    this.chars += text.length + blank.length
  }

  #takeLead(text: string): string {
    const lead = this.#lead
    this.#lead = ''
    return lead !== '' && /^[\p{L}\p{N}「『（([〔]/u.test(text) ? lead : ''
  }

  #takeBlank(next: string): string {
    const blank = this.#blank
    this.#blank = ''
    if (blank === '' || this.#line === '') return ''
    if (blank === '\n' && isWide(this.#lastCode) && isWide(next.charCodeAt(0))) return ''
    return ' '
  }

  #closeMarks(): void {
    if (this.#openMarks & COLOR) this.#line += this.#words.color[1]
    if (this.#openMarks & STRIKE) this.#line += this.#words.strike[1]
    this.#openMarks = 0
  }

  #openGap(): void {
    if (!this.#wantsGap) return
    this.#wantsGap = false
    const last = this.#lines.at(-1)
    if (last === undefined || /^[> ]*$/.test(last)) return
    // Between two depths of quotation the empty line belongs to the outer one.
    this.#lines.push(commonStart(this.#lastPrefix, this.#prefix).trimEnd())
  }

  #endLine(): void {
    this.#openGap()
    this.#closeMarks()
    this.#blank = ''
    const text = this.#line.replaceAll('\u00a0', ' ').trimEnd()
    this.#line = ''
    if (text === '') {
      const last = this.#lines.at(-1)
      if (last === undefined || (last === this.#lines.at(-2) && /^[> ]*$/.test(last))) return
      this.#lines.push(this.#prefix.trimEnd())
    } else {
      this.#lines.push((this.#marker ?? this.#prefix) + text)
      this.#marker = undefined
    }
    this.#lastPrefix = this.#prefix
    this.chars += this.#prefix.length + 1
  }
}

function commonStart(a: string, b: string): string {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return a.slice(0, length)
}

/** Index after the last character that is not white space; there must be one. */
function endOfInk(source: string): number {
  let end = source.length
  while (isBlankCode(source.charCodeAt(end - 1))) end--
  return end
}

function isBlankCode(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0x0c
}

function isWide(code: number): boolean {
  return code >= 0x2e80 && code <= 0xffef && !(code >= 0xac00 && code <= 0xd7a3)
}

function joined(run: string, offset: number, whole: string): string {
  if (!run.includes(NEWLINE)) return ' '
  return isWide(whole.charCodeAt(offset - 1)) && isWide(whole.charCodeAt(offset + run.length)) ? '' : ' '
}
