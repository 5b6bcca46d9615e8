/**
 * Address files (.vcf): properties of an allow-list, each value read and written as what it is, in the version that came.
 *
 *   octets ──▶ tree.ts ──▶ [vcard.ts] ──▶ value.ts ▸ write.ts ──▶ UTF-8, CRLF
 *
 * Portraits and logos are coded anew and stand in the file; those from elsewhere, sounds, keys and cards in cards are left
 * behind. Readings of names (フリガナ) stay in all three ways in which Japanese telephones and programs write them.
 * Standards: RFC 6350 (4.0), RFC 2426 (3.0), vCard 2.1; IrMC 1.1 (SOUND;X-IRMC-N).
 */
import { Buffer } from 'node:buffer'
import { type ObjectKind, ruleFor } from '../../objects.ts'
import type { ContentLine } from '../../text/content-line.ts'
import { makeHarmlessLine } from '../../text/harmless.ts'
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { type Component, Ledger, readDirectory } from './tree.ts'
import { cardDate, link, number, plainValue, position, text, textOrLink, texts, type ValueWriter, word } from './value.ts'
import { type OutLine, writeBinaryLine, writeLine } from './write.ts'

const PROPERTIES: Readonly<Record<string, ValueWriter>> = {
  FN: text, N: texts, NICKNAME: texts, ORG: texts, TITLE: text, ROLE: text, ADR: texts, LABEL: text, TEL: textOrLink, EMAIL: text, NOTE: text,
  CATEGORIES: texts, BDAY: cardDate, ANNIVERSARY: cardDate, GENDER: texts, LANG: text, TZ: text, GEO: textOrLink, UID: textOrLink, REV: cardDate,
  KIND: word, CLASS: word, 'SORT-STRING': text, MAILER: text, URL: link, IMPP: link, MEMBER: textOrLink, RELATED: textOrLink, CLIENTPIDMAP: texts,
  'X-PHONETIC-FIRST-NAME': text, 'X-PHONETIC-MIDDLE-NAME': text, 'X-PHONETIC-LAST-NAME': text, 'X-PHONETIC-ORG': text, 'X-ABLABEL': text, 'X-ABSHOWAS': word,
  'X-REDUCTION': number,
}
const GONE: Readonly<Record<string, ObjectKind>> = {
  SOUND: 'media', KEY: 'signatures', AGENT: 'embeddedFiles', SOURCE: 'externalLinks', FBURL: 'externalLinks', CALURI: 'externalLinks', CALADRURI: 'externalLinks',
  PRODID: 'metadata',
}
const PICTURES = new Set(['PHOTO', 'LOGO'])
const PARAMS = new Set(['TYPE', 'PREF', 'LANGUAGE', 'ALTID', 'SORT-AS', 'LABEL', 'CALSCALE'])
const READ_PARAMS = new Set(['VALUE', 'ENCODING', 'CHARSET', '', 'MEDIATYPE', 'PID'])
const ENCODINGS = /^(?:quoted-printable|base64|7bit|8bit|b)$/i
const PARAM_WORD = /^[\p{L}\p{N} ._/-]{1,100}$/u
const MAX_PARAM_LENGTH = 1000
const DATA_URI = /^data:image\/[a-z0-9+.-]{1,40};base64,/i

export const vcardDisarmer: Disarmer = {
  table: [
    { object: 'names with their readings, organisations, addresses, telephones, mailboxes, dates, notes', becomes: 'rebuilt' },
    { object: 'portraits and logos, re-encoded', becomes: 'rebuilt', kind: 'pictures' },
    { object: 'portraits and logos loaded from elsewhere', becomes: 'removed', kind: 'remoteContent' },
    { object: 'links to the web, to a mailbox, to a telephone', becomes: 'kept', kind: 'hyperlinks' },
    { object: 'links that run a script', becomes: 'removed', kind: 'scripts' },
    { object: 'links of other kinds, sources to be fetched', becomes: 'removed', kind: 'externalLinks' },
    { object: 'sounds', becomes: 'removed', kind: 'media' },
    { object: 'keys and certificates', becomes: 'removed', kind: 'signatures' },
    { object: 'cards in cards', becomes: 'removed', kind: 'embeddedFiles' },
    { object: 'values that are not what their property is', becomes: 'removed', kind: 'unknownParts' },
    { object: 'data of other programs (X-…)', becomes: 'removed', kind: 'customData' },
    { object: 'name of the program', becomes: 'removed', kind: 'metadata' },
    { object: 'lines that belong to no card', becomes: 'removed', kind: 'trailingData' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const directory = readDirectory(input, 'VCARD')
    if (directory === undefined) return { kind: 'cannot', reason: 'malformed' }
    const ledger = new Ledger(directory.style, input.rules)
    ledger.count('trailingData', directory.strayLines)
    const pieces: string[] = []
    let length = 0
    for (const card of directory.roots) {
      const written = await new CardWriting(ledger, input).card(card)
      pieces.push(written)
      length += written.length
      if (length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    }
    const bytes = new Uint8Array(Buffer.from(pieces.join('')))
    if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    return { kind: 'rebuilt', bytes, mediaType: 'text/vcard', extension: 'vcf', removed: ledger.removed, findings: directory.findings }
  },
}

class CardWriting {
  readonly #ledger: Ledger
  readonly #input: DisarmInput
  #version = '3.0'

  constructor(ledger: Ledger, input: DisarmInput) {
    this.#ledger = ledger
    this.#input = input
  }

  async card({ lines, children }: Component): Promise<string> {
    const version = lines.find(({ name }) => name === 'VERSION')?.value.trim()
    this.#version = this.#ledger.style === 'old' ? '2.1' : version === '4.0' ? '4.0' : '3.0'
    const pieces = [`BEGIN:VCARD\r\nVERSION:${this.#version}\r\n`]
    for (const line of lines) {
      if (PICTURES.has(line.name)) pieces.push(await this.#picture(line))
      else if (line.name !== 'VERSION') pieces.push(this.#property(line))
    }
    this.#ledger.count('embeddedFiles', children.length)
    return [...pieces, 'END:VCARD\r\n'].join('')
  }

  #property(line: ContentLine): string {
    const isReading = line.name === 'SOUND' && [...line.params.values()].flat().some(each => /^X-IRMC-N$/i.test(each))
    const writer = isReading ? texts : Object.hasOwn(PROPERTIES, line.name) ? PROPERTIES[line.name] : undefined
    if (writer === undefined) {
      this.#ledger.count(Object.hasOwn(GONE, line.name) ? GONE[line.name]! : 'customData')
      return ''
    }
    const written = line.name === 'GEO' && this.#version !== '4.0' ? position(line, this.#ledger) : writer(line, this.#ledger)
    if ('gone' in written) {
      this.#ledger.count(written.gone)
      return ''
    }
    const valueType = written.valueType === undefined ? [] : [['VALUE', [written.valueType]] as const]
    return writeLine(this.#out(line, [...valueType, ...this.#params(line)], written.value), this.#ledger.style)
  }

  #out({ group, name }: ContentLine, params: OutLine['params'], value: string): OutLine {
    return { group, name, params, value }
  }

  #params({ params }: ContentLine): (readonly [string, readonly string[]])[] {
    const words = (params.get('') ?? []).filter(each => !ENCODINGS.test(each))
    const all = new Map(params)
    if (words.length > 0) all.set('TYPE', [...(params.get('TYPE') ?? []), ...words])
    const kept: (readonly [string, readonly string[]])[] = []
    for (const [key, values] of all) {
      const written = PARAMS.has(key) ? values.flatMap(value => this.#param(key, value)) : []
      if (written.length > 0) kept.push([key, written])
      else if (!READ_PARAMS.has(key)) this.#ledger.count('customData')
    }
    return kept
  }

  #param(key: string, untrustedValue: string): string[] {
    const value = makeHarmlessLine(untrustedValue, MAX_PARAM_LENGTH)
    const isFree = this.#ledger.style === 'new' && (key === 'LABEL' || key === 'SORT-AS')
    return value !== '' && (isFree || PARAM_WORD.test(value)) ? [value] : []
  }

  /** Coded anew from its pixels; without a file of it in the card there is none. */
  async #picture(line: ContentLine): Promise<string> {
    const value = plainValue(line)
    const isData = value === undefined || DATA_URI.test(value)
    if (!isData || ruleFor('pictures', this.#input.rules) !== 'keep') {
      this.#ledger.count(isData ? 'pictures' : 'remoteContent')
      return ''
    }
    const base64 = value === undefined ? line.value : value.slice(value.indexOf(',') + 1)
    const picture = await this.#input.tools.picture(new Uint8Array(Buffer.from(base64, 'base64')))
    if (picture === undefined) {
      this.#ledger.count('pictures')
      return ''
    }
    const encoded = Buffer.from(picture.bytes).toString('base64')
    if (this.#version === '4.0') return writeLine(this.#out(line, [], `data:${picture.mediaType};base64,${encoded}`), 'new')
    return writeBinaryLine(this.#out(line, [['TYPE', [picture.extension === 'jpg' ? 'JPEG' : picture.extension.toUpperCase()]]], encoded), this.#ledger.style, 'b')
  }
}
