/** Words of the emergency page, and the text that goes to the staff. */
import type { Language } from '../http/route.ts'

const ja = {
  title: '緊急対応',
  now: 'いまの状態',
  states: {
    none: { name: '通常', what: 'メールを受け取り、配達します。' },
    hold: { name: '配達の停止', what: '受け取りは続け、庁内への配達をすべて止めます。メールは保管され、再開すると配達されます。' },
    isolate: { name: '隔離', what: '受け取りも配達も止めます（送信側には一時的な断り451を返し、メールは送信側で待ちます）。承認済みの原本の取り出しも使えなくなります。' },
  },
  go: { none: '再開する', hold: '配達を止める', isolate: '隔離する' },
  already: 'いまこの状態です。',
  same: '同じ状態です。何も変わっていません。',
  text: '職員に知らせる文',
  textHint: '庁内放送、掲示板、電話の連絡網などで知らせてください。この文は自動では送られません。',
  copy: '文をコピーする',
  message: (time: string, state: 'hold' | 'isolate', contact: string) =>
    `【緊急】${time}から外部メールの${state === 'hold' ? '配達を止めています。届いたメールは保管しています。' : '受け取りを止めています。メールは送信側で待っています。'}
今日、添付ファイルを開いて様子がおかしいときは、LANケーブルを抜き、電源は切らずに、${contact || '情報担当'}へ電話してください。`,
  over: (contact: string) => `外部メールの配達を再開しました。止めていた間のメールは順に届きます。届かないメールがあるときは、${contact || '情報担当'}へ連絡してください。`,
  contacts: '連絡先',
  contactsNone: '連絡先が設定されていません（設定 alarms.contacts）。',
  from: 'この重さから知らせる',
  path: '知らせる経路',
  severities: { warning: '注意', error: '異常', critical: '重大' } as Readonly<Record<string, string>>,
  hasPath: 'あり',
  noPath: 'なし（名前が警報に載るだけ）',
  order: '順番',
  steps: ['止めるかを決める: 迷ったら「配達を止める」。受け取りは続き、なくなるメールはありません。', '職員に知らせる: 下の文を読み上げるか、掲示する。', '調べる: 「追跡」で送信者、ファイル名、ハッシュ値から、だれに届いたかを確かめる。', '連絡する: 下の連絡先（CISO、CSIRT、委託先、都道府県）へ。', '再開する: 原因が分かり、受け取った人の対応が終わってから。'],
  name: '名前',
  until: '期限',
  isOver: (until: string) => `${until}で終わり`,
}

export type EmergencyTexts = typeof ja

const en: EmergencyTexts = {
  title: 'Emergency',
  now: 'State now',
  states: {
    none: { name: 'normal', what: 'Mail is taken and delivered.' },
    hold: { name: 'hold', what: 'Mail is still taken, nothing is delivered inward. It is kept and delivered after resuming.' },
    isolate: { name: 'isolate', what: 'Nothing is taken, nothing delivered (senders get 451 and keep the mail). Approved originals cannot be fetched either.' },
  },
  go: { none: 'Resume', hold: 'Hold', isolate: 'Isolate' },
  already: 'This is the state now.',
  same: 'That is the state already. Nothing has changed.',
  text: 'Text for the staff',
  textHint: 'Tell them by announcement, notice board or telephone. This text is not sent by itself.',
  copy: 'Copy the text',
  message: (time, state, contact) =>
    `[URGENT] Since ${time} external mail is ${state === 'hold' ? 'not delivered. Mail that arrives is kept.' : 'not taken. It waits with its senders.'}
If you opened an attachment today and something looks wrong: pull the network cable, leave the power on, and call ${contact || 'the IT desk'}.`,
  over: contact => `Delivery of external mail has resumed. What was kept arrives in order. If a mail is missing, tell ${contact || 'the IT desk'}.`,
  contacts: 'Contacts',
  contactsNone: 'No contacts are set (setting alarms.contacts).',
  from: 'Told from this severity on',
  path: 'Path of their own',
  severities: { warning: 'warning', error: 'error', critical: 'critical' },
  hasPath: 'yes',
  noPath: 'no (only named in the alarm)',
  order: 'In this order',
  steps: ['Decide whether to stop: if in doubt, “Hold”. Mail is still taken and none is lost.', 'Tell the staff: read out or post the text below.', 'Find out: look up sender, file name or hash under “Trace” and see who got it.', 'Call the contacts below (CISO, CSIRT, contractor, prefecture).', 'Resume when the cause is known and everybody who got it is taken care of.'],
  name: 'Name',
  until: 'Until',
  isOver: until => `ended ${until}`,
}

const TEXTS: Readonly<Record<Language, EmergencyTexts>> = { ja, en }

export function emergencyTexts(language: Language): EmergencyTexts {
  return TEXTS[language]
}
