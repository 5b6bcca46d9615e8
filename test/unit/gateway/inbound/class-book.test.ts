import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ClassBook, type ClassPiece } from '../../../../gateway/inbound/class-book.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'class-book-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return join(made, 'classes.json')
}

const never = (error: unknown) => {
  throw error
}
const piece = (addresses: Partial<ClassPiece['addresses']>, { isFirst = true, isLast = true, tenant = 'default' } = {}): ClassPiece => ({ tenant, isFirst, isLast, addresses: { 1: [], 2: [], 3: [], ...addresses } })

test('a book is whole with its last piece, stays its town’s, and is there after the next start', async () => {
  const path = folder()
  const book = await ClassBook.open(path, never)
  expect(book.classOf('default', 'a@town.example.jp')).toBeUndefined()
  expect(await book.tell(piece({ 3: ['a@town.example.jp'] }, { isLast: false }))).toBe(false)
  expect(book.classOf('default', 'a@town.example.jp')).toBeUndefined()
  expect(await book.tell(piece({ 1: ['b@town.example.jp'] }, { isFirst: false }))).toBe(true)
  expect(await book.tell(piece({ 2: ['a@kita.example.jp'] }, { tenant: 'kita' }))).toBe(true)
  const { classOf } = await ClassBook.open(path, never)
  expect([classOf('default', 'A@Town.example.jp'), classOf('default', 'b@town.example.jp'), classOf('kita', 'a@kita.example.jp'), classOf('default', 'a@kita.example.jp')]).toEqual([3, 1, 2, undefined])
})

test('who has a class no longer is not in the next book', async () => {
  const book = await ClassBook.open(folder(), never)
  await book.tell(piece({ 3: ['a@town.example.jp'] }))
  await book.tell(piece({}))
  expect(book.classOf('default', 'a@town.example.jp')).toBeUndefined()
})

test('a piece out of turn is refused and changes nothing; a broken file is told and begun anew', async () => {
  const path = folder()
  writeFileSync(path, '{')
  const told: unknown[] = []
  const book = await ClassBook.open(path, error => told.push(error))
  expect(told).toHaveLength(1)
  await expect(book.tell(piece({ 3: ['a@town.example.jp'] }, { isFirst: false }))).rejects.toThrow(RangeError)
  expect(book.classOf('default', 'a@town.example.jp')).toBeUndefined()
})
