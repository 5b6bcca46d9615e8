/** What the kinds of audit records are called on pages; files and the API keep the words of store/audit.ts. */
import type { AuditKind } from '../../store/audit.ts'
import type { Language } from '../http/route.ts'

const ja: Readonly<Record<AuditKind, string>> = {
  start: '起動',
  stop: '停止',
  accept: '受け取り',
  verdict: '後からの処理',
  duplicate: '二重の受け取り',
  deliver: '配達',
  fail: '配達できず',
  drop: '配達の取りやめ',
  retry: '再配達の指示',
  hold: '配達の保留',
  export: '封印したままの書き出し',
  request: '原本の申請',
  decision: '承認・却下',
  grant: '原本の受け渡しの始まり',
  release: '原本の受け渡し',
  revoke: '承認の取り消し',
  purge: '原本の消去',
  pin: '保管期限の変更',
  config: '設定の変更',
  emergency: '緊急対応',
  alarm: '警報',
  checkpoint: '記録への署名',
  'sign-in': 'サインイン',
  'sign-in-refused': 'サインインの失敗',
  'sign-out': 'サインアウト',
  person: '利用者・所属の変更',
  factor: '本人確認の変更',
  personnel: '人事異動・機構改革',
  view: '閲覧',
  care: '担当',
  share: '課内の共有',
  unseal: '封印を開く',
  refuse: '保管庫の拒否',
  agree: '承認番号',
  enrol: '承認者の登録',
  shelf: '無害化したファイルの保管',
  glass: '緊急閲覧',
  verify: '記録の検証',
  handover: '記録の書き出し',
  inspect: '自己点検',
  attest: '点検の確認',
  token: 'APIトークン',
  retain: '期限切れの記録の削除',
}

/** In English the words of the records are read as they are. */
export function auditKindText(kind: string, language: Language): string {
  return language === 'ja' && Object.hasOwn(ja, kind) ? ja[kind as AuditKind] : kind
}
