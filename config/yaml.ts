/**
 * YAML 1.2 with positions: the only file that knows the yaml package.
 *
 * Read strictly: one document, no custom tags, keys are text and unique, aliases bounded. So what a
 * person sees in the file is what is used.
 */
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parse, parseDocument, stringify } from 'yaml'

type Path = readonly (string | number)[]
export type Position = { readonly line: number; readonly column: number }
export type YamlProblem = Position & { readonly key: string; readonly problem: string }

const READING = {
  version: '1.2',
  schema: 'core',
  merge: false,
  uniqueKeys: true,
  stringKeys: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const
const MAX_ALIASES = 50

export type YamlFile = {
  /** Plain data; an empty file is an empty mapping. Undefined when the text is not YAML at all. */
  readonly value: unknown
  readonly problems: readonly YamlProblem[]
  /** Where the value at `path` stands, or the nearest thing around it. */
  position(path: Path): Position
  /** Where `key` of the mapping at `path` stands. */
  keyPosition(path: Path, key: string): Position
}

export function readYaml(text: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { ...READING, lineCounter: lines })
  const at = (offset: number | undefined): Position => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problems: YamlProblem[] = [...document.errors, ...document.warnings].map(error => ({
    ...at(error.pos[0]),
    key: '',
    problem: error.code === 'DUPLICATE_KEY' ? 'this key is written twice' : error.message,
  }))
  const broken = document.errors.some(error => error.code !== 'DUPLICATE_KEY')
  const plain = broken ? undefined : toPlain(document)
  if (plain === TOO_MANY_ALIASES) problems.push({ ...at(0), key: '', problem: 'too many aliases' })
  return {
    value: plain === TOO_MANY_ALIASES ? undefined : plain,
    problems,
    position: path => at(nearestOffset(document, path)),
    keyPosition: (path, key) => at(keyOffset(document, path, key) ?? nearestOffset(document, path)),
  }
}

const TOO_MANY_ALIASES = Symbol('too many aliases')

function toPlain(document: Document.Parsed): unknown {
  if (document.contents === null) return {}
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {}
  } catch {
    return TOO_MANY_ALIASES
  }
}

/** Prefers the key of a pair, which is what a person looks for; a list item has only itself. */
function nearestOffset(document: Document.Parsed, path: Path): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const last = path[depth - 1]!
    const offset = typeof last === 'string' ? keyOffset(document, path.slice(0, depth - 1), last) : undefined
    const node = document.getIn(path.slice(0, depth), true)
    const found = offset ?? (isNode(node) ? node.range?.[0] : undefined)
    if (found !== undefined) return found
  }
  return undefined
}

function keyOffset(document: Document.Parsed, path: Path, key: string): number | undefined {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true)
  if (!isMap(parent)) return undefined
  const pair = parent.items.find(item => isPair(item) && isScalar(item.key) && item.key.value === key)
  return pair && isNode(pair.key) ? pair.key.range?.[0] : undefined
}

/** One value as a person types it on a command line or into an environment variable; undefined when unreadable. */
export function readYamlValue(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parse(text, { ...READING, maxAliasCount: 0 }) }
  } catch {
    return undefined
  }
}

export function writeYaml(value: unknown): string {
  return stringify(value, { version: '1.2', lineWidth: 0, aliasDuplicateObjects: false })
}
