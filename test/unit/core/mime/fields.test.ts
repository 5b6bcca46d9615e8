import { describe, expect, test } from 'vitest'
import { sanitizeBytes } from '../../../support/job.ts'

async function header(fields: string): Promise<{ text: string; findings: string[] }> {
  const { groups } = await sanitizeBytes(Buffer.from(`${fields}\r\n\r\nhello\r\n`))
  const text = Buffer.from(groups[0]!.message).toString().split('\r\n\r\n')[0]!.replace(/\r\n[ \t]+/g, ' ')
  return { text, findings: groups[0]!.report.findings.map(({ code, detail }) => `${code} ${detail}`) }
}
const word = (text: string) => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`

describe('addresses that ASCII cannot write become text', () => {
  test('in To and Cc they are shown as the name of an empty group, beside the others', async () => {
    const { text } = await header('From: a@example.jp\r\nTo: 佐藤 <佐藤@例え.jp>, b@example.jp\r\nCc: "quoted local"@example.jp')
    expect(text).toContain(`\r\nTo: ${word('佐藤 佐藤@例え.jp')}:;, b@example.jp\r\n`)
    expect(text).toContain('\r\nCc: "\\"quoted local\\"@example.jp":;\r\n')
  })

  test('in From it is text, and the author is ours', async () => {
    const { text } = await header('From: 佐藤 <佐藤@例え.jp>\r\nTo: b@example.jp')
    expect(text).toMatch(/\r\nFrom: =\?UTF-8\?B\?[^?]+\?= <sekisho@sekisho\.test>\r\n/)
  })

  test('in Reply-To and Sender, where text is of no use, they are left out', async () => {
    const { text } = await header('From: a@example.jp\r\nReply-To: 佐藤@example.jp\r\nSender: 佐藤@example.jp\r\nTo: b@example.jp')
    expect(text).not.toMatch(/Reply-To|Sender/)
  })
})

test('the name of a group without members stays', async () => {
  const { text } = await header(`From: a@example.jp\r\nTo: ${word('関係者各位')}:;`)
  expect(text).toContain(`\r\nTo: ${word('関係者各位')}:;\r\n`)
})

test('what was odd in a field is a finding that names it', async () => {
  const { findings } = await header('From: a@example.jp\r\nTo: b@example.jp, <broken\r\nSubject: =?utf-8?B?*?=')
  expect(findings).toContainEqual(expect.stringMatching(/^address\.malformed to: /))
  expect(findings).toContainEqual(expect.stringMatching(/^header\.word-malformed subject/))
})
