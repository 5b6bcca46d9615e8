import { existsSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { LogArchive } from '../../../gateway/maillog-archive.ts'

const NOON = Date.parse('2026-04-01T12:00:00+09:00')
const DAY_MS = 86_400_000
let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-archive-'))
  path = join(folder, 'mail.log')
})

const archive = (nowMs = NOON) => new LogArchive({ path, keepDays: 365, archiveDays: 730 }, nowMs)
const day = (offset: number) => new Date(NOON + offset * DAY_MS).toISOString().slice(0, 10)

describe('the day is over', () => {
  test('at midnight in Japan, once', async () => {
    const files = archive()
    writeFileSync(path, 'first\n')
    expect(await files.turn(Date.parse('2026-04-01T23:59:59+09:00'))).toBe(false)
    expect(await files.turn(Date.parse('2026-04-02T00:00:00+09:00'))).toBe(true)
    expect(readFileSync(`${path}.2026-04-01`, 'utf8')).toBe('first\n')
    writeFileSync(path, 'second\n')
    expect(await files.turn(Date.parse('2026-04-02T00:00:01+09:00'))).toBe(false)
  })

  test('while nobody was there: the day of the last line counts', async () => {
    writeFileSync(path, 'old\n')
    const lastLine = new Date('2026-03-20T12:00:00+09:00')
    utimesSync(path, lastLine, lastLine)
    expect(await archive().turn(NOON)).toBe(true)
    expect(readFileSync(`${path}.2026-03-20`, 'utf8')).toBe('old\n')
  })

  test('twice, after the clock was set back: nothing is overwritten', async () => {
    writeFileSync(`${path}.2026-04-01`, 'one\n')
    const files = archive()
    writeFileSync(path, 'two\n')
    await files.turn(NOON + DAY_MS)
    expect(readFileSync(`${path}.2026-04-01`, 'utf8')).toBe('one\n')
    expect(readFileSync(`${path}.2026-04-01-2`, 'utf8')).toBe('two\n')
  })
})

describe('tidy', () => {
  test('leaves a week as it is, compresses what is older, archives after a year, deletes after three', async () => {
    for (const age of [1, 7, 9, 366, 1094, 1097]) writeFileSync(`${path}.${day(-age)}`, `${age} days\n`)
    writeFileSync(path, 'today\n')
    writeFileSync(join(folder, 'other.log.2020-01-01'), 'not ours\n')
    expect(await archive().tidy(NOON)).toEqual([])
    expect(readdirSync(folder).sort()).toEqual(
      ['archive', 'mail.log', `mail.log.${day(-1)}`, `mail.log.${day(-7)}`, `mail.log.${day(-9)}.gz`, 'other.log.2020-01-01'].sort(),
    )
    expect(readdirSync(join(folder, 'archive')).sort()).toEqual([`mail.log.${day(-1094)}.gz`, `mail.log.${day(-366)}.gz`])
    expect(gunzipSync(readFileSync(`${path}.${day(-9)}.gz`)).toString()).toBe('9 days\n')
    await archive().tidy(NOON + 5 * DAY_MS)
    expect(readdirSync(join(folder, 'archive'))).toEqual([`mail.log.${day(-366)}.gz`])
  })

  test('after a crash in the middle of compressing starts that file anew', async () => {
    writeFileSync(`${path}.${day(-9)}`, 'whole\n')
    writeFileSync(`${path}.${day(-9)}.gz.part`, 'half')
    expect(await archive().tidy(NOON)).toEqual([])
    expect(gunzipSync(readFileSync(`${path}.${day(-9)}.gz`)).toString()).toBe('whole\n')
    expect(existsSync(`${path}.${day(-9)}`)).toBe(false)
  })

  test('tells what it could not do and does the rest', async () => {
    writeFileSync(`${path}.${day(-9)}`, 'whole\n')
    writeFileSync(`${path}.${day(-400)}.gz`, 'x')
    writeFileSync(join(folder, 'archive'), 'a file in the way')
    const failures = await archive().tidy(NOON)
    expect(failures.length).toBeGreaterThan(0)
    expect(existsSync(`${path}.${day(-9)}.gz`)).toBe(true)
    expect(existsSync(`${path}.${day(-400)}.gz`)).toBe(true)
  })
})
