/** Rebuilt files locked again with the password that they came with. */
import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { DISARMERS } from '../../../core/disarm/registry.ts'
import { lockAgain } from '../../../core/lock-again.ts'
import { judgeFile } from '../../../core/rebuild.ts'
import { unlock, unlockerOf } from '../../../core/unlock.ts'
import { lockedNames } from '../../../core/unlock/zip.ts'
import { TEST_BOUNDS } from '../../support/disarm.ts'
import { testPolicy } from '../../support/job.ts'
import { agile } from '../../support/locked-office.ts'
import { lockedZip } from '../../support/locked-zip.ts'
import { xlsx } from '../../support/ooxml.ts'

async function through(bytes: Uint8Array, passwords: readonly string[], untrustedName = '資料.zip') {
  const file = { untrustedBytes: bytes, untrustedName, wholeBytes: bytes.length }
  const judged = await judgeFile(file, { disarmers: DISARMERS, policy: testPolicy('disarm'), bounds: TEST_BOUNDS, unlock: unlockerOf(passwords, TEST_BOUNDS) })
  const { report, rebuilt } = await lockAgain(judged, { passwords, limits: TEST_BOUNDS, untrustedName, untrustedBytes: bytes })
  return { report, rebuilt, file: rebuilt.kind === 'rebuilt' ? rebuilt.file : undefined }
}
const opens = async (bytes: Uint8Array, password: string) => (await unlock(bytes, 'application/zip', [password], TEST_BOUNDS)).kind === 'unlocked'
/** WinZip AES, 256 bits (APPNOTE appendix E: extra field 0x9901, strength 3). */
const isAes256 = (bytes: Uint8Array) => Buffer.from(bytes).includes(Buffer.from([0x01, 0x99, 0x07, 0x00, 0x02, 0x00, 0x41, 0x45, 0x03]))

describe('locked again', () => {
  test('an archive: its files in one ZIP, that opens with the same password and no other', async () => {
    const { report, file } = await through(await lockedZip({ '見積.csv': '机,1\n', 'メモ.txt': 'x' }, 'abc1'), ['abc1'])
    expect(await lockedNames(file!.bytes, 10)).toEqual(['見積.csv', 'メモ.txt'])
    expect([isAes256(file!.bytes), await opens(file!.bytes, 'abc1'), await opens(file!.bytes, 'abc2')]).toEqual([true, true, false])
    expect(Buffer.from(file!.bytes).includes('机')).toBe(false)
    expect(report).toMatchObject({ outcome: 'rebuilt', deliveredName: '資料.zip', members: [{ name: '見積.csv' }, { name: 'メモ.txt' }] })
  })

  test('any other file: in a ZIP under its name', async () => {
    const { report, file } = await through(agile(xlsx('<sheetData/>'), 'abc1'), ['abc1'], '表.xlsx')
    expect(file).toMatchObject({ mediaType: 'application/zip', extension: 'zip' })
    expect(await lockedNames(file!.bytes, 10)).toEqual(['表.xlsx'])
    expect([await opens(file!.bytes, 'abc1'), report.deliveredName]).toEqual([true, '表.zip'])
  })

  test('with the one of several that opened it', async () => {
    const { file } = await through(await lockedZip({ 'a.txt': 'x' }, 'right'), ['wrong', 'right'])
    expect([await opens(file!.bytes, 'right'), await opens(file!.bytes, 'wrong')]).toEqual([true, false])
  })
})

describe('nothing is handed out open', () => {
  test('what has a password that programs read in several ways is kept back', async () => {
    const { report, rebuilt } = await through(agile(xlsx('<sheetData/>'), 'ひみつ'), ['ひみつ'], '表.xlsx')
    expect(rebuilt).toMatchObject({ kind: 'kept', reason: 'cannot-lock' })
    expect(report).toMatchObject({ outcome: 'quarantined', reason: 'cannot-lock' })
    expect(report).not.toHaveProperty('deliveredName')
  })

  test('what is kept back stays so', async () => {
    expect((await through(await lockedZip({ 'a.txt': 'x' }, 'right'), ['wrong'])).rebuilt).toMatchObject({ kind: 'kept', reason: 'wrong-password' })
  })
})
