import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { composeDsn, DSN_SUBJECTS, type DsnReport } from '../../../../core/smtp/dsn.ts'
import type { Mailbox, QueueId } from '../../../../core/smtp/envelope.ts'

const ORIGINAL = [
  'Received: from mx1.secret.inner by gw.secret.inner', 'Authentication-Results: gw.secret.inner; spf=pass', 'From: <sender@outside.example>',
  'To: =?UTF-8?B?6IG35ZOh?=', ' <staff@town.example.jp>', 'Subject: =?UTF-8?B?6KaL56mN?=', 'X-Inner: secret', ' folded secret',
  'Date: Sun, 01 Mar 2026 00:20:00 +0000', 'Message-ID: <1@outside.example>', '', 'From: body secret', '',
].join('\r\n')

const REPORT: DsnReport = {
  kind: 'failed',
  queueId: 'q7' as QueueId,
  hostname: 'mail.town.example.jp',
  from: 'postmaster@town.example.jp' as Mailbox,
  to: 'sender@outside.example' as Mailbox,
  nowMs: Date.UTC(2026, 2, 1, 0, 30),
  arrivedAtMs: Date.UTC(2026, 2, 1, 0, 25),
  retryUntilMs: Date.UTC(2026, 2, 6, 0, 25),
  recipients: [
    { mailbox: 'staff@town.example.jp' as Mailbox, code: 550, status: '5.1.1' },
    { mailbox: 'other@town.example.jp' as Mailbox, code: 554, status: '5.4.7' },
  ],
  message: Buffer.from(ORIGINAL),
}

const text = (report: Partial<DsnReport> = {}) => Buffer.from(composeDsn({ ...REPORT, ...report })).toString('latin1')

/** The parts between the boundaries, as they stand. */
function parts(dsn: string): string[] {
  const boundary = /boundary="(.*)"/.exec(dsn)![1]!
  return dsn.split(`--${boundary}`).slice(1, -1)
}

function human(dsn: string): string {
  return Buffer.from(parts(dsn)[0]!.split('\r\n\r\n')[1]!, 'base64').toString()
}

describe('a failure', () => {
  test('has exactly this header', () => {
    expect(text().split('\r\n\r\n', 1)[0]!.split('\r\n')).toEqual([
      'From: <postmaster@town.example.jp>',
      'To: <sender@outside.example>',
      'Subject: =?UTF-8?B?44Oh44O844Or44KS5bGK44GR44KJ44KM44G+44Gb44KT44Gn44GX?=',
      ' =?UTF-8?B?44GfIC8gTWFpbCBjb3VsZCBub3QgYmUgZGVsaXZlcmVk?=',
      'Date: Sun, 01 Mar 2026 00:30:00 +0000',
      'Message-ID: <q7@mail.town.example.jp>',
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status;',
      ' boundary="=_dsn_q7"',
    ])
  })

  test('says to people, in both languages, whom and why', () => {
    expect(human(text()).split('\r\n')).toEqual([
      '次の宛先に、メールを届けられませんでした。', '',
      '  <staff@town.example.jp>', '    宛先のアドレスが見つかりません。アドレスを確かめてください。 (5.1.1)',
      '  <other@town.example.jp>', '    期限までに配達できませんでした。 (5.4.7)', '',
      'このお知らせは自動で送っています。お困りのときは、宛先の方に電話などでご連絡ください。', '', '----', '',
      'Your message could not be delivered to:', '',
      '  <staff@town.example.jp>', '    The address does not exist. Please check it. (5.1.1)',
      '  <other@town.example.jp>', '    It could not be delivered in time. (5.4.7)', '',
      'This is an automatic notice. If you need help, please contact the recipient by other means.', '',
    ])
  })

  test('says to programs what RFC 3464 asks for', () => {
    expect(parts(text())[1]!.split('\r\n')).toEqual([
      '', 'Content-Type: message/delivery-status', '',
      'Reporting-MTA: dns; mail.town.example.jp', 'Arrival-Date: Sun, 01 Mar 2026 00:25:00 +0000', '',
      'Final-Recipient: rfc822; staff@town.example.jp', 'Action: failed', 'Status: 5.1.1', 'Diagnostic-Code: smtp; 550 5.1.1', '',
      'Final-Recipient: rfc822; other@town.example.jp', 'Action: failed', 'Status: 5.4.7', 'Diagnostic-Code: smtp; 554 5.4.7', '', '',
    ])
  })

  test('gives five header fields back, with their folded lines, and not a word more', () => {
    expect(parts(text())[2]!.split('\r\n')).toEqual([
      '', 'Content-Type: text/rfc822-headers', '',
      'From: <sender@outside.example>', 'To: =?UTF-8?B?6IG35ZOh?=', ' <staff@town.example.jp>', 'Subject: =?UTF-8?B?6KaL56mN?=',
      'Date: Sun, 01 Mar 2026 00:20:00 +0000', 'Message-ID: <1@outside.example>', '', '',
    ])
    expect(text()).not.toContain('secret')
  })

  test('gives nothing back when the message could not be read', () => {
    expect(parts(text({ message: undefined }))).toHaveLength(2)
  })
})

test('a delay says until when we try, and that nothing need be done', () => {
  const dsn = text({ kind: 'delayed', recipients: [{ mailbox: 'staff@town.example.jp' as Mailbox, code: 451, status: '4.4.1' }] })
  expect(dsn).toContain('Action: delayed\r\nStatus: 4.4.1\r\nDiagnostic-Code: smtp; 451 4.4.1\r\nWill-Retry-Until: Fri, 06 Mar 2026 00:25:00 +0000\r\n')
  expect(human(dsn)).toContain('もう一度送る必要はありません。')
  expect(human(dsn)).toContain('You need not send it again.')
})

describe('a non-ASCII mailbox leaves the DSN 7-bit', () => {
  test('as recipient: utf-8-addr-xtext (RFC 6533)', () => {
    const dsn = text({ recipients: [{ mailbox: '職=員@town.example.jp' as Mailbox, code: 553, status: '5.6.7' }] })
    expect(dsn).toContain('Final-Recipient: utf-8; \\x{8077}\\x{3D}\\x{54E1}@town.example.jp\r\n')
    expect(human(dsn)).toContain('<職=員@town.example.jp>')
  })

  test('as reverse-path: no address in To', () => {
    expect(text({ to: '送信者@outside.example' as Mailbox })).toContain('To: sender:;\r\n')
  })
})

test.each(['failed', 'delayed'] as const)('an independent parser reads a %s DSN as we meant it', async kind => {
  const mail = await simpleParser(Buffer.from(composeDsn({ ...REPORT, kind })))
  expect(mail.subject).toBe(DSN_SUBJECTS[kind])
  expect(mail.from?.value[0]?.address).toBe('postmaster@town.example.jp')
  expect(mail.headers.get('content-type')).toMatchObject({ value: 'multipart/report', params: { 'report-type': 'delivery-status' } })
  expect(mail.text).toContain('  <staff@town.example.jp>')
  expect(mail.text).toContain('Final-Recipient: rfc822; staff@town.example.jp')
  expect(mail.attachments.map(({ contentType }) => contentType)).toEqual(['text/rfc822-headers'])
})

test('whatever the message was, the DSN is canonical: 7-bit, CRLF, no long lines', () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 3000 }), fc.string({ unit: 'binary', maxLength: 2000 }).map(s => Buffer.from(`Subject: ${s}\r\n\r\n`))), message => {
    const dsn = text({ message })
    expect(dsn).toMatch(/^[\t\r\n\x20-\x7e]*$/)
    expect(dsn).not.toMatch(/\r(?!\n)|(?<!\r)\n/)
    expect(Math.max(...dsn.split('\r\n').map(line => line.length))).toBeLessThanOrEqual(998)
  }))
})
