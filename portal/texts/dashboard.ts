/** Words of the dashboard. */
import type { Language } from '../http/route.ts'

const ja = {
  title: '状況',
  emergency: {
    none: '通常どおり動いています。',
    hold: '配達を止めています。届いたメールは保管しています。',
    isolate: '受け取りを止めています。メールは送信側で待っています。',
  },
  emergencyLink: '緊急対応の画面へ',
  notReady: 'メールを受け取れない理由があります。',
  ready: 'メールを受け取れます。',
  since: (time: string) => `ゲートウェイは${time}から動いています。`,
  hours: '24時間の受信と配達',
  hour: '時',
  incoming: '受信（通）',
  outgoing: '配達（宛先）',
  failed: '失敗（宛先）',
  accept95: '受け取りにかかった時間（95%）',
  ended: '無害化プロセスの再起動',
  verdicts: '24時間の結果',
  delays: '受け取りから配達まで（24時間）',
  percentile: (share: number) => `${share}%の宛先`,
  within: (time: string) => `${time}以内`,
  beyond: '5日より長い',
  queue: '配達待ち',
  queued: '待っている数',
  oldest: '最も長い待ち',
  noWait: 'なし',
  store: '保管場所',
  free: '空き容量',
  originals: '原本の保管量',
  quota: '上限',
  quotaNear: '上限の80%を超えています。上限に達するとメールを受け取れなくなります。',
  expiries: '原本の保管が終わる数（今後14日）',
  day: '日',
  messages: 'メール（通）',
  noMail: 'この24時間にメールはありません。',
  seconds: (value: string) => `${value}秒`,
  minutes: (value: string) => `${value}分`,
  hoursUnit: (value: string) => `${value}時間`,
}

export type DashboardTexts = typeof ja

const en: DashboardTexts = {
  title: 'Status',
  emergency: {
    none: 'Working as usual.',
    hold: 'Delivery is stopped. Mail that arrives is kept.',
    isolate: 'No mail is taken. It waits with its senders.',
  },
  emergencyLink: 'To the emergency page',
  notReady: 'Something stands against taking mail.',
  ready: 'Mail is taken.',
  since: time => `The gateway has been running since ${time}.`,
  hours: 'In and out, 24 hours',
  hour: 'Hour',
  incoming: 'In (mails)',
  outgoing: 'Out (recipients)',
  failed: 'Failed (recipients)',
  accept95: 'Time to take over (95 %)',
  ended: 'Sanitizer restarts',
  verdicts: 'Results, 24 hours',
  delays: 'From acceptance to delivery (24 hours)',
  percentile: share => `${share} % of recipients`,
  within: time => `within ${time}`,
  beyond: 'longer than 5 days',
  queue: 'Queue',
  queued: 'Waiting',
  oldest: 'Longest wait',
  noWait: 'none',
  store: 'Store',
  free: 'Free space',
  originals: 'Sealed originals',
  quota: 'Quota',
  quotaNear: 'More than 80 % of the quota is used. When it is full, no mail can be taken.',
  expiries: 'Originals that end (next 14 days)',
  day: 'Day',
  messages: 'Mails',
  noMail: 'No mail in these 24 hours.',
  seconds: value => `${value} s`,
  minutes: value => `${value} min`,
  hoursUnit: value => `${value} h`,
}

const TEXTS: Readonly<Record<Language, DashboardTexts>> = { ja, en }

export function dashboardTexts(language: Language): DashboardTexts {
  return TEXTS[language]
}
