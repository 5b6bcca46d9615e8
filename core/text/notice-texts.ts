/**
 * The words of the notice, in both languages. A tenant may replace any of them by key (`notice.texts`);
 * tokens in braces are filled in, unknown tokens stay as they are.
 */

export const NOTICE_TEXTS = {
  ja: {
    title: '【無害化のお知らせ】安全のため、添付ファイルを次のとおり処理しました。',
    titleNoFiles: '【無害化のお知らせ】このメールについて、次の点をお知らせします。',
    rebuilt: '{name}: 安全な形に作り直して添付しました。',
    rebuiltAs: '{name}: 安全な形に作り直し「{deliveredName}」として添付しました。',
    pages: '{name}: ページを画像にしたPDF「{deliveredName}」を添付しました。',
    pagesAndWords: '{name}: ページを画像にしたPDF「{deliveredName}」と、文字だけの「{besideName}」を添付しました。',
    removed: '（取り除いたもの: {removed}）',
    kept: '{name}: {why}。{next}。',
    inlineImages: '本文中の画像 {count} 個: 表示せずに保管しています。',
    whole: 'このメールは、全体を保管しています。送信者に別の形での再送を頼んでください。',
    page: '手続き {url} 確認番号 {code}',
    code: '確認番号 {code}',
    until: '保管は{until}まで。',
    contact: '困ったとき: {contact}',
    signature: '電子署名が外れました。必要なときは原本で確認してください。',
    senderFailed: '注意: 差出人が本物かどうかの検査に合格しませんでした。リンクや依頼に注意してください。',
    ownDomain: '注意: 差出人の欄に組織内のアドレスがありますが、このメールは外部（インターネット）から届きました。',
    hiddenText: '本文から、見えないように書かれた文字を {count} か所取り除きました。',
    gaiji: '表示できない文字（外字）を {count} 文字「〓」に置き換えました。',
    guessedCharset: '文字コードの指定が正しくないため推定しました。文字が正しくない場合があります。',
    linkMismatch: '注意: 表示と実際の行き先が違うリンクが {count} 個あります。',
    nameless: '名前のないファイル',
    separator: '――――――――――――――――――――',
    attachedMail: '――― 添付されたメール ―――',
    attachedMailEnd: '――― 添付されたメール ここまで ―――',
    subject: '件名',
    from: '差出人',
    to: '宛先',
    date: '日時',
    originalFrom: '元の差出人の記載',
    fixedBody: '{from} から {date} に届いたメール（{bytes} バイト）は、全体を保管しています。',
    fixedSubject: '【無害化のお知らせ】全体を保管したメール',
    fixedSender: '無害化ゲートウェイ',
    nullSender: '（差出人なし）',
  },
  en: {
    title: '[Sanitization notice] For safety, the attachments were handled as follows.',
    titleNoFiles: '[Sanitization notice] Please note the following about this message.',
    rebuilt: '{name}: rebuilt in a safe form and attached.',
    rebuiltAs: '{name}: rebuilt in a safe form and attached as "{deliveredName}".',
    pages: '{name}: attached as "{deliveredName}", a PDF of pictures of its pages.',
    pagesAndWords: '{name}: attached as "{deliveredName}", a PDF of pictures of its pages, and its words as "{besideName}".',
    removed: ' (removed: {removed})',
    kept: '{name}: {why}; {next}.',
    inlineImages: '{count} image(s) of the body: kept back.',
    whole: 'This message could not be read safely and is kept back as a whole. Have the sender send it again in another form.',
    page: 'Page {url} check code {code}',
    code: 'Check code {code}',
    until: 'Kept until {until}.',
    contact: 'Questions: {contact}',
    signature: 'The digital signature fell off. Check the original if you need it.',
    senderFailed: 'Caution: the sender did not pass the authenticity checks. Be careful with links and requests.',
    ownDomain: 'Caution: the sender claims an address of this organisation, but the message came from outside.',
    hiddenText: 'Text hidden from the reader was removed in {count} place(s).',
    gaiji: '{count} character(s) outside of Unicode were replaced by 〓.',
    guessedCharset: 'The character set was wrong or missing and had to be guessed. Some characters may be wrong.',
    linkMismatch: 'Caution: {count} link(s) lead elsewhere than they show.',
    nameless: 'unnamed file',
    separator: '----------------------------------------',
    attachedMail: '--- attached message ---',
    attachedMailEnd: '--- end of attached message ---',
    subject: 'Subject',
    from: 'From',
    to: 'To',
    date: 'Date',
    originalFrom: 'Sender as written',
    fixedBody: 'A message from {from}, received {date} ({bytes} bytes), is kept back as a whole.',
    fixedSubject: '[Sanitization notice] message kept back as a whole',
    fixedSender: 'Sanitization gateway',
    nullSender: '(no sender)',
  },
} as const

export type Language = keyof typeof NOTICE_TEXTS
export type NoticeTextKey = keyof (typeof NOTICE_TEXTS)['ja']

/** Looks a text up, the tenant's own first, and fills its tokens. */
export function noticeText(
  key: NoticeTextKey,
  context: { readonly language: Language; readonly texts: Readonly<Record<string, string>> },
  tokens: Readonly<Record<string, string | number>> = {},
): string {
  const template = Object.hasOwn(context.texts, key) ? context.texts[key]! : NOTICE_TEXTS[context.language][key]
  return template.replace(/\{([a-zA-Z]+)\}/g, (whole, token: string) => (Object.hasOwn(tokens, token) ? String(tokens[token]) : whole))
}

/** First words of every title: a body that carries them is made to look like what it is, a quotation. */
const TITLE_MARKS = /【無害化のお知らせ】|\[Sanitization notice\]/g

export function escapeLookalikes(text: string): string {
  return text.replace(TITLE_MARKS, mark => (mark.startsWith('【') ? '〔引用:無害化のお知らせ〕' : '(quoted: Sanitization notice)'))
}
