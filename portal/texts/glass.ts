/** Words of the break-glass pages. */
import type { GlassProblem, GlassState } from '../glass/book.ts'
import type { Language } from '../http/route.ts'

const ja = {
  title: '緊急閲覧',
  about: 'ほかの人に届いたメール1通を、管理者が読むための手続きです。理由と、もう1人の同意が要ります。同意と同時に、メールが届いた人に知らせます。すべて監査記録に残ります。',
  list: 'これまでの緊急閲覧',
  empty: 'まだありません。',
  columns: { asked: '申し出', asker: '読む人', reason: '理由', mailboxes: '届いたあて先', decider: '決めた人', state: '状態', readings: '読んだ回数' },
  states: { asked: '同意待ち', open: '読めます', refused: '認められませんでした', lapsed: '期限切れ（同意なし）', over: '終わりました', ended: '途中で終わりました' } satisfies Record<GlassState, string>,
  new: '緊急閲覧を申し出る',
  newLink: '緊急閲覧を申し出る',
  number: 'メールの番号',
  numberHint: '「追跡」でメールを開き、「緊急閲覧を申し出る」を押すと入ります。お知らせのページの番号でもかまいません。',
  reason: '理由',
  reasonHint: 'もう1人の同意者、メールが届いた人、監査人が読みます。',
  ask: '申し出る',
  notFound: 'その番号のメールはありません。',
  several: 'このメールは、あて先ごとに分かれています。どれを読むかを選んでください。',
  one: '緊急閲覧の申し出',
  received: '届いた日時',
  until: '期限',
  waiting: 'もう1人の同意を待っています。申し出た人は、自分では同意できません。',
  confirm: '同意する',
  confirmSure: '同意すると、この管理者が期限までこのメールを読めるようになり、メールが届いた人に知らせます。よろしいですか。',
  refuse: '認めない',
  end: '終わりにする',
  read: 'メールを読む',
  readTitle: '緊急閲覧中のメール',
  readNote: (until: string) => `${until}まで読めます。読んだことは記録しています。ファイルは取り出せません。`,
  textGone: '配達した本文の保管は終わっています。',
  files: 'ファイル',
  look: '画像プレビュー',
  names: '中のファイル名',
  subject: '件名',
  sender: '送信者',
  back: '緊急閲覧の一覧へ',
  cannot: {
    'no-reason': '理由を書いてください。',
    'own-mail': 'あなたに届いたメールです。申し出も同意もできません。',
    'same-person': '申し出た人は、自分では同意できません。別の人に頼んでください。',
    nobody: '同意できる人がほかにいません。2人目の管理者を登録してください。',
    order: 'もう決まったか、終わっています。画面を開き直してください。',
  } satisfies Record<GlassProblem, string>,
}

export type GlassTexts = typeof ja

const en: GlassTexts = {
  title: 'Break-glass',
  about: 'For an administrator to read one mail of somebody else. It takes a reason and the consent of a second person; whoever the mail came to is told in the same moment. All of it stands in the audit records.',
  list: 'Until now',
  empty: 'None yet.',
  columns: { asked: 'Asked', asker: 'Reader', reason: 'Reason', mailboxes: 'Came to', decider: 'Decided by', state: 'State', readings: 'Readings' },
  states: { asked: 'waiting for consent', open: 'can be read', refused: 'refused', lapsed: 'time is over (no consent)', over: 'over', ended: 'ended early' },
  new: 'Ask to break the glass',
  newLink: 'Ask to read it (break-glass)',
  number: 'Number of the mail',
  numberHint: 'Filled in when you come from the trace of a mail. The number of a notice’s page will do, too.',
  reason: 'Reason',
  reasonHint: 'Read by the second person, by whoever the mail came to, and by auditors.',
  ask: 'Ask',
  notFound: 'There is no mail with that number.',
  several: 'This mail came in several versions, by recipients. Choose one.',
  one: 'A request to break the glass',
  received: 'Received',
  until: 'Until',
  waiting: 'Waiting for the consent of a second person. Who asked cannot give it.',
  confirm: 'Agree',
  confirmSure: 'If you agree, this administrator can read this mail until the time is over, and whoever it came to is told. Go on?',
  refuse: 'Refuse',
  end: 'End it',
  read: 'Read the mail',
  readTitle: 'A mail behind broken glass',
  readNote: until => `You can read it until ${until}. Each reading is recorded. Files cannot be taken out.`,
  textGone: 'The delivered text is no longer kept.',
  files: 'Files',
  look: 'Pictures of its pages',
  names: 'Names inside',
  subject: 'Subject',
  sender: 'Sender',
  back: 'All of break-glass',
  cannot: {
    'no-reason': 'Give a reason.',
    'own-mail': 'This mail came to you. You can neither ask nor agree.',
    'same-person': 'Who asked cannot agree. Ask somebody else.',
    nobody: 'There is nobody else who could agree. Register a second administrator.',
    order: 'It is decided or over already. Open the page again.',
  },
}

const TEXTS: Readonly<Record<Language, GlassTexts>> = { ja, en }

export function glassTexts(language: Language): GlassTexts {
  return TEXTS[language]
}
