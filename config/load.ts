/**
 * From a file and the environment to a checked `Config`, or to every problem at once.
 *
 *   text ─▶ YAML with positions ─▶ environment overrides ─▶ schema ─▶ paths and defaults resolved ─▶ rules across settings
 *
 * Invariant: a Config that comes out of here is whole, frozen, and has absolute paths only.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { readEnvironment, type Environment, type Override } from './environment.ts'
import { deepFreeze } from './frozen.ts'
import { type SettingIssue, validate } from './kinds.ts'
import { nearestName } from './nearest.ts'
import { resolveConfig } from './resolve.ts'
import { brokenRules } from './rules.ts'
import { CONFIG_SCHEMA, type Config } from './schema.ts'
import { mappingOf, schemaAt, type SchemaNode } from './settings.ts'
import { readYaml, type YamlFile } from './yaml.ts'

export type ConfigProblem = {
  /** File name as given, name of an environment variable, or 'defaults'. */
  readonly source: string
  readonly line?: number
  readonly column?: number
  /** Dotted path of the setting, '' for the file as a whole. */
  readonly key: string
  readonly problem: string
}

export type LoadedConfig = { readonly config: Config } | { readonly problems: readonly ConfigProblem[] }

/** `path` undefined: defaults and environment only. Reads the file and nothing else; never throws. */
export function loadConfig(path: string | undefined, environment: Environment, currentDir: string = process.cwd()): LoadedConfig {
  if (path === undefined) return parseConfig('', { source: 'defaults', baseDir: currentDir, environment })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return {
      problems: [
        {
          source: path,
          key: '',
          problem: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8' : `cannot be read (${code})`,
        },
      ],
    }
  }
  return parseConfig(text, { source: path, baseDir: dirname(resolve(path)), environment })
}

type Origin = { readonly source: string; readonly baseDir: string; readonly environment: Environment }

export function parseConfig(text: string, { source, baseDir, environment }: Origin): LoadedConfig {
  const file = readYaml(text)
  const { overrides, problems: unknownVariables } = readEnvironment(environment)
  const problems: ConfigProblem[] = [
    ...file.problems.map(problem => ({ source, ...problem })),
    ...unknownVariables.map(({ variable, problem }) => ({ source: variable, key: '', problem })),
  ]
  if (file.value === undefined) return { problems }

  const place = placeOf(source, file, overrides)
  const checked = validate(CONFIG_SCHEMA, withOverrides(withoutEmptySections(file.value), overrides))
  if ('issues' in checked)
    return { problems: inOrder([...problems, ...checked.issues.flatMap(issue => describe(issue, place))]) }

  const config = resolveConfig(checked.value as Config, baseDir)
  problems.push(...brokenRules(config).map(({ path, problem }) => ({ ...place(path), problem })))
  return problems.length > 0 ? { problems: inOrder(problems) } : { config: deepFreeze(config) }
}

type Place = (path: readonly (string | number)[], key?: string) => Omit<ConfigProblem, 'problem'>

function placeOf(source: string, file: YamlFile, overrides: readonly Override[]): Place {
  return (path, key) => {
    const full = key === undefined ? path : [...path, key]
    const dotted = full
      .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
      .join('')
    const override = overrides.find(({ path: prefix }) => prefix.every((step, i) => full[i] === step))
    if (override) return { source: override.variable, key: dotted }
    if (source === 'defaults') return { source, key: dotted }
    return { source, ...(key === undefined ? file.position(path) : file.keyPosition(path, key)), key: dotted }
  }
}

function describe({ path, unknownKeys, problem }: SettingIssue, place: Place): ConfigProblem[] {
  if (unknownKeys.length === 0) return [{ ...place(path), problem }]
  const known = Object.keys(mappingOf(schemaAt(path))?.properties ?? {})
  return unknownKeys.map(key => {
    const nearest = nearestName(key, known)
    return { ...place(path, key), problem: nearest ? `no such setting; did you mean ${nearest}?` : 'no such setting' }
  })
}

/** `smtp:` with all its keys commented out reads as null in YAML, and is meant as nothing said. */
function withoutEmptySections(written: unknown, node: SchemaNode | undefined = schemaAt([])): unknown {
  if (node?.properties === undefined || typeof written !== 'object' || Array.isArray(written)) return written
  if (written === null) return {}
  return Object.fromEntries(
    Object.entries(written).map(([key, value]) => [key, withoutEmptySections(value, node.properties?.[key])]),
  )
}

function withOverrides(written: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((value, override) => withValue(value, override.path, override.value), written)
}

/** A copy of `written` with one value set; what is not a mapping on the way there is left for the schema to refuse. */
function withValue(written: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  if (written !== undefined && written !== null && (typeof written !== 'object' || Array.isArray(written)))
    return written
  const mapping = (written ?? {}) as Readonly<Record<string, unknown>>
  return { ...mapping, [key]: withValue(mapping[key], rest, value) }
}

function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted(
    (a, b) =>
      (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER) || (a.column ?? 0) - (b.column ?? 0),
  )
}

/** `file:line:column: key: problem`, which editors and people know how to follow. */
export function formatProblem({ source, line, column, key, problem }: ConfigProblem): string {
  const place = line === undefined ? source : `${source}:${line}:${column}`
  return `${place}: ${key === '' ? '' : `${key}: `}${problem}`
}
