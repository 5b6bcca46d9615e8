import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deliveryStatusToText, dispositionNotificationToText } from '../../../../core/text/reports.ts'
import { expectLinear } from '../../../support/linear.ts'

const DSN = `Reporting-MTA: dns; mx.example.jp
Arrival-Date: Fri, 10 Apr 2026 09:00:00 +0900

Final-Recipient: rfc822; sato@example.jp
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.jp
Diagnostic-Code: smtp; 550 5.1.1 <sato@example.jp>:
 Recipient address rejected

Original-Recipient: rfc822;ml@example.jp
Final-Recipient: rfc822;suzuki@example.jp
Action: delayed
Status: 4.4.1
`

describe('deliveryStatusToText', () => {
  test('says in Japanese who, what and why', () => {
    expect(deliveryStatusToText(DSN.replaceAll('\n', '\r\n'), 'ja')).toBe(`宛先: sato@example.jp
結果: 配達できませんでした
状態コード: 5.1.1 (宛先がありません)
理由の詳細: 550 5.1.1 <sato@example.jp>: Recipient address rejected
相手のサーバー: mail.example.jp

宛先: ml@example.jp → suzuki@example.jp
結果: 配達が遅れています
状態コード: 4.4.1 (相手のサーバーが応答しません)

報告したサーバー: mx.example.jp
受け付けた日時: Fri, 10 Apr 2026 09:00:00 +0900`)
  })
  test('and in English', () =>
    expect(deliveryStatusToText(DSN, 'en')).toContain('Recipient: sato@example.jp\nResult: not delivered\n'))
  test('shows words it does not know as they are', () => {
    const text = deliveryStatusToText('Final-Recipient: a@example.jp\nAction: constructor\nStatus: 5.99.99', 'ja')
    expect(text).toBe('宛先: a@example.jp\n結果: constructor\n状態コード: 5.99.99')
  })
  test.each(['', 'no report here', 'Reporting-MTA: dns; x'])('%j is no report', text => {
    expect(deliveryStatusToText(text, 'ja')).toBeUndefined()
  })
  test('recipients are capped and counted', () => {
    const many = Array.from({ length: 60 }, (_, index) => `Final-Recipient: u${index}@example.jp\n\n`).join('')
    const text = deliveryStatusToText(many, 'ja')!
    expect(text).toContain('u49@example.jp')
    expect(text).not.toContain('u50@example.jp')
    expect(text).toMatch(/ほかの宛先: 10 件$/)
  })
  test('values are harmless and bounded', () => {
    const text = deliveryStatusToText(`Final-Recipient: a\u202eb\x1b[2J\nDiagnostic-Code: ${'x'.repeat(5000)}`, 'ja')!
    expect(text).toContain('宛先: ab\n')
    expect(text.length).toBeLessThan(600)
  })
})

describe('dispositionNotificationToText', () => {
  test('says that a mail was read', () => {
    const mdn = `Reporting-UA: host; Outlook
Final-Recipient: rfc822;sato@example.jp
Original-Message-ID: <1@example.jp>
Disposition: manual-action/MDN-sent-manually; displayed`
    expect(dispositionNotificationToText(mdn, 'ja')).toBe(`宛先: sato@example.jp
結果: 開かれました (manual-action/MDN-sent-manually; displayed)
元のメールの番号: <1@example.jp>
報告したソフト: Outlook`)
  })
  test('is undefined without a disposition', () => {
    expect(dispositionNotificationToText('Final-Recipient: rfc822;a@example.jp', 'ja')).toBeUndefined()
  })
})

describe('hostile reports', () => {
  test('never throw', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        deliveryStatusToText(`Final-Recipient: x\n${text}`, 'ja')
        dispositionNotificationToText(`Disposition: ${text}`, 'en')
      }),
    )
  })
  test.each([
    ['groups', 'Final-Recipient: a\n\n'],
    ['folds', ' x\n'],
    ['repeated fields', 'Status: 5.0.0\n'],
    ['one endless value', 'x'],
  ])('are read in linear time: %s', (_, unit) => {
    expectLinear(
      size => `Final-Recipient: a\n${unit.repeat(size)}`,
      text => deliveryStatusToText(text, 'ja'),
      100_000,
    )
  })
})
