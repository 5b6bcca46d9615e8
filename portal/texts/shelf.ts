/** Words of what lies ready, and of bringing files in. */
import type { Language } from '../http/route.ts'

const ja = {
  title: '受け取り',
  intro: '無害化したファイルを、期限まで受け取れます。業務側でもインターネット側でも、同じものが並びます。',
  empty: '受け取れるファイルはありません。',
  emptyNext: '添付ファイルのパスワードを入力するか、ファイルを持ち込むと、ここに並びます。',
  take: '受け取る',
  mail: '業務メールへ送る',
  until: (date: string) => `${date}まで`,
  origins: { unlocked: 'パスワードを外して無害化', again: 'もう一度無害化', brought: '持ち込み' },
  taken: '受け取り済み',
  mailed: '業務メールへ送信済み',
  notPassed: '渡せません',
  aboutMail: '元のメールを見る',
  held: { needed: '承認が要ります', waiting: '承認を待っています', see: '申請を見る', before: '前の申請を見る', reason: '何に使うか（承認する人が読みます）', ask: '承認を申請する' },
  upload: {
    title: 'ファイルの持ち込み',
    intro: 'インターネット側の端末にあるファイルを無害化します。無害化したファイルは「受け取り」に並び、業務側でも受け取れます。',
    choose: 'ファイルを選んでください（いくつでも選べます）',
    limit: (size: string) => `1つの大きさは${size}まで。`,
    drop: 'ここにファイルを置くこともできます',
    send: '無害化する',
    none: 'ファイルが選ばれていません。ファイルを選んで、もう一度押してください。',
    progress: '送信の進み具合',
    sending: '送っています。この画面を閉じないでください。',
    working: '無害化しています。大きなファイルは時間がかかります。',
    failed: '送れませんでした。ネットワークを確かめて、もう一度押してください。',
    broke: '途中で切れました。同じファイルを選んでもう一度押すと、続きから送ります（1日以内）。',
    done: '持ち込みの結果',
    another: '続けて持ち込む',
    toShelf: '受け取りの一覧へ',
    tooLarge: 'ファイルが大きすぎます。分けて持ち込むか、管理者に相談してください。',
    locked: 'パスワードを外してから、もう一度持ち込んでください。',
    forbidden: 'このファイルは持ち込めません。',
    otherForm: '別の形式に変えて、もう一度持ち込むか、管理者に相談してください。',
    nothing: '結果を表示できる期間が過ぎました。',
  },
}

export type ShelfTexts = typeof ja

const en: ShelfTexts = {
  title: 'Pick up',
  intro: 'Disarmed files wait here until their last day. The office side and the Internet side show the same.',
  empty: 'Nothing waits for you.',
  emptyNext: 'Files appear here after you enter the password of an attachment or bring a file in.',
  take: 'Take',
  mail: 'Send to my mailbox',
  until: date => `until ${date}`,
  origins: { unlocked: 'Unlocked and disarmed', again: 'Disarmed once more', brought: 'Brought in' },
  taken: 'Taken',
  mailed: 'Sent to your mailbox',
  notPassed: 'May not pass',
  aboutMail: 'See the mail',
  held: { needed: 'Needs an approval', waiting: 'Waiting for approval', see: 'See the request', before: 'See the request before', reason: 'What it is for (read by who approves)', ask: 'Ask for approval' },
  upload: {
    title: 'Bring a file in',
    intro: 'Disarms files of this Internet-side terminal. They then wait under "Pick up", on the office side as well.',
    choose: 'Choose files (as many as you like)',
    limit: size => `At most ${size} each.`,
    drop: 'You can also drop files here',
    send: 'Disarm',
    none: 'No file was chosen. Choose one and try again.',
    progress: 'Progress of sending',
    sending: 'Sending. Do not close this page.',
    working: 'Disarming. Large files take a while.',
    failed: 'Sending failed. Check the network and try again.',
    broke: 'The sending broke off. Choose the same file and press again within a day: it goes on where it stopped.',
    done: 'Result',
    another: 'Bring more files',
    toShelf: 'To what waits for me',
    tooLarge: 'The file is too large. Bring it in parts, or ask an administrator.',
    locked: 'Take the password off and bring it again.',
    forbidden: 'It cannot be brought in.',
    otherForm: 'Bring it in another format, or ask an administrator.',
    nothing: 'The time to show this result is over.',
  },
}

export function shelfTexts(language: Language): ShelfTexts {
  return { ja, en }[language]
}
