/** The database of one process: an act and its record together, rehearsals without a trace, one writer. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AUDIT_TABLES } from '../../../store/sqlite/chain.ts'
import { ownAudit } from '../../../store/sqlite/own-audit.ts'
import { OwnDatabase } from '../../../store/sqlite/own-database.ts'

const MIGRATIONS = [`${AUDIT_TABLES} CREATE TABLE things (name TEXT PRIMARY KEY) STRICT;`]
const RECORD = { tenant: 'default', kind: 'config', actor: 'user:sato', subject: 'thing', detail: {} }

let directory: string
let database: OwnDatabase
let clock = { nowMs: 1_000 }

const open = (migrations = MIGRATIONS) => OwnDatabase.open({ directory, name: 'portal', migrations, nowMs: () => clock.nowMs })
const names = () => database.all('SELECT name FROM things ORDER BY name').map(row => row['name'])

function addThing(name: string): void {
  database.run('INSERT INTO things VALUES (?)', name)
  database.audit({ ...RECORD, subject: name })
}

beforeEach(async () => {
  clock = { nowMs: 1_000 }
  directory = mkdtempSync(join(tmpdir(), 'sekisho-own-'))
  database = await open()
})

afterEach(() => {
  database.close()
  rmSync(directory, { recursive: true })
})

test('what throws leaves neither row nor record, and the chain goes on unbroken', () => {
  database.write(() => addThing('a'))
  expect(() =>
    database.write(() => {
      addThing('b')
      throw new Error('changed my mind')
    }),
  ).toThrow('changed my mind')
  database.write(() => addThing('c'))
  expect(names()).toEqual(['a', 'c'])
  expect(database.verifyAudit()).toMatchObject({ ok: true, records: 3 })
})

test('a write inside a write is part of it', () => {
  expect(() =>
    database.write(() => {
      database.write(() => addThing('inner'))
      throw new Error('outer')
    }),
  ).toThrow('outer')
  expect(names()).toEqual([])
})

test('a rehearsal answers and leaves no trace', () => {
  const seen = database.rehearse(() => {
    addThing('maybe')
    return names()
  })
  expect(seen).toEqual(['maybe'])
  expect(names()).toEqual([])
  expect(database.verifyAudit()).toMatchObject({ ok: true, records: 1 })
  expect(() => database.rehearse(() => database.run('INSERT INTO nothing VALUES (1)'))).toThrow('nothing')
})

test('a second process is refused', async () => {
  await expect(open()).rejects.toThrow('another process')
})

test('opened again it keeps rows, chain and key; a newer file is refused', async () => {
  database.write(() => addThing('kept'))
  const anchor = database.checkpoint()
  database.close()
  await expect(open([])).rejects.toThrow('portal.db has schema 1, this program knows 0')
  database = await open()
  expect(names()).toEqual(['kept'])
  expect(database.verifyAudit(anchor)).toMatchObject({ ok: true })
  expect(database.checkpoint().publicKey).toBe(anchor.publicKey)
})

test('a record that was changed behind its back is found', () => {
  database.write(() => addThing('a'))
  const other = new DatabaseSync(join(directory, 'portal.db'))
  other.exec("UPDATE audit SET actor = 'user:nobody' WHERE seq = 2")
  other.close()
  expect(database.verifyAudit()).toMatchObject({ ok: false, seq: 2 })
})

test('records past their time go, the rest verifies from a signed base, and a further cut is found', async () => {
  for (const name of ['a', 'b', 'c']) database.write(() => addThing(name))
  expect(database.retainAudit()).toBe(0)
  clock.nowMs = Date.UTC(2030, 0, 1)
  database.write(() => addThing('new'))
  expect(database.retainAudit()).toBe(4)
  expect(database.verifyAudit()).toMatchObject({ ok: true, records: 2 })
  expect(database.retainAudit()).toBe(0)
  const other = new DatabaseSync(join(directory, 'portal.db'))
  other.exec('DELETE FROM audit WHERE seq = 5')
  other.close()
  expect(database.verifyAudit()).toMatchObject({ ok: false })
})

test('a walk in slices goes on while records come, and begins again where retention cut beyond it', async () => {
  database.write(() => {
    for (let i = 0; i < 4_500; i++) database.audit(RECORD)
  })
  const first = database.verifySlice(undefined)
  expect(first).toMatchObject({ kind: 'more', walked: { records: 2_000, head: { seq: 2_000 } } })
  if (first.kind !== 'more') return
  database.write(() => database.audit(RECORD))
  const second = database.verifySlice(first.walked)
  expect(second).toMatchObject({ kind: 'more', walked: { records: 4_000 } })
  expect(await ownAudit(database).verify()).toMatchObject({ ok: true, records: 4_502 })
  clock.nowMs = Date.UTC(2030, 0, 1)
  expect(database.retainAudit()).toBe(4_502)
  expect(database.verifySlice(first.walked)).toMatchObject({ kind: 'done', verdict: { ok: true, records: 1 } })
})

test('an edit in any slice is found', async () => {
  database.write(() => {
    for (let i = 0; i < 4_500; i++) database.audit(RECORD)
  })
  const other = new DatabaseSync(join(directory, 'portal.db'))
  for (const seq of [4_400, 2_001, 2_000]) {
    other.prepare("UPDATE audit SET actor = 'user:nobody' WHERE seq = ?").run(seq)
    expect(await ownAudit(database).verify()).toMatchObject({ ok: false, seq })
  }
  other.close()
})

test('no one else may read its files', () => {
  for (const file of readdirSync(directory)) expect(statSync(join(directory, file)).mode & 0o077, file).toBe(0)
})
