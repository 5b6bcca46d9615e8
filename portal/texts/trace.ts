/** Words of the trace: the whole life of one message. */
import type { Language } from '../http/route.ts'

const ja = {
  title: '追跡',
  lead: '受け取ってから配達、閲覧、原本の取り出しまで、1通のメールの記録を調べます。中身は表示しません。',
  question: '受付番号、通知のページ番号、メールアドレス、ファイル名、ハッシュ値（SHA-256）、Message-ID のどれか',
  empty: '見つかりませんでした。記録の保存期間が過ぎたか、書き方が違います。',
  one: (id: string) => `追跡 ${id}`,
  life: 'たどった道',
  step: 'できごと',
  client: '送ってきたサーバ',
  messageId: 'Message-ID',
  parts: '部分ごとの扱い',
  part: '部分',
  rule: '決めた規則',
  result: '結果',
  findings: '気づいたこと',
  policy: (profile: string, version: string) => `ポリシー ${profile}（版 ${version}）`,
  other: '保管庫とポータルの記録',
  toQuarantine: '原本の保管を見る',
  toQueue: '配達待ちを見る',
  kinds: {
    accept: '受け取りました',
    verdict: '後から処理しました',
    duplicate: '同じものが再び届き、二重に配達しませんでした',
    deliver: '配達しました',
    fail: '配達できませんでした',
    drop: '配達を取りやめました',
    retry: 'すぐに配達するようにしました',
    hold: '配達を止めました',
    export: '封印したまま書き出しました',
    release: '原本を渡しました',
    purge: '原本を消去しました',
    pin: '保管の期限を変えました',
    alarm: '警報',
    view: '開きました',
    share: '部署に見せました',
    care: '担当を変えました',
  } as Readonly<Record<string, string>>,
}

export type TraceTexts = typeof ja

const en: TraceTexts = {
  title: 'Trace',
  lead: 'The life of one mail: from acceptance to delivery, views and releases. No contents are shown.',
  question: 'A queue id, the page number of a notice, an address, a file name, a hash (SHA-256) or a Message-ID',
  empty: 'Nothing found. The time to keep records may be over, or it is written differently.',
  one: id => `Trace ${id}`,
  life: 'What happened',
  step: 'Step',
  client: 'Sending server',
  messageId: 'Message-ID',
  parts: 'What was done to each part',
  part: 'Part',
  rule: 'Rule',
  result: 'Result',
  findings: 'Findings',
  policy: (profile, version) => `Policy ${profile} (version ${version})`,
  other: 'Records of vault and portal',
  toQuarantine: 'The sealed original',
  toQueue: 'In the queue',
  kinds: {
    accept: 'accepted',
    verdict: 'worked on later',
    duplicate: 'came again and was not delivered twice',
    deliver: 'delivered',
    fail: 'could not be delivered',
    drop: 'dropped from the queue',
    retry: 'made due now',
    hold: 'held',
    export: 'written out, still sealed',
    release: 'original given out',
    purge: 'original purged',
    pin: 'legal hold changed',
    alarm: 'alarm',
    view: 'opened',
    share: 'shared with a department',
    care: 'care changed',
  },
}

const TEXTS: Readonly<Record<Language, TraceTexts>> = { ja, en }

export function traceTexts(language: Language): TraceTexts {
  return TEXTS[language]
}
