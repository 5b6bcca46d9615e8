import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
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
