/** Locked files of real programs opened, and passwords that turn up nowhere. */
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { DISARMERS } from '../../../../core/disarm/registry.ts'
import { openArchive } from '../../../../core/disarm/zip.ts'
import { detect } from '../../../../core/media/detect.ts'
import { judgeFile, rebuildFile } from '../../../../core/rebuild.ts'
import { encodeCp932 } from '../../../../core/text/cp932-encode.ts'
import { unlock, unlockerOf } from '../../../../core/unlock.ts'
import { keyOf, verifierOf } from '../../../../core/unlock/xor.ts'
import { lockedNames } from '../../../../core/unlock/zip.ts'
import { TEST_BOUNDS } from '../../../support/disarm.ts'
import { testPolicy } from '../../../support/job.ts'
import { agile, standard } from '../../../support/locked-office.ts'
import { xlsx as xlsxOf } from '../../../support/ooxml.ts'
import { DEFAULT_SECRET, lockDoc, lockPpt, lockXls, xorDoc, xorXls } from '../../../support/old-lock.ts'

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

function rebuildPlain(bytes: Uint8Array, detectedType: string) {
  const task = { untrustedBytes: bytes, untrustedName: 'file', detectedType, declaredCharset: undefined, mode: 'disarm' } as const
  return rebuildFile(task, { disarmers: DISARMERS, policy: testPolicy('disarm'), bounds: TEST_BOUNDS })
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
    const plain = await rebuildPlain(fixture(`legacy/${name}`), type)
    if (result.kind !== 'rebuilt' || plain.kind !== 'rebuilt') throw new Error('not rebuilt')
    expect(Buffer.from(result.file.bytes).equals(Buffer.from(plain.file.bytes))).toBe(true)
    expect(Buffer.from(result.file.bytes).toString()).toContain(words)
  })

  test.each([
    ['sheet.xls', 'application/vnd.ms-excel', xorXls],
    ['doc.doc', 'application/msword', xorDoc],
  ] as const)('%s by XOR obfuscation', async (name, type, lock) => {
    const plain = fixture(`legacy/${name}`)
    // Key and verifier by the tables of MS-OFFCRYPTO §2.3.7.2, which the code does not have.
    const locked = lock(plain, { password: 'Secret7', key: 0x7563, verifier: 0xc166 })
    expect(await open(locked, 'no', 'secret7', 'Secret')).toBe('wrong-password')
    expect(await rebuildLocked(locked, ['no', 'Secret7'])).toEqual({ ...(await rebuildPlain(plain, type)) })
  })

  test('keys of XOR obfuscation are those of the tables', () => {
    expect([1, 2, 3, 7, 15].map(length => keyOf(Buffer.alloc(length)))).toEqual([0xe1f0, 0x1d0f, 0xcc9c, 0xf1ce, 0x4ec3])
    expect([keyOf(Buffer.from('abc')), keyOf(Buffer.from(DEFAULT_SECRET.password))]).toEqual([0x514a, DEFAULT_SECRET.key])
    expect([verifierOf(Buffer.from('abc')), verifierOf(Buffer.from(DEFAULT_SECRET.password))]).toEqual([0xcc1a, DEFAULT_SECRET.verifier])
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

describe('the password that Excel tries by itself', () => {
  const { password } = DEFAULT_SECRET
  const xlsx = () => fixture('ooxml/openpyxl.xlsx')
  const xls = () => fixture('legacy/sheet.xls')
  const judge = (untrustedBytes: Uint8Array, untrustedName: string, profile: 'disarm' | 'text-only' = 'disarm') =>
    judgeFile({ untrustedBytes, untrustedName, wholeBytes: untrustedBytes.length }, { disarmers: DISARMERS, policy: testPolicy(profile), bounds: TEST_BOUNDS })

  test.each([
    ['agile', 'a.xlsx', () => agile(xlsx(), password, { spins: 100_000 }), xlsx, XLSX],
    ['standard', 'a.xlsx', () => standard(xlsx(), password), xlsx, XLSX],
    ['RC4', 'a.xls', () => lockXls(xls(), password), xls, 'application/vnd.ms-excel'],
    ['XOR', 'a.xls', () => xorXls(xls(), DEFAULT_SECRET), xls, 'application/vnd.ms-excel'],
  ] as const)('%s: opened without a question, rebuilt as if it had none, and said', async (_, name, locked, plain, type) => {
    const { report, rebuilt } = await judge(locked(), name)
    const same = await rebuildPlain(plain(), type)
    if (rebuilt.kind !== 'rebuilt' || same.kind !== 'rebuilt') throw new Error('kept back')
    expect(Buffer.from(rebuilt.file.bytes).equals(Buffer.from(same.file.bytes))).toBe(true)
    expect(rebuilt.file).toMatchObject({ mediaType: XLSX, extension: 'xlsx', removed: same.file.removed })
    expect(report).toMatchObject({ outcome: 'rebuilt', deliveredName: 'a.xlsx' })
    expect(report.findings.map(({ code }) => code)).toContain('media.default-password')
  })

  test('which row of the policy let it be tried stands in the report', async () =>
    expect((await judge(agile(xlsx(), password), 'a.xlsx')).report.rule).toBe('everybodys-password'))

  test('macros in such a workbook go as ever, and its kind is that without them', async () => {
    const program = { id: 'rId9', type: 'http://schemas.microsoft.com/office/2006/relationships/vbaProject', target: 'vbaProject.bin' }
    const locked = agile(xlsxOf('<sheetData/>', { links: [program], parts: { 'xl/vbaProject.bin': 'x' } }), password)
    const { rebuilt } = await judge(locked, 'a.xlsm')
    expect(rebuilt).toMatchObject({ kind: 'rebuilt', file: { extension: 'xlsx', removed: expect.arrayContaining([expect.objectContaining({ what: 'macros' })]) } })
  })

  test.each([
    ['agile', 'a.xlsx', () => agile(xlsx(), JAPANESE)],
    ['RC4', 'a.xls', () => lockXls(xls(), JAPANESE)],
    ['XOR', 'a.xls', () => xorXls(xls(), { password: 'Secret7', key: 0x7563, verifier: 0xc166 })],
    ['more hashing than Excel asks for', 'a.xlsx', () => agile(xlsx(), password, { spins: 10, claimedSpins: 300_000 })],
  ] as const)('%s with another one stays locked', async (_, name, locked) => {
    expect((await judge(locked(), name)).rebuilt).toMatchObject({ kind: 'kept', reason: 'encrypted' })
  })

  test('a person who enters another one gets the workbook all the same', async () => {
    expect(await open(agile(xlsx(), password), 'no')).toBe(XLSX)
    expect(await open(xorXls(xls(), DEFAULT_SECRET), 'no')).toBe('application/vnd.ms-excel')
    expect(await open(xorXls(xls(), DEFAULT_SECRET))).toBe('wrong-password')
  })

  test('where no file passes, none of these does', async () =>
    expect((await judge(agile(xlsx(), password), 'a.xlsx', 'text-only')).rebuilt).toMatchObject({ kind: 'kept', reason: 'encrypted' }))
})

describe('a password turns up nowhere', () => {
  const SECRETS = ['qZ7-unmistakable-1', '合言葉-unmistakable-2']
  const forms = SECRETS.flatMap(secret => [Buffer.from(secret), Buffer.from(secret, 'utf16le'), encodeCp932(secret) ?? Buffer.from(secret)])
  const paths = ['locked/rc4.xls', 'locked/rc4.doc', 'archives/locked-names.7z', 'archives/aes256.zip', 'archives/zipcrypto.zip', 'locked/standard.docx', 'archives/plain.7z']

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
