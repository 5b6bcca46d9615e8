import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const BIN = join(import.meta.dirname, '../../../bin/sekisho.js')

test('the real process starts from TypeScript and answers', () => {
  const { status, stdout } = spawnSync(process.execPath, [BIN, '--version'], { encoding: 'utf8' })
  expect([status, stdout]).toEqual([
    0,
    `${JSON.parse(readFileSync(join(BIN, '../../package.json'), 'utf8')).version}\n`,
  ])
})

test('its exit code is that of the command', () =>
  expect(spawnSync(process.execPath, [BIN, 'nonsense']).status).toBe(2))

test('a reader that goes away is no error', () => {
  const { status, stderr } = spawnSync(
    '/bin/sh',
    ['-c', `"${process.execPath}" "${BIN}" config schema | head -c 10 >/dev/null`],
    { encoding: 'utf8' },
  )
  expect([status, stderr]).toEqual([0, ''])
})

test('a broken configuration ends serve, and is named as it was given', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-bin-'))
  writeFileSync(join(folder, 'wrong.yaml'), 'smtp: {prot: 25}\n')
  const { status, stderr } = spawnSync(process.execPath, [BIN, 'serve', '--config', 'wrong.yaml'], { cwd: folder, encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  expect([status, stderr]).toEqual([1, 'sekisho: wrong.yaml:1:8: smtp.prot: no such setting; did you mean port?\n'])
})
