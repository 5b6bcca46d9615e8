/** A town's mail for the browser: something of every kind that a page of staff can show. */
import { staffRoutes } from '../../portal/pages/staff.ts'
import { found, NOW_MS, person, type TestPortal, testPortal } from '../support/portal.ts'
import { DAY_MS, type FakeHouse, type FakeMail, fakeHouse, memberOf, partOf } from '../support/portal-fakes.ts'

const TANAKA = 'tanaka@town.example.jp'
const ZEIMU = 'zeimu@town.example.jp'
const [PDF, ZIP] = ['application/pdf', 'application/zip']
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const HOUR_MS = 3_600_000

export const SECRET = 'Zeimu-2026'
/** Every way to get a script into a page by what a sender writes. */
export const HOSTILE = `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'"><a href="javascript:document.title='owned'">x</a>{{7*7}}\${7*7}`

const body = partOf('1', { outcome: 'body', detectedType: 'text/plain', name: '' })

export const TOWN: readonly FakeMail[] = [
  {
    publicId: '7K2QLOCKED',
    to: [TANAKA],
    subject: '【依頼】固定資産税に関する資料の送付について',
    from: '県庁税務課 <chosa@pref.example.jp>',
    atMs: NOW_MS - HOUR_MS,
    text: '税務課 田中様\n\nいつもお世話になっております。\n標記の資料をお送りします。パスワードは別のメールでお知らせします。\n\n県庁税務課 山本',
    parts: [body, partOf('2', { name: '資料一式.zip', detectedType: ZIP, bytes: 2_481_220, outcome: 'quarantined', reason: 'encrypted' })],
    passwords: { 2: SECRET },
    names: { 2: ['01_依頼文.docx', '02_評価額一覧.xlsx', '03_位置図.pdf'] },
  },
  { publicId: 'PASSWORDMAIL', to: [TANAKA], subject: 'Re: 【依頼】固定資産税に関する資料の送付について', from: '県庁税務課 <chosa@pref.example.jp>', atMs: NOW_MS - HOUR_MS / 2, text: `パスワード: ${SECRET}`, candidates: [SECRET] },
  {
    publicId: 'REBUILT',
    to: [TANAKA],
    subject: '調査票の提出について（照会）',
    from: '総務省 <chosa@soumu.example.go.jp>',
    atMs: NOW_MS - 3 * HOUR_MS,
    text: '各市町村担当者 様\n\n調査票を送付します。期限までに回答してください。',
    files: [
      { index: 0, name: '調査票.xlsx', mediaType: XLSX, bytes: 48_000 },
      { index: 1, name: '記入要領.pdf', mediaType: PDF, bytes: 812_000 },
    ],
    parts: [
      body,
      partOf('2', { name: '調査票.xlsm', deliveredName: '調査票.xlsx', detectedType: 'application/vnd.ms-excel.sheet.macroenabled.12', bytes: 61_000, removed: [{ what: 'macros', count: 1 }, { what: 'externalLinks', count: 3 }] }),
      partOf('3', { name: '記入要領.pdf', deliveredName: '記入要領.pdf', detectedType: PDF, bytes: 830_000, removed: [{ what: 'signatures', count: 1 }] }),
      partOf('4', { name: '配置図.jww', detectedType: 'application/x-jww', bytes: 320_000, outcome: 'quarantined', reason: 'format-jww' }),
      partOf('5', { name: '様式.zip', deliveredName: '様式.zip', detectedType: ZIP, bytes: 99_000, members: [memberOf('様式1.docx', { detectedType: DOCX }), memberOf('設定.exe', { outcome: 'quarantined', reason: 'dangerous-type', detectedType: 'application/x-msdownload' })], removed: [{ what: 'archiveMembers', count: 1 }] }),
    ],
  },
  {
    publicId: 'DRAWINGS',
    to: [TANAKA],
    subject: '庁舎改修の図面と仕様書',
    from: '設計事務所 <sekkei@example.co.jp>',
    atMs: NOW_MS - 4 * HOUR_MS,
    text: '図面と仕様書をお送りします。',
    parts: [
      body,
      partOf('2', { name: '特記仕様書.docx', deliveredName: '特記仕様書.docx', detectedType: DOCX, bytes: 61_000 }),
      partOf('3', { name: '1階平面図.dxf', deliveredName: '1階平面図.dxf', detectedType: 'image/vnd.dxf', bytes: 830_000 }),
      partOf('4', { name: '配置図.sfc', deliveredName: '配置図.sfc', detectedType: 'application/x-sfc', bytes: 320_000 }),
      partOf('5', { name: '議事録.rtf', deliveredName: '議事録.rtf', detectedType: 'application/rtf', bytes: 12_000 }),
    ],
    drawn: { 2: 'words-for-now', 3: 'sketch', 4: 'summary', 5: 'words' },
  },
  { publicId: 'MALWARE', to: [TANAKA], subject: '請求書', from: 'billing@evil.example', atMs: NOW_MS - 5 * HOUR_MS, text: '請求書を確認してください。', parts: [body, partOf('2', { name: 'invoice.pdf.exe', detectedType: 'application/x-msdownload', bytes: 1_200_000, outcome: 'quarantined', reason: 'malware' })] },
  { publicId: 'PENDING', to: [TANAKA], subject: '議会資料（600ページ）', from: '議会事務局 <gikai@pref.example.jp>', atMs: NOW_MS - 6 * HOUR_MS, text: '議会資料です。', parts: [body, partOf('2', { name: '議案書.pdf', detectedType: PDF, bytes: 88_000_000, outcome: 'pending', reason: 'processing' })] },
  { publicId: 'SHARED', to: [ZEIMU], subject: '納税証明書の発行について', from: '町民 <machi@example.com>', atMs: NOW_MS - DAY_MS, text: '納税証明書の発行方法を教えてください。', parts: [body] },
  { publicId: 'HOSTILE', to: [TANAKA], subject: HOSTILE, from: `${HOSTILE} <a@evil.example>`, atMs: NOW_MS - 2 * DAY_MS, text: HOSTILE, files: [{ index: 0, name: `${HOSTILE}.pdf`, mediaType: PDF, bytes: 10 }], names: { 3: [HOSTILE] }, candidates: [HOSTILE], parts: [body, partOf('2', { name: `${HOSTILE}.pdf`, deliveredName: `${HOSTILE}.pdf`, detectedType: PDF, members: [memberOf(HOSTILE)] }), partOf('3', { name: HOSTILE, detectedType: ZIP, outcome: 'quarantined', reason: 'encrypted' })] },
  { publicId: 'GONE', to: [TANAKA], subject: '昨年度の資料', from: '県庁 <a@pref.example.jp>', atMs: NOW_MS - 20 * DAY_MS, parts: [body, partOf('2', { name: '資料.pdf', detectedType: PDF })], more: { originalUntilMs: undefined, textUntilMs: undefined } },
  ...Array.from({ length: 24 }, (_, n): FakeMail => ({ publicId: `NEWS${n}`, to: [TANAKA], subject: `週報 第${n + 1}号`, from: '広報 <koho@example.org>', atMs: NOW_MS - (n + 3) * DAY_MS, text: '週報です。', parts: [body] })),
]

export type BrowserTown = { readonly house: FakeHouse; readonly portal: TestPortal; close(): Promise<void> }

export async function openTown(): Promise<BrowserTown> {
  const own = (address: string) => ({ address, name: '', kind: 'own' as const })
  const boxes = [own(TANAKA), { address: ZEIMU, name: '税務課', kind: 'shared' as const }]
  const house = await fakeHouse(TOWN, { tanaka: boxes, taylor: boxes, yamada: boxes, nobody: [] })
  const portal = await testPortal(staffRoutes(house), [
    found(person('tanaka', ['staff'], { personId: 1, name: '田中 花子' })),
    found(person('taylor', ['staff'], { personId: 2, name: 'Ann Taylor', language: 'en' })),
    found(person('yamada', ['staff'], { personId: 4, name: '山田 一' })),
    found(person('nobody', ['staff'], { personId: 3, name: '新人 太郎', mailbox: '' })),
  ])
  return {
    house,
    portal,
    close: async () => {
      await portal.portal.close()
      house.close()
    },
  }
}
