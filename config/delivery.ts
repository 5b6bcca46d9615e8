/** Settings of the way out: routes, next hops, retries, DSNs; and of what is told to operators. */
import {
  choice,
  day,
  domainPattern,
  entry,
  flag,
  identifier,
  integer,
  line,
  list,
  optional,
  required,
  ruled,
  section,
  shaped,
  syslogAddress,
  text,
  webAddress,
  wholeNumber,
  word,
} from './kinds.ts'
import { ROUTE_CONNECTIONS } from './resolve.ts'

export const TLS_POLICIES = ['off', 'opportunistic', 'required'] as const

/** Where one route delivers, in the shape that the relay takes. */
export type NextHop =
  | {
      readonly kind: 'smtp'
      readonly host: string
      readonly port: number
      readonly tls: (typeof TLS_POLICIES)[number]
      readonly caFile: string
      readonly serverName: string
    }
  | { readonly kind: 'maildir'; readonly path: string }

const writtenHop = ruled(
  entry({
    host: optional(line().min(1, { error: 'must not be empty' }), {
      en: 'Host name or address of a mail server.',
      ja: 'メールサーバのホスト名またはアドレス。',
    }),
    port: required(wholeNumber({ min: 1, max: 65_535 }).default(25), { en: 'Its port.', ja: 'そのポート。' }),
    tls: required(word(TLS_POLICIES).default('opportunistic'), {
      en: '`off`; `opportunistic`: if offered, certificate not checked; `required`: or not delivered, certificate checked.',
      ja: '`off`（使わない）、`opportunistic`（相手が対応していれば。証明書は確かめない）、`required`（必須。証明書を確かめる）。',
    }),
    caFile: text({
      default: '',
      en: 'Certificates (PEM) to trust instead of the system’s, for `required`.',
      ja: '`required` のとき、システムのものに代えて信頼する証明書（PEM）。',
    }),
    serverName: text({
      default: '',
      en: 'Name that its certificate must have. Empty: `host`.',
      ja: '証明書にあるべき名前。空なら `host`。',
    }),
    maildir: optional(line().min(1, { error: 'must not be empty' }), {
      en: 'Instead of `host`: folder to deliver into, as a Maildir.',
      ja: '`host` の代わり。配達先の Maildir フォルダ。',
    }),
  }),
  ({ host, maildir }) =>
    (host === undefined) === (maildir === undefined) ? 'needs either host or maildir' : undefined,
)

const nextHop = shaped(
  writtenHop,
  ({ maildir, host = '', port, tls, caFile, serverName }): NextHop =>
    maildir === undefined
      ? { kind: 'smtp', host, port, tls, caFile, serverName: serverName || host }
      : { kind: 'maildir', path: maildir },
)

const route = entry({
  name: required(identifier(), {
    en: 'Name of the route in the queue and in logs.',
    ja: 'キューとログに出る経路の名前。',
  }),
  domains: list(domainPattern(), {
    default: ['*'],
    en: 'Recipient domains; `*.name` for all below a name, `*` for what no other route of this direction names.',
    ja: '宛先ドメイン。`*.名前` はその下のすべて、`*` は同じ向きの他の経路にないもの全部。',
  }),
  direction: required(word(['inward', 'outward']).default('inward'), {
    en: '`inward` to the staff; `outward` carries DSNs, and approved originals to `portal.requests.outsideDomains`.',
    ja: '`inward` は職員側へ。`outward` は配達状況通知（DSN）と、承認された原本（`portal.requests.outsideDomains` 宛て）だけを送る。',
  }),
  nextHops: required(nextHop.array().min(1, { error: 'must not be empty' }), {
    en: 'Tried in this order.',
    ja: '上から順に試す。',
  }),
  maxConnections: required(wholeNumber({ min: 1, max: 1_000 }).default(ROUTE_CONNECTIONS), {
    en: 'Connections to one next hop at the same time. Mail that comes faster than they carry it waits in the queue; a hop that allows fewer is used with what it allows.',
    ja: '1つの次ホップへの同時接続数。運べるより速く届いたメールはキューで待つ。次ホップが少なくしか許さなければ、許された数だけ使う。',
  }),
})

export const routes = list(route, {
  default: [],
  en: 'Where sanitized mail goes. None: one inward route into the Maildir `maildir` in `dataDir`.',
  ja: '無害化したメールの配達先。なければ `dataDir` の中の Maildir `maildir` に配達する。',
})

const retryRow = entry({
  untilAgeMinutes: required(wholeNumber({ min: 1, max: 14_400 }), {
    en: 'For messages younger than this …',
    ja: '受付からこの時間に満たないメールは…',
  }),
  waitMinutes: required(wholeNumber({ min: 1, max: 1_440 }), {
    en: '… wait this long between attempts.',
    ja: '…この間隔で試す。',
  }),
})

const relayTimeouts = section(
  { en: 'How long a next hop may take.', ja: '次ホップを待つ時間。' },
  {
    connectMs: integer({ default: 30_000, min: 100, max: 300_000, en: 'To accept the connection.', ja: '接続。' }),
    dataMs: integer({
      default: 600_000,
      min: 100,
      max: 3_600_000,
      en: 'To answer, the end of data included (RFC 5321 §4.5.3.2.6 asks for ten minutes).',
      ja: '応答（データ終端への応答も。RFC 5321 §4.5.3.2.6 は10分を求める）。',
    }),
    idleMs: integer({
      default: 30_000,
      min: 0,
      max: 600_000,
      en: 'How long we keep an unused connection open.',
      ja: '使っていない接続を保つ時間。',
    }),
  },
)

export const relay = section(
  { en: 'Delivery to the next hops.', ja: '次ホップへの配達。' },
  {
    retry: list(retryRow, {
      default: [
        { untilAgeMinutes: 10, waitMinutes: 2 },
        { untilAgeMinutes: 60, waitMinutes: 15 },
        { untilAgeMinutes: 360, waitMinutes: 30 },
      ],
      en: 'When to try again: the first row whose age is not reached decides.',
      ja: '再送の間隔。最初に当てはまる行で決まる。',
    }),
    longestWaitMinutes: integer({
      default: 120,
      min: 1,
      max: 1_440,
      en: 'Wait after the last row.',
      ja: '最後の行より後の間隔。',
    }),
    expireAfterHours: integer({
      default: 120,
      min: 1,
      max: 720,
      en: 'When to give up (RFC 5321 §4.5.4.1 says at least 4 to 5 days).',
      ja: 'あきらめるまでの時間（RFC 5321 §4.5.4.1 は4〜5日以上）。',
    }),
    delayWarningAfterHours: integer({
      default: 0,
      min: 0,
      max: 240,
      en: 'Tell the sender that a message is late; 0 never does.',
      ja: '遅れを送信者に知らせるまでの時間。0 なら知らせない。',
    }),
    maxInFlight: integer({
      default: 300,
      min: 1,
      max: 1_000,
      en: 'Deliveries at the same time over all routes, with those that wait for a connection. Beyond it, messages are read from the store again.',
      ja: '同時に行う配達の数（全経路の合計。接続の空きを待つものを含む）。これを超えたメールは保管先から読み直す。',
    }),
    chunking: flag({
      default: true,
      en: 'Send small messages together with their envelope (BDAT, RFC 3030) to next hops that offer CHUNKING and pass a check at each connection.',
      ja: '小さいメールを宛先と一緒に送る（BDAT、RFC 3030）。CHUNKING を示し、接続ごとの確認に通った次ホップだけに使う。',
    }),
    timeouts: relayTimeouts,
  },
)

export const dsn = section(
  {
    en: 'Delivery status notifications (RFC 3464). They leave by an outward route only; without one, the mail log and alarms tell.',
    ja: '配達状況通知（RFC 3464）。外向きの経路からだけ送る。経路がなければログと警報で知らせる。',
  },
  {
    enabled: flag({ default: true, en: 'Send them where an outward route exists.', ja: '外向きの経路があれば送る。' }),
    toUnauthenticated: flag({
      default: false,
      en: 'Also to senders whose address no check confirmed (SPF, DKIM or DMARC, ours or in the believed results of a listed upstream). This makes you send mail to forged addresses.',
      ja: '検査（SPF・DKIM・DMARC。自分のもの、または一覧にある上流の信用する結果）で確認できない送信者にも送る。偽装されたアドレスに送ることになる。',
    }),
  },
)

export const admin = section(
  {
    en: 'HTTP for monitoring: /health, /ready, /metrics. No secrets, but not for the public either.',
    ja: '監視用 HTTP（/health、/ready、/metrics）。秘密は含まないが公開もしない。',
  },
  {
    enabled: flag({ default: true, en: 'Whether to listen.', ja: '待ち受けるかどうか。' }),
    address: text({ default: '127.0.0.1', en: 'Address to listen on.', ja: '待ち受けるアドレス。' }),
    port: integer({
      default: 9090,
      min: 0,
      max: 65_535,
      en: 'Port to listen on; 0 takes a free one.',
      ja: '待ち受けるポート。0 は空いているもの。',
    }),
  },
)

export const SEVERITIES = ['warning', 'error', 'critical'] as const

const contact = entry({
  name: required(line().min(1, { error: 'must not be empty' }), {
    en: 'As it is to stand in the alarm, with what they are: in charge, CISO, CSIRT, contractor, prefecture. E.g. `情報政策課 内線123`.',
    ja: '警報に載せる名前。担当者、CISO、CSIRT、委託先、都道府県など役割も書く。例: `情報政策課 内線123`。',
  }),
  from: required(word(SEVERITIES).default('error'), {
    en: 'From this severity on: `warning`, `error`, `critical`.',
    ja: 'この重さから知らせる。`warning`、`error`、`critical`。',
  }),
  webhook: webAddress({ en: 'Address of their own for the POST. Empty: none.', ja: '専用の POST 先。空ならなし。' }),
  until: optional(day(), { en: 'Last day on which they are told, e.g. of a contract.', ja: '知らせる最後の日。委託契約の終わりなど。' }),
})

export const alarms = section(
  {
    en: 'Alarms always stand in the mail log. They can go elsewhere too, by a path that is not this hop.',
    ja: '警報は必ずメールログに出る。ほかの経路でも知らせられる（このゲートウェイを通らない経路を使う）。',
  },
  {
    webhook: webAddress({
      en: 'Address that gets the alarm as JSON by POST.',
      ja: '警報を JSON で POST するアドレス。',
    }),
    syslog: syslogAddress({
      en: 'Syslog server for alarms and heartbeats: `udp://host:514` or `tcp://host:601` (RFC 5424). Empty: none.',
      ja: '警報と生存通知を送る syslog サーバ。`udp://ホスト:514` または `tcp://ホスト:601`（RFC 5424）。空なら送らない。',
    }),
    contacts: list(contact, {
      default: [],
      en: 'Who is to be told, by severity; their names stand in every alarm.',
      ja: '重さごとの連絡先。名前を警報に載せる。',
    }),
    repeatMinutes: integer({
      default: 60,
      min: 1,
      max: 10_080,
      en: 'The same alarm again after this time at the earliest.',
      ja: '同じ警報を繰り返すまでの時間。',
    }),
    heartbeatMinutes: integer({
      default: 5,
      min: 0,
      max: 1_440,
      en: 'How often the mail log and syslog get a line that all is alive, so that silence is an alarm; 0 never.',
      ja: '生存を知らせる行をログと syslog に書く間隔。途絶えたら異常とみなせる。0 なら書かない。',
    }),
  },
)

export const maillog = section(
  {
    en: 'The mail log: one line per event (docs/maillog.md).',
    ja: 'メールログ。1つの出来事を1行で書く（docs/maillog.md）。',
  },
  {
    format: choice(['text', 'json'], {
      default: 'text',
      en: 'Lines for people, or JSON for machines.',
      ja: '人が読む行、または機械が読む JSON。',
    }),
    path: text({
      default: 'stdout',
      en: '`stdout`, or a file that is opened again on SIGHUP.',
      ja: '`stdout` またはファイル。SIGHUP で開き直す。',
    }),
    rotate: flag({
      default: true,
      en: 'Whether a file is put away each day (`mail.log.2026-04-01`) and compressed after a week. Off where logrotate does it.',
      ja: 'ファイルを日ごとに分け（`mail.log.2026-04-01`）、1週間後に圧縮するか。logrotate に任せるならオフ。',
    }),
    keepDays: integer({
      default: 365,
      min: 1,
      max: 3_650,
      en: 'Days that a day’s file stays beside the log; then it goes to the folder `archive`.',
      ja: '日ごとのファイルを手元に置く日数。過ぎると `archive` フォルダへ移す。',
    }),
    archiveDays: integer({
      default: 730,
      min: 0,
      max: 7_300,
      en: 'Days that it stays there; then it is deleted.',
      ja: 'そこに置く日数。過ぎると削除する。',
    }),
  },
)

export const emergency = section(
  { en: 'The emergency switch (`sekisho emergency`).', ja: '緊急停止（`sekisho emergency`）。' },
  {
    atStart: choice(['keep', 'hold', 'isolate'], {
      default: 'keep',
      en: 'State at start: what was in force, or never delivering (`hold`) or accepting (`isolate`) before a person says so.',
      ja: '起動時の状態。前のまま、または人が解除するまで配達しない（`hold`）、受け付けない（`isolate`）。',
    }),
  },
)
