/** Words of the audit pages. */
import type { Language } from '../http/route.ts'

const ja = {
  title: '監査記録',
  lead: 'いつ、だれが、何をしたかの記録です。前の記録のハッシュ値でつながっていて、途中を書き換えるとわかります。',
  empty: '条件に合う記録はありません。',
  chain: '記録の種類',
  chains: { gateway: 'メールの処理', portal: 'ポータル', vault: '保管庫' } as Readonly<Record<string, string>>,
  seq: '番号',
  kind: 'できごと',
  subject: '対象（受付番号など）',
  text: '詳しい内容に含まれる文字',
  verify: {
    title: '記録のつながりを検証する',
    lead: 'すべての記録のつながりを先頭から確かめます。記録が多いと時間がかかります。',
    run: '検証する',
    whole: (records: string, head: string) => `つながっています。記録${records}件、最後は${head}番です。`,
    broken: (seq: string, problem: string) => `${seq}番で切れています（${problem}）。記録が書き換えられたおそれがあります。すぐに情報セキュリティの責任者へ連絡してください。`,
    failed: '検証できませんでした。',
    at: (time: string) => `検証した時刻 ${time}`,
  },
  export: {
    title: '書き出す',
    lead: '上の条件に合う記録を、古い順に書き出します。書き出したことも記録に残ります。',
    format: '形式',
    formats: { jsonl: 'JSON Lines', csv: 'CSV', cef: 'CEF', syslog: 'syslog（RFC 5424）' } as Readonly<Record<string, string>>,
    save: '保存する',
  },
  forward: {
    title: '記録の収集サーバへ送る',
    lead: (collector: string) => `条件に合う記録を ${collector} へ送ります。`,
    none: '送り先が設定されていません（設定 portal.collector）。',
    send: '送る',
    failed: '送れませんでした。何件かは届いている場合があります。',
    done: (count: string) => `${count}件を送りました。`,
  },
}

export type AuditTexts = typeof ja

const en: AuditTexts = {
  title: 'Audit',
  lead: 'Who did what, when. Each record carries the hash of the one before it, so a change in between shows.',
  empty: 'No record matches.',
  chain: 'Chain',
  chains: { gateway: 'mail gateway', portal: 'portal', vault: 'vault' },
  seq: 'Number',
  kind: 'Kind',
  subject: 'About (queue id etc.)',
  text: 'Text in the details',
  verify: {
    title: 'Verify the chains',
    lead: 'Checks every link from the first record on. With many records it takes a while.',
    run: 'Verify',
    whole: (records, head) => `Whole: ${records} records, the last is number ${head}.`,
    broken: (seq, problem) => `Broken at number ${seq} (${problem}). Records may have been rewritten. Tell the security officer at once.`,
    failed: 'It could not be verified.',
    at: time => `Verified ${time}`,
  },
  export: {
    title: 'Export',
    lead: 'The records that match the filter above, oldest first. That they were exported is recorded too.',
    format: 'Format',
    formats: { jsonl: 'JSON Lines', csv: 'CSV', cef: 'CEF', syslog: 'syslog (RFC 5424)' },
    save: 'Save',
  },
  forward: {
    title: 'Hand over to a collector',
    lead: collector => `Sends the records that match to ${collector}.`,
    none: 'No collector is set (setting portal.collector).',
    send: 'Send',
    failed: 'They could not be sent. Some may have arrived.',
    done: count => `${count} records were sent.`,
  },
}

const TEXTS: Readonly<Record<Language, AuditTexts>> = { ja, en }

export function auditTexts(language: Language): AuditTexts {
  return TEXTS[language]
}
