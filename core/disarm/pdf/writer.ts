/**
 * A new PDF file, object by object: numbers in the order of asking, one plain table, no dates, no /ID, no object
 * streams. Equal calls give equal octets.
 * Standards: ISO 32000-1 §7.5.
 */
import { Buffer } from 'node:buffer'
import { OverLimit } from './object.ts'

/** A dictionary in the syntax of the file (without /Length), or any other object as text; `data` makes it a stream. */
export type Body = { readonly text: string; readonly data?: Uint8Array }

/** The second line says that the file is not text. */
const HEADER = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')

export class PdfWriter {
  readonly #mostBytes: number
  readonly #chunks: Uint8Array[] = [HEADER]
  readonly #offsets: number[] = []
  #bytes = HEADER.length

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** How many numbers have been given. */
  get objects(): number {
    return this.#offsets.length
  }

  allocate(): number {
    this.#offsets.push(0)
    return this.#offsets.length
  }

  /** Each number once. Throws OverLimit when the file grows too large. */
  put(number: number, { text, data }: Body): void {
    this.#offsets[number - 1] = this.#bytes
    if (!data) return this.#add(Buffer.from(`${number} 0 obj\n${text}\nendobj\n`, 'latin1'))
    const dict = `${text.slice(0, -2)}/Length ${data.length}>>`
    this.#add(Buffer.from(`${number} 0 obj\n${dict}\nstream\n`, 'latin1'))
    this.#add(data)
    this.#add(Buffer.from('\nendstream\nendobj\n', 'latin1'))
  }

  #add(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#mostBytes) throw new OverLimit()
    this.#chunks.push(chunk)
  }

  /** `trailer` is what stands in it beside size and root, e.g. `/Info 3 0 R`. */
  finish(root: number, trailer: string): Uint8Array {
    const start = this.#bytes
    const rows = this.#offsets.map(offset => (offset === 0 ? '0000000000 00000 f \n' : `${String(offset).padStart(10, '0')} 00000 n \n`))
    const size = rows.length + 1
    const end = `trailer\n<</Size ${size}/Root ${root} 0 R${trailer}>>\nstartxref\n${start}\n%%EOF\n`
    this.#add(Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${rows.join('')}${end}`, 'latin1'))
    return new Uint8Array(Buffer.concat(this.#chunks))
  }
}
