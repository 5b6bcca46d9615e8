/**
 * A draft of the sections that say what is done with content, tried against the rest of a configuration in force: so that
 * a policy can be replayed before it is switched on.
 */
import { CONFIG_SECTIONS_OF_POLICY, type PolicyText } from './policy-text.ts'
import { parseConfig } from './load.ts'
import type { Config } from './schema.ts'
import { readYaml } from './yaml.ts'

export type Draft = { readonly config: Config } | { readonly problems: readonly string[] }

export type DraftBase = { /** Text of the configuration file; '' without one. */ readonly text: string; readonly baseDir: string; readonly environment: NodeJS.ProcessEnv }

/** Never throws. Sections that the draft does not name stay as they are. */
export function readDraft(untrustedYaml: PolicyText, { text, baseDir, environment }: DraftBase): Draft {
  const draft = readYaml(untrustedYaml)
  if (draft.problems.length > 0) return { problems: draft.problems.map(({ line, problem }) => `${line}: ${problem}`) }
  const sections = asMapping(draft.value)
  const strange = Object.keys(sections).filter(name => !CONFIG_SECTIONS_OF_POLICY.includes(name as never))
  if (strange.length > 0) return { problems: strange.map(name => `${name}: only ${CONFIG_SECTIONS_OF_POLICY.join(' and ')} can be drafted`) }
  if (Object.keys(sections).length === 0) return { problems: [`needs ${CONFIG_SECTIONS_OF_POLICY.join(' or ')}`] }
  const merged = { ...asMapping(readYaml(text).value), ...sections }
  const loaded = parseConfig(JSON.stringify(merged), { source: 'draft', baseDir, environment })
  return 'problems' in loaded ? { problems: loaded.problems.map(({ key, problem }) => (key === '' ? problem : `${key}: ${problem}`)) } : loaded
}

function asMapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
}
