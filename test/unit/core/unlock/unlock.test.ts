/** Locked files of real programs opened, and passwords that turn up nowhere. */
import { Buffer } from 'node:buffer'
import { createCipheriv, hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { DISARMERS } from '../../../../core/disarm/registry.ts'
import { writeCompound } from '../../../../core/disarm/ole/cfb-write.ts'
import { openArchive } from '../../../../core/disarm/zip.ts'
import { detect } from '../../../../core/media/detect.ts'
import { rebuildFile } from '../../../../core/rebuild.ts'
import { encodeCp932 } from '../../../../core/text/cp932-encode.ts'
import { unlock, unlockerOf } from '../../../../core/unlock.ts'
import { lockedNames } from '../../../../core/unlock/zip.ts'
import { TEST_BOUNDS } from '../../../support/disarm.ts'
import { testPolicy } from '../../../support/job.ts'
import { lockDoc, lockPpt, lockXls } from '../../../support/old-lock.ts'

const fixture = (path: string) => new Uint8Array(readFileSync(new URL(`../../../fixtures/disarm/${path}`, import.meta.url)))
const typeOf = async (bytes: Uint8Array) => (await detect(bytes, { size: bytes.length, name: '', claimedType: '' })).type
const JAPANESE = 'ひみつ123'

async function open(bytes: Uint8Array, ...passwords: string[]): Promise<string> {
  const result = await unlock(bytes, await typeOf(bytes), passwords, TEST_BOUNDS)
  return result.kind === 'cannot' ? result.reason : typeOf(result.bytes)
}

async function rebuildLocked(bytes: Uint8Array, passwords: readonly string[]) {
  const context = { disarmers: DISARMERS, policy: testPolicy('disarm'), bounds: TEST_BOUNDS, unlock: unlockerOf(passwords, TEST_BOUNDS) }
  const task = { untrustedBytes: bytes, untrustedName: 'file', detectedType: await typeOf(bytes), declaredCharset: undefined, mode: 'disarm' } as const
  return rebuildFile(task, context)
}

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

describe('what real programs locked', () => {
  test.each([
    ['archives/locked.7z', JAPANESE, 'application/zip'],
    ['archives/locked-names.7z', JAPANESE, 'application/zip'],
    ['archives/zipcrypto.zip', 'secret7', 'application/zip'],
    ['archives/aes128.zip', 'secret7', 'application/zip'],
    ['archives/aes256.zip', 'secret7', 'application/zip'],
    ['locked/cp932-password.zip', JAPANESE, 'application/zip'],
    ['locked/standard.docx', JAPANESE, DOCX],
    ['locked/standard.xlsx', JAPANESE, XLSX],
    ['pdf/user-r2.pdf', 'user', 'application/pdf'],
    ['locked/rc4.xls', JAPANESE, 'application/vnd.ms-excel'],
    ['locked/rc4.doc', JAPANESE, 'application/msword'],
    ['pdf/user-r6.pdf', 'user', 'application/pdf'],
  ])('%s', async (path, password, type) => {
    expect(await open(fixture(path), 'first', password, 'last')).toBe(type)
    expect(await open(fixture(path), 'wrong', password.toUpperCase() + 'x')).toBe('wrong-password')
    expect(await open(fixture(path))).toBe('wrong-password')
  })

  test.each([
    ['doc.doc', 'application/msword', lockDoc, '髙﨑'],
    ['sheet.xls', 'application/vnd.ms-excel', lockXls, ''],
    ['pres.ppt', 'application/vnd.ms-powerpoint', lockPpt, '避難所の一覧'],
  ] as const)('%s as Office 2003 locks it', async (name, type, lock, words) => {
    const locked = lock(fixture(`legacy/${name}`), JAPANESE)
    expect(await open(locked, 'no')).toBe('wrong-password')
    const result = await rebuildLocked(locked, ['no', JAPANESE])
    const plain = await rebuildFile({ untrustedBytes: fixture(`legacy/${name}`), untrustedName: 'file', detectedType: type, declaredCharset: undefined, mode: 'disarm' }, { disarmers: DISARMERS, policy: testPolicy('disarm'), bounds: TEST_BOUNDS })
    if (result.kind !== 'rebuilt' || plain.kind !== 'rebuilt') throw new Error('not rebuilt')
    expect(Buffer.from(result.file.bytes).equals(Buffer.from(plain.file.bytes))).toBe(true)
    expect(Buffer.from(result.file.bytes).toString()).toContain(words)
  })

  test('an agile package as Office writes it', async () => {
    const docx = Buffer.from((await unlocked('locked/standard.docx', JAPANESE)) ?? '')
    expect(await open(agile(docx, JAPANESE), 'no', JAPANESE)).toBe(DOCX)
    expect(await open(agile(docx, JAPANESE), 'no')).toBe('wrong-password')
    const result = await unlock(agile(docx, JAPANESE), 'application/x-ooxml-encrypted', [JAPANESE], TEST_BOUNDS)
    expect(result.kind === 'unlocked' && Buffer.from(result.bytes).equals(docx)).toBe(true)
  })

  test('hashing that never ends is refused', async () =>
    expect(await open(agile(Buffer.from('x'), JAPANESE, { spins: 10, claimedSpins: 2_000_000_000 }), JAPANESE)).toBe('limit'))

  test('names in a locked ZIP are known before the password is', async () =>
    expect(await lockedNames(fixture('archives/aes256.zip'), 100)).toEqual(['予定.txt', '資料/', '資料/表.csv']))

  test('no more comes out than may', async () => {
    const bytes = fixture('archives/aes256.zip')
    expect(await unlock(bytes, 'application/zip', ['secret7'], { entries: 10, outputBytes: 3 })).toEqual({ kind: 'cannot', reason: 'limit' })
    expect(await unlock(bytes, 'application/zip', ['secret7'], { entries: 1, outputBytes: 1000 })).toEqual({ kind: 'cannot', reason: 'limit' })
  })
})

async function unlocked(path: string, password: string): Promise<Uint8Array | undefined> {
  const bytes = fixture(path)
  const result = await unlock(bytes, await typeOf(bytes), [password], TEST_BOUNDS)
  return result.kind === 'unlocked' ? result.bytes : undefined
}

describe('then the usual way', () => {
  test('a locked archive with a locked document and a locked archive in it, three passwords', async () => {
    const result = await rebuildLocked(fixture('locked/nested.7z'), ['secret7', JAPANESE, 'outer'])
    if (result.kind === 'kept') throw new Error(result.reason)
    const opened = await openArchive(result.file.bytes, { reading: 'strict', entries: 10 })
    expect(opened.kind === 'open' && opened.entries.map(entry => Buffer.from(entry.untrustedRawName).toString()).toSorted()).toEqual(['内側.zip', '計画.docx'])
    expect(result.file.members.map(member => [member.outcome, member.detectedType]).toSorted()).toEqual([['rebuilt', DOCX], ['rebuilt', 'application/zip']])
  })

  test('without the inner passwords the members stay locked, with a reason of their own', async () => {
    const result = await rebuildLocked(fixture('locked/nested.7z'), ['outer'])
    expect(result).toMatchObject({ kind: 'kept', reason: 'wrong-password' })
    expect(result.kind === 'kept' && result.members.map(member => member.reason)).toEqual(['wrong-password', 'wrong-password'])
  })

  test('the same octets for the same file, and a wrong password is said to be one', async () => {
    const [once, twice] = [await rebuildLocked(fixture('archives/aes256.zip'), ['secret7']), await rebuildLocked(fixture('archives/aes256.zip'), ['secret7'])]
    expect(once).toEqual(twice)
    expect(await rebuildLocked(fixture('archives/locked.7z'), ['no'])).toMatchObject({ kind: 'kept', reason: 'wrong-password' })
  })
})

describe('a password turns up nowhere', () => {
  const SECRETS = ['qZ7-unmistakable-1', '合言葉-unmistakable-2']
  const forms = SECRETS.flatMap(secret => [Buffer.from(secret), Buffer.from(secret, 'utf16le'), encodeCp932(secret) ?? Buffer.from(secret)])
  const paths = ['archives/locked-names.7z', 'archives/aes256.zip', 'archives/zipcrypto.zip', 'locked/standard.docx', 'archives/plain.7z']

  test('not in results, reports, errors or anything printed', async () => {
    const printed: string[] = []
    const spies = [process.stdout, process.stderr].map(stream =>
      vi.spyOn(stream, 'write').mockImplementation(((text: string | Uint8Array) => printed.push(Buffer.from(text as Uint8Array).toString('latin1')) > 0) as typeof stream.write),
    )
    const told: unknown[] = []
    try {
      for (const path of paths) {
        for (const bytes of [fixture(path), fixture(path).slice(0, -20)]) {
          if (!path.includes('7z')) told.push(await rebuildLocked(bytes, SECRETS).catch((error: unknown) => String((error as Error).stack)))
          told.push(await unlock(bytes, await typeOf(bytes), SECRETS, TEST_BOUNDS).catch((error: unknown) => String((error as Error).stack)))
        }
      }
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
    const everything = Buffer.from(JSON.stringify(told) + printed.join(''))
    for (const form of forms) expect(everything.includes(form)).toBe(false)
    expect(process.argv.join(' ') + JSON.stringify(process.env)).not.toContain(SECRETS[0])
  })

  test('not in a file that was opened by it', async () => {
    for (const path of ['archives/locked.7z', 'locked/cp932-password.zip']) {
      const rebuilt = await rebuildLocked(fixture(path), [JAPANESE])
      const octets = rebuilt.kind === 'rebuilt' ? Buffer.from(rebuilt.file.bytes) : Buffer.alloc(0)
      expect(octets.length).toBeGreaterThan(0)
      for (const form of [Buffer.from(JAPANESE), Buffer.from(JAPANESE, 'utf16le'), encodeCp932(JAPANESE)!]) expect(octets.includes(form)).toBe(false)
    }
  })
})

test('damaged locked files are refused, whatever the damage', () =>
  fc.assert(
    fc.asyncProperty(fc.constantFrom('archives/aes128.zip', 'archives/zipcrypto.zip', 'locked/standard.docx', 'locked/rc4.doc', 'locked/rc4.xls'), fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255), async (path, at, octet) => {
      const bytes = fixture(path)
      const type = await typeOf(bytes)
      bytes[Math.floor(at * bytes.length)] = octet
      const result = await unlock(bytes, type, ['secret7', JAPANESE], TEST_BOUNDS)
      expect(['unlocked', 'cannot']).toContain(result.kind)
    }),
    { numRuns: 15 },
  ))

test('CP932 as Windows writes it', () => {
  expect(Buffer.from(encodeCp932('ソ表ｱ①髙~a')!).toString('hex')).toBe('835c955cb18740fbfc7e61')
  expect(encodeCp932('한')).toBeUndefined()
})

/** MS-OFFCRYPTO §2.3.4.10–15, written from the specification's side of the encrypting program. */
type Spins = { readonly spins?: number; readonly claimedSpins?: number }
function agile(content: Buffer, password: string, { spins = 1000, claimedSpins = spins }: Spins = {}): Uint8Array {
  const [keySalt, dataSalt, packageKey, verifier] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2), Buffer.alloc(32, 3), Buffer.alloc(16, 4)]
  const sha = (...pieces: Uint8Array[]) => hash('sha512', Buffer.concat(pieces), 'buffer')
  const number = (value: number) => {
    const octets = Buffer.alloc(4)
    octets.writeUInt32LE(value)
    return octets
  }
  const encrypt = (key: Buffer, iv: Buffer, data: Buffer) => {
    const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
    return Buffer.concat([cipher.update(Buffer.concat([data, Buffer.alloc((16 - (data.length % 16)) % 16)])), cipher.final()])
  }
  let spun = sha(keySalt, Buffer.from(password, 'utf16le'))
  for (let spin = 0; spin < spins; spin++) spun = sha(number(spin), spun)
  const lock = (blockKey: string, data: Buffer) => encrypt(sha(spun, Buffer.from(blockKey, 'hex')).subarray(0, 32), keySalt, data).toString('base64')
  const cipher = 'saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512"'
  const xml = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData ${cipher} saltValue="${dataSalt.toString('base64')}"/><keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount="${claimedSpins}" ${cipher} saltValue="${keySalt.toString('base64')}" encryptedVerifierHashInput="${lock('fea7d2763b4b9e79', verifier)}" encryptedVerifierHashValue="${lock('d7aa0f6d3061344e', sha(verifier))}" encryptedKeyValue="${lock('146e0be7abacd0d6', packageKey)}"/></keyEncryptor></keyEncryptors></encryption>`
  const segments: Buffer[] = []
  for (let at = 0; at < content.length; at += 4096) {
    segments.push(encrypt(packageKey, sha(dataSalt, number(at / 4096)).subarray(0, 16), content.subarray(at, at + 4096)))
  }
  const size = Buffer.alloc(8)
  size.writeUInt32LE(content.length)
  const streams = new Map<string, Uint8Array>([
    ['EncryptionInfo', Buffer.concat([Buffer.from('0400040040000000', 'hex'), Buffer.from(xml)])],
    ['EncryptedPackage', Buffer.concat([size, ...segments])],
  ])
  return writeCompound({ classId: '', streams, storages: new Map() })!
}
