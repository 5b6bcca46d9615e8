/** Settings of what looks at content from outside (antivirus) and of files that come over HTTP. */
import { PROFILES } from '../core/policy/model.ts'
import { bytes, choice, entry, flag, identifier, integer, line, list, required, section, text, wholeNumber, word } from './kinds.ts'

const CLAMD = 'must be a Unix socket like /run/clamav/clamd.ctl, or host:port'

export const antivirus = section(
  {
    en: 'An antivirus program (clamd) beside disarming. What it finds is kept back for good, with the reason `malware`.',
    ja: '無害化と併用するウイルス対策ソフト（clamd）。検出したものは理由 `malware` で止め、渡さない。',
  },
  {
    clamd: line()
      .refine(written => written === '' || /^\/[^\0]{1,100}$|^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(written), { error: CLAMD })
      .default('')
      .meta({
        description: 'Where clamd listens: `/run/clamav/clamd.ctl` or `host:port`. Empty: none. Its StreamMaxLength must be above `smtp.maxMessageBytes`.',
        descriptionJa: 'clamd の待ち受け。`/run/clamav/clamd.ctl` または `host:port`。空なら使わない。clamd の StreamMaxLength は `smtp.maxMessageBytes` より大きくする。',
      }),
    required: flag({
      default: true,
      en: 'Nothing passes unscanned: mail gets 451 while clamd is down, files are refused. Otherwise an alarm is raised and they pass.',
      ja: '検査なしには通さない。clamd が止まっている間、メールには 451 を返し、ファイルは断る。false なら警報を出して通す。',
    }),
    scanBefore: flag({ default: true, en: 'Scan what comes, whole.', ja: '届いたものを丸ごと検査する。' }),
    scanAfter: flag({ default: true, en: 'Scan what was rebuilt.', ja: '組み立て直したものを検査する。' }),
    connections: integer({ default: 4, min: 1, max: 64, en: 'Scans at once; clamd’s MaxThreads or fewer.', ja: '同時に行う検査の数。clamd の MaxThreads 以下。' }),
    timeoutMs: integer({ default: 30_000, min: 1_000, max: 60_000, en: 'Longest silence of clamd.', ja: 'clamd の応答を待つ最長時間。' }),
  },
)

const token = entry({
  name: required(identifier(), { en: 'Name in the log and metrics.', ja: 'ログと指標での名前。' }),
  sha256: required(line().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 hex digits: printf %s TOKEN | sha256sum' }), {
    en: 'SHA-256 of the token in hex: `printf %s TOKEN | sha256sum`. Use 32 random characters or more.',
    ja: 'トークンの SHA-256（16進）。`printf %s トークン | sha256sum`。32文字以上の乱数を使う。',
  }),
  profile: word(PROFILES)
    .default('disarm')
    .meta({ description: 'Profile that holds for its files.', descriptionJa: 'このトークンのファイルに使うプロファイル。' }),
  requestsPerMinute: wholeNumber({ min: 1, max: 100_000 })
    .default(60)
    .meta({ description: 'More get 429.', descriptionJa: '超えると 429 を返す。' }),
  maxBytes: wholeNumber({ min: 1, max: 2 ** 30 })
    .default(2 ** 25)
    .meta({ description: 'Largest file; never above `sanitizer.limits.fileBytes`.', descriptionJa: '最大のファイル。`sanitizer.limits.fileBytes` を超えない。' }),
})

export const api = section(
  {
    en: 'Files over HTTP (docs/api.md), in a process of its own that has no rights to mail or originals. Put a TLS proxy before it.',
    ja: 'HTTP でのファイル無害化（docs/api.md）。メールや原本に触れない別プロセスで動く。前段に TLS プロキシを置く。',
  },
  {
    enabled: flag({ default: false, en: 'Whether to listen.', ja: '待ち受けるかどうか。' }),
    address: text({ default: '127.0.0.1', en: 'Address to listen on.', ja: '待ち受けるアドレス。' }),
    port: integer({ default: 8090, min: 0, max: 65_535, en: 'Port to listen on; 0 takes a free one.', ja: '待ち受けるポート。0 は空いているもの。' }),
    tokens: list(token, { default: [], max: 1000, en: 'Who may send files.', ja: 'ファイルを送れる相手。' }),
    filesAtOnce: integer({ default: 4, min: 1, max: 256, en: 'Files in work or arriving; more get 503.', ja: '同時に受け付けるファイル数。超えると 503 を返す。' }),
    heldBytes: bytes({
      default: '256MiB',
      min: 2 ** 20,
      max: 2 ** 36,
      en: 'Memory for results that wait to be fetched or asked for again; the oldest go first.',
      ja: '取得や再要求を待つ結果に使うメモリ。古いものから消す。',
    }),
    resultMinutes: integer({ default: 10, min: 1, max: 1440, en: 'How long a result can be fetched.', ja: '結果を取得できる時間。' }),
    log: choice(['stderr', 'none'], { default: 'stderr', en: 'Where a line per request goes.', ja: '要求ごとの記録の出力先。' }),
  },
)
