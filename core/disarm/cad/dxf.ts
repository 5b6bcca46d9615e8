/**
 * DXF drawings in text form: read as pairs of a code and a value, written again from the entities that are known.
 *
 *   octets ──▶ pairs ▸ typed by code ──▶ sections ▸ records by allow-list ──▶ octets
 *
 * Left behind: OLE frames, pictures and underlays from other files, proxies, VBA and everything else that is not on the list;
 * paths to other drawings and fonts; extended data of other programs, links among them. A code that the format does not have
 * makes the file 'malformed'. Octets above ASCII stay as they are.
 * Source: AutoCAD 2012 DXF Reference (group codes, sections).
 */
import { Buffer } from 'node:buffer'
import type { ObjectKind } from '../../objects.ts'
import { ruleFor } from '../../objects.ts'
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'

const words = (text: string) => new Set(text.split(/\s+/))
const SECTIONS = words('HEADER TABLES BLOCKS ENTITIES OBJECTS')
const RECORDS = words(`TABLE ENDTAB APPID BLOCK_RECORD DIMSTYLE LAYER LTYPE STYLE UCS VIEW VPORT BLOCK ENDBLK
  3DFACE ARC ATTDEF ATTRIB CIRCLE DIMENSION ARC_DIMENSION ELLIPSE HATCH HELIX INSERT LEADER LINE LWPOLYLINE MLINE MTEXT
  MULTILEADER MLEADER POINT POLYLINE RAY SEQEND SHAPE SOLID SPLINE TEXT TOLERANCE TRACE VERTEX VIEWPORT XLINE ACAD_TABLE
  DICTIONARY ACDBDICTIONARYWDFLT ACDBPLACEHOLDER LAYOUT PLOTSETTINGS MLINESTYLE MLEADERSTYLE TABLESTYLE SCALE GROUP DICTIONARYVAR
  SORTENTSTABLE`)
/** What records that are left behind are called; the others are layout. */
const DROPPED: Readonly<Record<string, ObjectKind>> = {
  OLEFRAME: 'oleObjects',
  OLE2FRAME: 'oleObjects',
  VBA_PROJECT: 'macros',
  IMAGE: 'pictures',
  IMAGEDEF: 'externalLinks',
  PDFUNDERLAY: 'externalLinks',
  DWFUNDERLAY: 'externalLinks',
  DGNUNDERLAY: 'externalLinks',
  PDFDEFINITION: 'externalLinks',
  DWFDEFINITION: 'externalLinks',
  DGNDEFINITION: 'externalLinks',
  DATALINK: 'dataConnections',
  ACAD_PROXY_ENTITY: 'customData',
  ACAD_PROXY_OBJECT: 'customData',
  XRECORD: 'customData',
}
/** Variables of the header that name files, people or places on the net. */
const DROPPED_VARIABLES: Readonly<Record<string, ObjectKind>> = {
  $MENU: 'externalLinks',
  $HYPERLINKBASE: 'externalLinks',
  $PROJECTNAME: 'externalLinks',
  $STYLESHEET: 'externalLinks',
  $LASTSAVEDBY: 'metadata',
}
const EXTENDED_DATA = 1001
/** Flags of a block that stands in another file. */
const EXTERNAL_BLOCK = 4 | 8 | 16 | 32
const MAX_VALUE_LENGTH = 4096
/** Each costs some dozens of octets while it is held. */
const MAX_LINES = 4_000_000

type ValueKind = 'text' | 'real' | 'whole' | 'handle' | 'octets'
const KINDS: readonly (readonly [from: number, to: number, kind: ValueKind])[] = [
  [0, 4, 'text'], [5, 5, 'handle'], [6, 9, 'text'], [10, 59, 'real'], [60, 99, 'whole'], [100, 102, 'text'], [105, 105, 'handle'],
  [110, 149, 'real'], [160, 179, 'whole'], [210, 239, 'real'], [270, 299, 'whole'], [300, 309, 'text'], [310, 319, 'octets'],
  [320, 369, 'handle'], [370, 389, 'whole'], [390, 399, 'handle'], [400, 409, 'whole'], [410, 419, 'text'], [420, 429, 'whole'],
  [430, 439, 'text'], [440, 459, 'whole'], [460, 469, 'real'], [470, 479, 'text'], [480, 481, 'handle'], [999, 1003, 'text'],
  [1004, 1004, 'octets'], [1005, 1005, 'handle'], [1006, 1009, 'text'], [1010, 1059, 'real'], [1060, 1071, 'whole'],
]
/** By code. */
const KIND_OF: readonly (ValueKind | undefined)[] = Array.from({ length: 10_000 }, (_, code) => KINDS.find(([from, to]) => code >= from && code <= to)?.[2])
/** As programs write them, right-aligned. */
const CODES: readonly string[] = Array.from({ length: 10_000 }, (_, code) => String(code).padStart(3))
const VALUES: Readonly<Record<ValueKind, RegExp>> = {
  text: /^[^\x00-\x08\x0a-\x1f\x7f]*$/,
  real: /^[+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,5})?$/,
  whole: /^[+-]?\d{1,20}$/,
  handle: /^[0-9A-Fa-f]{1,16}$/,
  octets: /^[0-9A-Fa-f]*$/,
}

type Pair = { readonly code: number; readonly value: string }

export const dxfDisarmer: Disarmer = {
  table: [
    { object: 'lines, arcs, texts, dimensions, hatches, blocks, layers, styles, layouts', becomes: 'rebuilt' },
    { object: 'OLE frames', becomes: 'removed', kind: 'oleObjects' },
    { object: 'VBA', becomes: 'removed', kind: 'macros' },
    { object: 'pictures, underlays, drawings and fonts from other files', becomes: 'removed', kind: 'externalLinks' },
    { object: 'picture frames', becomes: 'removed', kind: 'pictures' },
    { object: 'links to data', becomes: 'removed', kind: 'dataConnections' },
    { object: 'data of other programs, comments', becomes: 'removed', kind: 'customData' },
    { object: 'links in extended data', becomes: 'removed', kind: 'hyperlinks' },
    { object: 'who saved it last', becomes: 'removed', kind: 'metadata' },
    { object: 'solids, lights and other entities', becomes: 'removed', kind: 'layout' },
  ],
  disarm({ untrustedBytes, rules, limits }: DisarmInput): Disarmed {
    if (untrustedBytes.length > 2 * limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const text = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength).toString('latin1')
    if (hasTooManyLines(untrustedBytes)) return { kind: 'cannot', reason: 'limit' }
    const counts = new Map<ObjectKind, number>()
    const count = (what: ObjectKind) => void counts.set(what, (counts.get(what) ?? 0) + 1)
    const pairs = new Pairs(text)
    const drawing = new Drawing()
    const isKept = keepSections(pairs, { keepsMetadata: ruleFor('metadata', rules) === 'keep', count, drawing })
    if (!isKept || !pairs.isWhole) return { kind: 'cannot', reason: 'malformed' }
    const bytes = drawing.finish()
    if (bytes.length > limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const removed = [...counts].map(([what, each]) => ({ what, count: each }))
    return { kind: 'rebuilt', bytes, mediaType: 'image/vnd.dxf', extension: 'dxf', removed, findings: [] }
  },
}

function hasTooManyLines(bytes: Uint8Array): boolean {
  let lines = 0
  for (let at = 0; at < bytes.length && lines <= MAX_LINES; at++) if (bytes[at] === 0x0a || bytes[at] === 0x0d) lines++
  return lines > MAX_LINES
}

/** Read one after the other, as they are asked for. What follows the end is not read. */
class Pairs {
  /** The end was reached: no code was none, and every value was of its code's kind. */
  isWhole = false
  readonly #text: string
  readonly #lineEnd = /\r\n|\n|\r/g
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  *[Symbol.iterator](): Generator<Pair> {
    while (this.#at < this.#text.length) {
      const codeText = this.#line().trim()
      const code = /^\d{1,4}$/.test(codeText) ? Number(codeText) : -1
      const kind = KIND_OF[code]
      if (kind === undefined || this.#at > this.#text.length) return
      const line = this.#line()
      const value = kind === 'text' && code !== 0 ? line : line.trim()
      if (value.length > MAX_VALUE_LENGTH || !VALUES[kind].test(value)) return
      this.isWhole = code === 0 && value === 'EOF'
      yield { code, value }
      if (this.isWhole) return
    }
  }

  #line(): string {
    this.#lineEnd.lastIndex = this.#at
    const found = this.#lineEnd.exec(this.#text)
    const line = this.#text.slice(this.#at, found?.index)
    this.#at = found ? this.#lineEnd.lastIndex : this.#text.length + 1
    return line
  }
}

const PIECE_LENGTH = 65_536

/** What stays, as octets as soon as there are enough of it. */
class Drawing {
  readonly #octets: Buffer[] = []
  #piece = ''

  write({ code, value }: Pair): void {
    this.#piece += `${CODES[code]}\r\n${value}\r\n`
    if (this.#piece.length > PIECE_LENGTH) this.#flush()
  }

  finish(): Uint8Array {
    this.#flush()
    return new Uint8Array(Buffer.concat(this.#octets))
  }

  #flush(): void {
    this.#octets.push(Buffer.from(this.#piece, 'latin1'))
    this.#piece = ''
  }
}

type Count = (what: ObjectKind) => void

type Keeping = { readonly keepsMetadata: boolean; readonly count: Count; readonly drawing: Drawing }

/** Sections of records, each from its code 0 to the next; false when they are not one after the other. */
function keepSections(pairs: Iterable<Pair>, { keepsMetadata, count, drawing }: Keeping): boolean {
  let section = ''
  let previous = ''
  for (const record of recordsOf(pairs, count)) {
    const name = record[0]!.value
    if (name === 'SECTION') {
      // One that never ended would run into this one.
      if (section !== '') return false
      section = record[1]?.code === 2 ? record[1].value.trim() : ''
      if (SECTIONS.has(section)) for (const pair of section === 'HEADER' ? keepHeader(record, keepsMetadata, count) : record.slice(0, 2)) drawing.write(pair)
      else if (section !== 'CLASSES') count('customData')
    } else if (name === 'ENDSEC') {
      if (section === '') return false
      if (SECTIONS.has(section)) drawing.write(record[0]!)
      section = ''
    } else if (name === 'EOF') {
      if (section !== '') return false
      drawing.write(record[0]!)
    } else if (SECTIONS.has(section)) {
      // Attributes and vertices belong to the record before them.
      const isPart = (name === 'VERTEX' || name === 'SEQEND' || name === 'ATTRIB') && previous === ''
      if (RECORDS.has(name) && !isPart) {
        for (const pair of keepRecord(record, count)) drawing.write(pair)
        previous = name
      } else {
        if (!isPart) count(DROPPED[name] ?? 'layout')
        previous = ''
      }
    } else if (section === '') return false
  }
  return true
}

function* recordsOf(pairs: Iterable<Pair>, count: Count): Generator<Pair[]> {
  let record: Pair[] = []
  for (const pair of pairs) {
    if (pair.code === 999) count('customData')
    else if (pair.code === 0 && record.length > 0) {
      yield record
      record = [pair]
    } else if (pair.code === 0 || record.length > 0) record.push(pair)
  }
  if (record.length > 0) yield record
}

function keepHeader(record: readonly Pair[], keepsMetadata: boolean, count: Count): Pair[] {
  let isKept = true
  return record.filter(({ code, value }) => {
    if (code !== 9) return isKept
    const dropped = DROPPED_VARIABLES[value.trim()]
    isKept = dropped === undefined || (dropped === 'metadata' && keepsMetadata)
    if (!isKept) count(dropped!)
    return isKept
  })
}

function keepRecord(record: readonly Pair[], count: Count): readonly Pair[] {
  const name = record[0]!.value
  const plain = record.some(({ code }) => code === 102 || code >= 1000) ? withoutGroups(withoutExtendedData(record, count)) : record
  if (name === 'BLOCK') return withoutSource(plain, count)
  if (name === 'STYLE') return plain.map(pair => (pair.code === 3 || pair.code === 4 ? withoutPath(pair, count) : pair))
  return plain
}

/** Of extended data only AutoCAD's own stays: overrides of dimension styles. */
function withoutExtendedData(record: readonly Pair[], count: Count): Pair[] {
  let isKept = true
  return record.filter(({ code, value }) => {
    if (code < 1000) return true
    if (code === EXTENDED_DATA) {
      isKept = value === 'ACAD'
      if (!isKept) count(value === 'PE_URL' ? 'hyperlinks' : 'customData')
    }
    return isKept
  })
}

/** `102 {NAME … 102 }`: dictionaries of other programs and reactors, that refer to what is not there any more. */
function withoutGroups(record: readonly Pair[]): Pair[] {
  let isInside = false
  return record.filter(({ code, value }) => {
    const wasInside = isInside
    if (code === 102) isInside = value.startsWith('{')
    return !wasInside && code !== 102
  })
}

function withoutSource(record: readonly Pair[], count: Count): Pair[] {
  const flags = Number(record.find(({ code }) => code === 70)?.value ?? 0)
  const path = record.find(({ code }) => code === 1)?.value.trim() ?? ''
  if ((flags & EXTERNAL_BLOCK) === 0 && path === '') return [...record]
  count('externalLinks')
  return record.map(pair => {
    if (pair.code === 1) return { code: 1, value: '' }
    return pair.code === 70 ? { code: 70, value: String(flags & ~EXTERNAL_BLOCK) } : pair
  })
}

/** A font is looked for by its name alone. In CP932 the path's sign may be half of a character: then the whole name goes. */
function withoutPath(pair: Pair, count: Count): Pair {
  if (/^[^\\/:|]*$/.test(pair.value)) return pair
  count('externalLinks')
  const name = /[^\\/:|]*$/.exec(pair.value)![0]
  return { code: pair.code, value: /^[\x20-\x7e]*$/.test(pair.value) ? name : '' }
}
