/** Whose policy holds for a file that somebody brings in. */
import { expect, test } from 'vitest'
import { vaultRules } from '../../../cli/vault-rules.ts'
import { formatProblem, parseConfig } from '../../../config/load.ts'

const YAML = `
tenants:
  - { id: kita, domains: [kita.example.jp], profile: raster }
  - { id: minami, domains: [minami.example.jp] }
policy:
  profile: disarm
  departments: { zei: [sato@minami.example.jp] }
  groups:
    - { id: strict, departments: [zei], profile: text-only }
`

test.each([
  ['the group of the bringer’s department', 'minami', { mailbox: 'sato@minami.example.jp' }, 'text-only'],
  ['the tenant, for everybody else', 'minami', { mailbox: 'ito@minami.example.jp' }, 'disarm'],
  ['the tenant, without a mailbox', 'kita', { mailbox: '' }, 'raster'],
  ['the tenant, whatever mailbox of another one is named', 'kita', { mailbox: 'sato@minami.example.jp' }, 'raster'],
  ['the profile that was asked for', 'minami', { mailbox: 'ito@minami.example.jp', profile: 'raster' }, 'raster'],
] as const)('%s', (_name, tenant, by, profile) => {
  const loaded = parseConfig(YAML, { source: 'test', baseDir: '/tmp', environment: {} })
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'))
  expect(vaultRules(loaded.config).brought(tenant, by).profile).toBe(profile)
})
