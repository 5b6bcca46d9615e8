/** The generated mails: right in their charsets and formats, marked everywhere, harmless to each other. */
import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { unlockZip } from '../../../core/unlock/zip.ts'
import { lookAt, RULES } from '../../../loadtest/look.ts'
import { MARK_PLACE, markOf, marksIn } from '../../../loadtest/mark.ts'
import { CHARSETS, encodeText } from '../../../loadtest/mails/charsets.ts'
import { marked } from '../../../loadtest/mails/folder.ts'
import { generateMails, KIND_NAMES, MIXES } from '../../../loadtest/mails/kinds.ts'
import { encryptedZip, markedZip } from '../../../loadtest/mails/pack.ts'
import { randomFrom } from '../../../loadtest/random.ts'
import { composeTemplate, octetsOf, packedFile } from '../../../loadtest/template.ts'

const RUN = 'unittest'
const ordinary = KIND_NAMES.filter(name => !name.startsWith('hostile') && name !== 'large')

describe.each(KIND_NAMES.filter(name => name !== 'large'))('%s', kind => {
  const [template] = generateMails({ [kind]: 1 }, 7, 1).templates

  test('carries its mark and no other, also when it is used again', () => {
    for (const number of [0, 123_456_789, 5]) {
      const octets = octetsOf(template!, markOf(RUN, number))
      expect(lookAt(octets, RUN, RULES).marks).toEqual([number])
      expect(octets.includes(MARK_PLACE)).toBe(false)
    }
  })

  test('is dot-stuffed, has lines of legal length and ends in CRLF', () => {
    const octets = octetsOf(template!, markOf(RUN, 1))
    expect(octets.includes('\r\n.\r\n')).toBe(false)
    expect(octets.subarray(-2).toString('latin1')).toBe('\r\n')
    const lines = octets.toString('latin1').split('\r\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(998)
    expect(lines.every(line => !/[\r\n]/.test(line))).toBe(true)
  })
})

describe.each(ordinary)('%s as a mail program reads it', kind => {
  test('text, subject and names', async () => {
    const [template] = generateMails({ [kind]: 1 }, 7, 1).templates
    const mail = await simpleParser(octetsOf(template!, markOf(RUN, 42)))
    expect(mail.text).toContain(`整理番号 ${markOf(RUN, 42)}`)
    expect(mail.text).toMatch(/様/)
    expect(mail.messageId).toBe(`<${markOf(RUN, 42)}@loadtest.example>`)
    for (const { filename } of mail.attachments) expect(filename).toMatch(new RegExp(`^${markOf(RUN, 42)}_[^_]+\\.(docx|xlsx|pdf|png|zip)$`))
    expect(mail.attachments.length).toBe(kind === 'ten-files' ? 10 : /^(text|html)/.test(kind) ? 0 : 1)
  })
})

test('the same seed gives the same octets, another one others', () => {
  const octets = (seed: number) => Buffer.concat(generateMails({ docx: 1, 'text-euc-jp': 1 }, seed).templates.map(each => each.octets))
  expect(octets(5).equals(octets(5))).toBe(true)
  expect(octets(5).equals(octets(6))).toBe(false)
})

test('mixes name kinds that exist; others are refused by name', () => {
  for (const mix of Object.values(MIXES)) expect(KIND_NAMES).toEqual(expect.arrayContaining(Object.keys(mix)))
  expect(() => generateMails({ doxc: 1 }, 1)).toThrow('doxc')
})

test('hostile samples are recognised as what they are', () => {
  const found = Object.fromEntries(KIND_NAMES.filter(name => name.startsWith('hostile')).map(kind => [kind, lookAt(octetsOf(generateMails({ [kind]: 1 }, 1, 1).templates[0]!, markOf(RUN, 1)), RUN, RULES).broken.toSorted()]))
  expect(found).toEqual({
    'hostile-macro': ['macro'], 'hostile-program': ['program'], 'hostile-disguised': ['program'], 'hostile-script': ['script'],
    'hostile-html-file': ['script'], 'hostile-pdf-script': ['script'], 'hostile-nested-zip': ['program'], 'hostile-bomb': [], 'hostile-mime': [],
  })
})

describe('charsets', () => {
  const text = '調査票の提出について（依頼）髙﨑①〜−〇ｱｲｳ abc\r\n'
  test.each(CHARSETS)('%s is what a decoder of the platform reads', charset => {
    const decoded = new TextDecoder(charset).decode(encodeText('会議資料、ｶﾀｶﾅ、①、abc\r\n', charset))
    expect(decoded.normalize('NFKC')).toBe('会議資料、カタカナ、1、abc\r\n')
  })
  test('what a charset does not have becomes 〓', () => {
    expect(new TextDecoder('shift_jis').decode(encodeText('a\u{1f600}b', 'shift_jis'))).toBe('a〓b')
    for (const charset of CHARSETS) expect(encodeText(text, charset).length).toBeGreaterThan(20)
  })
})

describe('marks in packed files', () => {
  test('every place in base64, at any offset, and only there', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 4 }), fc.nat(999_999_999), (gaps, number) => {
      const raw = Buffer.from(gaps.map(gap => 'x'.repeat(gap) + MARK_PLACE).join('') + 'end')
      const octets = octetsOf(composeTemplate('t', [{ file: packedFile(Buffer.from(raw)) }]), markOf(RUN, number))
      expect(Buffer.from(octets.toString('latin1'), 'base64').toString()).toBe(raw.toString().replaceAll(MARK_PLACE, markOf(RUN, number)))
    }))
  })

  test('checksums of ZIP entries are right, in a ZIP within a ZIP too', () => {
    const inner = markedZip([{ name: 'a.txt', bytes: Buffer.from(`before ${MARK_PLACE} after`) }])
    const template = composeTemplate('t', [{ file: markedZip([{ name: 'inner.zip', bytes: inner.raw }, { name: 'b.txt', bytes: Buffer.from('nothing in it') }]) }])
    for (const number of [1, 2]) {
      const outer = Buffer.from(octetsOf(template, markOf(RUN, number)).toString('latin1'), 'base64')
      const innerAt = 30 + 'inner.zip'.length
      const innerZip = outer.subarray(innerAt, innerAt + inner.raw.length)
      expect(outer.readUInt32LE(14)).toBe(crc32(innerZip))
      expect(innerZip.readUInt32LE(14)).toBe(crc32(Buffer.from(`before ${markOf(RUN, number)} after`)))
    }
  })
})

test('an encrypted ZIP opens with its password and with no other', async () => {
  const zip = encryptedZip({ name: 'a.txt', bytes: Buffer.from('secret '.repeat(50)) }, 'Sekisho-2026', randomFrom(1))
  expect(zip.includes('secret')).toBe(false)
  const limits = { outputBytes: 1e6, entries: 10 }
  expect(await unlockZip(zip, ['Sekisho-2026'], limits)).toMatchObject({ kind: 'unlocked' })
  expect(await unlockZip(zip, ['wrong'], limits)).toEqual({ kind: 'cannot', reason: 'wrong-password' })
})

describe('mails of one\'s own', () => {
  test.each([
    ['LF line ends', 'Subject: a\nMessage-ID: <old@x>\nTo: b\n\nbody\n.\n..x\n'],
    ['a folded Message-ID', 'Subject: a\r\nMessage-ID:\r\n <old@x>\r\nTo: b\r\n\r\nbody\r\n.\r\n..x\r\n'],
    ['no Message-ID', 'Subject: a\r\nTo: b\r\n\r\nbody\r\n.\r\n..x'],
  ])('%s', (_, eml) => {
    const octets = octetsOf(composeTemplate('t', [{ text: marked(Buffer.from(eml)) }]), markOf(RUN, 3)).toString('latin1')
    expect(octets).toBe(`Subject: a\r\nTo: b\r\nMessage-ID: <${markOf(RUN, 3)}@loadtest.example>\r\n\r\nbody\r\n..\r\n...x\r\n`)
  })
})

test('marks of another run, and broken ones, are none', () => {
  expect(marksIn(Buffer.from(`${markOf('otherrun', 1)} ${markOf(RUN, 2).slice(0, -1)} ${markOf(RUN, 3)}${markOf(RUN, 3)}`), RUN)).toEqual([3])
})
