import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide, type PartFacts } from '../../../core/policy/decide.ts'
import { explain, readingsOf, type StoredPart, storedParts } from '../../../core/policy/explain.ts'
import { Replaying } from '../../../core/policy/replay.ts'
import type { Policy } from '../../../core/policy/model.ts'
import type { MemberReport, PartReport } from '../../../core/verdict.ts'
import { buildPolicy } from '../../../config/recipients.ts'
import { parseConfig } from '../../../config/load.ts'

function policyOf(yaml: string): Policy {
  const loaded = parseConfig(yaml, { source: 'test', baseDir: '/', environment: {} })
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return buildPolicy(loaded.config, 'a@town.example.jp')
}
const DISARM = policyOf('')
const NO_ZIP = policyOf('policy: {rows: [{id: no-zip, detected: [application/zip], then: quarantine, why: test, clause: "3.2.1"}]}')
const NO_INLINE = policyOf('policy: {rows: [{id: no-inline, role: [inline], then: quarantine, why: test}]}')

const FACTS: PartFacts = { detectedType: 'application/zip', extension: 'zip', role: 'attachment', encrypted: false, bytes: 10, findings: [] }
const STORED: StoredPart = { name: 'a.zip', detectedType: 'application/zip', bytes: 10, findings: [], disposition: 'disarm', rule: 'rebuildable', outcome: 'rebuilt', isMember: false }

describe('explain', () => {
  test('names each row that was asked and the conditions that did not hold; the last one decided', () => {
    const { decision, asked } = explain(FACTS, DISARM)
    expect(decision.rule).toBe('rebuildable')
    expect(asked.at(-1)).toMatchObject({ row: { id: 'rebuildable' }, failed: [] })
    expect(asked.slice(0, 4).map(({ row, failed }) => [row.id, failed])).toEqual([
      ['dangerous-extension', ['extension']],
      ['dangerous-type', ['detected']],
      ['everybodys-password', ['detected', 'encrypted']],
      ['encrypted', ['encrypted']],
    ])
  })

  test('agrees with decide, whatever the facts', () => {
    const facts = fc.record({
      detectedType: fc.constantFrom('application/zip', 'image/png', 'image/x-y', 'application/pdf', 'application/octet-stream', 'text/x-script', ''),
      extension: fc.constantFrom('zip', 'exe', 'png', ''),
      role: fc.constantFrom('attachment', 'inline'),
      encrypted: fc.boolean(),
      bytes: fc.constantFrom(0, 4096, 4097),
      findings: fc.constant([]),
    }) as fc.Arbitrary<PartFacts>
    fc.assert(
      fc.property(facts, fc.constantFrom(DISARM, NO_ZIP, NO_INLINE), (each, policy) => {
        const { decision, asked } = explain(each, policy)
        expect(decision).toEqual(decide(each, policy))
        const decided = asked.find(({ failed }) => failed.length === 0)
        expect(decided?.row.id ?? 'default-deny').toBe(decision.rule)
      }),
    )
  })
})

describe('replay', () => {
  const replay = (policy: Policy, ...parts: StoredPart[]) => {
    const replaying = new Replaying()
    replaying.add({ publicId: 'P1', queueId: 'q1', acceptedAtMs: 7, parts }, policy)
    return replaying.result()
  }

  test('the policy that decided changes nothing', () => expect(replay(DISARM, STORED)).toMatchObject({ messages: 1, parts: 1, same: 1, unsure: 0, changes: [], changedMessages: 0 }))

  test('a draft shows what it would have done otherwise, with an example', () =>
    expect(replay(NO_ZIP, STORED, STORED)).toMatchObject({
      same: 0,
      changedMessages: 1,
      changes: [{ from: 'disarm', to: 'quarantine', fromRule: 'rebuildable', toRule: 'no-zip', detectedType: 'application/zip', count: 2, examples: [{ publicId: 'P1', name: 'a.zip' }, { name: 'a.zip' }] }],
    }))

  test('what hangs on a fact that is not stored is unsure, not guessed', () => {
    expect(replay(NO_INLINE, STORED)).toMatchObject({ unsure: 1, changes: [] })
    expect(replay(NO_INLINE, { ...STORED, isMember: true }), 'inside of a file nothing is inline').toMatchObject({ unsure: 0, same: 1 })
    expect(replay(NO_INLINE, { ...STORED, detectedType: 'image/png', bytes: 9000, rule: 'inline-picture' })).toMatchObject({ changes: [{ toRule: 'no-inline' }] })
  })

  test('encrypted stays encrypted', () => {
    const locked = { ...STORED, rule: 'encrypted', disposition: 'quarantine', outcome: 'quarantined' }
    expect(replay(DISARM, locked)).toMatchObject({ same: 1 })
    expect(readingsOf(locked).every(({ encrypted }) => encrypted)).toBe(true)
  })

  test('a flood of types stays a short list', () => {
    const parts = Array.from({ length: 3_000 }, (_, i) => ({ ...STORED, detectedType: `application/x-${i}` }))
    const { changes, parts: count } = replay(DISARM, ...parts)
    expect(count).toBe(3_000)
    expect(changes.length).toBeLessThanOrEqual(502)
    expect(changes.reduce((sum, change) => sum + change.count, 0)).toBe(3_000)
  })
})

test('of a report, only files that a table decided are asked again, those inside of others too', () => {
  const part = { ...STORED, id: '1', path: '', claimedType: '', offset: 0, length: 0, transferEncoding: '', sha256: '', removed: [], findings: [{ code: 'name.altered', detail: '', partId: '1' }] } as unknown as PartReport
  const member = { ...part, name: 'in.exe', rule: 'dangerous-extension', disposition: 'quarantine', outcome: 'quarantined', members: [] } as unknown as MemberReport
  const parts = [part, { ...part, rule: 'body-text', outcome: 'body' }, { ...part, rule: 'built-in:extra-text' }, { ...part, outcome: 'container' }, { ...part, members: [member] }] as PartReport[]
  expect(storedParts(parts).map(({ name, isMember, findings }) => [name, isMember, findings])).toEqual([
    ['a.zip', false, ['name.altered']],
    ['a.zip', false, ['name.altered']],
    ['in.exe', true, ['name.altered']],
  ])
})
