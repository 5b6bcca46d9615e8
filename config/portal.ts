/** Settings of the portal: its three listeners, and what its pages show. */
import { bytes, choice, collectorAddress, flag, integer, line, list, network, section, text, webAddress, word } from './kinds.ts'
import { requests } from './requests.ts'
import { ldap, oidc, password, secondFactor, session } from './sign-in.ts'

/** Those that may serve the HTTP API. */
const API_FACES = ['admin', 'inner'] as const

const listener = (defaults: { readonly port: number; readonly en: string; readonly ja: string }) =>
  section(
    { en: defaults.en, ja: defaults.ja },
    {
      enabled: flag({ default: true, en: 'Whether to listen.', ja: '待ち受けるかどうか。' }),
      address: text({ default: '127.0.0.1', en: 'Address to listen on.', ja: '待ち受けるアドレス。' }),
      port: integer({ default: defaults.port, min: 0, max: 65_535, en: 'Port to listen on; 0 takes a free one.', ja: '待ち受けるポート。0 は空いているもの。' }),
      origin: webAddress({
        en: 'What browsers call it, e.g. `https://portal.town.example.jp`. Empty: made from address and port. Must be right, or every form is refused.',
        ja: 'ブラウザから見たアドレス。例: `https://portal.town.example.jp`。空なら address と port から作る。違うと操作をすべて断る。',
      }),
      certificateFile: text({ default: '', en: 'Certificate chain (PEM) for TLS of our own. Empty: none; then a TLS proxy stands before it.', ja: 'TLS の証明書（PEM）。空なら TLS なし（前段に TLS プロキシを置く）。' }),
      keyFile: text({ default: '', en: 'Its private key (PEM).', ja: 'その秘密鍵（PEM）。' }),
      clientCaFile: text({ default: '', en: 'Who issues staff cards (PEM): a client certificate of theirs may sign in.', ja: '職員証の発行者（PEM）。その証明書でサインインできる。' }),
      trustedProxies: list(network(), { default: [], en: 'Proxies whose X-Forwarded-For and certificate header are believed.', ja: 'X-Forwarded-For と証明書ヘッダを信じるプロキシ。' }),
      certificateHeader: text({ default: '', en: 'Header in which such a proxy gives the SHA-256 of a checked client certificate. Empty: none.', ja: 'プロキシが検証済みクライアント証明書の SHA-256 を渡すヘッダ。空なら使わない。' }),
      clients: list(network(), { default: [], en: 'Networks that may connect. Empty: all.', ja: '接続できるネットワーク。空ならすべて。' }),
    },
  )

export const portal = section(
  { en: 'Pages for staff, approvers, administrators and auditors (docs/portal.md).', ja: '職員、承認者、管理者、監査人の画面（docs/portal.md）。' },
  {
    enabled: flag({ default: true, en: 'Whether to run the portal and the vault.', ja: 'ポータルと保管庫を動かすかどうか。' }),
    name: line().default('').meta({ description: 'Name on every page, e.g. `◯◯町 メール無害化ポータル`. Empty: ours.', descriptionJa: '各ページに出す名前。例: `◯◯町 メール無害化ポータル`。空なら標準の名前。' }),
    era: choice(['western', 'wareki'], { default: 'western', en: 'How dates are written in Japanese.', ja: '日付の書き方（西暦か和暦か）。' }),
    uploadBytes: bytes({ default: '100MiB', min: 2 ** 20, max: 2 ** 34, en: 'Largest file that is brought in.', ja: '持ち込める最大のファイル。' }),
    stepUpMinutes: integer({ default: 10, min: 1, max: 120, en: 'How long a second factor counts as shown just now.', ja: '二要素目の再確認が有効な時間。' }),
    glassHours: integer({ default: 4, min: 1, max: 72, en: 'How long an administrator can read a mail after break-glass was agreed to.', ja: '緊急閲覧に同意があってから、管理者がそのメールを読める時間。' }),
    session,
    password,
    secondFactor,
    ldap,
    oidc,
    requests,
    collector: collectorAddress({
      en: 'Collector that auditors may hand audit records to: `tls://host:6514`, `tcp://host:601` or `udp://host:514`. Empty: none.',
      ja: '監査記録の送り先（監査人が操作する）。`tls://ホスト:6514`、`tcp://ホスト:601`、`udp://ホスト:514`。空なら送らない。',
    }),
    collectorCaFile: text({ default: '', en: 'Who issued its certificate (PEM). Empty: those that the system knows.', ja: '送り先の証明書の発行者（PEM）。空ならシステムの既定。' }),
    apiFaces: list(word(API_FACES), {
      default: ['admin'],
      en: 'Listeners that serve the HTTP API (docs/api.md) to holders of tokens. Empty: none. Never the outer one.',
      ja: 'HTTP API（docs/api.md）を出す面。トークンを持つ相手だけが使える。空なら出さない。outer には出せない。',
    }),
    backupStamp: text({
      default: '',
      en: 'File that every successful backup touches; the self-inspection looks at its time. Empty: a person attests.',
      ja: 'バックアップの成功時に更新するファイル。自己点検はその時刻を見る。空なら人が確認する。',
    }),
    log: choice(['stderr', 'none'], { default: 'stderr', en: 'Where a line per request goes.', ja: '要求ごとの記録の出力先。' }),
    inner: listener({ port: 8080, en: 'The inner face, for terminals of the LGWAN side. It can never give out an original.', ja: '業務（LGWAN接続系）の端末から使う面。原本を渡す機能を持たない。' }),
    outer: listener({ port: 8081, en: 'The outer face, for terminals of the Internet side: uploads and approved originals.', ja: 'インターネット接続系の端末から使う面。持ち込みと承認済み原本の受け取り。' }),
    admin: listener({ port: 8082, en: 'Administration and audit.', ja: '管理と監査の面。' }),
  },
)
