import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../config/load.ts'
import { SHIPPED_PROFILES } from '../../../config/profiles.ts'
import { DANGEROUS_TYPES } from '../../../core/media/dangerous-names.ts'
import { DANGEROUS_EXTENSIONS } from '../../../core/media/dangerous-names.ts'
import { acceptedDomains, buildPolicy, recipientSettings } from '../../../config/recipients.ts'
import type { Config } from '../../../config/schema.ts'
import { decide, type PartFacts } from '../../../core/policy/decide.ts'
import { REASONS } from '../../../core/text/reasons.ts'

function configOf(text: string): Config {
  const loaded = parseConfig(text, { source: 's', baseDir: '/', environment: {} })
  if ('problems' in loaded) expect.fail(JSON.stringify(loaded.problems))
  return loaded.config
}

const TOWNS = configOf(`
domains: [town.example.jp, a.jp]
contact: 情報政策課
policy:
  profile: disarm
  departments: { 税務課: [zei@town.example.jp] }
  groups:
    - { id: tax, departments: [税務課], profile: text-only }
    - { id: everyone-at-a, domains: [a.jp], subjectTag: "[外部] " }
    - { id: late, recipients: [zei@town.example.jp, mayor@a.jp], profile: raster }
tenants:
  - { id: village, domains: [village.jp], profile: raster, contact: 総務課, originalDays: 10, noticeTexts: { contact: "問: {contact}" } }
`)
const chosen = recipientSettings(TOWNS)

describe('a recipient gets the settings of group, tenant and gateway, the narrower first', () => {
  test.each([
    ['x@town.example.jp', 'default', 'disarm', ''],
    ['ZEI@town.example.jp', 'default', 'text-only', ''],
    ['anyone@A.jp', 'default', 'disarm', '[外部] '],
    ['mayor@a.jp', 'default', 'disarm', '[外部] '],
    ['x@village.jp', 'village', 'raster', ''],
  ])('%s → tenant %s, profile %s', (recipient, tenant, profile, subjectTag) => {
    const settings = chosen(recipient)
    expect({
      tenant: settings.tenant.id,
      profile: settings.policy.profile,
      subjectTag: settings.policy.subjectTag,
    }).toEqual({ tenant, profile, subjectTag })
  })

  test('a tenant has its own words and times, and keeps the common ones it does not set', () => {
    expect(chosen('x@village.jp').tenant).toEqual({
      id: 'village',
      ownDomains: ['village.jp'],
      language: 'ja',
      contact: '総務課',
      portalUrl: 'http://127.0.0.1:8080',
      noticeTexts: { contact: '問: {contact}' },
      originalDays: 10,
    })
    expect(chosen('x@a.jp').tenant).toMatchObject({
      id: 'default',
      contact: '情報政策課',
      originalDays: 30,
      ownDomains: ['town.example.jp', 'a.jp'],
    })
  })

  test('equal policies share a group key, tenants never do', () => {
    expect(chosen('x@town.example.jp').groupKey).toBe(chosen('y@town.example.jp').groupKey)
    expect(chosen('x@town.example.jp').groupKey).not.toBe(chosen('zei@town.example.jp').groupKey)
    const shared = recipientSettings(configOf('tenants: [{ id: t, domains: [t.jp] }]'))
    expect(shared('x@t.jp').policy.version).toBe(shared('x@town.example.jp').policy.version)
    expect(shared('x@t.jp').groupKey).not.toBe(shared('x@town.example.jp').groupKey)
  })

  test('domains of tenants are accepted too', () =>
    expect([...acceptedDomains(TOWNS)]).toEqual(['town.example.jp', 'a.jp', 'village.jp']))
})

const CSV: PartFacts = {
  detectedType: 'text/csv',
  extension: 'csv',
  role: 'attachment',
  encrypted: false,
  bytes: 10,
  findings: [],
}

describe.each(Object.keys(SHIPPED_PROFILES))('profile %s', profile => {
  const policy = buildPolicy(configOf(`policy: { profile: ${profile} }`), 'x@town.example.jp')

  test('every row has an id of its own, and a reason that the notice knows', () => {
    expect(new Set(policy.rows.map(row => row.id)).size).toBe(policy.rows.length)
    for (const row of policy.rows) if (row.then === 'quarantine') expect(REASONS).toHaveProperty([row.reason])
  })

  test('nothing passes as it is, and nothing is refused for its content', () => {
    for (const row of policy.rows) expect(['disarm', 'raster', 'quarantine']).toContain(row.then)
  })

  test('the last row catches everything', () =>
    expect(policy.rows.at(-1)).toMatchObject({ when: {}, then: 'quarantine' }))

  test.each(DANGEROUS_EXTENSIONS)('a .%s never gets in, whatever its content', extension =>
    expect(decide({ ...CSV, extension }, policy)).toEqual({
      disposition: 'quarantine',
      rule: 'dangerous-extension',
      reason: 'dangerous-type',
    }),
  )

  test.each(DANGEROUS_TYPES)('%s never gets in, whatever its name', detectedType =>
    expect(decide({ ...CSV, detectedType }, policy)).toMatchObject({
      disposition: 'quarantine',
      reason: 'dangerous-type',
    }),
  )

  test('an encrypted file says so', () =>
    expect(decide({ ...CSV, encrypted: true }, policy)).toMatchObject({
      disposition: 'quarantine',
      reason: 'encrypted',
    }))

  test.each(['application/octet-stream', 'image/emf', 'x/never-heard-of'])(
    '%s is kept back',
    detectedType => expect(decide({ ...CSV, detectedType, extension: 'x' }, policy).disposition).toBe('quarantine'),
  )
})

test.each([
  ['disarm', 'disarm'],
  ['raster', 'disarm'],
  ['text-only', 'quarantine'],
])('profile %s: CSV → %s', (profile, want) =>
  expect(decide(CSV, buildPolicy(configOf(`policy: { profile: ${profile} }`), 'x@town.example.jp')).disposition).toBe(
    want,
  ),
)

describe('own rows', () => {
  const policy = buildPolicy(
    configOf(`
policy:
  rows:
    - { id: no-csv, detected: [text/csv], then: quarantine, reason: attachment-policy, why: 決まり, clause: 第4条 }
    - { id: exe-please, extension: [.EXE], then: disarm, why: wish }
`),
    'x@town.example.jp',
  )

  test('decide before the profile', () =>
    expect(decide(CSV, policy)).toEqual({ disposition: 'quarantine', rule: 'no-csv', reason: 'attachment-policy' }))
  test('cannot lift what stands before them', () =>
    expect(decide({ ...CSV, extension: 'exe' }, policy).rule).toBe('dangerous-extension'))
  test('change the version of the policy', () =>
    expect(policy.version).not.toBe(buildPolicy(configOf(''), 'x@town.example.jp').version))
  test('carry their clause, and no condition that was not written', () =>
    expect(policy.rows.find(row => row.id === 'no-csv')).toEqual({
      id: 'no-csv',
      when: { detected: ['text/csv'] },
      then: 'quarantine',
      reason: 'attachment-policy',
      why: '決まり',
      clause: '第4条',
    }))
})
