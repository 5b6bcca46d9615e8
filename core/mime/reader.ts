/**
 * The streaming MIME reader: octets in, events out, in memory that does not depend on the message.
 *
 *   chunks ──▶ Window ──▶ [reader] ──▶ partStart, partData, partEnd, finding
 *                            ├ header-end, header, entity   what a part says of itself
 *                            ├ boundary                     where it ends
 *                            └ leaf ▸ transfer              what it holds
 *
 * Invariants: equal octets give equal events, however they are cut into chunks (but for the cuts of partData);
 * every octet of a body belongs to a leaf, to a delimiter line or to blank or customary text between them; nothing
 * is thrown; each octet is looked at a bounded number of times. Where parsers differ the more literal reading is
 * taken and a finding tells. Findings about a header come before the partStart of its part, findings about a
 * body before its partEnd.
 *
 * An encoded message/rfc822 is decoded and read by a reader of its own; offsets in it count decoded octets.
 * Standards: RFC 2045, RFC 2046, RFC 5322, RFC 6532.
 */
import { DelimiterSearch, judgeDelimiter, lineEndBefore, oddLineEnds } from './boundary.ts'
import { type Entity, interpretHeader, OCTET_STREAM } from './entity.ts'
import { type Frame, nameEntity, openFrame, type PartName, partHead } from './frame.ts'
import { findHeaderEnd, type HeaderEnd, noteSeparator, resumeFrom } from './header-end.ts'
import { type HeaderFinding, parseHeader } from './header.ts'
import type { HeaderField, PartHead, ReaderEvents, ReaderLimits } from './part.ts'
import { Reading } from './reading.ts'
import { leafRegion, type Region, strayRegion, wantedLeaf } from './region.ts'
import { Window } from './window.ts'
import { latin1 } from './octets.ts'

const CR = 0x0d
const LF = 0x0a

/** Push parser: `write` any number of chunks, then `end` once. Never throws, whatever the octets. */
export class MimeReader {
  readonly #root: EntityReader

  constructor(events: ReaderEvents, limits: ReaderLimits) {
    this.#root = new EntityReader(new Reading(events, limits), undefined)
  }

  write(chunk: Uint8Array): void {
    this.#root.write(chunk)
  }

  end(): void {
    this.#root.end()
  }
}

/** A header block that has come whole. `bodyStart` is an index in the window. */
type Begun = {
  readonly block: string
  readonly bodyStart: number
  /** The empty line after it, '' when there is none. */
  readonly separator: string
  readonly overflow: boolean
}

class EntityReader {
  readonly #reading: Reading
  readonly #window = new Window()
  readonly #search = new DelimiterSearch()
  readonly #frames: Frame[] = []
  readonly #outer: Frame | undefined
  #region: Region | undefined
  /** Index in the window: what lies before was searched for a header end, or for a delimiter. */
  #searched = 0
  #ended = false
  /** Over the limit of parts: no more structure is read. */
  #remainder = false

  constructor(reading: Reading, outer: Frame | undefined) {
    this.#reading = reading
    this.#outer = outer
  }

  write(chunk: Uint8Array): void {
    if (this.#ended || chunk.length === 0) return
    this.#window.feed(chunk, () => this.#run(false))
  }

  end(): void {
    if (this.#ended) return
    this.#run(true)
    this.#ended = true
    this.#endRegion(this.#window.offset)
    while (this.#frames.length > 0) this.#pop(this.#window.offset)
  }

  #run(atEnd: boolean): void {
    while (this.#region ? this.#readBody(atEnd) : this.#readHeader(atEnd));
  }

  #drop(count: number): void {
    this.#window.drop(count)
    this.#searched = Math.max(0, this.#searched - count)
  }

  // --- header -------------------------------------------------------------------------------------------------

  /** Reads one header as a whole. False when more octets are needed. */
  #readHeader(atEnd: boolean): boolean {
    const { buffer } = this.#window
    const over = buffer.length > this.#reading.limits.headerBytes
    const view = over ? buffer.subarray(0, this.#reading.limits.headerBytes) : buffer
    const found = findHeaderEnd(view, this.#searched, atEnd || over)
    if (found === undefined) {
      this.#searched = resumeFrom(view)
      return false
    }
    const block = found === 'none' ? latin1(view, 0, view.length) : (found.block ?? latin1(view, 0, found.end))
    const cut = this.#delimiterInHeader(block, atEnd)
    if (cut === undefined) return false
    if (cut >= 0) this.#beginEntity({ block: block.slice(0, cut), bodyStart: cut, separator: '', overflow: false })
    else if (found !== 'none') {
      const separator = separatorOf(view, found)
      this.#beginEntity({ block, bodyStart: found.bodyStart, separator, overflow: false })
    } else {
      const last = over ? lastLineEnd(view) : block.length
      this.#beginEntity({ block: block.slice(0, last), bodyStart: last, separator: '', overflow: over })
    }
    return true
  }

  /** A delimiter line among header lines ends the header. -1: none; undefined: more octets are needed. */
  #delimiterInHeader(block: string, atEnd: boolean): number | undefined {
    if (this.#frames.length === 0 || !block.includes('--')) return -1
    for (const { index } of block.matchAll(/(?<![^\r\n])--/g)) {
      const frame = this.#frameAt(index, atEnd)
      if (frame === 'undecided') return undefined
      if (typeof frame === 'object') return index
    }
    return -1
  }

  #beginEntity(read: Begun): void {
    const { fields, findings, truncated } = parseHeader(read.block, this.#reading.limits.headerFields)
    const begun = isNoHeader(read, fields, findings) ? { ...read, block: '', bodyStart: 0 } : read
    noteHeaderEnd(begun, truncated, findings)
    const parent = this.#frames.at(-1) ?? this.#outer
    const defaultType = parent?.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain'
    let entity = interpretHeader(fields, defaultType, findings)
    if (begun.overflow || truncated >= 0) entity = asOctets(entity)
    else if (entity.kind !== 'leaf' && parent && parent.depth + 1 >= this.#reading.limits.depth) {
      findings.push({ code: 'limit.depth' })
      entity = asOctets(entity)
    }
    if (this.#reading.full) entity = this.#giveUpStructure(entity, findings)
    if (entity.kind === 'multipart') this.#noteBoundary(entity.boundary, findings)
    const name = nameEntity(parent, entity.kind)
    const head = partHead(entity, { name, parent, offset: this.#window.offset, header: fields })
    for (const finding of findings) this.#reading.find(head.id, finding.code, finding.detail)
    const wanted = this.#reading.start(head)
    this.#drop(truncated >= 0 ? truncated : begun.bodyStart)
    this.#beginBody(head, entity, { name, wanted })
  }

  #giveUpStructure(entity: Entity, findings: HeaderFinding[]): Entity {
    findings.push({ code: 'limit.parts' })
    this.#remainder = true
    this.#search.clear()
    return asOctets(entity)
  }

  #noteBoundary(boundary: string, findings: HeaderFinding[]): void {
    for (const { kind, boundary: open } of this.#frames) {
      if (kind !== 'multipart') continue
      if (open === boundary) findings.push({ code: 'boundary.reused' })
      else if (open.startsWith(boundary) || boundary.startsWith(open)) findings.push({ code: 'boundary.prefix' })
    }
  }

  #beginBody(head: PartHead, entity: Entity, begun: { name: PartName; wanted: boolean }): void {
    const { offset } = this.#window
    this.#searched = 0
    if (entity.kind === 'leaf') {
      this.#region = wantedLeaf(this.#reading, head, { offset, wanted: begun.wanted })
      return
    }
    const frame = openFrame(head, {
      childPrefix: begun.name.childPrefix,
      boundary: entity.boundary,
      bodyOffset: offset,
    })
    if (entity.kind === 'message' && isEncoded(entity)) this.#region = this.#encodedMessage(head, frame)
    else this.#push(frame)
  }

  #push(frame: Frame): void {
    this.#frames.push(frame)
    this.#region = undefined
    if (frame.kind === 'message') return
    this.#search.add(frame.delimiter, this.#window.offset)
    this.#region = strayRegion(this.#reading, frame, this.#window.offset)
  }

  #encodedMessage(head: PartHead, frame: Frame): Region {
    const inner = new EntityReader(this.#reading, frame)
    const emit = (decoded: Uint8Array) => inner.write(decoded)
    return leafRegion(this.#reading, head, { offset: frame.bodyOffset, emit, onEnd: () => inner.end() })
  }

  // --- body ---------------------------------------------------------------------------------------------------

  /** Reads up to the next delimiter. False when more octets are needed. */
  #readBody(atEnd: boolean): boolean {
    const { buffer, offset } = this.#window
    for (;;) {
      const at = this.#search.next(buffer, this.#searched, offset)
      if (at < 0) {
        this.#consume(atEnd ? buffer.length : Math.max(0, buffer.length - this.#search.holdBytes))
        return false
      }
      const frame = this.#beginsLine(at) ? this.#frameAt(at, atEnd) : 'inside-line'
      if (frame === 'undecided') {
        this.#consume(Math.max(0, at - 2))
        return false
      }
      if (typeof frame === 'object') {
        this.#takeDelimiter(at, frame)
        return true
      }
      const code = frame === 'inside-line' ? 'boundary.inside-line' : frame
      this.#region!.notes.add(code)
      this.#searched = at + 1
    }
  }

  /** Hands the first `count` octets of the window to the region. */
  #consume(count: number): void {
    if (count === 0) return
    this.#region!.write(this.#window.buffer, 0, count)
    this.#drop(count)
  }

  #beginsLine(at: number): boolean {
    if (at === 0) return this.#window.offset === this.#region!.offset
    const before = this.#window.buffer[at - 1]
    return before === LF || before === CR
  }

  /** The innermost multipart for which the line at `at` is a delimiter. */
  #frameAt(at: number, atEnd: boolean): Match | 'undecided' | 'boundary.trailing-text' | 'structure.after-end' {
    let reason: 'boundary.trailing-text' | 'structure.after-end' = 'boundary.trailing-text'
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const frame = this.#frames[i]!
      if (frame.kind !== 'multipart') continue
      const candidate = judgeDelimiter(this.#window.buffer, at, frame.delimiter, atEnd)
      if (candidate.kind === 'undecided') return 'undecided'
      if (candidate.kind === 'no') continue
      if (frame.place !== 'epilogue')
        return { index: i, final: candidate.final, padded: candidate.padded, end: candidate.end }
      reason = 'structure.after-end'
    }
    return reason
  }

  #takeDelimiter(at: number, match: Match): void {
    const { buffer } = this.#window
    const before = lineEndBefore(buffer, at)
    for (const code of oddLineEnds(buffer, at, match.end)) this.#region!.notes.add(code)
    if (match.padded) this.#region!.notes.add('boundary.padding')
    this.#consume(before)
    this.#endRegion(this.#window.offset)
    while (this.#frames.length - 1 > match.index) this.#pop(this.#window.offset)
    this.#drop(match.end - before)
    this.#searched = 0
    const frame = this.#frames[match.index]!
    if (!match.final) {
      frame.place = 'parts'
      frame.children++
      return
    }
    if (frame.place === 'preamble') this.#reading.find(frame.id, 'structure.empty-multipart')
    frame.place = 'epilogue'
    this.#region = strayRegion(this.#reading, frame, this.#window.offset)
  }

  #endRegion(bodyEnd: number): void {
    const region = this.#region
    this.#region = undefined
    if (!region) return
    region.notes.report((code, detail) => this.#reading.find(region.id, code, detail))
    region.end(bodyEnd)
  }

  #pop(bodyEnd: number): void {
    const frame = this.#frames.pop()!
    if (frame.kind === 'multipart') {
      if (!this.#remainder) this.#search.remove(frame.delimiter)
      if (!this.#remainder && frame.place === 'preamble') this.#reading.find(frame.id, 'boundary.never-seen')
      else if (!this.#remainder && frame.place === 'parts') this.#reading.find(frame.id, 'boundary.unterminated')
    }
    this.#reading.events.partEnd({
      id: frame.id,
      bodyOffset: frame.bodyOffset,
      bodyLength: bodyEnd - frame.bodyOffset,
      decodedLength: 0,
    })
  }
}

type Match = { readonly index: number; readonly final: boolean; readonly padded: boolean; readonly end: number }

/** Lines without a single field are a text whose header is missing: dropped as a header, nobody would ever see them. */
function isNoHeader({ overflow }: Begun, fields: readonly HeaderField[], findings: readonly HeaderFinding[]): boolean {
  return fields.length === 0 && !overflow && findings.some(({ code }) => code === 'header.no-colon')
}

function noteHeaderEnd(begun: Begun, truncated: number, findings: HeaderFinding[]): void {
  if (begun.block === '') findings.push({ code: 'header.missing' })
  if (begun.overflow) findings.push({ code: 'limit.header-bytes' })
  else if (begun.separator === '') findings.push({ code: 'header.unterminated' })
  if (truncated >= 0) findings.push({ code: 'limit.header-fields' })
  noteSeparator(begun.block, begun.separator, findings)
}

function asOctets(entity: Entity): Entity {
  const contentType = { type: OCTET_STREAM, params: entity.contentType.params }
  return { ...entity, kind: 'leaf', boundary: '', contentType, transferEncoding: 'binary' }
}

function isEncoded({ transferEncoding }: Entity): boolean {
  return transferEncoding === 'base64' || transferEncoding === 'quoted-printable' || transferEncoding === 'uuencode'
}

/** Two octets are CRLF: one of two other octets would be two line ends. */
function separatorOf(view: Buffer, { end, bodyStart }: HeaderEnd): string {
  return bodyStart - end === 2 ? '\r\n' : latin1(view, end, bodyStart)
}

/** Index after the last whole line of a header that is cut. */
function lastLineEnd(view: Buffer): number {
  return Math.max(view.lastIndexOf(LF), view.lastIndexOf(CR)) + 1
}
