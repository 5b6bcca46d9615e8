/**
 * RTF written anew, token by token: what is on the lists, with the characters exactly as they came.
 *
 *   tokens ──▶ [RtfRebuilding] group by group: destination ▸ words ▸ text ──▶ pieces ──▶ 7-bit RTF
 *
 * Groups nest to a limit. A field is taken back when its instruction is none of the known ones; its result stays. Pictures
 * leave a place that is filled when they are re-encoded. Octets of text keep their values (as `\'hh` above ASCII): charsets
 * of fonts, `\ansicpg932`, `\u` and its stand-ins mean the same as before.
 */
import { Buffer } from 'node:buffer'
import { type ObjectKind, type ObjectRules, ruleFor } from '../../objects.ts'
import { fieldProblem } from '../ooxml/fields.ts'
import { kindOfPicture, type PicturePlace } from './picture.ts'
import type { TokenHandler } from './tokens.ts'
import {
  CHANGE_WORDS, COMMENT_WORDS, DESTINATIONS, DROPPED, INFO_PARTS, OBJECT_WORDS, SHAPE_PROPERTIES, SIGNS, WORDS,
} from './vocabulary.ts'

const MAX_DEPTH = 200
const MAX_PICTURE_WORDS = 64
/** Each costs some dozens of octets while it is held. */
const MAX_PIECES = 3_000_000
/** With a star they define a style, without one they apply it. */
const STYLE_KINDS = new Set(['cs', 'ds', 'ts'])
/** A number beyond it means nothing in RTF. */
const MAX_NUMBER = 0x7fffffff

type Mode =
  /** Written as it comes. */
  | 'write'
  /** Left behind with all groups inside. */
  | 'skip'
  /** An embedded object: only the group of its shown result is written. */
  | 'object'
  | 'picture'
  /** A shape's property: only collected. */
  | 'property'

/** Places among the pieces are -1 as long as there is none. */
type Field = {
  readonly start: number
  instructionFrom: number
  instructionTo: number
  resultAt: number
  instruction: string
  hasInner: boolean
}

type Group = {
  readonly mode: Mode
  /** Nothing came in it yet: the next word may be its destination. */
  isFresh: boolean
  isStarred: boolean
  isOpened: boolean
  name: string
  isDeleted: boolean
  readonly field: Field | undefined
  readonly inInstruction: Field | undefined
  picture: { readonly words: string[]; readonly hex: string[]; readonly binary: Buffer[]; format: string } | undefined
  property: { name: string; value: string } | undefined
}

export class RtfRebuilding implements TokenHandler {
  readonly pieces: string[] = []
  readonly pictures: PicturePlace[] = []
  readonly counts = new Map<ObjectKind, number>()
  isDone = false
  isOverLimit = false
  length = 0
  readonly #rules: ObjectRules
  readonly #groups: Group[] = []

  constructor(rules: ObjectRules) {
    this.#rules = rules
  }

  get #group(): Group | undefined {
    return this.#groups.at(-1)
  }

  open(): void {
    const parent = this.#group
    if (parent) this.#settle(parent)
    if (this.#groups.length >= MAX_DEPTH) {
      this.isOverLimit = true
      this.isDone = true
      return
    }
    this.#groups.push({
      mode: parent?.mode ?? 'write',
      isFresh: true,
      isStarred: false,
      isOpened: false,
      name: '',
      isDeleted: parent?.isDeleted ?? false,
      field: undefined,
      inInstruction: parent?.inInstruction,
      picture: undefined,
      property: parent?.property,
    })
  }

  close(): void {
    const group = this.#groups.pop()
    if (!group) return
    if (group.isFresh && group.mode === 'write') this.#openGroup(group)
    if (group.name === 'fldinst') this.#endInstruction(group)
    if (group.isOpened) this.#write('}')
    if (group.field) this.#endField(group.field)
    if (group.name === 'pict' && group.picture) this.#endPicture(group.picture)
    if (group.name === 'sp' && group.property) this.#endProperty(group.property)
    if (this.#groups.length === 0) this.isDone = true
  }

  /** Groups that the source left open. */
  finish(): void {
    while (this.#groups.length > 0 && !this.isOverLimit) this.close()
  }

  sign(sign: string): void {
    const group = this.#group
    if (!group) return
    if (sign === '*' && group.isFresh) {
      group.isStarred = true
      return
    }
    this.#settle(group)
    if (group.inInstruction && SIGNS.has(sign)) this.#instruct(group, sign)
    if (SIGNS.has(sign) && this.#shows(group)) this.#write(`\\${sign}`)
  }

  hex(octet: number): void {
    const group = this.#group
    if (!group) return
    this.#settle(group)
    this.#instruct(group, String.fromCharCode(octet))
    if (this.#shows(group)) this.#write(hexOf(octet))
  }

  text(octets: string): void {
    const group = this.#group
    if (!group) return
    this.#settle(group)
    if (group.mode === 'picture') group.picture?.hex.push(octets)
    if (group.mode === 'property' && group.property && octets.length < 100) this.#collect(group, octets)
    this.#instruct(group, octets)
    if (this.#shows(group)) this.#write(textOf(octets))
  }

  binary(octets: Buffer): void {
    const group = this.#group
    if (group?.mode === 'picture' && group.picture) group.picture.binary.push(octets)
    else if (group) this.#count('unknownParts')
  }

  word(name: string, number: number | undefined): void {
    const group = this.#group
    if (!group) return
    if (group.isFresh && this.#enter(group, name, number)) return
    this.#settle(group)
    if (group.mode === 'picture') return this.#pictureWord(group, name, number)
    if (name === 'deleted') group.isDeleted = number !== 0 && this.#removes('revisions')
    if (name === 'plain') group.isDeleted = false
    if (name === 'u' && number !== undefined) this.#instruct(group, String.fromCharCode(number & 0xffff))
    if (group.mode !== 'write') return
    if (OBJECT_WORDS.has(name)) this.#count('oleObjects')
    if (this.#mayWrite(name)) this.#write(wordOf(name, number))
  }

  /** The first word of a group may say what the group is; true when it is used up. */
  #enter(group: Group, name: string, number: number | undefined): boolean {
    group.isFresh = false
    if (group.mode === 'skip') return true
    if (group.mode === 'object') return this.#enterObject(group, name)
    if (group.mode === 'property') return this.#enterProperty(group, name)
    if (group.mode === 'picture') return this.#become(group, 'skip')
    if (name === 'object' || OBJECT_WORDS.has(name)) {
      this.#count('oleObjects')
      return this.#become(group, name === 'object' ? 'object' : 'skip')
    }
    if (name === 'pict') return this.#enterPicture(group)
    if (name === 'sp') {
      group.property = { name: '', value: '' }
      group.name = 'sp'
      return this.#become(group, 'property')
    }
    if (name === 'rtf' && this.#groups.length === 1) return this.#openAs(group, '\\rtf1 ')
    const dropped = this.#droppedKind(name, group)
    if (dropped !== undefined) {
      if (dropped !== 'silently') this.#count(dropped)
      return this.#become(group, 'skip')
    }
    const isStarred = starOf(name, group)
    if (isStarred === undefined) {
      this.#openGroup(group)
      return false
    }
    group.name = name
    if (name === 'field') Object.assign(group, { field: this.#newField(group) })
    if (name === 'fldinst') this.#startInstruction(group)
    const outer = this.#groups.at(-2)?.field
    if (name === 'fldrslt' && outer && outer.resultAt < 0) outer.resultAt = this.pieces.length
    return this.#openAs(group, `${isStarred ? '\\*' : ''}${wordOf(name, number)}`)
  }

  #droppedKind(name: string, group: Group): ObjectKind | 'silently' | undefined {
    // Pictures for readers that do not know the better form beside it.
    if (name === 'nonshppict' || name === 'shprslt') return 'silently'
    if (COMMENT_WORDS.has(name)) return this.#removes('comments') ? (name === 'annotation' ? 'comments' : 'silently') : undefined
    if (name === 'info') return this.#removes('metadata') ? 'metadata' : undefined
    if (name === 'revtbl') return this.#removes('revisions') ? 'revisions' : undefined
    const known = DROPPED.get(name)
    if (known !== undefined) return known
    if (INFO_PARTS.has(name) && this.#groups.at(-2)?.name !== 'info') return 'metadata'
    return group.isStarred && !DESTINATIONS.has(name) ? 'customData' : undefined
  }

  #enterObject(group: Group, name: string): boolean {
    if (name !== 'result') return this.#become(group, 'skip')
    Object.assign(group, { mode: 'write' })
    this.#openGroup(group)
    return true
  }

  #enterProperty(group: Group, name: string): boolean {
    group.name = name
    // The picture of a shape is content like any other.
    if (name === 'pict') return this.#enterPicture(group)
    if (name !== 'sn' && name !== 'sv') return this.#become(group, 'skip')
    return true
  }

  #enterPicture(group: Group): boolean {
    group.name = 'pict'
    group.picture = { words: [], hex: [], binary: [], format: '' }
    return this.#become(group, 'picture')
  }

  #become(group: Group, mode: Mode): true {
    Object.assign(group, { mode })
    return true
  }

  #openAs(group: Group, start: string): true {
    this.#write(`{${start}`)
    group.isOpened = true
    group.isFresh = false
    return true
  }

  #openGroup(group: Group): void {
    this.#openAs(group, '')
  }

  /** Something else than a word came first: a plain group. */
  #settle(group: Group): void {
    if (!group.isFresh) return
    group.isFresh = false
    if (group.mode === 'write') this.#openGroup(group)
    else if (group.mode === 'object' || group.mode === 'picture') this.#become(group, 'skip')
  }

  #shows(group: Group): boolean {
    return group.mode === 'write' && !group.isDeleted
  }

  #mayWrite(name: string): boolean {
    if (CHANGE_WORDS.has(name)) return !this.#removes('revisions')
    return WORDS.has(name) && name !== 'rtf'
  }

  #removes(what: ObjectKind): boolean {
    return ruleFor(what, this.#rules) !== 'keep'
  }

  #pictureWord({ picture }: Group, name: string, number: number | undefined): void {
    if (!picture || picture.words.length >= MAX_PICTURE_WORDS) return
    if (kindOfPicture(name)) picture.format = name
    else if (/^pic(?:[wh](?:goal)?|scale[xy]|crop[lrtb]|scaled)$/.test(name)) picture.words.push(wordOf(name, number))
  }

  #endPicture({ words, hex, binary, format }: NonNullable<Group['picture']>): void {
    const digits = hex.join('').replace(/[^0-9a-f]/gi, '')
    const bytes = binary.length > 0 ? Buffer.concat(binary) : Buffer.from(digits.slice(0, digits.length & ~1), 'hex')
    this.pictures.push({ piece: this.pieces.length, words: words.join(''), format, bytes })
    this.#write('')
  }

  #collect(group: Group, text: string): void {
    if (group.name === 'sn') group.property!.name += text
    if (group.name === 'sv') group.property!.value += text
  }

  #endProperty({ name, value }: { name: string; value: string }): void {
    const isKnown = SHAPE_PROPERTIES.has(name.trim()) && /^-?\d{1,10}$/.test(value.trim())
    if (isKnown && this.#group?.mode === 'write') this.#write(`{\\sp {\\sn ${name.trim()}}{\\sv ${value.trim()}}}`)
  }

  #newField(group: Group): Field {
    if (group.inInstruction) group.inInstruction.hasInner = true
    return { start: this.pieces.length, instructionFrom: -1, instructionTo: -1, resultAt: -1, instruction: '', hasInner: false }
  }

  #startInstruction(group: Group): void {
    const field = this.#groups.at(-2)?.field
    if (!field || field.instructionFrom >= 0) return
    field.instructionFrom = this.pieces.length
    Object.assign(group, { inInstruction: field })
  }

  #endInstruction({ inInstruction }: Group): void {
    // The closing bracket comes next.
    if (inInstruction && inInstruction.instructionTo < 0) inInstruction.instructionTo = this.pieces.length + 1
  }

  /** Text of the instruction itself, not of fields inside it. */
  #instruct({ inInstruction, mode, field }: Group, text: string): void {
    if (inInstruction && mode === 'write' && !field) inInstruction.instruction += text
  }

  #endField(field: Field): void {
    const { instruction, hasInner, instructionFrom, instructionTo, resultAt, start } = field
    const rules = { keepLinks: !this.#removes('hyperlinks'), keepForms: false }
    const isComputed = hasInner && instruction.trim() === ''
    const problem = instructionFrom < 0 ? undefined : isComputed ? 'dynamicFields' : fieldProblem(instruction, rules)
    if (problem === undefined && instructionFrom >= 0) return
    if (problem !== undefined) this.#count(problem)
    this.pieces[start] = '{'
    if (instructionFrom >= 0) this.pieces.fill('', instructionFrom, instructionTo)
    if (resultAt >= 0) this.pieces[resultAt] = '{'
  }

  #count(what: ObjectKind): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  #write(piece: string): void {
    this.pieces.push(piece)
    this.length += piece.length
    if (this.pieces.length > MAX_PIECES) this.isOverLimit = this.isDone = true
  }
}

/** Whether a destination is written with `\\*`; undefined for a word that is none. */
function starOf(name: string, { isStarred }: Group): boolean | undefined {
  if (STYLE_KINDS.has(name) && !isStarred) return undefined
  if (name === 'info' || INFO_PARTS.has(name)) return false
  return DESTINATIONS.get(name) ?? (COMMENT_WORDS.has(name) || undefined)
}

const HEX = Array.from({ length: 256 }, (_, octet) => `\\'${octet.toString(16).padStart(2, '0')}`)

function hexOf(octet: number): string {
  return HEX[octet]!
}

function wordOf(name: string, number: number | undefined): string {
  const isUsable = number !== undefined && Math.abs(number) <= MAX_NUMBER
  return `\\${name}${isUsable ? number : ''} `
}

/** Printable ASCII as it is, a tab by its word, other controls not at all. */
function textOf(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  return text.replace(/[^\x20-\x7e]/g, each => {
    const octet = each.charCodeAt(0)
    return octet >= 0x80 ? hexOf(octet) : octet === 9 ? '\\tab ' : ''
  })
}
