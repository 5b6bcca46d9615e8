/** Settings of the vault: how often, how long, and how many others must agree. */
import { bytes, choice, flag, integer, list, mailbox, section, text } from './kinds.ts'

const perHour = (defaults: { readonly default: number; readonly en: string; readonly ja: string }) => integer({ min: 1, max: 100_000, ...defaults })

const office = section(
  {
    en: 'LibreOffice as a draughtsman: Office files and RTF, after they were rebuilt, as pictures of their pages. In a box of its own without network; where it is not installed, or fails, their words are shown.',
    ja: 'LibreOffice による画像プレビュー。組み立て直した後の Office 文書と RTF を、見た目どおりの画像にする。ネットワークのない専用の箱で動かす。インストールされていないときや失敗したときは、文字だけを表示する。',
  },
  {
    use: choice(['auto', 'off'], {
      default: 'auto',
      en: '`auto`: where LibreOffice and bubblewrap are installed. `off`: words only.',
      ja: '`auto` は LibreOffice と bubblewrap があれば使う。`off` は文字だけを表示する。',
    }),
    program: text({ default: '', en: 'Path of `soffice.bin`. Empty: the places where distributions put it.', ja: '`soffice.bin` の場所。空なら、ディストリビューションの標準の場所を探す。' }),
    oldFormats: flag({ default: false, en: 'Draw old .doc and .ppt files, too. Of them only words can be rebuilt, so LibreOffice is given the file as it came.', ja: '古い .doc と .ppt も見た目どおりに表示する。組み立て直せるのは文字だけなので、LibreOffice には届いたままのファイルを渡すことになる。' }),
    ready: integer({ default: 1, min: 0, max: 16, en: 'Boxes that stand ready, each for one file (some 80 MiB). 0: started when somebody looks.', ja: '待機させておく箱の数。1つの箱で1ファイル（約80 MiB）。0 なら、表示のときに起動する。' }),
    most: integer({ default: 2, min: 1, max: 16, en: 'Most boxes at once.', ja: '同時に動かす箱の最大数。' }),
    firstWithinMs: integer({ default: 400, min: 0, max: 60_000, en: 'A first page that is not drawn in this time is shown as words; the page as it looks follows at the next look.', ja: '最初のページの画像がこの時間でできないときは、まず文字を表示する。見た目どおりの画像は、次に開いたときに表示する。' }),
    timeoutMs: integer({ default: 20_000, min: 1_000, max: 120_000, en: 'Longest work on one file; then its box is killed with everything in it.', ja: '1ファイルにかける最長時間。超えると箱ごと終了させる。' }),
    memoryMiB: integer({ default: 768, min: 256, max: 16_384, en: 'Memory of one box; above it, it is killed.', ja: '1つの箱のメモリ。超えると終了させる。' }),
    scratchBytes: bytes({ default: '256MiB', min: 16_777_216, max: 2 ** 33, en: 'Files in one box, which are held in memory as well.', ja: '1つの箱の中の一時ファイル（これもメモリに置く）。' }),
  },
)

export const vault = section(
  {
    en: 'The vault: it alone opens what is sealed, for one recorded purpose at a time. Runs where the portal does.',
    ja: '保管庫。封印したものを開くのはここだけで、目的を1つずつ記録してから開く。ポータルと一緒に動く。',
  },
  {
    textsPerHour: perHour({ default: 600, en: 'Delivered texts and files that one person may open in an hour.', ja: '1人が1時間に開ける、届いた本文とファイルの数。' }),
    picturesPerHour: perHour({ default: 1_200, en: 'Pages that one person may look at in an hour.', ja: '1人が1時間に見られるプレビューのページ数。' }),
    filesPerHour: perHour({ default: 120, en: 'Files that one person may unlock, run again or bring in within an hour.', ja: '1人が1時間に解錠、再処理、持ち込みできるファイルの数。' }),
    mailsPerHour: perHour({ default: 60, en: 'Mails with files that one person may send inward in an hour.', ja: '1人が1時間に業務メールへ送れる件数。' }),
    originalsPerHour: perHour({ default: 30, en: 'Originals that one person may take out in an hour, all of them approved.', ja: '1人が1時間に取り出せる原本の数（承認済みのもの）。' }),
    passwordTries: integer({ default: 10, min: 1, max: 100, en: 'Wrong passwords of one person for one file in an hour.', ja: '1人が1つのファイルに1時間に入れられる誤ったパスワードの回数。' }),
    lockAgain: choice(['off', 'offer', 'always'], {
      default: 'offer',
      en: 'Files that were opened with a password, when they are handed out: `off` in the clear; `offer` in a ZIP locked with the same password (AES-256) where their reader ticks that; `always` so.',
      ja: 'パスワードで開いたファイルの渡し方。`off` は暗号化しない。`offer` は利用者が選んだときに、同じパスワードで暗号化した ZIP（AES-256）にする。`always` は必ずそうする。',
    }),
    shelfDays: integer({ default: 7, min: 1, max: 90, en: 'How long a rebuilt file that somebody asked for is kept, sealed.', ja: '依頼により無害化したファイルを封印して保管する日数。' }),
    approvers: integer({ default: 1, min: 1, max: 5, en: 'Other persons who must have agreed before an original leaves.', ja: '原本の取り出しに必要な、本人以外の承認者の数。' }),
    registrars: list(mailbox(), {
      default: [],
      max: 20,
      en: 'Mailboxes of the people who confirm who may approve, by a number that the vault writes to them. None: no original leaves.',
      ja: '承認者の登録を確かめる人のメールアドレス。保管庫がこの人に確認番号を送る。空なら原本は取り出せない。',
    }),
    codeMinutes: integer({ default: 60, min: 5, max: 1_440, en: 'How long the number in such a letter, or in one to an approver, is good.', ja: '確認番号、承認番号の有効時間。' }),
    agreementDays: integer({ default: 14, min: 1, max: 60, en: 'Days for which the vault remembers that an approver has agreed; not less than `portal.requests.approvalDays` with weekends and holidays between.', ja: '保管庫が承認を覚えている日数。`portal.requests.approvalDays` に土日祝日を足した日数より短くしない。' }),
    grantMinutes: integer({ default: 30, min: 1, max: 1_440, en: 'How long an approved original can be fetched, from the second factor on.', ja: '二要素の確認から、承認済みの原本を受け取れる時間。' }),
    pendingMinutes: integer({ default: 10, min: 1, max: 120, en: 'Longest work on a file that was not ready when its mail went on.', ja: 'メールの配達に間に合わなかったファイルの、後からの処理にかける最長時間。' }),
    ready: integer({ default: 2, min: 0, max: 64, en: 'Processes that stand ready for the first page, warmed up (some 200 MiB each); at most `processes`. 0: none, the first page waits some seconds.', ja: '最初のページのために待機させておくプロセスの数（1つ約200 MiB、`processes` まで）。0 なら、最初のページまで数秒待つ。' }),
    aloneReady: integer({ default: 1, min: 0, max: 16, en: 'The same for files with a password, which get a process each.', ja: 'パスワード付きのファイル（1つに1プロセス）のために待機させておくプロセスの数。' }),
    office,
    processes: integer({ default: 2, min: 2, max: 64, en: 'Files that are worked on at once.', ja: '同時に処理するファイルの数。' }),
  },
)
