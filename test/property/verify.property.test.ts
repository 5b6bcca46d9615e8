/**
 * The verifier knows one grammar; other programs read more. For any message of ours: it passes, and mailparser reads it the same way.
 * For any message that was one of ours and was changed: whatever still passes, mailparser still reads as it was meant.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Composed, compose } from '../../core/mime/compose.ts'
import { encodePhrase, encodeUnstructured } from '../../core/mime/encode.ts'
import { verifyComposed } from '../../core/mime/verify.ts'
import type { QueueId } from '../../core/smtp/envelope.ts'
import { readByMailparser } from '../support/second-reading.ts'

const TYPES = ['text/plain', 'text/csv', 'application/pdf', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document']
const ALLOWED = new Set(TYPES)
const SEED = '0123456789abcdef'.repeat(2)

/** Characters that mean something in mail, Japanese ones, and ones of four octets. */
const word = fc.string({ unit: fc.constantFrom(...'ab Z09.,;:-_=?"\'()<>@%*+/[]{}|~#&!$', ...'あ漢字ーｶﾅ①〜', '𠮷', '👍'), maxLength: 80 })
const line = word.map(text => text.trim())
const text = fc.array(fc.oneof(word, fc.constantFrom('', '.', '--', `--=_${SEED.slice(1)}`, 'From here', 'x'.repeat(1200), '本文\t表')), { maxLength: 12 }).map(lines => lines.join('\n'))
const file = fc.record({ name: line.filter(name => name !== ''), mediaType: fc.constantFrom(...TYPES), bytes: fc.uint8Array({ maxLength: 300 }) })
const message = fc.record({ subject: line, from: line, text, files: fc.array(file, { maxLength: 3 }) }).map(composedOf)

function composedOf({ subject, from, text: body, files }: { subject: string; from: string; text: string; files: { name: string; mediaType: string; bytes: Uint8Array }[] }): Composed {
  const messageId = '<1@sender.example>'
  const fields = [
    { name: 'Received', value: 'from relay.example by sekisho.test with ESMTP id 01TESTQUEUEID; Mon, 23 Nov 2026 09:00:00 +0900' },
    { name: 'From', value: `${encodePhrase(from)} <a@sender.example>`.trim() },
    { name: 'Subject', value: encodeUnstructured(subject) },
    { name: 'Message-ID', value: messageId },
  ]
  return compose({ queueId: 'q' as QueueId, fields, subject, messageId, text: body, iso2022Jp: undefined, files, seed: SEED })
}

const TOKENS = [
  '\r\n', '\n', '\r', ' ', '\t', '=', '==', '--', '"', ';', '\0', `--=_${SEED}`, `\r\n--=_${SEED}\r\n`, `\r\n--=_${SEED}--\r\n`, 'Content-Type: text/html\r\n', 'Content-Type: text/plain; name=a.exe\r\n',
  'Subject: x\r\n', 'Content-Disposition: attachment; filename=a.exe\r\n', 'Content-Transfer-Encoding: 7bit\r\n', '\r\n\r\n<b>x</b>\r\n', '=?UTF-8?Q?x?=', "; filename*=UTF-8''a.exe", 'A', 'QUJD',
]
type Change = { readonly at: number; readonly kind: 'insert' | 'cut' | 'double' | 'flip'; readonly token: string; readonly length: number }
const change: fc.Arbitrary<Change> = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), kind: fc.constantFrom('insert', 'cut', 'double', 'flip'), token: fc.constantFrom(...TOKENS), length: fc.integer({ min: 1, max: 120 }) })

function changed(octets: Uint8Array, changes: readonly Change[]): Buffer {
  let now = Buffer.from(octets).toString('latin1')
  for (const { at, kind, token, length } of changes) {
    const place = Math.floor(at * now.length)
    const piece = now.slice(place, place + length)
    if (kind === 'insert') now = now.slice(0, place) + token + now.slice(place)
    else if (kind === 'cut') now = now.slice(0, place) + now.slice(place + length)
    else if (kind === 'double') now = now.slice(0, place) + piece + now.slice(place)
    else now = now.slice(0, place) + String.fromCharCode((now.charCodeAt(place) ^ (1 << (length % 7))) & 0x7f) + now.slice(place + 1)
  }
  return Buffer.from(now, 'latin1')
}

describe('the verifier and mailparser', () => {
  test('both find in any message of ours what was meant', () =>
    fc.assert(
      fc.asyncProperty(message, async composed => {
        expect(verifyComposed(composed.message, composed.manifest, ALLOWED)).toEqual([])
        expect(await readByMailparser(composed.message, composed.manifest, ALLOWED)).toEqual([])
      }),
      { numRuns: 300 },
    ))

  test('what was changed and still passes reads the same in both', async () => {
    let passed = 0
    await fc.assert(
      fc.asyncProperty(message, fc.array(change, { minLength: 1, maxLength: 3 }), async ({ message: octets, manifest }, changes) => {
        const different = changed(octets, changes)
        if (verifyComposed(different, manifest, ALLOWED).length > 0) return
        passed++
        expect(await readByMailparser(different, manifest, ALLOWED)).toEqual([])
      }),
      { numRuns: Number(process.env['RUNS'] ?? 3_000) },
    )
    // Changes in fields that no manifest repeats: the property is not empty.
    expect(passed).toBeGreaterThan(50)
  })
})
