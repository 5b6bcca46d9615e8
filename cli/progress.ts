/**
 * One line on a terminal that says how far a long command is. Nothing where standard error is no terminal, and
 * nothing for what is over at once.
 */
import { basename } from 'node:path'
import { displayWidth, harmless } from './output.ts'

const QUIET_MS = 700
const CLEAR = '\r\u001b[K'

export class Progress {
  readonly #total: number
  readonly #stream: NodeJS.WriteStream
  readonly #current = new Set<string>()
  #done = 0
  #timer: NodeJS.Timeout | undefined

  constructor(total: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#total = total
    this.#stream = stream
    if (stream.isTTY) this.#timer = setInterval(() => this.#draw(), QUIET_MS).unref()
  }

  began(file: string): void {
    this.#current.add(file)
  }

  ended(file: string): void {
    this.#current.delete(file)
    this.#done++
  }

  /** Clears the line; also before anything else is written there. */
  clear(): void {
    if (this.#timer) this.#stream.write(CLEAR)
  }

  close(): void {
    this.clear()
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #draw(): void {
    const names = [...this.#current].map(file => harmless(basename(file))).join(', ')
    this.#stream.write(CLEAR + fitting(`${this.#done}/${this.#total}  ${names}`, this.#stream.columns || 80))
  }
}

function fitting(text: string, columns: number): string {
  let line = text
  while (displayWidth(line) >= columns) line = line.slice(0, -1)
  return line
}
