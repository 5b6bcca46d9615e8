/** Settings of the sanitizer processes and of how much of a message they take apart. */
import { DEFAULT_READER_LIMITS } from '../core/mime/part.ts'
import { bytes, choice, integer, ruled, section } from './kinds.ts'

const reader = section(
  {
    en: 'Limits of the MIME reader. Over one, the remainder is one quarantined part.',
    ja: 'MIME 読み取りの上限。超えた残りは1つの隔離パートになる。',
  },
  {
    headerBytes: integer({
      default: DEFAULT_READER_LIMITS.headerBytes,
      min: 16_384,
      max: 16_777_216,
      en: 'Header octets of one part.',
      ja: '1パートのヘッダのオクテット数。',
    }),
    headerFields: integer({
      default: DEFAULT_READER_LIMITS.headerFields,
      min: 100,
      max: 100_000,
      en: 'Header fields of one part.',
      ja: '1パートのヘッダフィールド数。',
    }),
    parts: integer({
      default: DEFAULT_READER_LIMITS.parts,
      min: 10,
      max: 100_000,
      en: 'Parts of one message.',
      ja: '1通のパート数。',
    }),
    depth: integer({
      default: DEFAULT_READER_LIMITS.depth,
      min: 2,
      max: 100,
      en: 'Nesting, attached messages included.',
      ja: '入れ子の深さ（添付されたメールを含む）。',
    }),
    lineBytes: integer({
      default: DEFAULT_READER_LIMITS.lineBytes,
      min: 1_000,
      max: 16_777_216,
      en: 'Longest line taken apart.',
      ja: '1行の最大の長さ。',
    }),
  },
)

const limits = section(
  {
    en: 'How much of one message is worked on. What is larger is quarantined.',
    ja: '1通のうち処理する量。超えたものは隔離する。',
  },
  {
    reader,
    textPartBytes: bytes({
      default: '4MiB',
      min: 65_536,
      max: 2 ** 28,
      en: 'Text of one part.',
      ja: '1パートの文章の大きさ。',
    }),
    bodyBytes: bytes({
      default: '8MiB',
      min: 65_536,
      max: 2 ** 28,
      en: 'Text of the whole delivered body.',
      ja: '配達する本文全体の大きさ。',
    }),
    fileBytes: bytes({
      default: '32MiB',
      min: 65_536,
      max: 2 ** 30,
      en: 'Largest file that is rebuilt.',
      ja: '組み立て直すファイル1つの最大の大きさ。',
    }),
    filesBytes: bytes({
      default: '64MiB',
      min: 65_536,
      max: 2 ** 31,
      en: 'All files of one message that are rebuilt.',
      ja: '1通で組み立て直すファイルの合計の大きさ。',
    }),
    filePixels: integer({
      default: 100_000_000,
      min: 1_000_000,
      max: 1_000_000_000,
      en: 'Pixels of a picture or page, and of all frames of one file together.',
      ja: '画像1つ（全コマの合計）または1ページの画素数。',
    }),
    filePages: integer({ default: 2_000, min: 1, max: 100_000, en: 'Pages or frames of one file.', ja: '1ファイルのページ数・コマ数。' }),
    rasterDpi: integer({
      default: 150,
      min: 50,
      max: 600,
      en: 'Dots per inch of pictures of pages (profile raster). Very large pages get fewer.',
      ja: '画像化するときの解像度（dpi）。とても大きなページでは自動で下げます。',
    }),
    fileEntries: integer({ default: 10_000, min: 10, max: 1_000_000, en: 'Entries of one container file.', ja: '書庫などに入っている項目の数。' }),
    fileDepth: integer({ default: 4, min: 1, max: 16, en: 'Containers in containers.', ja: '入れ子の深さ。' }),
    fileMembers: integer({ default: 2_000, min: 1, max: 100_000, en: 'Files inside one file, over all levels.', ja: '1ファイルの中のファイルの数（全階層）。' }),
    memberBytes: bytes({
      default: '256MiB',
      min: 65_536,
      max: 2 ** 33,
      en: 'All files inside one file, unpacked, over all levels.',
      ja: '1ファイルの中のファイルの展開後の合計（全階層）。',
    }),
  },
)

const oldOffice = section(
  {
    en: 'Old Office files (.doc, .ppt, and .xls that cannot be rebuilt): a PDF of nothing but pictures of their pages, beside their words. LibreOffice is given the file as it came, in a box of its own without network (`vault.office`: program, memory, scratch); only the pixels of its pages go on. Where it is not installed, or is late, or fails, the words alone are delivered.',
    ja: '古い Office 文書（.doc と .ppt、および作り直せない .xls）。ページを画像だけの PDF にし、文字だけのファイルに添える。LibreOffice に届いたままのファイルを渡すが、ネットワークのない専用の箱の中で動かし（`vault.office` の program、memoryMiB、scratchBytes）、ページの画素だけを使う。インストールされていないとき、間に合わないとき、失敗したときは、文字だけを渡す。',
  },
  {
    use: choice(['auto', 'off'], {
      default: 'auto',
      en: '`auto`: where LibreOffice and bubblewrap are installed. `off`: words only.',
      ja: '`auto` は LibreOffice と bubblewrap があれば使う。`off` は文字だけにする。',
    }),
    most: integer({ default: 1, min: 1, max: 16, en: 'Most boxes at once, for each process that works on files (gateway, API, command line).', ja: '同時に動かす箱の最大数（ゲートウェイ、API、コマンドのそれぞれ）。' }),
    timeoutMs: integer({ default: 20_000, min: 1_000, max: 120_000, en: 'Longest work on one file; then its box is killed with everything in it.', ja: '1ファイルにかける最長時間。超えると箱ごと終了させる。' }),
  },
)

const LONGEST_WAIT_MS = 120_000

export const sanitizer = ruled(
  section(
    {
      en: 'The sanitizer processes: the only place where hostile bytes are parsed.',
      ja: '無害化プロセス。外から来たバイト列を解釈する唯一の場所。',
    },
    {
      lightProcesses: integer({
        default: 0,
        min: 0,
        max: 256,
        en: 'Most processes for header, text and sniffing. One runs always; another starts when those that run are half a second behind. 0: one per CPU core, at least two.',
        ja: 'ヘッダ・本文・種別判定のプロセス数の上限。常に1つが動き、処理が0.5秒遅れると1つずつ増やす。0 なら CPU コアごとに1つ、最低2つ。',
      }),
      heavyProcesses: integer({
        default: 0,
        min: 0,
        max: 256,
        en: 'Processes for rebuilding files. 0: half the CPU cores, at least one.',
        ja: 'ファイルを組み立て直すプロセス数。0 なら CPU コアの半分、最低1つ。',
      }),
      memoryMiB: integer({
        default: 512,
        min: 128,
        max: 65_536,
        en: 'Memory of one process; above it, it is killed and its messages run again alone.',
        ja: '1プロセスのメモリ。超えると終了させ、処理中のメールを1通ずつやり直す。',
      }),
      startWithinMs: integer({
        default: 20_000,
        min: 100,
        max: 60_000,
        en: 'A message that cannot be started in this time gets 451 4.3.2: the client keeps it.',
        ja: 'この時間内に処理を始められないメールには 451 4.3.2 を返す（相手が保持する）。',
      }),
      jobTimeoutMs: integer({
        default: 30_000,
        min: 1_000,
        max: 60_000,
        en: 'Time for one run over one message. There are up to three runs.',
        ja: '1通を1回処理する時間。最大3回処理する。',
      }),
      recycleAfterJobs: integer({
        default: 200_000,
        min: 1,
        max: 1_000_000,
        en: 'Messages after which a process is replaced by a fresh one.',
        ja: 'この通数を処理したプロセスを新しいものに替える。',
      }),
      oldOffice,
      limits,
    },
  ),
  ({ startWithinMs, jobTimeoutMs }) =>
    startWithinMs + 3 * jobTimeoutMs > LONGEST_WAIT_MS
      ? `startWithinMs + 3 × jobTimeoutMs must stay within ${LONGEST_WAIT_MS}: the client waits for all of it`
      : undefined,
)

export const sandbox = section(
  {
    en: 'The operating system’s wall around the processes, on Linux (docs/operations.md).',
    ja: 'プロセスを囲む OS の壁（Linux。docs/operations.md）。',
  },
  {
    wall: choice(['auto', 'bubblewrap', 'none', 'require'], {
      default: 'auto',
      en: '`auto`: bubblewrap, else unshare, else none and a warning. `bubblewrap`: that one, or no start. `require`: any, or no start. `none`: where systemd units are the wall.',
      ja: '`auto` は bubblewrap、なければ unshare、どちらもなければ壁なしで警告。`bubblewrap` はそれがなければ起動しない。`require` はどちらもなければ起動しない。`none` は systemd のユニットを壁とする場合。',
    }),
  },
)
