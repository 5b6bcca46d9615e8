/**
 * Text before the first and after the last delimiter of a multipart.
 *
 * The usual sentence for old mailers is no content, and only noted. Anything else becomes a leaf part of its own,
 * so that it has an outcome: some readers show it, and none of its octets may get lost.
 * Standards: RFC 2046 §5.1.1 (preamble and epilogue).
 */

import { NO_OCTETS } from './octets.ts'

/** Collected before it is decided what the text is. */
const SENTENCE_MAX = 512

const BLANK = /^[ \t\r\n]*$/
const USUAL_LINES = [
  /^this is an? (?:[a-z/-]{1,20} ){0,4}(?:message|report|e?-?mail)(?: (?:in|with|according to) [a-z0-9 /-]{1,60})?(?: \([a-z0-9 ,]{1,40}\))?[.:]?$/i,
  /^(?:and )?(?:if )?(?:you are|you're|your) (?:reading this|mail reader|mail client|mailer|e?-?mail software)[a-z0-9 ,'./()-]{0,120}$/i,
  /^(?:does not|doesn't|may not|cannot|not) (?:support|understand|display)[a-z0-9 ,'./()-]{0,80}$/i,
]

export function isUsualSentence(text: string): boolean {
  return text.split(/\r\n|\r|\n/).every(line => BLANK.test(line) || USUAL_LINES.some(usual => usual.test(line.trim())))
}

type StrayEvents = {
  /** Called at most once, before `write`. */
  readonly open: () => void
  readonly write: (window: Buffer, start: number, end: number) => void
  /** Called at most once, instead of `open`: only the usual sentence, or nothing but blanks when `text` is false. */
  readonly trivial: (text: boolean) => void
}

export class StrayText {
  readonly #events: StrayEvents
  #held: Buffer | undefined = NO_OCTETS

  constructor(events: StrayEvents) {
    this.#events = events
  }

  write(window: Buffer, start: number, end: number): void {
    if (!this.#held) return this.#events.write(window, start, end)
    const taken = Math.min(end, start + SENTENCE_MAX + 1 - this.#held.length)
    this.#held = Buffer.concat([this.#held, window.subarray(start, taken)])
    if (this.#held.length <= SENTENCE_MAX) return
    this.#open(this.#held)
    if (taken < end) this.#events.write(window, taken, end)
  }

  end(): void {
    if (!this.#held) return
    if (this.#held.length === 0) return this.#events.trivial(false)
    const text = this.#held.toString('latin1')
    if (BLANK.test(text)) this.#events.trivial(false)
    else if (isUsualSentence(text)) this.#events.trivial(true)
    else this.#open(this.#held)
  }

  #open(held: Buffer): void {
    this.#held = undefined
    this.#events.open()
    this.#events.write(held, 0, held.length)
  }
}
