/**
 * Values of calendar and address files: each read as what its property is, and written again from that.
 *
 * A value that is not what its property says it is does not come out. Text loses what a screen would obey; of a mailbox
 * only the address is left, so that a click on it cannot bring a subject or a file along.
 * Standards: RFC 5545 §3.3; RFC 6350 §4; vCard 2.1 and vCalendar 1.0 §2.1 (quoted-printable, CHARSET).
 */
import { Buffer } from 'node:buffer'
import { decodeText } from '../../text/charset.ts'
import { type ContentLine, textOf } from '../../text/content-line.ts'
import { type ObjectKind, ruleFor } from '../../objects.ts'
import type { Ledger } from './tree.ts'

/** The written value, with the VALUE parameter that it needs; or as what it is left out. */
export type Written = { readonly value: string; readonly valueType?: string } | { readonly gone: ObjectKind }
export type ValueWriter = (line: ContentLine, ledger: Ledger) => Written

const ODD: Written = { gone: 'unknownParts' }
const DATE = String.raw`\d{8}(?:T\d{6}Z?)?`
const DURATION = String.raw`[+-]?P(?:\d{1,6}W|(?:\d{1,6}D)?(?:T(?:\d{1,6}H)?(?:\d{1,6}M)?(?:\d{1,6}S)?)?)`
const MOMENTS = new RegExp(`^${DATE}(?:/(?:${DATE}|${DURATION}))?(?:,${DATE}(?:/(?:${DATE}|${DURATION}))?)*$`)
const RECURRENCE = /^[A-Z]{2,12}=[A-Z0-9,+:-]{1,2000}(?:;[A-Z]{2,12}=[A-Z0-9,+:-]{1,2000}){0,20}$/
/** vCalendar 1.0: `D1 #5`, `MP1 1+ MO 20261231T000000`. */
const OLD_RECURRENCE = /^[A-Z]{1,2}\d{1,4}(?: [A-Z0-9+#-]{1,20}){0,40}$/
const MAILBOX = /^[^\s@<>"?&%,;:]{1,200}@[^\s@<>"?&%,;:]{1,200}$/u
const WEB = /^(?:https?:\/\/|mailto:|tel:)[^\s<>"\\^`{|}]{1,4000}$/i
const URN = /^urn:[a-z0-9-]{1,32}:[\w.:-]{1,300}$/i

/** The value with its transfer encoding and charset taken off; undefined when it is base64. */
export function plainValue({ params, value }: ContentLine): string | undefined {
  const encoding = (params.get('ENCODING')?.[0] ?? params.get('')?.find(word => /^(?:quoted-printable|base64)$/i.test(word)) ?? '').toUpperCase()
  if (encoding === 'B' || encoding === 'BASE64') return undefined
  if (encoding !== 'QUOTED-PRINTABLE') return value
  const octets = Buffer.from(value, 'utf8').toString('latin1').replace(/=([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
  return decodeText(Buffer.from(octets, 'latin1'), params.get('CHARSET')?.[0]).text
}

/** One text; commas and semicolons are its own. */
export const text: ValueWriter = (line, ledger) => {
  const value = plainValue(line)
  return value === undefined ? ODD : { value: writtenText(value, ledger) }
}

/** Several texts, in two ranks: `Family;Given,Other;;;`. */
export const texts: ValueWriter = (line, ledger) => {
  const value = plainValue(line)
  if (value === undefined) return ODD
  const fields = split(value, ';').map(field => {
    if (ledger.style === 'old') return writtenText(field, ledger)
    return split(field, ',').map(each => writtenText(each, ledger)).join(',')
  })
  return { value: fields.join(';') }
}

function writtenText(untrustedText: string, ledger: Ledger): string {
  if (ledger.style === 'old') return ledger.harmless(untrustedText.replace(/\\([\\;,:])/g, '$1')).replace(/[\\;]/g, '\\$&')
  return ledger.harmless(textOf(untrustedText)).replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n')
}

/** At separators without a backslash before them. */
function split(value: string, separator: ';' | ','): string[] {
  const fields: string[] = []
  let start = 0
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '\\') at++
    else if (value[at] === separator) {
      fields.push(value.slice(start, at))
      start = at + 1
    }
  }
  return [...fields, value.slice(start)]
}

function matching(pattern: RegExp): ValueWriter {
  return line => {
    const value = (plainValue(line) ?? '').trim()
    return pattern.test(value) ? { value } : ODD
  }
}

export const word = matching(/^[A-Za-z0-9-]{1,60}$/)
export const number = matching(/^-?\d{1,10}$/)
export const duration = matching(new RegExp(`^${DURATION}$`))
export const offset = matching(/^[+-]\d{4}(?:\d\d)?$/)
export const position = matching(/^[+-]?\d{1,3}(?:\.\d{1,10})?[;,][+-]?\d{1,3}(?:\.\d{1,10})?$/)

/** `FREQ=…`, or what vCalendar 1.0 had. */
export const recurrence: ValueWriter = line => {
  const value = (plainValue(line) ?? '').trim().toUpperCase().replace(/;$/, '')
  return RECURRENCE.test(value) || OLD_RECURRENCE.test(value) ? { value } : ODD
}

/** Dates, dates with times, periods; one or a list. */
export const moments: ValueWriter = (line, { style }) => {
  const value = (plainValue(line) ?? '').trim().toUpperCase().replaceAll(';', ',')
  if (!MOMENTS.test(value)) return ODD
  if (style === 'old') return { value: value.replaceAll(',', ';') }
  if (value.includes('/')) return { value, valueType: 'PERIOD' }
  return value.includes('T') ? { value } : { value, valueType: 'DATE' }
}

/** When an alarm comes: before or after the start, or at a moment. */
export const trigger: ValueWriter = (line, ledger) => {
  const relative = duration(line, ledger)
  if ('value' in relative) return relative
  const fixed = moments(line, ledger)
  return 'value' in fixed ? { value: fixed.value, valueType: 'DATE-TIME' } : ODD
}

/** A person by mailbox; by anything else only the name in the parameters is left. */
export const person: ValueWriter = (line, ledger) => {
  if (ledger.style === 'old') return text(line, ledger)
  return { value: mailboxOf(plainValue(line) ?? '') ?? 'invalid:nomail' }
}

export function mailboxOf(untrustedUri: string): string | undefined {
  const address = untrustedUri.trim().replace(/^mailto:/i, '').split('?')[0]!
  return MAILBOX.test(address) ? `mailto:${address}` : undefined
}

export const link: ValueWriter = (line, ledger) => {
  const value = ledger.harmless(textOf(plainValue(line) ?? '').trim())
  if (WEB.test(value)) return ruleFor('hyperlinks', ledger.rules) === 'keep' ? { value } : { gone: 'hyperlinks' }
  return { gone: /^(?:javascript|vbscript|data):/i.test(value) ? 'scripts' : 'externalLinks' }
}

/** A place to call or to meet, in RFC 7986. */
export const conference: ValueWriter = (line, ledger) => {
  const written = link(line, ledger)
  return 'value' in written ? { value: written.value, valueType: 'URI' } : written
}

/** A telephone number or the like: as text, or as a link that dials. */
export const textOrLink: ValueWriter = (line, ledger) => {
  if (line.params.get('VALUE')?.[0]?.toUpperCase() !== 'URI') return text(line, ledger)
  const value = (plainValue(line) ?? '').trim()
  return URN.test(value) || WEB.test(value) ? { value, valueType: 'uri' } : { gone: 'externalLinks' }
}

/** A date of a vCard in any of its forms, else as a text. */
export const cardDate: ValueWriter = (line, ledger) => {
  const value = (plainValue(line) ?? '').trim()
  if (/^[\dT:Z+.-]{1,40}$/i.test(value)) return { value }
  const written = text(line, ledger)
  return 'value' in written ? { ...written, valueType: 'text' } : written
}
