/** The audit chain: any edit, exchange or gap is found; with a checkpoint kept elsewhere, any cut. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  AUDIT_KINDS,
  CHAIN_START,
  type ChainedRecord,
  chainRecord,
  checkCheckpoint,
  generateCheckpointKey,
  signCheckpoint,
  verifyChain,
} from '../../../store/audit.ts'
import type { AuditCheckpoint } from '../../../store/contract.ts'
import { AuditChain } from '../../../store/sqlite/chain.ts'
import { realFiles } from '../../../store/sqlite/files.ts'
import { openForWriting } from '../../../store/sqlite/schema.ts'
import { openStore } from '../../../store/sqlite/store.ts'
import { message, SETTINGS, scratchDirectory } from './sample.ts'

const record = { tenant: 'default', kind: 'config', actor: 'os:root', subject: 's', detail: { b: 1, a: 'x' } } as const

function chain(length: number): ChainedRecord[] {
  const records: ChainedRecord[] = []
  for (let i = 0; i < length; i++)
    records.push(chainRecord(records.at(-1) ?? CHAIN_START, 1000 + i, { ...record, subject: `s${i}` }))
  return records
}

describe('a chain', () => {
  const key = generateCheckpointKey()

  test('as written verifies, whatever the order of keys in its details', () => {
    const records = chain(5).map(one => ({ ...one, detail: Object.fromEntries(Object.entries(one.detail).reverse()) }))
    expect(verifyChain(CHAIN_START, records)).toMatchObject({ ok: true, records: 5, headSeq: 5 })
  })

  test('any field of any record changed is found, at that record', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom('atMs', 'tenant', 'kind', 'actor', 'subject', 'detail', 'hash', 'prevHash'),
        (at, field) => {
          const records = chain(10)
          const old = records[at]!
          const changed = {
            atMs: 5,
            tenant: 'kita',
            kind: 'purge',
            actor: 'x',
            subject: 'x',
            detail: { b: 2, a: 'x' },
            hash: 'x',
            prevHash: 'x',
          }
          records[at] = { ...old, [field]: changed[field] }
          expect(verifyChain(CHAIN_START, records)).toMatchObject({ ok: false, seq: at + 1 })
        },
      ),
    ))

  test('any record taken out, or two exchanged, is found', () => {
    for (let at = 0; at < 9; at++) {
      const records = chain(10)
      expect(verifyChain(CHAIN_START, records.toSpliced(at, 1)).ok).toBe(false)
      const [one, two] = [records[at]!, records[at + 1]!]
      expect(verifyChain(CHAIN_START, records.toSpliced(at, 2, two, one)).ok).toBe(false)
    }
  })

  test('a cut at the end is found by an anchor alone', () => {
    const records = chain(10)
    const anchor = signCheckpoint(records[7]!, 2000, key)
    expect(verifyChain(CHAIN_START, records, anchor)).toMatchObject({ ok: true })
    expect(verifyChain(CHAIN_START, records.slice(0, 7))).toMatchObject({ ok: true })
    expect(verifyChain(CHAIN_START, records.slice(0, 7), anchor)).toMatchObject({
      ok: false,
      problem: expect.stringContaining('cut'),
    })
  })

  test('a chain that was written anew from some record on is found by an anchor', () => {
    const anchor = signCheckpoint(chain(10)[9]!, 2000, key)
    const forged: ChainedRecord[] = []
    for (let i = 0; i < 10; i++)
      forged.push(
        chainRecord(forged.at(-1) ?? CHAIN_START, 1000 + i, { ...record, subject: i === 3 ? 'forged' : `s${i}` }),
      )
    expect(verifyChain(CHAIN_START, forged).ok).toBe(true)
    expect(verifyChain(CHAIN_START, forged, anchor)).toMatchObject({ ok: false, seq: 10 })
  })

  test('a checkpoint that was changed is not believed', () => {
    const anchor = signCheckpoint(chain(3)[2]!, 2000, key)
    expect(checkCheckpoint(anchor)).toBe(true)
    for (const change of [
      { seq: 2 },
      { hash: '0'.repeat(64) },
      { atMs: 1 },
      { signature: 'AAAA' },
      { publicKey: 'nonsense' },
    ]) {
      expect(checkCheckpoint({ ...anchor, ...change } as AuditCheckpoint)).toBe(false)
      expect(verifyChain(CHAIN_START, chain(3), { ...anchor, ...change }).ok).toBe(false)
    }
  })

  test('kinds are a closed list', () => {
    expect(() => chainRecord(CHAIN_START, 0, { ...record, kind: 'toString' })).toThrow('unknown audit kind')
    for (const text of Object.values(AUDIT_KINDS)) expect(text).not.toBe('')
  })
})

describe('in the database', () => {
  let directory: string
  beforeEach(() => {
    directory = scratchDirectory()
  })
  afterEach(() => rmSync(directory, { recursive: true }))
  const open = () => openStore({ directory, ...SETTINGS, files: realFiles })

  const tamper = (sql: string) => {
    const database = new DatabaseSync(join(directory, 'mail.db'))
    database.exec(sql)
    database.close()
  }

  async function written(): Promise<AuditCheckpoint> {
    const store = await open()
    for (let i = 0; i < 5; i++) await store.commit(message())
    const anchor = await store.checkpoint()
    await store.close()
    return anchor
  }

  test.for([
    ['an edit', "UPDATE audit SET actor = 'nobody' WHERE seq = 3"],
    ['an edit of a detail', "UPDATE audit SET detail = replace(detail, 'text-only', 'disarm') WHERE seq = 3"],
    ['a detail that is no JSON', "UPDATE audit SET detail = 'x' WHERE seq = 3"],
    ['a detail that is no object', "UPDATE audit SET detail = 'null' WHERE seq = 3"],
    ['a removal', 'DELETE FROM audit WHERE seq = 3'],
    [
      'an exchange',
      'UPDATE audit SET seq = CASE seq WHEN 3 THEN -4 WHEN 4 THEN -3 END WHERE seq IN (3, 4); UPDATE audit SET seq = -seq WHERE seq < 0',
    ],
    ['a cut at the front', 'DELETE FROM audit WHERE seq < 3'],
    [
      'a forged base',
      `INSERT INTO settings VALUES ('default', 'audit.base', '{"seq":2,"hash":"x","atMs":1,"publicKey":"","signature":""}'); DELETE FROM audit WHERE seq < 3`,
    ],
  ] as const)('%s is found', async ([, sql]) => {
    await written()
    tamper(sql)
    const store = await open()
    expect(await store.verifyAudit()).toMatchObject({ ok: false })
    await store.close()
  })

  test('a cut at the end is found with the checkpoint, and only with it', async () => {
    const anchor = await written()
    tamper('DELETE FROM audit WHERE seq > 4')
    const store = await open()
    expect(await store.verifyAudit()).toMatchObject({ ok: true })
    expect(await store.verifyAudit(anchor)).toMatchObject({ ok: false })
    await store.close()
  })

  test('other questions are answered while a long chain is walked', async () => {
    await (await open()).close()
    const database = openForWriting(join(directory, 'mail.db'))
    const long = new AuditChain(database, readFileSync(join(directory, 'audit-key.pem'), 'utf8'))
    database.exec('BEGIN')
    for (let i = 0; i < 10_000; i++) long.add(Date.now(), record)
    database.exec('COMMIT')
    database.close()
    const store = await open()
    const order: string[] = []
    const walk = store.verifyAudit().then(verdict => {
      order.push('chain')
      return verdict
    })
    await store.emergency()
    order.push('emergency')
    expect(await walk).toMatchObject({ ok: true })
    expect(order).toEqual(['emergency', 'chain'])
    await store.close()
  })

  describe('after retention has cut records of ten years ago', () => {
    const oldAtMs = Date.UTC(2015, 5, 1)

    /** A store whose first records are old, as after ten years of service. */
    async function cut(): Promise<void> {
      await (await open()).close()
      tamper("DELETE FROM audit; DELETE FROM settings WHERE name = 'audit.base'")
      const database = openForWriting(join(directory, 'mail.db'))
      const aged = new AuditChain(database, readFileSync(join(directory, 'audit-key.pem'), 'utf8'))
      for (let i = 0; i < 20; i++) aged.add(oldAtMs + i, record)
      database.close()
      const store = await open()
      await store.retain(Date.now())
      await store.close()
    }

    test('they are gone, that they went is recorded, and the rest verifies', async () => {
      await cut()
      const store = await open()
      expect(await store.verifyAudit()).toMatchObject({ ok: true })
      const lines: string[] = []
      for await (const line of store.exportAudit(0)) lines.push(line)
      expect(lines.map(line => JSON.parse(line).seq)).toEqual([21, 22, 23, 24])
      expect(JSON.parse(lines[1]!)).toMatchObject({ kind: 'retain', detail: { records: 20, upToSeq: 20 } })
      await store.close()
    })

    test('a further cut is found', async () => {
      await cut()
      tamper('DELETE FROM audit WHERE seq = 21')
      const store = await open()
      expect(await store.verifyAudit()).toMatchObject({ ok: false })
      await store.close()
    })

    test('a base that somebody else signed is found', async () => {
      await cut()
      const database = new DatabaseSync(join(directory, 'mail.db'))
      const head = database.prepare('SELECT seq, hash FROM audit WHERE seq = 22').get() as { seq: number; hash: string }
      const forged = JSON.stringify(signCheckpoint({ ...head }, oldAtMs, generateCheckpointKey()))
      database.prepare("UPDATE settings SET value = ? WHERE name = 'audit.base'").run(forged)
      database.exec('DELETE FROM audit WHERE seq <= 22')
      database.close()
      const store = await open()
      expect(await store.verifyAudit()).toMatchObject({
        ok: false,
        problem: expect.stringContaining('not signed by this store'),
      })
      await store.close()
    })
  })
})
