/**
 * Settings from environment variables: `SEKISHO_` and the path in capitals, dots and capitals inside a
 * name as underscores. `smtp.maxMessageBytes` is SEKISHO_SMTP_MAX_MESSAGE_BYTES.
 *
 * Lists of text may be separated by commas; other lists and mappings are YAML (so JSON too).
 */
import { nearestName } from './nearest.ts'
import { allSettings, type SchemaNode, type Setting } from './settings.ts'
import { readYamlValue } from './yaml.ts'

export const ENVIRONMENT_PREFIX = 'SEKISHO_'
/** Variables of the same prefix that are not settings. */
const RESERVED: readonly string[] = ['SEKISHO_CONFIG']

export type Override = { readonly variable: string; readonly path: readonly string[]; readonly value: unknown }
export type Environment = Readonly<Record<string, string | undefined>>

export function variableName(path: readonly string[]): string {
  return (
    ENVIRONMENT_PREFIX +
    path
      .map(key =>
        key
          .replace('MiB', 'Mib')
          .replace(/[A-Z]/g, capital => `_${capital}`)
          .toUpperCase(),
      )
      .join('_')
  )
}

export function readEnvironment(environment: Environment): {
  readonly overrides: readonly Override[]
  readonly problems: readonly { readonly variable: string; readonly problem: string }[]
} {
  const given = Object.keys(environment).filter(name => name.startsWith(ENVIRONMENT_PREFIX) && !RESERVED.includes(name))
  if (given.length === 0) return { overrides: [], problems: [] }

  const settings = new Map(
    allSettings()
      .filter(setting => !setting.isSection)
      .map(setting => [variableName(setting.path), setting]),
  )
  const overrides: Override[] = []
  const problems: { variable: string; problem: string }[] = []
  for (const variable of given.sort()) {
    const setting = settings.get(variable)
    if (setting) overrides.push(readVariable(variable, setting, environment[variable] ?? ''))
    else problems.push({ variable, problem: unknownVariable(variable, [...settings.keys()]) })
  }
  return { overrides, problems }
}

function unknownVariable(variable: string, known: readonly string[]): string {
  const nearest = nearestName(variable, known)
  return nearest ? `no such setting; did you mean ${nearest}?` : 'no such setting'
}

function readVariable(variable: string, { path, node }: Setting, text: string): Override {
  return { variable, path, value: readValue(node, text) }
}

function readValue(node: SchemaNode, text: string): unknown {
  if (node.type === 'string') return text
  if (isTextList(node) && !/^\s*\[/.test(text))
    return text
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== '')
  return readYamlValue(text)?.value ?? text
}

function isTextList({ type, items }: SchemaNode): boolean {
  return type === 'array' && [items, ...(items?.anyOf ?? [])].some(item => item?.type === 'string')
}
