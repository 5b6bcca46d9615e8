import { describe, expect, test } from 'vitest'
import { readDraft } from '../../../config/draft.ts'
import { parseConfig } from '../../../config/load.ts'
import { policyText, policyTextVersion } from '../../../config/policy-text.ts'
import { policyScopes } from '../../../config/recipients.ts'

const BASE = { text: 'domains: [town.example.jp]\npolicy: {profile: raster}\nrelay: {}\n', baseDir: '/', environment: {} }
const ROW = 'policy:\n  rows:\n    - {id: no-zip, detected: [application/zip], then: quarantine, why: test}\n'

describe('a draft', () => {
  test('takes the place of the section, beside the rest of the file', () => {
    const draft = readDraft(ROW, BASE)
    if ('problems' in draft) throw new Error(draft.problems.join())
    expect([draft.config.domains, draft.config.policy.profile, draft.config.policy.rows[0]?.id]).toEqual([['town.example.jp'], 'disarm', 'no-zip'])
  })
  test.each([
    ['', /needs policy or tenants/],
    ['smtp: {port: 1}', /smtp: only policy and tenants can be drafted/],
    ['policy: {profile: open}', /policy\.profile: /],
    ['policy: {rows: [{id: x, then: pass, why: y}]}', /policy\.rows\[0\]\.then: /],
    ['policy: [', /^1: |^\d+: /],
    ['- a', /.+/],
  ])('%j is told what is wrong', (yaml, problem) => {
    const draft = readDraft(yaml, BASE)
    expect('problems' in draft && draft.problems.join('\n')).toMatch(problem)
  })
})

test('the text of what is in force means the same when it is put into a file again', () => {
  const text = `domains: [town.example.jp]\n${ROW}  groups: [{id: g, domains: [town.example.jp], profile: raster}]\ntenants: [{id: kita, domains: [kita.example.jp]}]\n`
  const loaded = parseConfig(text, { source: 't', baseDir: '/', environment: {} })
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  const again = parseConfig(`domains: [town.example.jp]\n${policyText(loaded.config)}`, { source: 't', baseDir: '/', environment: {} })
  if ('problems' in again) throw new Error(JSON.stringify(again.problems))
  expect(policyText(again.config)).toBe(policyText(loaded.config))
  expect(policyTextVersion(policyText(again.config))).toMatch(/^[0-9a-f]{12}$/)
  expect(policyScopes(loaded.config).map(({ tenant, group, policy }) => [tenant, group, policy.profile])).toEqual([
    ['default', '', 'disarm'],
    ['default', 'g', 'raster'],
    ['kita', '', 'disarm'],
    ['kita', 'g', 'raster'],
  ])
})
