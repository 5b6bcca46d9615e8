/** A file of audit records that proves itself: one tenant's with a seal, or a whole chain by its links. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hashRecord, type ChainedRecord } from '../../../store/audit.ts'
import { type AuditSeal, lineOf, sealedExport, verifyAuditFile } from '../../../store/audit-file.ts'
import type { AuditCheckpoint } from '../../../store/contract.ts'
import { AUDIT_TABLES } from '../../../store/sqlite/chain.ts'
import { ownAudit } from '../../../store/sqlite/own-audit.ts'
import { OwnDatabase } from '../../../store/sqlite/own-database.ts'

let folder: string
let db: OwnDatabase
let sealed: string[]
let chain: string[]
let anchor: AuditCheckpoint

const about = { tenant: 'kita', actor: 'token:siem', detail: { chain: 'portal', to: 'api', format: 'jsonl', from: 1 } }
const linesOf = async (values: AsyncIterable<object>) => (await Array.fromAsync(values)).map(value => lineOf(value).trimEnd())
const exported = (limit = 1_000) => linesOf(sealedExport(ownAudit(db).records(1), { isWanted: record => record.tenant === 'kita', limit }, about, record => db.seal(record)))

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-file-'))
  db = await OwnDatabase.open({ directory: folder, name: 'portal', migrations: [AUDIT_TABLES], nowMs: () => 1_790_000_000_000 })
  for (let n = 0; n < 12; n++) db.write(() => db.audit({ tenant: n % 3 === 0 ? 'default' : 'kita', kind: 'sign-in', actor: `user:${n}`, subject: '件名', detail: { n } }))
  anchor = db.checkpoint()
  chain = await linesOf(ownAudit(db).records(1))
  sealed = await exported()
})
afterAll(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

async function* each(lines: readonly string[]) {
  yield* lines
}
const verify = (lines: readonly string[], key?: AuditCheckpoint) => verifyAuditFile(each(lines), key)
const problem = async (lines: readonly string[], key?: AuditCheckpoint) => {
  const verdict = await verify(lines, key)
  return verdict.ok ? 'whole' : `${verdict.line}: ${verdict.problem}`
}
const edited = (line: string, change: (value: { -readonly [K in keyof ChainedRecord]: ChainedRecord[K] }) => void) => {
  const value = JSON.parse(line)
  change(value)
  return JSON.stringify(value)
}
/** As somebody would who knows how hashes are made. */
const forged = (line: string) => edited(line, value => {
  value.actor = 'user:innocent'
  value.hash = hashRecord(value)
})

describe('one tenant’s records with their seal', () => {
  test('are whole, say what was searched, and stand in the chain', async () => {
    const verdict = await verify(sealed, anchor)
    expect(verdict).toMatchObject({ ok: true, records: 8, firstSeq: 3, lastSeq: 13, seal: { seal: { tenant: 'kita', kind: 'handover', actor: 'token:siem', detail: { from: 1, through: 14, records: 8 } } } })
    const { seal } = JSON.parse(sealed.at(-1)!) as AuditSeal
    expect((await Array.fromAsync(ownAudit(db).records(seal.seq)))[0]).toEqual(seal)
    expect(db.verifyAudit()).toMatchObject({ ok: true })
  })

  test('that are none are sealed, too', async () => {
    const none = await linesOf(sealedExport(ownAudit(db).records(1), { isWanted: () => false, limit: 5 }, about, record => db.seal(record)))
    expect(await verify(none, anchor)).toMatchObject({ ok: true, records: 0 })
  })

  test('go on behind the number that the seal names', async () => {
    const first = await exported(3)
    expect(await verify(first, anchor)).toMatchObject({ ok: true, records: 3, seal: { seal: { detail: { through: 6 } } } })
  })

  test.each<[string, (lines: string[]) => string[], string]>([
    ['an edit', lines => [edited(lines[0]!, value => (value.actor = 'user:innocent')), ...lines.slice(1)], '1: was changed after it was written'],
    ['an edit with its hash made anew', lines => [...lines.slice(0, 1), forged(lines[1]!), ...lines.slice(2)], '9: these are not the lines that were sealed'],
    ['an edit with its hash, of a record whose neighbour is left out', lines => [...lines.slice(0, 7), forged(lines[7]!), lines[8]!], '9: these are not the lines that were sealed'],
    ['a line that is cut out', lines => lines.toSpliced(3, 1), '8: these are not the lines that were sealed'],
    ['a cut at the front', lines => lines.slice(2), '7: these are not the lines that were sealed'],
    ['a cut before the seal', lines => lines.toSpliced(7, 1), '8: these are not the lines that were sealed'],
    ['a cut with the seal', lines => lines.slice(0, 5), '5: records are left out, and no seal says that nothing else is'],
    ['lines that changed places', lines => [lines[1]!, lines[0]!, ...lines.slice(2)], '2: is out of order'],
    ['a line twice', lines => [lines[0]!, ...lines], '2: is out of order'],
    ['something behind the seal', lines => [...lines, lines[0]!], '10: something follows the seal'],
    ['an edited seal', lines => [...lines.slice(0, -1), lines.at(-1)!.replace('"records":8', '"records":7')], '9: the seal is not signed by its key'],
    ['no JSON', lines => ['{', ...lines], '1: is no record'],
  ])('%s', async (_name, change, expected) => {
    expect(await problem(change([...sealed]), anchor)).toBe(expected)
  })

  test('sealed by somebody else are told by a checkpoint that was kept', async () => {
    const other = await OwnDatabase.open({ directory: join(folder, 'other'), name: 'portal', migrations: [AUDIT_TABLES], nowMs: () => 1 })
    const theirs = await linesOf(sealedExport(ownAudit(db).records(1), { isWanted: record => record.tenant === 'kita' && record.seq > 5, limit: 99 }, about, record => other.seal(record)))
    other.close()
    expect([await problem(theirs), await problem(theirs, anchor)]).toEqual(['whole', `${theirs.length}: the seal is signed by another key`])
  })
})

describe('a whole chain without a seal', () => {
  test('is whole by its links, up to the checkpoint that was kept', async () => {
    expect(await verify(chain, anchor)).toMatchObject({ ok: true, records: 14, firstSeq: 1, lastSeq: 14, seal: undefined })
  })

  test.each<[string, (lines: string[]) => string[], string]>([
    ['an edit', lines => [...lines.slice(0, 4), forged(lines[4]!), ...lines.slice(5)], '6: does not follow the record before it'],
    ['a gap', lines => lines.toSpliced(4, 1), '13: records are left out, and no seal says that nothing else is'],
    ['a cut at the end', lines => lines.slice(0, -1), '13: record 14, which the checkpoint names, is not in it as it was'],
  ])('%s', async (_name, change, expected) => {
    expect(await problem(change([...chain]), anchor)).toBe(expected)
  })
})
