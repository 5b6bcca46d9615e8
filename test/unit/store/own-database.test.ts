/** The database of one process: an act and its record together, rehearsals without a trace, one writer. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AUDIT_TABLES } from '../../../store/sqlite/chain.ts'
import { OwnDatabase } from '../../../store/sqlite/own-database.ts'

const MIGRATIONS = [`${AUDIT_TABLES} CREATE TABLE things (name TEXT PRIMARY KEY) STRICT;`]
const RECORD = { tenant: 'default', kind: 'config', actor: 'user:sato', subject: 'thing', detail: {} }

let directory: string
let database: OwnDatabase

const open = (migrations = MIGRATIONS) => OwnDatabase.open({ directory, name: 'portal', migrations, nowMs: () => 1_000 })
const names = () => database.all('SELECT name FROM things ORDER BY name').map(row => row['name'])

function addThing(name: string): void {
  database.run('INSERT INTO things VALUES (?)', name)
  database.audit({ ...RECORD, subject: name })
}

beforeEach(async () => {
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

test('no one else may read its files', () => {
  for (const file of readdirSync(directory)) expect(statSync(join(directory, file)).mode & 0o077, file).toBe(0)
})
