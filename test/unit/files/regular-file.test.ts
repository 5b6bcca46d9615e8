import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import { readRegularFile } from '../../../files/regular-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'sekisho-regular-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a file is read, again and again', async () => {
  const path = join(folder, 'a.txt')
  writeFileSync(path, 'あ')
  expect([await text(readRegularFile(path)), await text(readRegularFile(path))]).toEqual(['あ', 'あ'])
})

test('a pipe to which nobody writes holds up nothing', () => {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  expect(() => readRegularFile(path)).toThrow(/neither a file nor a folder/)
})

test.each([
  ['a folder', folder, /a folder; name the files in it/],
  ['a device that never ends', '/dev/zero', /neither a file nor a folder/],
  ['what is not there', join(folder, 'none'), /no such file/],
])('%s is told', (_, path, why) => expect(() => readRegularFile(path)).toThrow(why))
