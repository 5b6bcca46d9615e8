/** Words of the list of mails. */
import type { Language } from '../http/route.ts'
import type { MailState } from '../ports.ts'

const ja = {
  title: 'メール',
  columns: { state: '状態', subject: '件名', from: '差出人', date: '届いた日時', mailbox: '宛先', care: '担当' },
  states: { any: 'すべて', kept: '保管あり', pending: '処理中', changed: '一部を除去', clean: '変更なし' } satisfies Record<MailState, string>,
  keptCount: (count: number) => `保管 ${count}件`,
  unread: '未読',
  noSubject: '（件名なし）',
  noSender: '（差出人なし）',
  search: {
    summary: 'メールを探す',
    act: '検索する',
    sender: '差出人',
    senderHint: '名前かアドレスの一部',
    subject: '件名',
    file: 'ファイル名',
    state: '状態',
    since: 'この日から',
    until: 'この日まで',
    box: '宛先',
    allBoxes: 'すべての宛先',
    sharedWithMe: '課内で共有されたもの',
    clear: '条件を消す',
    badDate: '日付が読み取れないため、日付なしで探しました。',
  },
  mine: '自分',
  boxKinds: { own: '', shared: '共有', delegated: '代理', list: '一覧配信' },
  empty: 'まだメールはありません。届くとここに並びます。',
  emptySearch: '条件に合うメールはありません。条件を減らして、もう一度探してください。',
  emptyShared: '課内で共有されたメールはありません。',
  emptySoFar: (date: string) => `${date}までさかのぼりましたが、まだ見つかりません。`,
  searchOn: 'さらに前を探す',
  noMailbox: '読めるメールの宛先が登録されていません。管理者に、あなたのメールアドレスの登録を頼んでください。',
  care: { taken: (name: string) => `担当: ${name}`, done: (name: string) => `対応済み（${name}）` },
  older: '前のメールを見る',
}

export type MailsTexts = typeof ja

const en: MailsTexts = {
  title: 'Mail',
  columns: { state: 'State', subject: 'Subject', from: 'From', date: 'Received', mailbox: 'To', care: 'Care' },
  states: { any: 'All', kept: 'Kept back', pending: 'In progress', changed: 'Partly removed', clean: 'Unchanged' },
  keptCount: count => `${count} kept back`,
  unread: 'Unread',
  noSubject: '(no subject)',
  noSender: '(no sender)',
  search: {
    summary: 'Find mail',
    act: 'Search',
    sender: 'From',
    senderHint: 'part of a name or address',
    subject: 'Subject',
    file: 'File name',
    state: 'State',
    since: 'From this day',
    until: 'To this day',
    box: 'To',
    allBoxes: 'All mailboxes',
    sharedWithMe: 'Shared in my section',
    clear: 'Clear',
    badDate: 'A date could not be read; the search went on without it.',
  },
  mine: 'me',
  boxKinds: { own: '', shared: 'shared', delegated: 'delegated', list: 'list' },
  empty: 'No mail yet. It will be listed here when it comes.',
  emptySearch: 'No mail matches. Try again with fewer conditions.',
  emptyShared: 'Nothing is shared with your section.',
  emptySoFar: date => `Nothing found back to ${date} so far.`,
  searchOn: 'Look further back',
  noMailbox: 'No mailbox is registered for you. Ask an administrator to register your mail address.',
  care: { taken: name => `In care of ${name}`, done: name => `Done (${name})` },
  older: 'Older mail',
}

export function mailsTexts(language: Language): MailsTexts {
  return { ja, en }[language]
}
