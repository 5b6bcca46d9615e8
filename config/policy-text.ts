/** The sections of a configuration that say what is done with content, as text: for records of what was in force. */
import { createHash } from 'node:crypto'
import type { Config } from './schema.ts'
import { writeYaml } from './yaml.ts'

export type PolicyText = string

export const CONFIG_SECTIONS_OF_POLICY = ['policy', 'tenants'] as const

/** Put into a configuration file again, it means the same. */
export function policyText(config: Config): PolicyText {
  return writeYaml(Object.fromEntries(CONFIG_SECTIONS_OF_POLICY.map(name => [name, config[name]])))
}

export function policyTextVersion(text: PolicyText): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
