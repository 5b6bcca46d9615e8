/** Settings of signing in to the portal: sessions, passwords, second factors. */
import { choice, entry, integer, line, list, required, section, text, webAddress, word } from './kinds.ts'

const ROLES = ['staff', 'approver', 'administrator', 'auditor'] as const

export const session = section(
  { en: 'How long one stays signed in.', ja: 'サインインの有効時間。' },
  {
    idleMinutes: integer({ default: 15, min: 1, max: 480, en: 'Without a click.', ja: '操作がない場合。' }),
    hours: integer({ default: 8, min: 1, max: 24, en: 'At most, however busy.', ja: '操作が続く場合の上限。' }),
    mostPerPerson: integer({ default: 5, min: 1, max: 50, en: 'Sessions of one person at once; the oldest ends.', ja: '一人が同時に持てるセッション数。超えると古いものから終わる。' }),
  },
)

export const password = section(
  { en: 'Passwords of local accounts. No rules of composition, no expiry; common ones are refused.', ja: 'ポータル独自のパスワード。文字種の規則や定期変更はない。よくある言葉は断る。' },
  {
    minLength: integer({ default: 12, min: 8, max: 64, en: 'Characters at least.', ja: '最低の文字数。' }),
    invitationHours: integer({ default: 72, min: 1, max: 720, en: 'How long the link holds with which a new person chooses a password.', ja: '新しい人がパスワードを決めるリンクの有効時間。' }),
  },
)

export const secondFactor = section(
  { en: 'The second factor: a code from a device (TOTP), a security key (WebAuthn), printed recovery codes.', ja: '二要素目。機器の確認コード（TOTP）、セキュリティキー（WebAuthn）、印刷した予備コード。' },
  {
    requiredFor: list(word(ROLES), {
      default: ['approver', 'administrator', 'auditor'],
      en: 'Roles that cannot sign in without one. Whoever fetches an original needs one in any case.',
      ja: '二要素目なしではサインインできない役割。原本を受け取る人には必ず求める。',
    }),
    webauthnDomain: line()
      .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)?$/, { error: 'must be a domain name in lower case' })
      .default('')
      .meta({
        description: 'Domain that security keys are bound to, the portal’s or one above it, so that one key serves all faces. Empty: the host name of each face.',
        descriptionJa: 'セキュリティキーを結び付けるドメイン。ポータルのホスト名かその上位。一つの鍵を全部の面で使える。空なら面ごとのホスト名。',
      }),
    certificateCountsAs: choice(['one', 'two'], {
      default: 'one',
      en: 'What a client certificate (staff card) proves: `two` where the card asks for a PIN.',
      ja: 'クライアント証明書（職員証）が証明するもの。カードが暗証番号を求めるなら `two`。',
    }),
  },
)

const LDAP_URL = 'must be ldaps://host:636, or ldap://host:389 (StartTLS)'

export const ldap = section(
  {
    en: 'Passwords of the organisation’s directory (OpenLDAP, Active Directory), for people of the portal without a password of their own.',
    ja: '庁内のディレクトリ（OpenLDAP、Active Directory）のパスワード。ポータル独自のパスワードを持たない人に使う。',
  },
  {
    url: line()
      .regex(/^(?:ldaps?:\/\/[\w.:[\]-]+)?$/i, { error: LDAP_URL })
      .default('')
      .meta({
        description: '`ldaps://host`, or `ldap://host`, which is used with StartTLS (without TLS only on this host). Empty: none.',
        descriptionJa: '`ldaps://ホスト` または `ldap://ホスト`（StartTLS を使う。TLS なしは同じホストだけ）。空なら使わない。',
      }),
    tenant: text({ default: 'default', en: 'Whose people it knows, where several towns share the gateway.', ja: 'だれのディレクトリか（複数の団体で共用するとき）。' }),
    caFile: text({ default: '', en: 'Certificates (PEM) to trust instead of the system’s.', ja: 'システムのものに代えて信頼する証明書（PEM）。' }),
    bindDn: text({ default: '', en: 'Who searches. Empty: anonymous.', ja: '検索に使う DN。空なら匿名。' }),
    bindPasswordFile: text({ default: '', en: 'File with its password.', ja: 'そのパスワードを書いたファイル。' }),
    baseDn: text({ default: '', en: 'Where people are looked for.', ja: '利用者を探す場所。' }),
    userFilter: text({ default: '(uid={login})', en: 'How; for Active Directory `(sAMAccountName={login})`.', ja: '探し方。Active Directory なら `(sAMAccountName={login})`。' }),
    groupAttribute: text({ default: 'memberOf', en: 'Attribute that names a person’s groups.', ja: '所属グループの属性。' }),
    groupRoles: list(
      entry({
        group: required(line().min(1), { en: 'DN of the group.', ja: 'グループの DN。' }),
        role: required(word(['staff', 'administrator', 'auditor'] as const), { en: 'Role of its members.', ja: 'メンバーの役割。' }),
      }),
      { default: [], en: 'Roles by group. Empty: roles as given in the portal.', ja: 'グループによる役割。空ならポータルで決めた役割。' },
    ),
  },
)

export const oidc = section(
  {
    en: 'Sign-in at the organisation’s own provider (OpenID Connect), for people of the portal. Redirect address: `/sign-in/oidc/back` of each face.',
    ja: '組織の認証基盤（OpenID Connect）でのサインイン。ポータルに登録された人だけが使える。戻り先は各面の `/sign-in/oidc/back`。',
  },
  {
    issuer: webAddress({ en: 'Issuer, exactly as the provider calls itself. https, except on this host. Empty: none.', ja: '発行者（issuer）。認証基盤の表記のとおり。同じホスト以外は https。空なら使わない。' }),
    name: line().default('').meta({ description: 'What the button calls it, e.g. `職員認証`. Empty: our words.', descriptionJa: 'ボタンに出す名前。例: `職員認証`。空なら標準の言葉。' }),
    clientId: text({ default: '', en: 'Our name there.', ja: '登録したクライアント ID。' }),
    clientSecretFile: text({ default: '', en: 'File with our secret there. Empty: a public client (PKCE is used in any case).', ja: 'クライアントシークレットを書いたファイル。空なら公開クライアント（PKCE は常に使う）。' }),
    caFile: text({ default: '', en: 'Certificates (PEM) to trust instead of the system’s.', ja: 'システムのものに代えて信頼する証明書（PEM）。' }),
    tenant: text({ default: 'default', en: 'Whose people it knows, where several towns share the gateway.', ja: 'だれの認証基盤か（複数の団体で共用するとき）。' }),
    scopes: list(line().min(1), { default: ['openid', 'email', 'profile'], en: 'What is asked for.', ja: '求めるスコープ。' }),
    personBy: choice(['subject', 'email', 'login'], {
      default: 'subject',
      en: 'How a person is found at the first sign-in: `subject`, only after linking it under “My settings”; `email`, a verified address that is the person’s mailbox; `login`, a claim that is the user ID. From then on the subject counts.',
      ja: '最初のサインインで人を見つける方法。`subject` は「自分の設定」で結び付けた人だけ。`email` は確認済みのアドレスが業務用メールアドレスと同じ人。`login` はクレームがユーザーIDと同じ人。以後は subject で見分ける。',
    }),
    loginClaim: text({ default: 'preferred_username', en: 'That claim.', ja: 'そのクレームの名前。' }),
    twoFactorAcr: list(line().min(1), { default: [], en: 'Values of `acr` that prove two factors. None fits: the portal asks for its own second factor.', ja: '二要素を証明する `acr` の値。どれにも合わなければポータルの二要素目を求める。' }),
    twoFactorAmr: list(line().min(1), { default: [], en: 'Values of `amr` that prove two factors, e.g. `mfa`.', ja: '二要素を証明する `amr` の値。例: `mfa`。' }),
  },
)
