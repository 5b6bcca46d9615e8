/**
 * The words of a rebuilt file, for pages of ours: paragraphs one under the other, cells of a row side by side, a form
 * feed before each further sheet or slide. Where something stands on the page is not shown, only what it says.
 */
import { Buffer } from 'node:buffer'
import { readXml, type XmlHandler } from '../disarm/xml.ts'
import { openPackage, type OpenPackage, type PackageEntry } from '../disarm/zip-package.ts'
import { readComposed } from '../mime/composed.ts'
import type { FileBounds } from '../rebuild.ts'
import { makeHarmless } from '../text/harmless.ts'
import { htmlToText } from '../text/html.ts'
import { rtfWords } from './rtf-words.ts'
import { sheetWords } from './sheet-words.ts'
import { stepWords } from './step-words.ts'

const MOST_CHARACTERS = 2_000_000
/** Names of a list. */
const MOST_NAMES = 5_000
const OOXML = 'application/vnd.openxmlformats-officedocument.'
const PLAIN = new Set(['text/plain', 'text/csv', 'text/tab-separated-values', 'application/json', 'application/xml', 'text/calendar', 'text/vcard'])

/** Undefined for what has no words that we know how to find. */
export function wordsOf(bytes: Uint8Array, mediaType: string, bounds: FileBounds): string | undefined {
  const found = find(bytes, mediaType, bounds)
  return found === undefined ? undefined : makeHarmless(found.slice(0, MOST_CHARACTERS)).text
}

function find(bytes: Uint8Array, mediaType: string, bounds: FileBounds): string | undefined {
  if (PLAIN.has(mediaType)) return Buffer.from(bytes).toString('utf8').replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  if (mediaType === 'text/html') return htmlToText(Buffer.from(bytes).toString('utf8'), { links: 'keep', language: 'ja', maxChars: MOST_CHARACTERS }).text
  if (mediaType === 'application/x-eml') return mailWords(bytes)
  if (mediaType === 'application/rtf') return rtfWords(bytes, MOST_CHARACTERS)
  if (isStep(mediaType)) return stepWords(bytes)
  const opened = isPackage(mediaType) ? openPackage(bytes, { entries: bounds.entries, bytes: 4 * bounds.memberBytes }) : undefined
  if (opened?.kind !== 'open') return undefined
  if (mediaType === 'application/zip') return opened.entries.slice(0, MOST_NAMES).map(({ name }) => name).join('\n')
  if (mediaType.startsWith(`${OOXML}spreadsheetml`)) return sheetWords(opened)
  if (mediaType.startsWith(`${OOXML}presentationml`)) return slideWords(opened)
  if (mediaType.startsWith(OOXML)) return partWords(opened, 'word/document.xml')
  return partWords(opened, 'content.xml')
}

export function isStep(mediaType: string): boolean {
  return mediaType === 'application/p21' || mediaType === 'application/x-sfc'
}

function isPackage(mediaType: string): boolean {
  return mediaType === 'application/zip' || mediaType.startsWith(OOXML) || mediaType.startsWith('application/vnd.oasis.opendocument.')
}

function mailWords(bytes: Uint8Array): string {
  const { text, files } = readComposed(bytes)
  return [text, ...files.map(({ name }) => `[${name}]`)].join('\n')
}

function slideWords({ entries }: OpenPackage): string {
  const slides = entries.filter(({ name }) => /^ppt\/slides\/slide\d+\.xml$/.test(name))
  const number = ({ name }: PackageEntry) => Number(/\d+/.exec(name)?.[0])
  return slides.sort((a, b) => number(a) - number(b)).map(entryWords).join('\f')
}

function partWords({ entries }: OpenPackage, wanted: string): string | undefined {
  const entry = entries.find(({ name }) => name === wanted)
  return entry && entryWords(entry)
}

/** By local names, which Word, PowerPoint and OpenDocument do not use for two things at once. */
const LINE_ENDS = new Set(['p', 'h', 'br', 'line-break', 'tr', 'table-row'])
const CELLS = new Set(['tc', 'table-cell'])
const BLANKS = new Set(['tab', 's'])
const CELL = '\u0001'
const OF_CONTENT = new Set(['t', 'p', 'h', 'span', 'a'])

function entryWords(entry: PackageEntry): string {
  const words = new Words()
  const content = entry.read()
  if (content) readXml(content, words.handler, { doctype: 'refuse' })
  return words.text
}

class Words {
  #text = ''
  readonly #open: string[] = []
  readonly handler: XmlHandler = {
    open: ({ local }) => {
      this.#open.push(local)
      if (BLANKS.has(local)) this.#text += ' '
    },
    text: text => {
      if (OF_CONTENT.has(this.#open.at(-1) ?? '') && this.#text.length < MOST_CHARACTERS) this.#text += text
    },
    close: () => {
      const local = this.#open.pop() ?? ''
      if (CELLS.has(local)) this.#text += CELL
      else if (LINE_ENDS.has(local)) this.#text += '\n'
    },
  }

  /** The paragraphs of a cell end at the cell. */
  get text(): string {
    return this.#text.replace(/\n*\u0001/g, ' | ').replace(/\n{3,}/g, '\n\n').trim()
  }
}
