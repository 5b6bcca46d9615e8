/** Words for agreeing before the vault: the number in the letter, and who is let in to agree. */
import type { Language } from '../http/route.ts'

const ja = {
  approve: '承認するとき',
  how: '承認する内容と承認番号を、あなたの業務メールに送ります。メールの内容がこの画面と同じことを確かめてから、番号を入れてください。',
  send: '承認番号を送る',
  sendAgain: '番号を送り直すと、前の番号は使えなくなります。',
  code: '承認番号（8桁）',
  codeHint: '例: 4821-9937',
  cannot: {
    'wrong-code': (left: number) => (left > 0 ? `番号が違います。いちばん新しいメールの番号を入れてください（あと${left}回）。` : '番号が違います。この番号はもう使えません。送り直してください。'),
    expired: () => '番号がまだ送られていないか、期限が過ぎました。送り直してください。',
    'not-enrolled': () => 'あなたは、まだ保管庫に承認者として登録されていません。管理者に「承認者の登録」を頼んでください。',
    'not-granted': () => '自分の申請は、自分では承認できません。',
    rate: () => '番号を何度も間違えたか、何度も送りました。しばらく待って、番号を送り直してください。',
    'not-inward': () => 'あなたの業務メールに番号を送れません。管理者に連絡してください。',
    gone: () => '元のファイルの保管が終わっています。',
    program: () => 'プログラムなど危険な種類のファイルのため、承認できません。',
    malware: () => 'ウイルスが見つかったため、承認できません。',
    'no-registrar': () => '登録を確かめる人が決まっていません。設定 vault.registrars に、本人以外のメールアドレスを書いてください。',
  } as Readonly<Record<string, (left: number) => string>>,
  cannotOther: 'いまは保管庫に頼めません。1分ほど待って、もう一度操作してください。',
  enrol: {
    title: '承認者の登録',
    about: '元のファイルの取り出しを承認できるのは、保管庫に登録された人だけです。登録には、確かめる人（設定 vault.registrars）に届く確認番号が要ります。ポータルだけでは、だれも登録できません。',
    list: '承認者',
    empty: '承認者がいません。利用者の所属に「承認する人」を決めてください。',
    columns: { name: '名前', login: 'ログイン名', mailbox: '業務メール', state: '保管庫' },
    states: { enrolled: '登録済み', missing: '未登録', changed: 'アドレスが変わりました', left: '承認者ではなくなりました', 'no-mailbox': '業務メールがありません' },
    propose: '登録を申し込む',
    proposeHow: '登録する人を選びます。確かめる人に、名前の一覧と確認番号をメールで送ります。承認者ではなくなった人は、すぐに外れます。',
    none: '申し込むことはありません。',
    confirm: '確認番号を入れる',
    confirmHow: '確かめる人に届いた番号を入れてください。',
    confirmButton: '登録する',
    unavailable: '保管庫に聞けません。1分ほど待って、開き直してください。',
  },
}

export type AgreementTexts = typeof ja

const en: AgreementTexts = {
  approve: 'To approve',
  how: 'What you would approve, and a number, are sent to your mailbox. Enter the number after you have seen that the mail says the same as this page.',
  send: 'Send me the number',
  sendAgain: 'Sending it again makes the number before void.',
  code: 'Approval number (8 digits)',
  codeHint: 'Example: 4821-9937',
  cannot: {
    'wrong-code': left => (left > 0 ? `The number is wrong. Use the one in the latest mail (${left} more tries).` : 'The number is wrong and now void. Have a new one sent.'),
    expired: () => 'No number was sent yet, or its time is over. Have a new one sent.',
    'not-enrolled': () => 'The vault does not know you as an approver yet. Ask an administrator to enrol you.',
    'not-granted': () => 'Nobody approves what they asked for themselves.',
    rate: () => 'There were too many wrong numbers or too many mails. Wait a while, then have a new number sent.',
    'not-inward': () => 'The number cannot be sent to your mailbox. Ask an administrator.',
    gone: () => 'The original is no longer kept.',
    program: () => 'This cannot be approved: it is a program or another dangerous type.',
    malware: () => 'This cannot be approved: malware was found.',
    'no-registrar': () => 'Nobody can confirm this: name mailboxes of other people in the setting vault.registrars.',
  },
  cannotOther: 'The vault cannot be asked now. Wait a minute and try again.',
  enrol: {
    title: 'Approvers at the vault',
    about: 'Only people whom the vault knows can approve that an original leaves. Letting them in takes a number that is mailed to the registrars (setting vault.registrars): the portal alone can let nobody in.',
    list: 'Approvers',
    empty: 'There are no approvers. Name them in the memberships of people.',
    columns: { name: 'Name', login: 'Login', mailbox: 'Mailbox', state: 'Vault' },
    states: { enrolled: 'enrolled', missing: 'not enrolled', changed: 'mailbox has changed', left: 'no approver any more', 'no-mailbox': 'has no mailbox' },
    propose: 'Propose',
    proposeHow: 'Choose whom to enrol. The registrars get a mail with all names and a number. Who is no approver any more is taken out at once.',
    none: 'There is nothing to propose.',
    confirm: 'Enter the number',
    confirmHow: 'Enter the number that a registrar has received.',
    confirmButton: 'Enrol',
    unavailable: 'The vault cannot be asked now. Wait a minute and open this page again.',
  },
}

const TEXTS: Readonly<Record<Language, AgreementTexts>> = { ja, en }

export function agreementTexts(language: Language): AgreementTexts {
  return TEXTS[language]
}

/** Why the vault did not do it, for whoever stands before the form. */
export function agreementRefusal(language: Language, reason: string, triesLeft = 0): string {
  const texts = TEXTS[language]
  return Object.hasOwn(texts.cannot, reason) ? texts.cannot[reason]!(triesLeft) : texts.cannotOther
}
