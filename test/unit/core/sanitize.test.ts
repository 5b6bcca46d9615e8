/** What sanitize() promises beyond the golden corpus: groups, refusals, streams, limits, senders. */
import { describe, expect, test } from 'vitest'
import { composeFixedNotice } from '../../../core/notice-only.ts'
import { checkCanonical } from '../../../core/mime/canonical.ts'
import { verifyComposed } from '../../../core/mime/verify.ts'
import { beginSanitize } from '../../../core/sanitize.ts'
import type { PartReport } from '../../../core/verdict.ts'
import { NO_TOOLS, sanitizeBytes, testGroup, testJob, testPolicy } from '../../support/job.ts'

const HEADER = 'From: <a@example.com>\r\nTo: <staff@town.example.jp>\r\nSubject: x\r\nMIME-Version: 1.0\r\n'

function mixed(...entities: readonly string[]): Buffer {
  return Buffer.from(`${HEADER}Content-Type: multipart/mixed; boundary=b\r\n\r\n${entities.map(each => `--b\r\n${each}\r\n`).join('')}--b--\r\n`)
}
const TEXT = 'Content-Type: text/plain; charset=utf-8\r\n\r\nhello'
const csv = (name: string) => `Content-Type: text/csv; name=${name}\r\nContent-Disposition: attachment; filename=${name}\r\n\r\na,b`

function textOf(message: Uint8Array): string {
  const text = Buffer.from(message).toString()
  const body = text.slice(text.indexOf('\r\n\r\n') + 4)
  return /Content-Transfer-Encoding: base64/.test(text.slice(0, text.indexOf('\r\n\r\n'))) ? Buffer.from(body, 'base64').toString() : body
}

const part = (parts: readonly PartReport[], id: string) => parts.find(each => each.id === id)

describe('recipients with different policies', () => {
  test('get their own message from one reading', async () => {
    const groups = [testGroup({ id: 'a' }), testGroup({ id: 'b', policy: testPolicy('text-only') })]
    const result = await sanitizeBytes(mixed(TEXT, csv('list.csv')), testJob({ groups }))
    expect(part(result.groups[0]!.report.parts, '2')).toMatchObject({ outcome: 'rebuilt', deliveredName: 'list.csv' })
    expect(part(result.groups[1]!.report.parts, '2')).toMatchObject({ outcome: 'quarantined', reason: 'attachment-policy' })
    expect(result.groups[1]!.manifest.files).toEqual([])
  })

  test('two files of one name are told apart', async () => {
    const { groups } = await sanitizeBytes(mixed(TEXT, csv('a.csv'), csv('a.csv')))
    const names = groups[0]!.manifest.files.map(file => file.name)
    expect(new Set(names).size).toBe(2)
  })
})

describe('reject is for strangers', () => {
  const rejecting = testPolicy('disarm', { rows: [{ id: 'no-csv', when: { detected: ['text/csv'] }, then: 'reject', reason: 'cannot-disarm', why: 'test' }] })
  const groups = [testGroup({ policy: rejecting })]

  test('a stranger is refused', async () => {
    const session = { ...testJob().session, listedUpstream: false }
    const { verdict } = await sanitizeBytes(mixed(TEXT, csv('a.csv')), testJob({ groups, session }))
    expect(verdict).toEqual({ kind: 'reject', reply: 'contentRefused', rule: 'no-csv' })
  })

  test('behind a listed upstream the part is kept back instead', async () => {
    const { verdict, groups: composed } = await sanitizeBytes(mixed(TEXT, csv('a.csv')), testJob({ groups }))
    expect(verdict.kind).toBe('relay')
    expect(part(composed[0]!.report.parts, '2')?.outcome).toBe('quarantined')
  })

  test('a message that one of two groups may have is not refused', async () => {
    const session = { ...testJob().session, listedUpstream: false }
    const both = [testGroup({ id: 'a', policy: rejecting }), testGroup({ id: 'b' })]
    expect((await sanitizeBytes(mixed(TEXT, csv('a.csv')), testJob({ groups: both, session }))).verdict.kind).toBe('relay')
  })
})

describe('sender checks', () => {
  const stranger = { ...testJob().session, listedUpstream: false }

  test('without DNS a signature is temperror, and nothing waits', async () => {
    const signed = `DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from; bh=AAAA; b=AAAA\r\n${HEADER}\r\nhello\r\n`
    const job = testJob({ session: stranger, authenticate: ['dkim', 'dmarc'], spf: { result: 'fail', domain: 'example.com' } })
    const text = Buffer.from((await sanitizeBytes(Buffer.from(signed), job)).groups[0]!.message).toString()
    const results = /Authentication-Results: ([\s\S]*?)\r\n(?=\S)/.exec(text)?.[1] ?? ''
    expect(results).toContain('spf=fail')
    expect(results).toMatch(/dkim=\w+/)
    expect(results).not.toContain('dkim=pass')
    expect(text).not.toContain('DKIM-Signature')
  })

  test('a sender that fails is one line of the notice', async () => {
    const job = testJob({ session: stranger, spf: { result: 'fail', domain: 'example.com' } })
    const { groups } = await sanitizeBytes(Buffer.from(`${HEADER}\r\nhello\r\n`), job)
    expect(textOf(groups[0]!.message)).toContain('差出人が本物かどうかの検査に合格しませんでした')
  })

  test('results that a stranger brings along are not believed', async () => {
    const forged = Buffer.from(`Authentication-Results: sekisho.test; dmarc=pass\r\n${HEADER}\r\nhello\r\n`)
    const { groups } = await sanitizeBytes(forged, testJob({ session: stranger, spf: { result: 'none', domain: 'example.com' } }))
    expect(Buffer.from(groups[0]!.message).toString()).not.toContain('dmarc=pass')
  })
})

describe('bounds', () => {
  const small = testJob({ limits: { ...testJob().limits, textPartBytes: 1000, fileBytes: 1000 } })

  test('text over its limit is kept back whole, with its reason', async () => {
    const { groups } = await sanitizeBytes(Buffer.from(`${HEADER}\r\n${'long line\r\n'.repeat(500)}`), small)
    expect(part(groups[0]!.report.parts, '1')).toMatchObject({ outcome: 'quarantined', reason: 'too-large', bytes: 5500 })
  })

  test('a file over its limit is kept back, its digest and size are right', async () => {
    const { groups } = await sanitizeBytes(mixed(TEXT, `${csv('a.csv')}\r\n${'1,2\r\n'.repeat(40_000)}`), small)
    expect(part(groups[0]!.report.parts, '2')).toMatchObject({ outcome: 'quarantined', reason: 'too-large' })
    expect(part(groups[0]!.report.parts, '2')!.bytes).toBeGreaterThan(160_000)
  })

  test('an attachment that is only kept back costs a window, not its size', async () => {
    const sanitizing = beginSanitize(testJob(), NO_TOOLS)
    sanitizing.write(Buffer.from(`${HEADER}Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n`))
    const line = Buffer.from(`${'A'.repeat(76)}\r\n`.repeat(1000))
    globalThis.gc?.()
    const before = process.memoryUsage()
    for (let count = 0; count < 1500; count++) sanitizing.write(line)
    const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers
    const { groups } = await sanitizing.end()
    expect(part(groups[0]!.report.parts, '1')).toMatchObject({ outcome: 'quarantined', bytes: 85_500_000 })
    expect(grown).toBeLessThan(40 * 2 ** 20)
  })

  test('the same octets in any pieces give the same message', async () => {
    const whole = mixed(TEXT, csv('a.csv'))
    const pieces = beginSanitize(testJob(), NO_TOOLS)
    for (let at = 0; at < whole.length; at += 7) pieces.write(whole.subarray(at, at + 7))
    expect(Buffer.from((await pieces.end()).groups[0]!.message).toString()).toBe(Buffer.from((await sanitizeBytes(whole)).groups[0]!.message).toString())
  })
})

test('a body in ISO-2022-JP verifies with the characters that Macs, telephones and old machines write', async () => {
  const octets = Buffer.from(`${HEADER}Content-Type: text/plain; charset=utf-8\r\n\r\n10時〜11時−12時 ｶﾞｲﾁｭｳ ¥500—以上`)
  const [group] = (await sanitizeBytes(octets, testJob({ groups: [testGroup({ policy: testPolicy('disarm', { bodyCharset: 'iso-2022-jp' }) })] }))).groups
  expect(Buffer.from(group!.message).toString()).toContain('charset=iso-2022-jp')
  expect(verifyComposed(group!.message, group!.manifest, new Set())).toEqual([])
})

test('the fixed notice carries nothing of the message, and verifies', async () => {
  const [group] = composeFixedNotice(testJob(), { bytes: 12_345 }).groups
  expect(checkCanonical(group!.message)).toBeUndefined()
  expect(verifyComposed(group!.message, group!.manifest, new Set())).toEqual([])
  expect(textOf(group!.message)).toContain('12345')
  expect(group!.report.parts).toMatchObject([{ outcome: 'quarantined', reason: 'whole-message' }])
})
