/**
 * Fields of WordprocessingML: which may stay, and how one disappears although it is spread over many runs.
 *
 *   fldChar begin ▸ instrText … ▸ separate ▸ result ▸ end ──▶ [Fields] ──▶ kept │ taken back, its result stays
 *
 * By allow-list of field names. What a field is shows only when its instruction is complete, and an instruction may
 * hold fields itself; so everything that was written for a field is remembered and taken back when it may not stay.
 * A field whose name is itself computed by a field has none of the known names.
 * Standards: ISO/IEC 29500-1 §17.16 (§17.16.5 lists the fields, §17.16.18 fldChar).
 */
import type { ObjectKind } from '../../objects.ts'
import type { XmlWriter } from '../xml-write.ts'
import { harmlessLink, kindOfBadLink } from './links.ts'

/** Compute from the document, its numbering or the clock; none fetches, runs or stores anything. */
const HARMLESS = new Set(
  `= ADDRESSBLOCK ADVANCE AUTHOR AUTONUM AUTONUMLGL AUTONUMOUT BIBLIOGRAPHY CITATION COMMENTS COMPARE CREATEDATE DATE
  DOCPROPERTY DOCVARIABLE EDITTIME EQ FILENAME FILESIZE GOTOBUTTON GREETINGLINE IF INDEX INFO KEYWORDS LASTSAVEDBY LISTNUM
  MERGEFIELD MERGEREC MERGESEQ NEXT NEXTIF NOTEREF NUMCHARS NUMPAGES NUMWORDS PAGE PAGEREF QUOTE REF REVNUM SAVEDATE SECTION
  SECTIONPAGES SEQ SET SKIPIF STYLEREF SUBJECT SYMBOL TA TC TIME TITLE TOA TOC USERADDRESS USERINITIALS USERNAME XE PRINTDATE
  SHAPE BIDIOUTLINE`.split(/\s+/),
)
const FORM_FIELDS = new Set(['FORMTEXT', 'FORMCHECKBOX', 'FORMDROPDOWN'])
const DEEPEST = 20
const LONGEST = 32_768

export type FieldRules = { readonly keepLinks: boolean; readonly keepForms: boolean }

/**
 * Undefined when the field may stay, else what it is called in the report. `isComputed`: part of the instruction comes
 * from a field or a text inside it, so where a link leads shows only when it is followed.
 */
export function fieldProblem(untrustedInstruction: string, { keepLinks, keepForms }: FieldRules, isComputed = false): ObjectKind | undefined {
  const instruction = untrustedInstruction.trim()
  if (instruction.length > LONGEST) return 'dynamicFields'
  // An empty instruction does nothing; Word writes such fields.
  if (instruction === '') return undefined
  const name = /^(?:=|[A-Za-z]+)/.exec(instruction)?.[0].toUpperCase() ?? ''
  if (name === 'HYPERLINK') return isComputed ? 'externalLinks' : hyperlinkProblem(instruction, keepLinks)
  if (FORM_FIELDS.has(name)) return keepForms ? undefined : 'forms'
  // REF may be left out before the name of a bookmark; a name that is a field elsewhere is none of these.
  if (HARMLESS.has(name) || /^_(?:Ref|Toc|Hlk)\d+\b/.test(instruction)) return undefined
  return 'dynamicFields'
}

/** HYPERLINK "address" \l "place" \o "hint" \t "frame" \n \m */
function hyperlinkProblem(instruction: string, keepLinks: boolean): ObjectKind | undefined {
  const rest = instruction.slice('HYPERLINK'.length)
  const words = [...rest.matchAll(/\\[A-Za-z]|"((?:[^"\\]|\\.)*)"|[^\s"]+|"/g)]
  let isArgument = false
  let target = ''
  for (const word of words) {
    if (word[0] === '"') return 'externalLinks'
    if (/^\\[A-Za-z]$/.test(word[0])) {
      isArgument = /^\\[lot]$/i.test(word[0])
    } else if (isArgument) isArgument = false
    else if (target === '') target = (word[1] ?? word[0]).replace(/\\(.)/g, '$1')
    else return 'externalLinks'
  }
  if (target === '') return undefined
  if (harmlessLink(target) === undefined) return kindOfBadLink(target)
  return keepLinks || target.startsWith('#') ? undefined : 'hyperlinks'
}

type Range = readonly [from: number, to: number]
type Field = { instruction: string; isComputed: boolean; readonly written: Range[]; isInstruction: boolean; problem: ObjectKind | undefined }

/** The fields of one part, in the order of its markup. */
export class Fields {
  readonly #writer: XmlWriter
  readonly #rules: FieldRules
  readonly #count: (kind: ObjectKind) => void
  readonly #open: Field[] = []
  /** Fields nested too deeply, which are not written at all. */
  #tooDeep = 0

  constructor(writer: XmlWriter, rules: FieldRules, count: (kind: ObjectKind) => void) {
    this.#writer = writer
    this.#rules = rules
    this.#count = count
  }

  /** Whether what is written now belongs to an instruction. */
  get inInstruction(): boolean {
    return this.#open.some(field => field.isInstruction)
  }

  /** A fldChar was written between two marks. */
  character(type: string, written: Range): void {
    if (this.#tooDeep > 0 || (type === 'begin' && this.#open.length >= DEEPEST)) {
      this.#writer.takeBack(...written)
      this.#tooDeep += type === 'begin' ? 1 : type === 'end' ? -1 : 0
      return
    }
    const field = this.#open.at(-1)
    if (type === 'begin') {
      this.piece(written)
      this.#open.push({ instruction: '', isComputed: false, written: [written], isInstruction: true, problem: undefined })
    } else if (!field) this.#writer.takeBack(...written)
    else {
      field.written.push(written)
      for (const outer of this.#open.slice(0, -1)) if (outer.isInstruction) outer.written.push(written)
      this.#judge(field)
      if (type === 'end') this.#end()
    }
  }

  /** A piece of the instruction was written between two marks. */
  instruction(text: string, written: Range): void {
    const field = this.#open.at(-1)
    if (!field?.isInstruction || this.#tooDeep > 0) {
      this.#writer.takeBack(...written)
      return
    }
    if (field.instruction.length <= LONGEST) field.instruction += text
    field.written.push(written)
    for (const outer of this.#open.slice(0, -1)) if (outer.isInstruction) outer.written.push(written)
  }

  /** Anything visible; what computes an instruction goes with it. */
  piece(written: Range): void {
    for (const field of this.#open) {
      if (!field.isInstruction) continue
      field.written.push(written)
      field.isComputed = true
    }
  }

  /** Fields that never end are judged by what there is. */
  finish(): void {
    while (this.#open.length > 0) {
      this.#judge(this.#open.at(-1)!)
      this.#end()
    }
  }

  #judge(field: Field): void {
    if (!field.isInstruction) return
    field.isInstruction = false
    field.problem = fieldProblem(field.instruction, this.#rules, field.isComputed)
  }

  #end(): void {
    const { problem, written } = this.#open.pop()!
    if (problem === undefined) return
    this.#count(problem)
    for (const range of written) this.#writer.takeBack(...range)
  }
}
