/**
 * Address lists of header fields: names for people to read, mailboxes that can be used again.
 *
 * One pass over the octets without recursion: comments nest by a counter, groups do not nest. What cannot be read
 * as exactly one mailbox yields none, and a finding; nothing is guessed, because a guessed address is where the
 * reply goes. Standards: RFC 5322 §3.4, §4.4 (obsolete routes); RFC 6532 (UTF-8); RFC 2047 §5 (names).
 */
import { isUtf8 } from 'node:buffer'
import { type HeaderFinding, printable, trimBlanks } from './header.ts'
import { commentEnd, unescapeQuoted } from './params.ts'
import { decodeUnstructured } from './words.ts'

/** `address` is '' for a group without members (`undisclosed-recipients:;`), whose name is all that it says. */
export type Address = { readonly name: string; readonly address: string; readonly group?: string }
export type AddressList = { readonly addresses: readonly Address[]; readonly findings: readonly HeaderFinding[] }

type Token = {
  readonly kind: 'text' | 'quoted' | 'comment' | 'special'
  readonly text: string
  readonly spaced: boolean
}
type Entry = { phrase: Token[]; angle: Token[] | undefined; after: Token[]; comments: string[]; inAngle: boolean }

const SPECIALS = '<>,;:'
const BLANKS = /[ \t\r\n]+/y
/** An encoded word is one token, although some mailers leave commas and quotes in it. */
const ENCODED_WORD = /=\?[^?\s]{1,60}\?[bq]\?[^?\s]*\?=/iy
/** Raw ISO-2022-JP: its octets look like `<`, `,` or `"` and are none. */
const JIS_TEXT = /\x1b(?:\$(?:[@B]|\([DO])[^\x1b]*|\(I[^\x1b]*|\([BJH])/y
const TEXT = /[^ \t\r\n"(<>,;:\x1b=]+|[=\x1b]/y
const ATEXT = '[^\\x00-\\x20\\x7f()<>\\[\\]:;@\\\\,."]+'
const DOT_ATOM = new RegExp(`^${ATEXT}(?:\\.${ATEXT})*$`)
const DOMAIN_LITERAL = /^\[[0-9A-Za-z.:-]{1,80}\]$/

/** Parses the unfolded latin1 value of an address field. Linear; never throws. */
export function parseAddressList(value: string): AddressList {
  const findings: HeaderFinding[] = []
  const addresses: Address[] = []
  let group: string | undefined
  let entry = newEntry()
  const finish = () => {
    const address = readEntry(entry, findings)
    if (address) addresses.push(group === undefined ? address : { ...address, group })
    entry = newEntry()
  }
  const endGroup = () => {
    if (group && addresses.at(-1)?.group !== group) addresses.push({ name: group, address: '' })
    group = undefined
  }
  for (const token of tokens(value, findings)) {
    if (token.kind === 'comment') entry.comments.push(token.text)
    else if (token.kind !== 'special')
      (entry.inAngle ? entry.angle! : entry.angle ? entry.after : entry.phrase).push(token)
    else if (token.text === '<') openAngle(entry, token)
    else if (token.text === '>') closeAngle(entry, token)
    else if (entry.inAngle) entry.angle!.push(token)
    else if (token.text === ':' && group === undefined && !entry.angle) {
      group = phraseText(entry.phrase, findings)
      entry = newEntry()
    } else {
      finish()
      if (token.text === ';') endGroup()
      else if (token.text === ':') note(findings, 'address.malformed', token.text)
    }
  }
  finish()
  endGroup()
  return { addresses, findings }
}

function newEntry(): Entry {
  return { phrase: [], angle: undefined, after: [], comments: [], inAngle: false }
}

function openAngle(entry: Entry, token: Token): void {
  if (entry.angle) entry.after.push(token)
  else {
    entry.angle = []
    entry.inAngle = true
  }
}

function closeAngle(entry: Entry, token: Token): void {
  if (entry.inAngle) entry.inAngle = false
  else entry.after.push(token)
}

function* tokens(value: string, findings: HeaderFinding[]): Generator<Token> {
  let at = 0
  let spaced = false
  while (at < value.length) {
    const char = value[at]!
    const blanks = match(BLANKS, value, at)
    if (blanks !== '') {
      at += blanks.length
      spaced = true
      continue
    }
    let kind: Token['kind'] = 'text'
    let length: number
    if (char === '"') {
      kind = 'quoted'
      length = quotedLength(value, at, findings)
    } else if (char === '(') {
      kind = 'comment'
      length = commentLength(value, at, findings)
    } else if (SPECIALS.includes(char)) {
      kind = 'special'
      length = 1
    } else length = textLength(value, at)
    yield { kind, text: value.slice(at, at + length), spaced }
    at += length
    spaced = false
  }
}

function match(pattern: RegExp, value: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(value)?.[0] ?? ''
}

function textLength(value: string, at: number): number {
  const char = value[at]
  const whole = char === '=' ? match(ENCODED_WORD, value, at) : char === '\x1b' ? match(JIS_TEXT, value, at) : ''
  return whole !== '' ? whole.length : Math.max(1, match(TEXT, value, at).length)
}

function quotedLength(value: string, at: number, findings: HeaderFinding[]): number {
  for (let i = at + 1; i < value.length; i++) {
    const char = value[i]
    if (char === '\\') i++
    else if (char === '"') return i + 1 - at
  }
  note(findings, 'address.half-comment', value.slice(at))
  return value.length - at
}

function commentLength(value: string, at: number, findings: HeaderFinding[]): number {
  const end = commentEnd(value, at)
  if (end >= 0) return end - at
  note(findings, 'address.half-comment', value.slice(at))
  return value.length - at
}

function readEntry(entry: Entry, findings: HeaderFinding[]): Address | undefined {
  const { phrase, angle, after, comments } = entry
  if (phrase.length === 0 && !angle && after.length === 0) return undefined
  if (entry.inAngle || after.length > 0) return malformed([...phrase, ...(angle ?? []), ...after], findings)
  const mailbox = readMailbox(angle ?? phrase, findings)
  if (mailbox === undefined) return malformed(angle ?? phrase, findings)
  if (angle?.some(token => token.spaced)) note(findings, 'address.obsolete', mailbox)
  const name = angle && phrase.length > 0 ? phraseText(phrase, findings) : commentText(comments, findings)
  return { name, address: mailbox }
}

function malformed(entry: readonly Token[], findings: HeaderFinding[]): undefined {
  // `<>` alone stands for nobody, and is no mistake.
  if (entry.length > 0) note(findings, 'address.malformed', entry.map(token => token.text).join(' '))
  return undefined
}

/** `local@domain` from the tokens of an addr-spec, with an obsolete route in front of it taken off. */
function readMailbox(spec: readonly Token[], findings: HeaderFinding[]): string | undefined {
  let tokens = spec
  const colon = spec.findIndex(token => token.kind === 'special' && token.text === ':')
  if (colon >= 0) {
    if (spec[0]?.text.startsWith('@') !== true) return undefined
    note(findings, 'address.obsolete', spec.map(token => token.text).join(''))
    tokens = spec.slice(colon + 1)
  }
  if (tokens.length === 0 || tokens.some(token => token.kind === 'special')) return undefined
  if (tokens.slice(1).some(token => token.spaced && !/^[.@]/.test(token.text))) return undefined
  const quoted = tokens[0]!.kind === 'quoted' ? tokens[0]!.text : ''
  const rest = tokens.slice(quoted === '' ? 0 : 1)
  if (rest.some(token => token.kind === 'quoted')) return undefined
  const text = rest.map(token => token.text).join('')
  const at = text.indexOf('@')
  if (at < 0 || (quoted !== '' && at !== 0)) return undefined
  const local = quoted === '' ? asAtom(text.slice(0, at)) : unquoteLocal(quoted)
  const domain = text.slice(at + 1)
  if (local === undefined || !(DOT_ATOM.test(domain) || DOMAIN_LITERAL.test(domain))) return undefined
  return asUtf8(`${local}@${domain}`)
}

function asAtom(local: string): string | undefined {
  return DOT_ATOM.test(local) ? local : undefined
}

/** Quotes only where they are needed. Control characters are never part of a mailbox. */
function unquoteLocal(quoted: string): string | undefined {
  if (quoted.length < 3 || !quoted.endsWith('"') || /[\x00-\x1f\x7f]/.test(quoted)) return undefined
  const plain = quoted.slice(1, -1).replace(/\\(.)/gs, '$1')
  return DOT_ATOM.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`
}

function asUtf8(octets: string): string | undefined {
  if (!/[\x80-\xff]/.test(octets)) return octets
  const bytes = Buffer.from(octets, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

function phraseText(phrase: readonly Token[], findings: HeaderFinding[]): string {
  const raw = phrase.map(
    token => (token.spaced ? ' ' : '') + (token.kind === 'quoted' ? unquote(token.text) : token.text),
  )
  const decoded = decodeUnstructured(trimBlanks(raw.join('')))
  findings.push(...decoded.findings)
  return decoded.text
}

/** The old form `user@host (Name)`. */
function commentText(comments: readonly string[], findings: HeaderFinding[]): string {
  if (comments.length === 0) return ''
  const raw = comments.map(comment => comment.slice(1, comment.endsWith(')') ? -1 : undefined).replace(/\\(.)/gs, '$1'))
  const decoded = decodeUnstructured(trimBlanks(raw.join(' ')))
  findings.push(...decoded.findings)
  return decoded.text
}

function unquote(quoted: string): string {
  return unescapeQuoted(quoted.slice(1, quoted.length > 1 && quoted.endsWith('"') ? -1 : undefined))
}

function note(findings: HeaderFinding[], code: HeaderFinding['code'], detail: string): void {
  findings.push({ code, detail: printable(detail) })
}
