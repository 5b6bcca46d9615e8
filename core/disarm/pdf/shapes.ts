/**
 * Building blocks of the grammar of a PDF file: what a value must be to cross, and how it is then written.
 *
 * A `Shape` is for a value in its place: it gives the text of the new file, or undefined, and then the value is left
 * behind. Tables of keys make dictionaries; keys that are in no table never cross, and are counted when they mean
 * something (LEFT_BEHIND). Arrays and plain values are always written where they stand, dictionaries and streams
 * behind a reference become objects of their own.
 */
import type { ObjectKind } from '../../objects.ts'
import { DANGEROUS_KEYS, DANGEROUS_KINDS } from './danger.ts'
import { decimals, nameSyntax, numberText, stringText } from './lexer.ts'
import { type Dict, isDict, Name, nameText, Ref, Stream, Text, type Value } from './object.ts'
import type { ObjectShape, Rebuild } from './rebuild.ts'

export type Shape = (value: Value, job: Rebuild) => string | undefined
export type Table = Readonly<Record<string, Shape>>

const MOST_ITEMS = 1_000_000
const MOST_STRING_OCTETS = 1 << 20
const MOST_NAME_OCTETS = 300

export const anyNumber: Shape = (value, job) => {
  const found = job.source.resolve(value)
  return typeof found === 'number' ? numberText(found) : undefined
}

export const anyBoolean: Shape = (value, job) => {
  const found = job.source.resolve(value)
  return typeof found === 'boolean' ? String(found) : undefined
}

export const anyString: Shape = (value, job) => {
  const found = job.source.resolve(value)
  return found instanceof Text && found.octets.length <= MOST_STRING_OCTETS ? stringText(found.octets) : undefined
}

export const anyName: Shape = (value, job) => {
  const found = job.source.resolve(value)
  return found instanceof Name && found.text.length <= MOST_NAME_OCTETS ? nameSyntax(found.text) : undefined
}

const nothing: Shape = (value, job) => (job.source.resolve(value) === null ? 'null' : undefined)

/** A name that says what something is, by the file's own choice of words. */
export const kindName: Shape = (value, job) => (DANGEROUS_KINDS.has(nameText(job.source.resolve(value))) ? undefined : anyName(value, job))

export function names(...allowed: readonly string[]): Shape {
  return (value, job) => {
    const found = nameText(job.source.resolve(value))
    return allowed.includes(found) ? nameSyntax(found) : undefined
  }
}

/** The first that takes it. */
export function either(...shapes: readonly Shape[]): Shape {
  return (value, job) => {
    for (const shape of shapes) {
      const text = shape(value, job)
      if (text !== undefined) return text
    }
    return undefined
  }
}

/** An array; items that do not fit are left out. */
export function listOf(item: Shape): Shape {
  return (value, job) => {
    const found = job.source.resolve(value)
    if (!Array.isArray(found) || found.length > MOST_ITEMS) return undefined
    return `[${found.flatMap(each => item(each, job) ?? []).join(' ')}]`
  }
}

/** An array in which each place has its meaning: one item that does not fit, and the whole is left behind. */
export function tuple(...items: readonly Shape[]): Shape {
  return (value, job) => {
    const found = job.source.resolve(value)
    if (!Array.isArray(found) || found.length < items.length) return undefined
    const texts = items.map((item, index) => item(found[index]!, job))
    return texts.includes(undefined) ? undefined : `[${texts.join(' ')}]`
  }
}

export const numbers: Shape = (value, job) => {
  const found = job.source.resolve(value)
  if (!Array.isArray(found) || found.length > MOST_ITEMS) return undefined
  const texts = found.map(each => anyNumber(each, job))
  return texts.includes(undefined) ? undefined : `[${texts.join(' ')}]`
}

/** Corners of a box; sizes that no page has are refused. */
export const box: Shape = (value, job) => {
  const found = job.source.resolve(value)
  if (!Array.isArray(found) || found.length !== 4) return undefined
  const corners = found.map(each => job.source.resolve(each))
  const isCorner = (corner: Value): corner is number => typeof corner === 'number' && Math.abs(corner) <= 1e6
  return corners.every(isCorner) ? `[${corners.map(corner => cornerText(corner, job)).join(' ')}]` : undefined
}

function cornerText(corner: number, job: Rebuild): string {
  const exact = job.exactCorners.get(Math.fround(corner))
  return exact === undefined ? numberText(corner) : decimals(exact)
}

/** Plain values, nested to a depth that real files need; no dictionaries, so nothing that acts. */
export const plain: Shape = (value, job) => plainAt(value, job, 6)

function plainAt(value: Value, job: Rebuild, depth: number): string | undefined {
  const found = job.source.resolve(value)
  if (Array.isArray(found)) {
    if (depth === 0 || found.length > 10_000) return undefined
    return `[${found.map(each => plainAt(each, job, depth - 1) ?? 'null').join(' ')}]`
  }
  return anyScalar(found, job)
}

const anyScalar = either(anyNumber, anyName, anyString, anyBoolean, nothing)

/** A dictionary with any keys and plain values. */
export const plainDict: Shape = (value, job) => {
  const found = job.source.resolve(value)
  if (!isDict(found)) return undefined
  return mapText(new Map([...found].filter(([key]) => !DANGEROUS_KEYS.has(key))), job, plain)
}

/** A dictionary whose keys are names that the file made up, e.g. those of fonts. */
export function mapOf(item: Shape): Shape {
  return (value, job) => {
    const found = job.source.resolve(value)
    return isDict(found) ? mapText(found, job, item) : undefined
  }
}

function mapText(dict: Dict, job: Rebuild, item: Shape): string {
  const entries: string[] = []
  for (const [key, value] of dict) {
    const text = key.length <= MOST_NAME_OCTETS ? item(value, job) : undefined
    if (text !== undefined && text !== 'null') entries.push(`${nameSyntax(key)} ${text}`)
  }
  return `<<${entries.join('')}>>`
}

/** A dictionary or stream: where it stands when it stands there, else linked. The first shape that fits counts. */
export function object(...shapes: readonly (() => ObjectShape)[]): Shape {
  return (value, job) => {
    for (const shape of shapes) {
      if (value instanceof Ref) {
        const text = job.link(value, shape())
        if (text !== undefined) return text
      } else if (!(value instanceof Stream) && shape().fits(value, job)) {
        const body = shape().write(value, job)
        // A shape of streams fits streams only, and those stand behind references.
        return body instanceof Promise ? undefined : body.text
      }
    }
    return undefined
  }
}

type DictOptions = {
  /** Written first, e.g. `/Type/Page`. */
  readonly fixed?: string
  /** What tells this kind from others. */
  readonly when?: (dict: Dict, job: Rebuild) => boolean
  /** More entries that a table cannot say, as text. */
  readonly more?: (dict: Dict, job: Rebuild) => string
  /** Keys that `more` takes care of. */
  readonly handled?: readonly string[]
}

/** An object that is a dictionary with these keys. `name` must be unique over the whole grammar. */
export function dictionary(name: string, table: Table, options: DictOptions = {}): ObjectShape {
  return {
    name,
    fits: (value, job) => isDict(value) && (options.when?.(value, job) ?? true),
    write: (value, job) => ({ text: isDict(value) ? entriesText(value, { job, table, options }) : 'null' }),
  }
}

type EntriesJob = { readonly job: Rebuild; readonly table: Table; readonly options?: DictOptions }

/** `<<…>>` of what the table takes from a dictionary. */
export function entriesText(dict: Dict, { job, table, options = {} }: EntriesJob): string {
  let text = `<<${options.fixed ?? ''}`
  for (const [key, shape] of Object.entries(table)) {
    const value = dict.get(key)
    if (value === undefined) continue
    const entry = shape(value, job)
    if (entry !== undefined) text += `${nameSyntax(key)} ${entry}`
    else countLeft(key, job)
  }
  if (options.more) text += options.more(dict, job)
  for (const key of dict.keys()) if (!Object.hasOwn(table, key) && !options.handled?.includes(key)) countLeft(key, job)
  return `${text}>>`
}

/**
 * Keys whose loss somebody should know of, wherever they stand. Others in no table are private data of the program
 * that wrote the file, or tell a reader what we tell it ourselves.
 */
const LEFT_BEHIND: Readonly<Record<string, ObjectKind>> = {
  JS: 'scripts',
  JavaScript: 'scripts',
  XFA: 'scripts',
  AA: 'actions',
  PA: 'actions',
  PresSteps: 'actions',
  EmbeddedFile: 'embeddedFiles',
  EF: 'embeddedFiles',
  AF: 'embeddedFiles',
  RichMediaContent: 'media',
  Movie: 'media',
  Sound: 'media',
  '3DD': 'media',
  PieceInfo: 'customData',
  Metadata: 'metadata',
  Ref: 'externalLinks',
  OPI: 'externalLinks',
  FFilter: 'externalLinks',
  PS: 'unknownParts',
}

function countLeft(key: string, job: Rebuild): void {
  if (!Object.hasOwn(LEFT_BEHIND, key)) return
  job.removed(LEFT_BEHIND[key]!)
}
