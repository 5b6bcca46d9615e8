/** Our age files and Debian's `age` open each other. Run by test/system/run.sh, which installs it; skipped without. */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateIdentity, parseIdentity, parseRecipient, sealSmall } from '../../core/seal/age.ts'
import { identityPath, ensureVaultKeys, readRecipient } from '../../store/keys.ts'
import { openStore } from '../../store/sqlite/store.ts'
import { BY, collect, group, message, plainOriginal, SETTINGS, scratchDirectory, unseal } from '../unit/store/sample.ts'

const installed = spawnSync('age', ['--version']).status === 0
const LENGTHS = [0, 1, 5000, 65535, 65536, 65537, 3_000_000]

describe.runIf(installed)('with the age program', () => {
  let directory: string
  beforeAll(() => {
    directory = scratchDirectory()
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  test.for(LENGTHS)('age opens %i bytes that we sealed, and we open its own', async length => {
    const pair = generateIdentity(randomBytes(32))
    const key = join(directory, 'key.txt')
    writeFileSync(key, `${pair.identity}\n`)
    const plain = randomBytes(length)
    const { headers, payload } = sealSmall([[parseRecipient(pair.recipient)!]], plain, randomBytes)

    const opened = execFileSync('age', ['-d', '-i', key], {
      input: Buffer.concat([headers[0]!, ...payload]),
      maxBuffer: 1e8,
    })
    expect(opened.equals(plain)).toBe(true)
    const theirs = execFileSync('age', ['-r', pair.recipient], { input: plain, maxBuffer: 1e8 })
    expect(Buffer.from(unseal(theirs, parseIdentity(pair.identity))).equals(plain)).toBe(true)
  })

  test('age-keygen reads our identity file and names the same recipient', async () => {
    const [keys] = await ensureVaultKeys(join(directory, 'vault'))
    const output = execFileSync('age-keygen', ['-y', identityPath(join(directory, 'vault'), 'default')])
    expect(output.toString().trim()).toBe(keys?.recipient)
  })

  test('an exported original opens with `age -d -i`', async () => {
    await ensureVaultKeys(join(directory, 'keys'))
    const recipient = await readRecipient(join(directory, 'keys'), 'default')
    const store = await openStore({
      ...SETTINGS,
      directory: join(directory, 'store'),
      recipients: { default: [recipient] },
    })
    const original = randomBytes(300_000)
    const accepted = message({ original: plainOriginal(original), groups: [group()] })
    await store.commit(accepted)
    const sealed = await collect(store.exportOriginal(accepted.queueId, 'default', BY))
    await store.close()

    const opened = execFileSync('age', ['-d', '-i', identityPath(join(directory, 'keys'), 'default')], {
      input: sealed,
      maxBuffer: 1e8,
    })
    expect(opened.equals(original)).toBe(true)
  })
})
