/**
 * Why a part was kept back or changed, in words for the reader of the mail and for the report.
 *
 * The key stands in reports, policies and logs and never changes its meaning; the texts may be replaced per
 * tenant. `next` is what the reader can do; it is written so that it is true with and without a portal.
 */

export type ReasonText = { readonly ja: string; readonly en: string }
export type Reason = {
  readonly why: ReasonText
  readonly next: ReasonText
  /** Instead of `next` where no portal page can be named. */
  readonly nextWithoutPage?: ReasonText
}

const ASK: ReasonText = {
  ja: '必要なときは元のファイルを申請してください',
  en: 'ask for the original file if you need it',
}
const NO_RELEASE: ReasonText = { ja: '元のファイルは渡せません', en: 'the original cannot be given out' }
const SEND_AGAIN: ReasonText = {
  ja: '送信者に別の形式での再送を頼むか、元のファイルを申請してください',
  en: 'have the sender send it again in another format, or ask for the original file',
}

export const REASONS = {
  'attachment-policy': {
    why: { ja: '添付ファイルは受け取らない設定のため、保管しています', en: 'kept back because attachments do not pass here' },
    next: ASK,
  },
  'cannot-disarm': {
    why: { ja: '無害化できない形式のため保管しています', en: 'kept back because this format cannot be disarmed' },
    next: ASK,
  },
  'format-ichitaro': {
    why: { ja: '一太郎の文書は無害化できないため保管しています', en: 'kept back because this Ichitaro document cannot be disarmed' },
    next: SEND_AGAIN,
  },
  'format-hanako': {
    why: { ja: '花子の図面は無害化できないため保管しています', en: 'kept back because Hanako drawings cannot be disarmed' },
    next: SEND_AGAIN,
  },
  'format-docuworks': {
    why: { ja: 'DocuWorksの文書は無害化できないため保管しています', en: 'kept back because DocuWorks documents cannot be disarmed' },
    next: SEND_AGAIN,
  },
  'format-jww': {
    why: { ja: 'Jw_cadの図面は無害化できないため保管しています', en: 'kept back because Jw_cad drawings cannot be disarmed' },
    next: SEND_AGAIN,
  },
  'format-dwg': {
    why: { ja: 'DWG形式の図面は無害化できないため保管しています', en: 'kept back because DWG drawings cannot be disarmed' },
    next: SEND_AGAIN,
  },
  'blocked-object': {
    why: { ja: '通さない設定のもの（{object}）が含まれているため保管しています', en: 'kept back because it has something that does not pass here ({object})' },
    next: ASK,
  },
  'unknown-type': {
    why: { ja: '種類が分からないファイルのため保管しています', en: 'kept back because its type is not known' },
    next: ASK,
  },
  'empty-file': {
    why: { ja: '中身のない（0バイトの）ファイルのため渡していません', en: 'not passed on because it is empty (0 bytes)' },
    next: { ja: '必要なときは送信者に再送を頼んでください', en: 'have the sender send it again if you need it' },
  },
  'dangerous-type': {
    why: { ja: 'プログラムなど危険な種類のファイルのため止めました', en: 'stopped because it is a program or another dangerous type' },
    next: NO_RELEASE,
  },
  'disguised-type': {
    why: { ja: '名前と中身の種類が違うため保管しています', en: 'kept back because its name and its content disagree' },
    next: ASK,
  },
  encrypted: {
    why: { ja: 'パスワード付きのため、まだ渡せません', en: 'kept back because it is protected by a password' },
    next: { ja: '下のページでパスワードを入力してください', en: 'enter the password on the page below' },
    nextWithoutPage: { ja: 'パスワードなしでの再送を送信者に頼んでください', en: 'have the sender send it again without a password' },
  },
  'cannot-lock': {
    why: { ja: '半角の英数字と記号のほかの文字を含むパスワードでは暗号化できないため、まだ渡せません', en: 'kept back because it cannot be locked again with a password of other than ASCII letters, digits and signs' },
    next: { ja: '暗号化せずに受け取ってください', en: 'take it without locking it again' },
  },
  'wrong-password': {
    why: { ja: 'パスワードが違うため開けません', en: 'kept back because none of the passwords fits' },
    next: { ja: 'パスワードを確かめてもう一度入力してください', en: 'check the password and enter it again' },
  },
  'encrypted-mail': {
    why: { ja: '暗号化されたメールのため中身を確かめられず、保管しています', en: 'kept back because encrypted mail cannot be checked' },
    next: SEND_AGAIN,
  },
  'ambiguous-structure': {
    why: { ja: 'メールの作りに矛盾があり安全に読めないため保管しています', en: 'kept back because its structure can be read in two ways' },
    next: SEND_AGAIN,
  },
  malformed: {
    why: { ja: 'ファイルが壊れていて無害化できないため保管しています', en: 'kept back because the file is damaged and cannot be disarmed' },
    next: SEND_AGAIN,
  },
  'too-large': {
    why: { ja: '大きすぎて無害化できないため保管しています', en: 'kept back because it is too large to be disarmed' },
    next: ASK,
  },
  'time-limit': {
    why: { ja: '決められた時間内に無害化できないため保管しています', en: 'kept back because it could not be disarmed in the time allowed' },
    next: ASK,
  },
  malware: {
    why: { ja: 'ウイルス対策ソフトがウイルスを検出したため止めました', en: 'stopped because the antivirus program found malware' },
    next: NO_RELEASE,
  },
  'not-scanned': {
    why: { ja: 'ウイルス検査ができないため保管しています', en: 'kept back because the antivirus program could not scan it' },
    next: SEND_AGAIN,
  },
  'limit-exceeded': {
    why: { ja: 'メールの作りが複雑すぎるため、残りの部分を保管しています', en: 'kept back because the message is too complex' },
    next: SEND_AGAIN,
  },
  'partial-message': {
    why: { ja: '分割されたメールの一部のため保管しています', en: 'kept back because it is a fragment of a split message' },
    next: { ja: '送信者に分割せずに再送を頼んでください', en: 'have the sender send it again without splitting' },
  },
  'external-content': {
    why: { ja: '中身が外部にあるため止めました', en: 'stopped because its content is somewhere else' },
    next: SEND_AGAIN,
  },
  'inline-image': {
    why: { ja: '本文中の画像は保管しています', en: 'images of the body are kept back' },
    next: ASK,
  },
  'extra-text': {
    why: { ja: 'メールの決まりの外に書かれた部分のため保管しています', en: 'kept back because it stands outside of the message structure' },
    next: ASK,
  },
  processing: {
    why: { ja: '処理中です。終わったら送ります', en: 'still being worked on; it will be sent when done' },
    next: { ja: 'お待ちください', en: 'please wait' },
  },
  'signature-dropped': {
    why: { ja: '電子署名が外れました', en: 'the digital signature fell off' },
    next: { ja: '必要なときは原本で確認してください', en: 'check the original if you need the signature' },
  },
  'whole-message': {
    why: { ja: 'このメールは安全に読めなかったため、全体を保管しています', en: 'this message could not be read safely and is kept back as a whole' },
    next: SEND_AGAIN,
  },
} as const satisfies Record<string, Reason>

export type ReasonKey = keyof typeof REASONS

/** The reason behind a key that may come from a configured policy row; an unknown key reads as cannot-disarm. */
export function reasonOf(key: string): Reason {
  return Object.hasOwn(REASONS, key) ? REASONS[key as ReasonKey] : REASONS['cannot-disarm']
}

/** Whether an original that was kept back for this may be asked for at all; an unknown key may. */
export function mayBeAskedFor(key: string): boolean {
  return reasonOf(key).next !== NO_RELEASE
}
