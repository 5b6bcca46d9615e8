/**
 * Calendar files (.ics, .vcs): components and properties of an allow-list, each value read and written as what it is.
 *
 *   octets ──▶ tree.ts ──▶ [calendar.ts] ──▶ value.ts ▸ write.ts ──▶ UTF-8, CRLF, folded
 *
 * Nothing fetches, runs or sends: alarms can only show or sound, what is attached is a file that was rebuilt by its own
 * rules, HTML copies of the text are left behind. Answers and cancellations keep their METHOD: the reader's program asks.
 * Standards: RFC 5545, RFC 5546, RFC 7986; vCalendar 1.0.
 */
import { Buffer } from 'node:buffer'
import { lastExtension } from '../../media/filename.ts'
import { type ObjectKind, ruleFor } from '../../objects.ts'
import type { ContentLine } from '../../text/content-line.ts'
import { makeHarmlessLine } from '../../text/harmless.ts'
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { type Component, Ledger, readDirectory } from './tree.ts'
import { conference, duration, link, mailboxOf, moments, number, offset, person, plainValue, position, recurrence, text, texts, trigger, type ValueWriter, word } from './value.ts'
import { writeBinaryLine, writeLine } from './write.ts'

type Grammar = { readonly properties: Readonly<Record<string, ValueWriter>>; readonly children: readonly string[] }

const ENTRY: Readonly<Record<string, ValueWriter>> = {
  UID: text, DTSTAMP: moments, DTSTART: moments, DTEND: moments, DUE: moments, DURATION: duration, COMPLETED: moments, CREATED: moments,
  'LAST-MODIFIED': moments, 'RECURRENCE-ID': moments, RDATE: moments, EXDATE: moments, RRULE: recurrence, EXRULE: recurrence,
  SUMMARY: text, DESCRIPTION: text, LOCATION: text, COMMENT: text, CONTACT: text, CATEGORIES: texts, RESOURCES: texts,
  CLASS: word, STATUS: texts, TRANSP: word, PRIORITY: number, SEQUENCE: number, 'PERCENT-COMPLETE': number, GEO: position, COLOR: word,
  ORGANIZER: person, ATTENDEE: person, 'RELATED-TO': text, 'REQUEST-STATUS': texts, FREEBUSY: moments, URL: link, CONFERENCE: conference,
  'X-MICROSOFT-CDO-ALLDAYEVENT': word, 'X-MICROSOFT-CDO-BUSYSTATUS': word, 'X-MICROSOFT-CDO-INTENDEDSTATUS': word, DALARM: texts,
}
const ZONE: Grammar = {
  properties: { DTSTART: moments, TZOFFSETFROM: offset, TZOFFSETTO: offset, TZNAME: text, RRULE: recurrence, RDATE: moments, COMMENT: text },
  children: [],
}
const GRAMMAR: Readonly<Record<string, Grammar>> = {
  VCALENDAR: {
    properties: {
      METHOD: word, CALSCALE: word, NAME: text, DESCRIPTION: text, UID: text, 'LAST-MODIFIED': moments, CATEGORIES: texts, COLOR: word, URL: link,
      'X-WR-CALNAME': text, 'X-WR-CALDESC': text, 'X-WR-TIMEZONE': text, TZ: offset,
    },
    children: ['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'VTIMEZONE'],
  },
  VEVENT: { properties: ENTRY, children: ['VALARM'] },
  VTODO: { properties: ENTRY, children: ['VALARM'] },
  VJOURNAL: { properties: ENTRY, children: [] },
  VFREEBUSY: { properties: ENTRY, children: [] },
  VTIMEZONE: { properties: { TZID: text, 'LAST-MODIFIED': moments }, children: ['STANDARD', 'DAYLIGHT'] },
  STANDARD: ZONE,
  DAYLIGHT: ZONE,
  VALARM: { properties: { ACTION: word, TRIGGER: trigger, DURATION: duration, REPEAT: number, SUMMARY: text, DESCRIPTION: text, UID: text }, children: [] },
}

/** As what a property is told that is on no list; others are data of some program. */
const GONE: Readonly<Record<string, ObjectKind>> = {
  'X-ALT-DESC': 'layout', 'STYLED-DESCRIPTION': 'layout', IMAGE: 'remoteContent', SOURCE: 'externalLinks', AALARM: 'actions', PALARM: 'actions',
  MALARM: 'actions', 'STRUCTURED-DATA': 'customData',
}
/** Written by ourselves, or of no meaning. */
const OURS = new Set(['VERSION', 'PRODID'])
const PRODUCT = '-//Sekisho//rebuilt//EN'

type ParamKind = 'word' | 'text' | 'mailboxes'
const PARAMS: Readonly<Record<string, ParamKind>> = {
  CN: 'text', TZID: 'text', LABEL: 'text', CUTYPE: 'word', ROLE: 'word', PARTSTAT: 'word', RSVP: 'word', LANGUAGE: 'word', RANGE: 'word', RELATED: 'word',
  RELTYPE: 'word', FBTYPE: 'word', FEATURE: 'word', STATUS: 'word', 'DELEGATED-TO': 'mailboxes', 'DELEGATED-FROM': 'mailboxes', 'SENT-BY': 'mailboxes', MEMBER: 'mailboxes',
}
/** Taken into account when the value is read. */
const READ_PARAMS = new Set(['VALUE', 'ENCODING', 'CHARSET', '', 'FMTTYPE', 'FILENAME', 'X-FILENAME', 'X-APPLE-FILENAME'])
const MAX_PARAM_LENGTH = 1000

export const calendarDisarmer: Disarmer = {
  table: [
    { object: 'appointments, tasks, journals, free and busy times, time zones', becomes: 'rebuilt' },
    { object: 'people with their answers, recurrence, categories, reminders that show or sound', becomes: 'rebuilt' },
    { object: 'links to the web, to a mailbox, to a telephone', becomes: 'kept', kind: 'hyperlinks' },
    { object: 'attached files, each by its own rules', becomes: 'rebuilt', kind: 'embeddedFiles' },
    { object: 'attached files that may not pass', becomes: 'removed', kind: 'archiveMembers' },
    { object: 'attachments that are somewhere else', becomes: 'removed', kind: 'externalLinks' },
    { object: 'reminders that start a program or send mail', becomes: 'removed', kind: 'actions' },
    { object: 'sounds of reminders', becomes: 'removed', kind: 'media' },
    { object: 'links that run a script', becomes: 'removed', kind: 'scripts' },
    { object: 'the description once more as HTML', becomes: 'removed', kind: 'layout' },
    { object: 'pictures loaded from elsewhere', becomes: 'removed', kind: 'remoteContent' },
    { object: 'values that are not what their property is', becomes: 'removed', kind: 'unknownParts' },
    { object: 'data of other programs (X-…)', becomes: 'removed', kind: 'customData' },
    { object: 'lines that belong to no calendar', becomes: 'removed', kind: 'trailingData' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const directory = readDirectory(input, 'VCALENDAR')
    if (directory === undefined) return { kind: 'cannot', reason: 'malformed' }
    const ledger = new Ledger(directory.style, input.rules)
    ledger.count('trailingData', directory.strayLines)
    const writing = new CalendarWriting(ledger, input)
    for (const root of directory.roots) if (!(await writing.component(root))) return { kind: 'cannot', reason: 'limit' }
    const bytes = new Uint8Array(Buffer.from(writing.pieces.join('')))
    if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const extension = directory.style === 'old' || lastExtension(input.name) === 'vcs' ? 'vcs' : 'ics'
    return { kind: 'rebuilt', bytes, mediaType: 'text/calendar', extension, removed: ledger.removed, findings: directory.findings }
  },
}

class CalendarWriting {
  readonly pieces: string[] = []
  readonly #ledger: Ledger
  readonly #input: DisarmInput
  #length = 0

  constructor(ledger: Ledger, input: DisarmInput) {
    this.#ledger = ledger
    this.#input = input
  }

  /** False when more comes out than may. Depth is bounded by the grammar. */
  async component({ kind, lines, children }: Component): Promise<boolean> {
    const grammar = GRAMMAR[kind]!
    this.#push(`BEGIN:${kind}\r\n`)
    if (kind === 'VCALENDAR') this.#push(`VERSION:${this.#ledger.style === 'old' ? '1.0' : '2.0'}\r\nPRODID:${PRODUCT}\r\n`)
    for (const line of lines) {
      if (line.name === 'ATTACH') await this.#attach(line, kind)
      else this.#property(line, grammar)
      if (this.#length > this.#input.limits.outputBytes) return false
    }
    for (const child of children) {
      if (!grammar.children.includes(child.kind)) this.#ledger.count('customData')
      else if (child.kind === 'VALARM' && !isHarmlessAlarm(child)) this.#ledger.count('actions')
      else if (!(await this.component(child))) return false
    }
    this.#push(`END:${kind}\r\n`)
    return true
  }

  #push(piece: string): void {
    this.pieces.push(piece)
    this.#length += piece.length
  }

  #property(line: ContentLine, { properties }: Grammar): void {
    if (OURS.has(line.name)) return
    const writer = Object.hasOwn(properties, line.name) ? properties[line.name] : undefined
    if (writer === undefined) {
      this.#ledger.count(Object.hasOwn(GONE, line.name) ? GONE[line.name]! : 'customData')
      return
    }
    const written = writer(line, this.#ledger)
    if ('gone' in written) {
      this.#ledger.count(written.gone)
      return
    }
    const valueType = written.valueType === undefined ? [] : [['VALUE', [written.valueType]] as const]
    const out = { group: '', name: line.name, params: [...valueType, ...this.#params(line)], value: written.value }
    this.#push(writeLine(out, this.#ledger.style))
  }

  #params({ params }: ContentLine): (readonly [string, readonly string[]])[] {
    const kept: (readonly [string, readonly string[]])[] = []
    for (const [key, values] of params) {
      const kind = Object.hasOwn(PARAMS, key) ? PARAMS[key]! : undefined
      // A text in several values is one with a comma that should have been quoted.
      const read = kind === 'text' ? [values.join(',')] : values
      const written = kind === undefined ? [] : read.flatMap(value => writtenParam(value, kind, this.#ledger))
      if (written.length > 0) kept.push([key, written])
      else if (!READ_PARAMS.has(key)) this.#ledger.count(key === 'ALTREP' || key === 'DIR' ? 'externalLinks' : 'customData')
    }
    return kept
  }

  /** A file in the calendar comes back as a file that was rebuilt; a reference to one does not. */
  async #attach(line: ContentLine, kind: string): Promise<void> {
    if (plainValue(line) !== undefined || kind === 'VALARM') return this.#ledger.count(kind === 'VALARM' ? 'media' : 'externalLinks')
    if (ruleFor('embeddedFiles', this.#input.rules) !== 'keep') return this.#ledger.count('embeddedFiles')
    const untrustedName = ['FILENAME', 'X-FILENAME', 'X-APPLE-FILENAME', 'LABEL'].flatMap(key => line.params.get(key) ?? [])[0] ?? ''
    const claimedType = line.params.get('FMTTYPE')?.[0] ?? ''
    const member = await this.#input.tools.member({ untrustedName, claimedType, untrustedBytes: new Uint8Array(Buffer.from(line.value, 'base64')) })
    if (member.kind === 'kept') return this.#ledger.count('archiveMembers')
    const params = [['FMTTYPE', [member.mediaType]], ['VALUE', ['BINARY']], ['FILENAME', [member.name]]] as const
    const out = { group: '', name: 'ATTACH', params, value: Buffer.from(member.bytes).toString('base64') }
    this.#push(writeBinaryLine(out, this.#ledger.style, 'BASE64'))
  }
}

/** Reminders show or sound; those of the other kinds start a program or send mail (RFC 2445 §4.8.6.1). */
function isHarmlessAlarm({ lines }: Component): boolean {
  const actions = lines.filter(({ name }) => name === 'ACTION')
  return actions.length === 1 && /^(?:DISPLAY|AUDIO)$/i.test(actions[0]!.value.trim())
}

function writtenParam(untrustedValue: string, kind: ParamKind, { style }: Ledger): string[] {
  const value = kind === 'mailboxes' ? mailboxOf(untrustedValue) : makeHarmlessLine(untrustedValue, MAX_PARAM_LENGTH)
  const isPlain = kind === 'word' || style === 'old' ? /^[\p{L}\p{N} ._/-]{1,100}$/u : /^[^\n]/
  return value !== undefined && isPlain.test(value) ? [value] : []
}
