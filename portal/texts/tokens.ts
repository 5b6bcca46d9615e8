/** Words of the page on tokens of the HTTP API. */
import type { TokenProblem } from '../api/tokens.ts'
import type { Scope } from '../api/scopes.ts'
import type { Language } from '../http/route.ts'

const ja = {
  title: 'APIトークン',
  lead: 'ほかのシステムが、記録や統計を読み取るための合言葉です。読み取りだけができ、承認や原本の取り出しはできません。使い方は docs/api.md にあります。',
  empty: 'トークンはまだありません。',
  name: '名前',
  nameHint: '使うシステムと担当。例: ログ収集サーバ（情報政策課）',
  scopes: '読めるもの',
  scopeNames: {
    messages: 'メールの記録（送信者、件名、宛先、添付の名前と処理の結果。本文と添付の中身は含まない）',
    requests: '原本の申請と承認の記録',
    queue: '配達待ち',
    quarantine: '保管している原本の一覧',
    reports: '統計と月次報告',
    audit: '監査記録',
    health: '稼働の状況と、監査記録の検証',
  } satisfies Record<Scope, string>,
  networks: '使える場所',
  networksHint: '空なら、管理の画面に接続できる端末すべて。例: 192.0.2.10, 192.0.2.0/24',
  anywhere: '限定なし',
  days: '有効な日数',
  daysHint: '1日から366日まで。',
  rate: '1分間の要求の上限',
  make: 'トークンを作る',
  made: 'トークンを作りました',
  once: '表示は今回だけです。使うシステムに設定してから、この画面を閉じてください。書き留めたものは残さないでください。',
  secret: 'トークン',
  back: 'トークンの一覧へ',
  one: (name: string) => `トークン「${name}」`,
  until: '期限',
  lastUse: '最後に使われた時刻',
  lastFrom: '使われた場所',
  neverUsed: '使われていません',
  createdBy: '作った人',
  created: '作った日時',
  states: { live: '有効', expired: '期限切れ', revoked: '取り消し済み' },
  revoke: '取り消す',
  revokeWhat: 'すぐに使えなくなります。元には戻せません。続けるときは、新しいトークンを作ります。',
  uses: '使われた記録は「監査記録」にあります（トークンごとに1時間に2件まで）。',
  problems: {
    name: '名前を60文字以内で書いてください。',
    scopes: '読めるものを1つ以上選んでください。',
    networks: '使える場所は、192.0.2.10 か 192.0.2.0/24 の形で書いてください。',
    days: '日数は1から366までです。',
    rate: '上限は1から6000までです。',
    'too-many': '有効なトークンが100個あります。使っていないものを取り消してください。',
  } satisfies Record<TokenProblem, string>,
}

export type TokenTexts = typeof ja

const en: TokenTexts = {
  title: 'API tokens',
  lead: 'With a token another system reads records and statistics. Tokens only read: they cannot approve or fetch an original. How to use them: docs/api.md.',
  empty: 'There are no tokens yet.',
  name: 'Name',
  nameHint: 'The system and who looks after it, e.g. log collector (IT section)',
  scopes: 'May read',
  scopeNames: {
    messages: 'Records of mail (sender, subject, recipients, names of files and what was done; no text, no contents of files)',
    requests: 'Requests for originals and their decisions',
    queue: 'The queue',
    quarantine: 'The list of sealed originals',
    reports: 'Statistics and monthly reports',
    audit: 'Audit records',
    health: 'State of the system, and verification of the audit chains',
  },
  networks: 'May be used from',
  networksHint: 'Empty: every terminal that may connect to the administration. E.g. 192.0.2.10, 192.0.2.0/24',
  anywhere: 'anywhere',
  days: 'Days until it ends',
  daysHint: '1 to 366 days.',
  rate: 'Requests a minute',
  make: 'Make a token',
  made: 'The token is made',
  once: 'It is shown only now. Set it in the system that will use it, then close this page. Keep no note of it.',
  secret: 'Token',
  back: 'To the list of tokens',
  one: name => `Token “${name}”`,
  until: 'Good until',
  lastUse: 'Last used',
  lastFrom: 'Used from',
  neverUsed: 'never used',
  createdBy: 'Made by',
  created: 'Made at',
  states: { live: 'in force', expired: 'expired', revoked: 'revoked' },
  revoke: 'Revoke',
  revokeWhat: 'It stops working at once. This cannot be undone; to go on, make a new one.',
  uses: 'Its uses stand in the audit records (at most two a token and hour).',
  problems: {
    name: 'Give a name of at most 60 characters.',
    scopes: 'Choose at least one thing to read.',
    networks: 'Write networks like 192.0.2.10 or 192.0.2.0/24.',
    days: 'Days must be 1 to 366.',
    rate: 'The rate must be 1 to 6000.',
    'too-many': 'There are 100 tokens in force. Revoke one that is not used.',
  },
}

const TEXTS: Readonly<Record<Language, TokenTexts>> = { ja, en }

export function tokenTexts(language: Language): TokenTexts {
  return TEXTS[language]
}
