/** For any octets: one verdict, canonical output that verifies, every part with one outcome, never a throw. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FINDINGS } from '../../core/finding.ts'
import { checkCanonical, composedQueueId } from '../../core/mime/canonical.ts'
import { verifyComposed } from '../../core/mime/verify.ts'
import { OUTCOMES } from '../../core/verdict.ts'
import { sanitizeBytes, testJob } from '../support/job.ts'

const ALLOWED = new Set(['text/plain', 'text/csv', 'text/tab-separated-values'])

/** Pieces of mail, put together at random: structure meets structure far more often than in random octets. */
const PIECES = [
  'From: a@example.com\r\n', 'To: b@town.example.jp\r\n', 'Subject: =?iso-2022-jp?B?GyRCMT0bKEI=?=\r\n', 'MIME-Version: 1.0\r\n',
  'Content-Type: multipart/mixed; boundary=b\r\n', 'Content-Type: multipart/alternative;\r\n boundary="b"\r\n', 'Content-Type: text/html; charset=utf-8\r\n',
  'Content-Type: message/rfc822\r\n', 'Content-Type: text/plain; format=flowed; delsp=yes\r\n', 'Content-Type: application/octet-stream; name="a.exe"\r\n',
  'Content-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\n', 'Content-Transfer-Encoding: base64\r\n', 'Content-Transfer-Encoding: quoted-printable\r\n',
  '\r\n', '\n', '\r', '--b\r\n', '--b--\r\n', '--b \t\r\n', '<p style="display:none">x</p><a href="javascript:1">y</a>', '<table><tr><td>', 'begin 644 a\r\n#0V%T\r\n`\r\nend\r\n',
  '=ybegin line=128 size=1 name=a\r\n', 'TVo=\r\n', '=E3=81=82=\r\n', '\0', '\x1b$B1=\x1b(B', '\u00e3\u0081\u0082', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n',
  '【無害化のお知らせ】', 'https://example.com/\u200b', '-----BEGIN PGP MESSAGE-----\r\n', ' ', '\t', 'word ',
]
const message = fc.array(fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) }), { maxLength: 40 })

async function expectSound(bytes: Uint8Array): Promise<void> {
  const { verdict, groups } = await sanitizeBytes(bytes)
  expect(verdict.kind).toBe('relay')
  const [group] = groups
  expect(checkCanonical(group!.message)).toBeUndefined()
  expect(composedQueueId(group!.message)).toBe(testJob().queueId)
  expect(verifyComposed(group!.message, group!.manifest, ALLOWED)).toEqual([])
  for (const part of group!.report.parts) {
    expect(OUTCOMES).toContain(part.outcome)
    for (const finding of part.findings) expect(Object.keys(FINDINGS)).toContain(finding.code)
  }
  const ids = group!.report.parts.map(part => part.id)
  expect(new Set(ids).size, 'every part once').toBe(ids.length)
}

describe('sanitize, whatever the octets', () => {
  test('pieces of mail in any order', () => fc.assert(fc.asyncProperty(message, pieces => expectSound(Buffer.from(pieces.join('')))), { numRuns: 600 }))

  test('any octets at all', () => fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), bytes => expectSound(bytes)), { numRuns: 200 }))

  test('the careful second try reads header and plain text only', () =>
    fc.assert(
      fc.asyncProperty(message, async pieces => {
        const { groups } = await sanitizeBytes(Buffer.from(pieces.join('')), testJob({ mode: 'plain' }))
        expect(checkCanonical(groups[0]!.message)).toBeUndefined()
        expect(groups[0]!.manifest.files).toEqual([])
      }),
      { numRuns: 200 },
    ))
})
