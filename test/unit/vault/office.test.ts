/** Pages as LibreOffice draws them, and words where it does not: LibreOffice is told here what to do, and when. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { OfficeFile } from '../../../core/preview-ways.ts'
import { OfficePages } from '../../../vault/office-pages.ts'
import { OpenVault } from '../../../vault/vault.ts'
import { accept, BY, openTestHouse, PART, type TestHouse } from './support.ts'

const REF = { publicId: 'P1', partId: '2', member: [] }
const REBUILT: OfficeFile = { bytes: Buffer.from('rebuilt'), extension: 'docx' }
const WORDS = { kind: 'look', png: Buffer.from('words'), page: 1, pages: 1, text: 'only words', drawn: 'words', handedOut: REBUILT } as const

let house: TestHouse
let vault: OpenVault
let office: { available: boolean; answers: PromiseWithResolvers<Uint8Array | undefined>[]; files: OfficeFile[] }

beforeEach(async () => {
  house = await openTestHouse()
  office = { available: true, answers: [], files: [] }
  const draw = (file: OfficeFile) => {
    office.files.push(file)
    const answer = Promise.withResolvers<Uint8Array | undefined>()
    office.answers.push(answer)
    return answer.promise
  }
  const workshop = { get available() { return office.available }, draw }
  house.office = new OfficePages(workshop, { firstWithinMs: 300, keptMs: 600_000, mostBytes: 100, nowMs: () => house.nowMs })
  house.look = WORDS
  vault = new OpenVault(house)
  await accept(house.store, [{ ...PART, outcome: 'quarantined', reason: 'encrypted' }])
})
afterEach(() => house.close())

const look = (more: { page?: number; patient?: boolean; password?: string } = {}) => vault.preview(REF, { page: 1, mark: 'tanaka', ...more }, BY)
const answer = (at: number, bytes: string | undefined) => office.answers[at]!.resolve(bytes === undefined ? undefined : Buffer.from(bytes))
const begun = (count: number) => vi.waitUntil(() => office.answers.length === count, { interval: 5 })

test('what is drawn in time is shown at once, and the next page comes of the same PDF', async () => {
  const first = look()
  await begun(1)
  answer(0, '%PDF-1')
  expect(await first).toMatchObject({ drawn: 'page', text: 'as it looks' })
  expect(await look({ page: 2 })).toMatchObject({ drawn: 'page' })
  expect(office.files).toEqual([REBUILT])
  expect(house.looked.map(({ name, page, handsOut }) => [name, page, handsOut])).toEqual([['議事録.txt', 1, 'rebuilt'], ['document.pdf', 1, 'no'], ['document.pdf', 2, 'no']])
})

test('else the words for now; who would rather wait gets the page', async () => {
  expect(await look()).toMatchObject({ drawn: 'words-for-now', text: 'only words' })
  const patient = look({ patient: true })
  answer(0, '%PDF-1')
  expect(await patient).toMatchObject({ drawn: 'page' })
  expect(office.files).toHaveLength(1)
})

test.for<[string, () => void]>([
  ['LibreOffice is not there', () => void (office.available = false)],
  ['none is allowed', () => void (house.office = undefined)],
  ['the file is none for it', () => void (house.look = { ...WORDS, handedOut: undefined } as never)],
])('the words stay where %s', async ([, prepare]) => {
  prepare()
  expect(await look({ patient: true })).toMatchObject({ drawn: 'words' })
  expect(office.files).toEqual([])
})

test('a file that it cannot draw is not tried again for a minute', async () => {
  const first = look({ patient: true })
  await begun(1)
  answer(0, undefined)
  expect(await first).toMatchObject({ drawn: 'words' })
  expect(await look()).toMatchObject({ drawn: 'words' })
  expect(office.files).toHaveLength(1)
  house.nowMs += 61_000
  expect(await look()).toMatchObject({ drawn: 'words-for-now' })
  expect(office.files).toHaveLength(2)
})

test('with a password: a PDF of its own, drawn in a process of its own, and of no use with another one', async () => {
  const first = look({ password: 'one', patient: true })
  await begun(1)
  answer(0, '%PDF-1')
  expect(await first).toMatchObject({ drawn: 'page' })
  expect(house.looked.at(-1)).toMatchObject({ name: 'document.pdf', alone: true })
  house.look = { kind: 'kept', reason: 'wrong-password' }
  expect(await look({ password: 'two' })).toMatchObject({ kind: 'cannot', reason: 'wrong-password' })
  expect(await look()).toMatchObject({ kind: 'cannot' })
})

test('old formats are asked for only where the settings say so', async () => {
  await look()
  house.rulesNow = { ...house.rulesNow, drawsOld: true }
  await look()
  expect(house.looked.map(({ handsOut }) => handsOut)).toEqual(['rebuilt', 'old-too'])
})

test('PDFs are held up to a size, the oldest goes first', async () => {
  const draw = async (key: string, bytes: number) => {
    const drawing = house.office!.draw(key, REBUILT, true)
    office.answers.at(-1)!.resolve(Buffer.alloc(bytes))
    return drawing
  }
  for (const key of ['a', 'b', 'c']) expect((await draw(key, 45)).kind).toBe('pdf')
  expect(['a', 'b', 'c'].map(key => house.office!.find(key)?.kind)).toEqual([undefined, 'pdf', 'pdf'])
})
