/** What pages of administrators say once after an act (Answer.say). */
import type { Language } from '../http/route.ts'

export const ADMIN_DONE: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  ja: {
    'queue-retried': 'すぐに配達するようにしました。',
    'queue-held': '配達を止めました。',
    'queue-dropped': '配達を取りやめました。',
    pinned: '保管の期限を止めました。',
    unpinned: '保管の期限を元に戻しました。',
    purged: '原本を消去しました。',
    'emergency-hold': '配達を止めました。職員に知らせる文は下にあります。',
    'emergency-isolate': '隔離しました。職員に知らせる文は下にあります。',
    'emergency-none': '再開しました。',
    inspected: '点検しました。結果を保存しました。',
    attested: '確認を記録しました。',
    forwarded: '監査記録を送りました。',
    'token-revoked': 'トークンを取り消しました。',
    'approvers-proposed': '確かめる人に、確認番号をメールで送りました。',
    'approvers-confirmed': '承認者を保管庫に登録しました。',
  },
  en: {
    'queue-retried': 'It is delivered now.',
    'queue-held': 'Delivery is held.',
    'queue-dropped': 'Dropped from the queue.',
    pinned: 'Put on legal hold.',
    unpinned: 'The legal hold has ended.',
    purged: 'The originals are purged.',
    'emergency-hold': 'Delivery is stopped. The text for the staff is below.',
    'emergency-isolate': 'Isolated. The text for the staff is below.',
    'emergency-none': 'Resumed.',
    inspected: 'Inspected. The results are saved.',
    attested: 'Your attestation is recorded.',
    forwarded: 'The audit records were sent.',
    'token-revoked': 'The token is revoked.',
    'approvers-proposed': 'The number was mailed to the registrars.',
    'approvers-confirmed': 'The approvers are enrolled at the vault.',
  },
}
