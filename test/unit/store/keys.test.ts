import { readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseIdentity } from '../../../core/seal/age.ts'
import { ensureVaultKeys, identityPath, readRecipient, recipientPath } from '../../../store/keys.ts'
import { scratchDirectory } from './sample.ts'

let directory: string
beforeEach(() => {
  directory = join(scratchDirectory(), 'vault')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('a pair per tenant is made once, and found again', async () => {
  const first = await ensureVaultKeys(directory, ['default', 'kita'])
  expect(first.map(key => [key.tenant, key.created])).toEqual([
    ['default', true],
    ['kita', true],
  ])
  expect(first[0]?.recipient).not.toBe(first[1]?.recipient)
  const again = await ensureVaultKeys(directory, ['default', 'kita'])
  expect(again.map(key => [key.recipient, key.created])).toEqual(first.map(key => [key.recipient, false]))
  expect(await readRecipient(directory, 'kita')).toBe(first[1]?.recipient)
})

test('the private half is for its owner alone, in the text format of age-keygen', async () => {
  await ensureVaultKeys(directory)
  const path = identityPath(directory, 'default')
  expect(statSync(join(directory, 'identities')).mode & 0o777).toBe(0o700)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'utf8')).toMatch(/^# created: \d{4}-.*\n# public key: age1\w+\nAGE-SECRET-KEY-1\w+\n$/)
  expect(parseIdentity(readFileSync(path, 'utf8'))?.recipient.text).toBe(await readRecipient(directory, 'default'))
})

test('a lost recipient file is made again from the identity', async () => {
  const [key] = await ensureVaultKeys(directory)
  unlinkSync(recipientPath(directory, 'default'))
  expect(await ensureVaultKeys(directory)).toEqual([{ ...key, created: false }])
  expect(await readRecipient(directory, 'default')).toBe(key?.recipient)
})

test('an identity that was carried off to a safe is not replaced', async () => {
  const [key] = await ensureVaultKeys(directory)
  unlinkSync(identityPath(directory, 'default'))
  expect(await ensureVaultKeys(directory)).toEqual([{ ...key, created: false }])
  expect(() => statSync(identityPath(directory, 'default'))).toThrow()
})

test('halves that do not belong together stop the start', async () => {
  await ensureVaultKeys(directory, ['default', 'kita'])
  writeFileSync(recipientPath(directory, 'default'), readFileSync(recipientPath(directory, 'kita')))
  await expect(ensureVaultKeys(directory)).rejects.toThrow('do not belong together')
})

test.for(['../etc', '', 'Default', 'a/b', 'a'.repeat(64), '.'])(
  'a tenant named %j cannot name a key file',
  async tenant => {
    await expect(ensureVaultKeys(directory, [tenant])).rejects.toThrow('cannot name a key file')
  },
)
