/** Settings that say what is done with content: profile, groups of recipients, own rows, tenants. */
import { USUAL_FORMS } from '../core/file-forms.ts'
import { isOwnField } from '../core/mime/fields.ts'
import { OBJECT_KINDS, OBJECTS, type ObjectKind, type ObjectRule } from '../core/objects.ts'
import { LINK_POLICIES, PROFILES } from '../core/policy/model.ts'
import {
  choice,
  domain,
  entry,
  identifier,
  integer,
  line,
  lines,
  list,
  mailbox,
  mapping,
  optional,
  required,
  section,
  text,
  truth,
  wholeNumber,
  word,
} from './kinds.ts'

const PROFILE = {
  en: 'Shipped table of what is done with each kind of content: `text-only`, `disarm` or `raster`.',
  ja: '内容の種類ごとの扱いを定めた表。`text-only`（メールテキスト化）、`disarm`（ファイル無害化）、`raster`（画像化）。',
}
const LINKS = {
  en: 'Links in the text: kept, made unclickable (`hxxp`, `[.]`), or removed.',
  ja: '本文中のリンク。そのまま、クリックできない形（`hxxp`、`[.]`）、または取り除く。',
}
const CHARSET = {
  en: 'Charset of delivered text. `iso-2022-jp` is for old mail programs.',
  ja: '配達する本文の文字コード。`iso-2022-jp` は古いメールソフト向け。',
}
const TAG = { en: 'Put in front of the Subject of delivered mail.', ja: '配達するメールの件名の前に付ける文字。' }
const FIELDS = { en: 'Header fields kept beside the built-in ones.', ja: '標準のもの以外に残すヘッダフィールド。' }
const CHARSETS = ['utf-8', 'iso-2022-jp'] as const

const fieldName = line()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,75}$/, { error: 'must be the name of a header field: letters, digits and hyphens' })
  .transform(name => name.toLowerCase())
  .refine(name => !isOwnField(name), { error: 'is a field that composed messages have of their own, or never have' })

/** What a group of recipients or a tenant may have its own way. Left out, the wider setting holds. */
const overrides = {
  profile: optional(word(PROFILES), PROFILE),
  links: optional(word(LINK_POLICIES), LINKS),
  bodyCharset: optional(word(CHARSETS), CHARSET),
  subjectTag: optional(line(), TAG),
  extraHeaderFields: optional(fieldName.array(), FIELDS),
}

type ObjectSetting = ReturnType<typeof choice<readonly [ObjectRule, ...ObjectRule[]]>>

/** One choice per kind of object that can stand in a file. */
const objects = section(
  {
    en: 'Objects inside of files: `keep` (rebuilt), `remove`, or `block` (the file is kept back). What is active has no `keep`.',
    ja: 'ファイルの中のもの。`keep`（作り直して残す）、`remove`（取り除く）、`block`（ファイルごと保管）。動くものに `keep` はない。',
  },
  Object.fromEntries(
    OBJECT_KINDS.map(kind => {
      const { allowed, default: usual, en, ja } = OBJECTS[kind]
      return [kind, choice(allowed, { default: usual as never, en: `${en[0]!.toUpperCase()}${en.slice(1)}.`, ja: `${ja}。` })]
    }),
  ) as Record<ObjectKind, ObjectSetting>,
)

const files = section(
  { en: 'What rebuilt files look like, where there is a choice.', ja: '作り直したファイルの形（選べるもの）。' },
  {
    html: choice(['page', 'text'] as const, {
      default: USUAL_FORMS.html,
      en: 'HTML files: `page` (written anew from harmless elements) or `text` (what a reader sees, as a text file).',
      ja: 'HTMLファイル。`page`（無害な要素だけで書き直す）、`text`（見える文字だけのテキストファイルにする）。',
    }),
    zipNames: choice(['utf-8', 'cp932'] as const, {
      default: USUAL_FORMS.zipNames,
      en: 'Names of files in delivered ZIP archives. `cp932` is for old programs of Windows; a name that it cannot write stays in UTF-8 and is marked so.',
      ja: '渡すZIPの中のファイル名の文字コード。`cp932` は古いWindowsソフト向け。書けない名前はUTF-8のまま、その印を付ける。',
    }),
  },
)

const group = entry({
  id: required(identifier(), { en: 'Name of the group in logs and reports.', ja: 'ログと報告に出るグループの名前。' }),
  recipients: list(mailbox(), { default: [], en: 'Addresses in this group.', ja: 'このグループのアドレス。' }),
  domains: list(domain(), {
    default: [],
    en: 'Domains whose addresses are all in this group.',
    ja: '全アドレスがこのグループに入るドメイン。',
  }),
  departments: list(line(), {
    default: [],
    en: 'Keys of `policy.departments` in this group.',
    ja: 'このグループに入る `policy.departments` の名前。',
  }),
  ...overrides,
})

/** Never `pass`: no row of an organisation can let bytes through. `reject` holds for strangers only. */
const ROW_DISPOSITIONS = ['text', 'disarm', 'raster', 'quarantine', 'reject'] as const

const row = entry({
  id: required(identifier(), { en: 'Name of the row in logs and reports.', ja: 'ログと報告に出る行の名前。' }),
  detected: optional(lines(), {
    en: 'Detected media types; `text/*` matches a family, `*` anything.',
    ja: '判定した種別。`text/*` は一族、`*` は全部。',
  }),
  extension: optional(
    line()
      .transform(name => name.toLowerCase().replace(/^\./, ''))
      .array(),
    { en: 'Last extensions of the file name.', ja: 'ファイル名の最後の拡張子。' },
  ),
  role: optional(word(['attachment', 'inline']).array(), {
    en: '`attachment`, `inline` or both.',
    ja: '`attachment`（添付）、`inline`（本文内）。',
  }),
  encrypted: optional(truth(), { en: 'Whether the file is encrypted.', ja: '暗号化されているか。' }),
  largerThanBytes: optional(wholeNumber({ min: 0, max: 2 ** 40 }), { en: 'Larger than this.', ja: 'これより大きい。' }),
  finding: optional(lines(), {
    en: 'Any of these findings on the part (docs/findings.md).',
    ja: 'パートにこの所見のどれかがある（docs/findings.md）。',
  }),
  then: required(word(ROW_DISPOSITIONS), {
    en: 'What is done: `text`, `disarm`, `raster`, `quarantine` or `reject`.',
    ja: '扱い。`text`、`disarm`、`raster`、`quarantine`、`reject`。',
  }),
  reason: text({
    default: 'attachment-policy',
    en: 'Key of the reason that the notice shows (docs/findings.md).',
    ja: '通知に出す理由の名前。',
  }),
  why: required(line(), { en: 'Why this row exists, for the record.', ja: 'この行の理由（記録用）。' }),
  clause: optional(line(), {
    en: 'Clause of the organisation’s own rules that the row carries out.',
    ja: 'この行が実施する対策基準の条項。',
  }),
})

export const policy = section(
  {
    en: 'What is done with content. Nothing here can let an original pass.',
    ja: '内容の扱い。ここの設定で原本が通ることはない。',
  },
  {
    profile: choice(PROFILES, { default: 'disarm', ...PROFILE }),
    links: choice(LINK_POLICIES, { default: 'defang', ...LINKS }),
    bodyCharset: choice(CHARSETS, { default: 'utf-8', ...CHARSET }),
    subjectTag: text({ default: '', ...TAG }),
    extraHeaderFields: list(fieldName, { default: [], ...FIELDS }),
    objects,
    files,
    rows: list(row, {
      default: [],
      en: 'Own rows, read after the fixed ones (programs, encrypted files) and before those of the profile. The first that matches decides.',
      ja: '独自の行。固定の行（プログラム、暗号化）の後、プロファイルの行の前に読む。最初に合った行で決まる。',
    }),
    departments: mapping(mailbox().array(), {
      en: 'Departments and their addresses, for use in `groups`.',
      ja: '所属とそのアドレス。`groups` で使う。',
    }),
    groups: list(group, {
      default: [],
      en: 'Groups of recipients with their own settings. The first that has the address decides.',
      ja: '独自の設定を持つ宛先のグループ。最初に合ったグループで決まる。',
    }),
  },
)

export const LANGUAGES = ['ja', 'en'] as const

const tenant = entry({
  id: required(identifier(), {
    en: 'Name of the tenant: part of every key of the store. Never change it.',
    ja: 'テナントの名前。保存先のすべてのキーに入る。後から変えない。',
  }),
  domains: required(domain().array().min(1, { error: 'must not be empty' }), {
    en: 'Recipient domains of this tenant.',
    ja: 'このテナントの宛先ドメイン。',
  }),
  ownDomains: optional(domain().array(), {
    en: 'Domains whose use in From by outsiders is marked. Left out: `domains`.',
    ja: '外部から From に使われたら印を付けるドメイン。省略時は `domains`。',
  }),
  language: optional(word(LANGUAGES), { en: 'Language of notices.', ja: '通知の言語。' }),
  contact: optional(line(), { en: 'Whom readers may ask.', ja: '問い合わせ先。' }),
  portalUrl: optional(line(), {
    en: 'Address of the portal’s inner face for this tenant, e.g. `https://portal.kita.example.jp`: who comes by this host name signs in as one of its people.',
    ja: 'このテナントから見たポータル（内側）のアドレス。このホスト名で開いた人は、このテナントの人としてサインインする。',
  }),
  portalOuterUrl: optional(line(), { en: 'The same of the outer face.', ja: '外側の面のアドレス。' }),
  portalAdminUrl: optional(line(), { en: 'The same of the administration face.', ja: '管理の面のアドレス。' }),
  noticeTexts: mapping(line(), {
    en: 'Texts that replace the built-in ones of the notice.',
    ja: '通知の標準の文と差し替える文。',
  }),
  originalDays: optional(wholeNumber({ min: 1, max: 3_650 }), {
    en: 'Days to keep originals.',
    ja: '原本を保管する日数。',
  }),
  ...overrides,
})

export const tenants = list(tenant, {
  default: [],
  en: 'Towns that share this gateway. None: one tenant, `default`, with all of `domains`.',
  ja: 'このゲートウェイを共用する団体。なければ `domains` 全体で1つのテナント `default`。',
})

export const retention = section(
  { en: 'How long things are kept.', ja: '保管期間。' },
  {
    originalDays: integer({ default: 30, min: 1, max: 3_650, en: 'Sealed originals.', ja: '封印した原本。' }),
    textDays: integer({
      default: 7,
      min: 0,
      max: 3_650,
      en: 'Delivered text and reports of parts.',
      ja: '配達した本文とパートの報告。',
    }),
    logDays: integer({
      default: 365,
      min: 30,
      max: 3_650,
      en: 'Records of messages, for `trace`.',
      ja: '`trace` で調べるメールの記録。',
    }),
    auditYears: integer({
      default: 5,
      min: 1,
      max: 30,
      en: 'Audit records, counted from 1 April after the fiscal year.',
      ja: '監査記録。年度の翌4月1日から数える。',
    }),
  },
)
