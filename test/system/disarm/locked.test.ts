/** Files that went out locked: a program that is not ours opens them with the password, and with no other. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../../support/run-cli.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-locked-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('unlocked, disarmed and locked again: 7-Zip finds AES-256 and the rebuilt files under their Japanese names', async () => {
  const [secrets, lock] = [join(folder, 'secrets'), join(folder, 'lock')]
  writeFileSync(secrets, 'secret7\n')
  writeFileSync(lock, 'new-Password-1\n')
  const result = await runCli('sanitize', '--password-file', secrets, '--lock-file', lock, '--out', folder, 'test/fixtures/disarm/archives/aes256.zip')
  expect(result.code).toBe(0)
  const archive = join(folder, 'aes256.zip.sanitized.zip')
  expect(execFileSync('7zz', ['l', '-slt', archive], { encoding: 'utf8' })).toMatch(/Encrypted = \+[\s\S]*Method = AES-256/)
  expect(spawnSync('7zz', ['t', '-psecret7', archive]).status).not.toBe(0)
  execFileSync('7zz', ['x', '-pnew-Password-1', `-o${folder}/open`, archive])
  execFileSync('7zz', ['x', `-o${folder}/inner`, join(folder, 'open', 'aes256.zip')])
  expect(readFileSync(join(folder, 'inner', '資料', '表.csv'), 'utf8').replace('\ufeff', '')).toBe('a,b\r\n1,2\r\n')
}, 60_000)
