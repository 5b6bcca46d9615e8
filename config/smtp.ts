/** Settings of the SMTP listener and of what is checked about a stranger's mail. */
import {
  bytes,
  choice,
  entry,
  flag,
  integer,
  line,
  list,
  network,
  required,
  section,
  shortForm,
  text,
} from './kinds.ts'

const timeouts = section(
  { en: 'How long a client may be silent in each state.', ja: '各段階でクライアントの沈黙を待つ時間。' },
  {
    greetingMs: integer({
      default: 60_000,
      min: 1_000,
      max: 600_000,
      en: 'From the connection to the first command.',
      ja: '接続から最初のコマンドまで。',
    }),
    commandMs: integer({
      default: 300_000,
      min: 1_000,
      max: 1_800_000,
      en: 'Between two commands (RFC 5321 §4.5.3.2.7 asks for at least five minutes).',
      ja: 'コマンドとコマンドの間（RFC 5321 §4.5.3.2.7 は5分以上を求める）。',
    }),
    dataMs: integer({
      default: 180_000,
      min: 1_000,
      max: 1_800_000,
      en: 'Between two pieces of a message (RFC 5321 §4.5.3.2.5).',
      ja: '本文データの断片と断片の間（RFC 5321 §4.5.3.2.5）。',
    }),
    totalMs: integer({
      default: 3_600_000,
      min: 10_000,
      max: 86_400_000,
      en: 'Longest connection.',
      ja: '1接続の最長時間。',
    }),
    lingerMs: integer({
      default: 10_000,
      min: 500,
      max: 300_000,
      en: 'How long a client may go on after our last reply (221, 421); then the connection is cut.',
      ja: '最後の応答（221、421）の後、相手が切るのを待つ時間。過ぎると切断する。',
    }),
  },
)

const tls = section(
  {
    en: 'STARTTLS. Offered once both files are set; they are read again on SIGHUP.',
    ja: 'STARTTLS。2つのファイルを設定すると有効になる。SIGHUP で読み直す。',
  },
  {
    certFile: text({ default: '', en: 'Certificate chain, PEM.', ja: '証明書チェーン（PEM）。' }),
    keyFile: text({ default: '', en: 'Private key, PEM.', ja: '秘密鍵（PEM）。' }),
    minVersion: choice(['TLSv1.2', 'TLSv1.3'], {
      default: 'TLSv1.2',
      en: 'Oldest protocol version accepted.',
      ja: '受け付ける最も古いプロトコル版。',
    }),
    required: flag({
      default: false,
      en: 'Refuse mail without TLS (530 5.7.0).',
      ja: 'TLS なしのメールを拒否する（530 5.7.0）。',
    }),
  },
)

const callAhead = section(
  {
    en: 'Ask the next hop about each recipient before accepting it.',
    ja: '受け付ける前に、宛先の有無を次ホップに確かめる。',
  },
  {
    enabled: flag({ default: false, en: 'Whether to ask.', ja: '確かめるかどうか。' }),
    cacheMinutes: integer({
      default: 60,
      min: 1,
      max: 10_080,
      en: 'How long an answer is remembered.',
      ja: '答えを覚えておく時間。',
    }),
  },
)

const upstream = shortForm(
  'network',
  entry({
    network: required(network(), {
      en: 'Address or network in CIDR notation.',
      ja: 'アドレス、または CIDR 表記のネットワーク。',
    }),
    authservIds: list(line(), {
      default: [],
      en: 'authserv-ids of this upstream whose Authentication-Results are believed (RFC 8601 §2.2).',
      ja: 'この上流の Authentication-Results のうち信用する authserv-id（RFC 8601 §2.2）。',
    }),
  }),
)

export const smtp = section(
  { en: 'The SMTP listener.', ja: 'SMTP の受信。' },
  {
    address: text({
      default: '127.0.0.1',
      en: 'Address to listen on. The default takes mail from this host only.',
      ja: '待ち受けるアドレス。既定ではこのホストからだけ受け付ける。',
    }),
    port: integer({
      default: 2525,
      min: 0,
      max: 65_535,
      en: 'Port to listen on; 0 takes a free one.',
      ja: '待ち受けるポート。0 は空いているもの。',
    }),
    banner: text({
      default: '',
      en: 'Text after the host name in the greeting. Empty: `ESMTP`.',
      ja: '最初の応答でホスト名の後に出す文。空なら `ESMTP`。',
    }),
    maxMessageBytes: bytes({
      default: '50MiB',
      min: 65_536,
      max: 2 ** 30,
      en: 'Largest message, announced as SIZE (RFC 1870). A larger one gets 552 5.3.4.',
      ja: '1通の最大の大きさ。SIZE で知らせる（RFC 1870）。超えると 552 5.3.4。',
    }),
    maxRecipients: integer({
      default: 100,
      min: 100,
      max: 10_000,
      en: 'Recipients per message (RFC 5321 §4.5.3.1.8: at least 100). More get 452 4.5.3.',
      ja: '1通の宛先数（RFC 5321 §4.5.3.1.8 は100以上を求める）。超えた分は 452 4.5.3。',
    }),
    maxConnections: integer({
      default: 200,
      min: 1,
      max: 10_000,
      en: 'Connections at the same time, in all. The last `upstreamsPercent` of them are for listed upstreams.',
      ja: '同時接続数（全体）。そのうち `upstreamsPercent` は一覧にある上流のために空けておく。',
    }),
    maxConnectionsPerClient: integer({
      default: 50,
      min: 1,
      max: 10_000,
      en: 'Connections at the same time from one client address.',
      ja: '同時接続数（クライアントのアドレスごと）。',
    }),
    maxTransactions: integer({
      default: 1_000,
      min: 1,
      max: 100_000,
      en: 'Messages per connection; then 421 and close.',
      ja: '1接続で受け付ける通数。超えると 421 で切断。',
    }),
    maxErrors: integer({
      default: 10,
      min: 1,
      max: 1_000,
      en: 'Wrong commands before the connection is closed.',
      ja: '切断するまでに許す誤ったコマンドの数。',
    }),
    maxIdleCommands: integer({
      default: 200,
      min: 10,
      max: 100_000,
      en: 'Commands of a stranger that bring no message nearer (NOOP, RSET, MAIL again …) before the connection is closed.',
      ja: '一覧にない相手が、メールを渡さずに送ってよいコマンドの数（NOOP、RSET、MAIL の繰り返しなど）。超えると切断する。',
    }),
    upstreamsPercent: integer({
      default: 10,
      min: 0,
      max: 90,
      en: 'Share of `maxConnections` that is kept free for listed upstreams: strangers must not shut them out.',
      ja: '`maxConnections` のうち、一覧にある上流のために空けておく割合。ほかの相手で埋まって受け取れなくならないようにする。',
    }),
    maxReceived: integer({
      default: 50,
      min: 10,
      max: 200,
      en: 'Received fields that mean a mail loop (RFC 5321 §6.3).',
      ja: 'メールループとみなす Received の数（RFC 5321 §6.3）。',
    }),
    timeouts,
    minBytesPerSecond: integer({
      default: 100,
      min: 0,
      max: 1_000_000,
      en: 'Slowest average rate while a message arrives; 0 switches the check off.',
      ja: '受信中の平均速度の下限。0 で検査しない。',
    }),
    bytesInFlight: bytes({
      default: '256MiB',
      min: 2 ** 20,
      max: 2 ** 36,
      en: 'Octets of messages being received at the same time, over all connections. Above it we stop reading, then 451.',
      ja: '同時に受信しているオクテット数の上限（全接続の合計）。超えると読み取りを止め、それでも足りなければ 451。',
    }),
    upstreams: list(upstream, {
      default: [{ network: '127.0.0.0/8' }, { network: '::1/128' }],
      en: 'Relays that hand mail to us: networks, or mappings with `network` and `authservIds`. Their content is never refused (that would bounce to forged senders), but quarantined.',
      ja: '私たちにメールを渡す中継サーバ。ネットワーク、または `network` と `authservIds` の組。内容を理由に拒否せず（偽装された送信者へ返送されるため）隔離する。',
    }),
    acceptStrangers: flag({
      default: true,
      en: 'Take mail from clients that are not listed upstreams.',
      ja: '一覧にない相手からも受け付ける。',
    }),
    proxyProtocolFrom: list(network(), {
      default: [],
      en: 'Load balancers that speak the PROXY protocol, v1 or v2.',
      ja: 'PROXY プロトコル（v1/v2）を話す負荷分散装置。',
    }),
    xclientFrom: list(network(), {
      default: [],
      en: 'Hosts that may tell the true client by XCLIENT.',
      ja: 'XCLIENT で本当のクライアントを知らせてよいホスト。',
    }),
    tls,
    recipientFile: text({
      default: '',
      en: 'File with one accepted address per line. Empty: every address of `domains`.',
      ja: '受け付ける宛先を1行に1つ書いたファイル。空なら `domains` の全アドレス。',
    }),
    callAhead,
  },
)

const arc = section(
  {
    en: 'ARC set over each delivered mail (RFC 8617), for inner servers that check senders again. Off without a key.',
    ja: '届けるメールに付ける ARC（RFC 8617）。内側のサーバが送信元を再検査するときに使う。鍵がなければ付けない。',
  },
  {
    keyFile: text({ default: '', en: 'Private key, PEM (RSA or Ed25519).', ja: '秘密鍵（PEM。RSA または Ed25519）。' }),
    domain: text({ default: '', en: 'Domain that publishes the public key.', ja: '公開鍵を公開するドメイン。' }),
    selector: text({ default: '', en: 'Name of the key: `<selector>._domainkey.<domain>`.', ja: '鍵の名前（`<selector>._domainkey.<domain>`）。' }),
  },
)

export const auth = section(
  {
    en: 'Sender checks of strangers’ mail. Behind a listed upstream its own results are used instead.',
    ja: '送信元の検査。一覧にある上流からのメールでは、上流の結果を使う。',
  },
  {
    spf: flag({ default: true, en: 'Check SPF (RFC 7208).', ja: 'SPF を検査する（RFC 7208）。' }),
    dkim: flag({ default: true, en: 'Check DKIM signatures (RFC 6376).', ja: 'DKIM 署名を検査する（RFC 6376）。' }),
    dmarc: flag({ default: true, en: 'Check DMARC (RFC 7489).', ja: 'DMARC を検査する（RFC 7489）。' }),
    timeoutMs: integer({
      default: 2_000,
      min: 100,
      max: 10_000,
      en: 'Time for all SPF look-ups of one message, and again for its DKIM and DMARC ones. Unanswered means `temperror`, never a longer wait.',
      ja: '1通の SPF の問い合わせ全体にかける時間。DKIM と DMARC の問い合わせ全体にも同じ時間。答えがなければ `temperror` とし、それ以上は待たない。',
    }),
    arc,
    resolvers: list(line(), {
      default: [],
      en: 'DNS servers to ask (`address` or `address:port`). Empty: those of the system.',
      ja: '問い合わせる DNS サーバ（`アドレス` または `アドレス:ポート`）。空ならシステムの設定。',
    }),
  },
)
