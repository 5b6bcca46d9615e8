/** Settings of the vault: how often, how long, and how many others must agree. */
import { integer, list, mailbox, section } from './kinds.ts'

const perHour = (defaults: { readonly default: number; readonly en: string; readonly ja: string }) => integer({ min: 1, max: 100_000, ...defaults })

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
    processes: integer({ default: 2, min: 2, max: 64, en: 'Files that are worked on at once.', ja: '同時に処理するファイルの数。' }),
  },
)
