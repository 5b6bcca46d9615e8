import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PiecesState, Refusal } from '../../../core/purposes.ts'
import { OpenVault } from '../../../vault/vault.ts'
import { BY, openTestHouse, PAGE, type TestHouse } from './support.ts'

let house: TestHouse
let vault: OpenVault

beforeEach(async () => {
  house = await openTestHouse()
  vault = new OpenVault(house)
})
afterEach(() => house.close())

const reason = (answer: object) => (answer as Refusal).reason
const begun = async (size = 10): Promise<string> => ((await vault.beginPieces({ name: '大きな表.csv', mediaType: 'text/csv', size }, BY)) as PiecesState).uploadId
async function* octets(text: string) {
  yield Buffer.from(text)
}
const add = (id: string, offset: number, text: string, by = BY) => vault.addPiece(id, offset, octets(text), by)
const files = () => readdirSync(house.pieces.folder)

test('pieces become one file for the engine, and go', async () => {
  const id = await begun()
  expect(await add(id, 0, 'abcdef')).toEqual({ kind: 'pieces', uploadId: id, received: 6, size: 10 })
  expect(await vault.piecesState(id, BY)).toMatchObject({ received: 6 })
  await add(id, 6, 'ghij')
  expect(files()).toHaveLength(2)
  for (const name of files()) expect(readFileSync(join(house.pieces.folder, name), 'latin1')).toMatch(/^age-encryption/)
  expect(await vault.finishPieces(id, '', BY)).toMatchObject({ kind: 'brought' })
  expect(house.asked.at(-1)?.file).toBe('abcdefghij')
  expect([files(), reason(await vault.piecesState(id, BY))]).toEqual([[], 'gone'])
})

test('what was brought is looked at on the shelf, by people of its town', async () => {
  const id = await begun(3)
  await add(id, 0, 'abc')
  const brought = await vault.finishPieces(id, '', BY)
  if (brought.kind !== 'brought' || !brought.file) throw new Error('nothing was brought')
  house.look = PAGE
  const look = (by = BY) => vault.previewShelf(brought.file!.id, { page: 1, mark: 'kacho' }, by)
  expect(await look()).toMatchObject({ kind: 'page', page: 1 })
  expect(reason(await look({ ...BY, tenant: 'kita' }))).toBe('gone')
  const record = house.database.all("SELECT detail FROM audit WHERE kind = 'unseal' AND subject = ?", brought.file.id)
  expect(record.map(row => String(row['detail']))).toEqual([expect.stringContaining('preview')])
})

test('what came before, or does not follow, is not taken; the answer says what is wanted', async () => {
  const id = await begun()
  await add(id, 0, 'abc')
  expect(await add(id, 0, 'abc')).toMatchObject({ received: 3 })
  expect(await add(id, 5, 'xx')).toMatchObject({ received: 3 })
  expect(await add(id, 3, '')).toMatchObject({ received: 3 })
  expect(reason(await add(id, 3, 'longer than it was said'))).toBe('too-large')
  expect(reason(await vault.finishPieces(id, '', BY))).toBe('gone')
  await add(id, 3, 'defghij')
  await vault.finishPieces(id, '', BY)
  expect(house.asked.at(-1)?.file).toBe('abcdefghij')
})

test('are of who began them, and too large a file is not begun', async () => {
  const id = await begun()
  for (const by of [{ ...BY, actor: 'user:mallory' }, { ...BY, tenant: 'kita' }]) {
    expect(reason(await vault.piecesState(id, by))).toBe('gone')
    expect(reason(await add(id, 0, 'x', by))).toBe('gone')
    expect(reason(await vault.finishPieces(id, '', by))).toBe('gone')
  }
  for (const bad of ['../../x', '', 'f'.repeat(32)]) expect(reason(await vault.piecesState(bad, BY))).toBe('gone')
  expect(reason(await vault.beginPieces({ name: 'x', mediaType: '', size: 1_001 }, BY))).toBe('too-large')
  expect(reason(await vault.beginPieces({ name: 'x', mediaType: '', size: 0 }, BY))).toBe('too-large')
})

test('a busy engine leaves them for another try; what nobody finishes goes after a day', async () => {
  const id = await begun(3)
  await add(id, 0, 'abc')
  const good = house.result
  house.result = { kind: 'busy' } as never
  expect(reason(await vault.finishPieces(id, '', BY))).toBe('busy')
  house.result = good
  expect(await vault.piecesState(id, BY)).toMatchObject({ received: 3 })
  house.nowMs += 86_400_000
  expect(reason(await vault.piecesState(id, BY))).toBe('gone')
  expect([await vault.pieces.expire(), await vault.pieces.expire(), files()]).toEqual([1, 0, []])
})

test('one person has some open at a time', async () => {
  for (let i = 0; i < 20; i++) await begun()
  expect(reason(await vault.beginPieces({ name: 'x', mediaType: '', size: 1 }, BY))).toBe('rate')
  expect((await vault.beginPieces({ name: 'x', mediaType: '', size: 1 }, { ...BY, actor: 'user:other' })).kind).toBe('pieces')
})
