/**
 * Every setting, once. From this table come the TypeScript types, loading and its messages, the JSON
 * Schema (`sekisho config schema`), docs/config.md and config/sekisho.example.yaml.
 *
 * There is no setting without a default that is safe: an empty file is a working gateway. Only `cli`
 * reads `Config`; everyone else gets the values it needs as arguments.
 */
import { admin, alarms, dsn, emergency, maillog, relay, routes } from './delivery.ts'
import { antivirus, api } from './files.ts'
import { bytes, choice, domain, integer, line, list, mapping, type Output, section, text, webAddress } from './kinds.ts'
import { LANGUAGES, policy, retention, tenants } from './policy.ts'
import { portal } from './portal.ts'
import { sandbox, sanitizer } from './sanitizer.ts'
import { auth, smtp } from './smtp.ts'
import { vault } from './vault.ts'

const store = section(
  { en: 'What is kept on disk.', ja: 'ディスクに保管するもの。' },
  {
    minFreeBytes: bytes({
      default: '512MiB',
      min: 0,
      max: 2 ** 44,
      en: 'Free space below which mail gets 452 4.3.1.',
      ja: '空き容量がこれを下回るとメールに 452 4.3.1 を返す。',
    }),
    minFreeFiles: integer({
      default: 500,
      min: 0,
      max: 10_000_000,
      en: 'Free inodes below which mail gets 452 4.3.1, on file systems that count them.',
      ja: '空き inode 数がこれを下回るとメールに 452 4.3.1 を返す（inode 数に上限のあるファイルシステム）。',
    }),
    quotaBytes: bytes({
      default: '50GiB',
      min: 2 ** 20,
      max: 2 ** 50,
      en: 'Space for sealed originals: 452 4.3.1 when used up.',
      ja: '封印した原本に使う容量。使い切ると 452 4.3.1 を返す。',
    }),
    quotaAlarmPercent: integer({
      default: 80,
      min: 1,
      max: 100,
      en: 'Share of the quota that raises an alarm.',
      ja: '警報を出す使用割合。',
    }),
    retention,
  },
)

export const CONFIG_SCHEMA = section(
  { en: 'Settings of Sekisho.', ja: '関所の設定。' },
  {
    hostname: text({
      default: '',
      en: 'Our name in the greeting, Received and Message-IDs. Empty: the name of this host.',
      ja: '最初の応答、Received、Message-ID で名乗る名前。空ならこのホストの名前。',
    }),
    dataDir: text({
      default: './var',
      en: 'Folder of databases, originals and keys. Relative paths count from the folder of this file, or from the current one without a file.',
      ja: 'データベース、原本、鍵を置くフォルダ。相対パスはこのファイルのフォルダ（なければ現在のフォルダ）から数える。',
    }),
    domains: list(domain(), {
      default: ['town.example.jp'],
      en: 'Recipient domains that mail is accepted for.',
      ja: 'メールを受け付ける宛先ドメイン。',
    }),
    ownDomains: list(domain(), {
      default: [],
      en: 'Domains of the organisation: outside mail whose From claims one is marked. Empty: `domains`.',
      ja: '組織のドメイン。From がこれを名乗る外部のメールに印を付ける。空なら `domains`。',
    }),
    language: choice(LANGUAGES, { default: 'ja', en: 'Language of notices.', ja: '通知の言語。' }),
    contact: text({
      default: '',
      en: 'Whom readers may ask, as it stands in the notice, e.g. `情報政策課 内線123`.',
      ja: '通知に載せる問い合わせ先。例: `情報政策課 内線123`。',
    }),
    portalUrl: webAddress({
      en: 'Address of the portal’s inner face, for links in notices. Empty: `portal.inner.origin`, or its address where that is of this host; else no links.',
      ja: '通知に載せるポータル（内側）のアドレス。空なら `portal.inner.origin`、なければこのホストのアドレス。それもなければリンクなし。',
    }),
    noticeTexts: mapping(line(), {
      en: 'Texts that replace the built-in ones of the notice.',
      ja: '通知の標準の文と差し替える文。',
    }),
    controlSocket: text({
      default: '',
      en: 'Unix socket on which the command line asks the running server. Empty: `run/control.sock` in `dataDir`.',
      ja: 'コマンドから動作中のサーバに尋ねる Unix ソケット。空なら `dataDir` の `run/control.sock`。',
    }),
    shutdownMs: integer({
      default: 30_000,
      min: 0,
      max: 600_000,
      en: 'Time after SIGTERM to finish what is under way.',
      ja: 'SIGTERM の後、処理中のものを終えるまで待つ時間。',
    }),
    niceness: integer({
      default: 15,
      min: 0,
      max: 19,
      en: 'How far pages, pictures and files over HTTP stand behind mail when the processor is short (`nice`). 0: not at all; 15: a twenty-eighth of the weight.',
      ja: '処理能力が足りないとき、画面・画像・HTTPのファイルをメールよりどれだけ後に回すか（`nice`）。0は回さない。15は重みが28分の1。',
    }),
    smtp,
    auth,
    sanitizer,
    sandbox,
    antivirus,
    api,
    portal,
    vault,
    policy,
    tenants,
    store,
    routes,
    relay,
    dsn,
    admin,
    alarms,
    maillog,
    emergency,
  },
)

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

/** All settings, checked, with defaults filled in and every path absolute. */
export type Config = DeepReadonly<Output<typeof CONFIG_SCHEMA>>
export type TenantConfig = Config['tenants'][number]
export type RouteConfig = Config['routes'][number]
export type GroupConfig = Config['policy']['groups'][number]
