/** Words of the password page. */
import type { Language } from '../http/route.ts'

const ja = {
  title: 'パスワードを入れてください',
  about: (names: string) => `${names}にはパスワードがかかっています。入力したパスワードは保存しません。`,
  quoted: (name: string) => `「${name}」`,
  password: 'ファイルのパスワード',
  hint: '大文字と小文字を区別します。メールから写して貼り付けられます。',
  more: 'ほかにもパスワードがあるとき',
  moreHint: '中のファイルに別のパスワードがかかっているときは、続けて入力してください。順番はかまいません。',
  another: (n: number) => `パスワード ${n}`,
  reveal: '文字を表示する',
  thenMail: '無害化して業務メールへ送る',
  thenTake: '無害化してこの画面で受け取る',
  toPage: '中のファイル名と、パスワードの候補を見る',
  names: (name: string) => `「${name}」の中のファイル`,
  noNames: 'パスワードを入れるまで、中のファイル名は分かりません。',
  moreNames: (count: number) => `ほか${count}個`,
  candidates: 'パスワードの候補',
  candidatesAbout: 'あなたが読めるメールから見つけた候補です。押したものだけを試します。',
  noCandidates: '候補は見つかりませんでした。パスワードは、別のメールや電話で届くことがあります。',
  candidateFrom: (subject: string, date: string) => `${date}「${subject}」から`,
  use: 'このパスワードを使う',
  wait: {
    title: 'パスワードがまだ届かないとき',
    about: '送信者から次のメールが届いて、候補が見つかったら、業務メールで知らせます。',
    start: '届いたら知らせる',
    now: '届いたら業務メールで知らせます。',
    end: '知らせるのをやめる',
  },
  none: 'パスワードを入力してください。',
  wrong: 'パスワードが違います。大文字と小文字を確かめてください。',
  wrongLeft: (left: number) => `パスワードが違います。大文字と小文字を確かめてください（あと${left}回）。`,
  noneLeft: 'パスワードの誤りが続いたため、1時間ほど受け付けを止めています。送信者にパスワードを確かめてください。',
  failed: (name: string, why: string) => `「${name}」: ${why}`,
  nothingLocked: 'パスワードの必要なファイルはありません。',
}

export type UnlockTexts = typeof ja

const en: UnlockTexts = {
  title: 'Enter the password',
  about: names => `${names}: locked by a password. What you enter is not stored.`,
  quoted: name => `"${name}"`,
  password: 'Password of the file',
  hint: 'Capital and small letters differ. You can paste it from a mail.',
  more: 'When there are several passwords',
  moreHint: 'If files inside have a password of their own, enter it as well. The order does not matter.',
  another: n => `Password ${n}`,
  reveal: 'Show the letters',
  thenMail: 'Disarm and send to my mailbox',
  thenTake: 'Disarm and take it here',
  toPage: 'See the names inside, and passwords found in your mail',
  names: name => `Files inside "${name}"`,
  noNames: 'The names inside cannot be read without the password.',
  moreNames: count => `and ${count} more`,
  candidates: 'Passwords found',
  candidatesAbout: 'Found in mails that you may read. Only the one that you press is tried.',
  noCandidates: 'None found. Passwords may come in another mail or by telephone.',
  candidateFrom: (subject, date) => `from "${subject}", ${date}`,
  use: 'Use this password',
  wait: {
    title: 'When the password has not come yet',
    about: 'When the next mail of this sender has something that looks like a password, you get a mail.',
    start: 'Tell me when it comes',
    now: 'You will get a mail when it comes.',
    end: 'Do not tell me',
  },
  none: 'Enter the password.',
  wrong: 'Wrong password. Check capital and small letters.',
  wrongLeft: left => `Wrong password. Check capital and small letters (${left} tries left).`,
  noneLeft: 'Too many wrong passwords: closed for about an hour. Ask the sender for the right one.',
  failed: (name, why) => `"${name}": ${why}`,
  nothingLocked: 'No file needs a password.',
}

export function unlockTexts(language: Language): UnlockTexts {
  return { ja, en }[language]
}
