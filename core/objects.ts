/**
 * Every kind of object that can stand in a file beside its plain content, with what may be done about it.
 *
 * The one list: settings (`policy.objects`) choose from it, disarmers ask it, reports and notices name it. Per kind:
 *   keep    the object stays, rebuilt from what was understood of it
 *   remove  the object goes, the file stays; the report and the notice say so
 *   block   a file that has one is kept back whole
 * What can act on its own has no `keep`: there is no setting that lets it through.
 */

export const OBJECT_RULES = ['keep', 'remove', 'block'] as const
export type ObjectRule = (typeof OBJECT_RULES)[number]

type ObjectFacts = {
  /** Short words for the reader of a notice. */
  readonly ja: string
  readonly en: string
  readonly default: ObjectRule
  readonly allowed: readonly [ObjectRule, ...ObjectRule[]]
  /** Nobody who reads the file misses it, and nearly every file has it: in the report, not in the notice. */
  readonly unseen?: true
}

const ACTIVE = { default: 'remove', allowed: ['remove', 'block'] } as const
const CONTENT = { default: 'keep', allowed: ['keep', 'remove', 'block'] } as const
const BAGGAGE = { default: 'remove', allowed: ['keep', 'remove', 'block'] } as const

export const OBJECTS = {
  macros: { ja: 'マクロ', en: 'macros', ...ACTIVE },
  scripts: { ja: 'スクリプト', en: 'scripts', ...ACTIVE },
  actions: { ja: '自動で動く操作', en: 'automatic actions', ...ACTIVE },
  controls: { ja: 'ActiveXなどの部品', en: 'ActiveX and other controls', ...ACTIVE },
  oleObjects: { ja: '埋め込みオブジェクト', en: 'embedded objects', ...ACTIVE },
  embeddedFiles: { ja: '中に入っていたファイル', en: 'embedded files', ...CONTENT },
  externalLinks: { ja: '外部ファイルへの参照', en: 'references to outside files', ...ACTIVE },
  hyperlinks: { ja: 'リンク', en: 'hyperlinks', ...CONTENT },
  dynamicFields: { ja: '自動で更新されるフィールド', en: 'fields that fetch or run something', ...ACTIVE },
  formulas: { ja: '外部に接続する数式', en: 'formulas that reach outside', ...ACTIVE },
  calculations: { ja: '計算式（結果の値だけ残しました）', en: 'formulas (their results stay)', ...ACTIVE },
  csvFormulas: { ja: '数式（文字に変えました）', en: 'formulas (made plain text)', ...ACTIVE },
  dataConnections: { ja: 'データ接続', en: 'data connections', ...ACTIVE },
  comments: { ja: 'コメント', en: 'comments', ...CONTENT },
  revisions: { ja: '変更履歴', en: 'tracked changes', ...CONTENT },
  metadata: { ja: '作成者などの属性情報', en: 'metadata', ...BAGGAGE, unseen: true },
  forms: { ja: '入力フォーム', en: 'form fields', ...CONTENT },
  signatures: { ja: '電子署名', en: 'digital signatures', ...ACTIVE },
  pictures: { ja: '画像', en: 'pictures', ...CONTENT },
  layout: { ja: '図形や書式の一部', en: 'some of the drawings and the layout', ...ACTIVE },
  vectorPictures: { ja: '安全に変換できない図（EMFなど）', en: 'pictures that cannot be re-encoded (EMF and the like)', ...ACTIVE },
  media: { ja: '音声・動画', en: 'sound and video', ...ACTIVE },
  fonts: { ja: '埋め込みフォント', en: 'embedded fonts', ...CONTENT },
  customData: { ja: '表示に使われないデータ', en: 'data that is not shown', ...ACTIVE, unseen: true },
  unknownParts: { ja: '種類の分からない部分', en: 'parts of unknown kind', ...ACTIVE },
  trailingData: { ja: 'ファイルの前後に付いた余分なデータ', en: 'data before or after the file', ...ACTIVE },
  remoteContent: { ja: '外部から読み込む内容', en: 'content loaded from elsewhere', ...ACTIVE },
  documentTypes: { ja: 'XMLの文書型宣言', en: 'XML document types', ...ACTIVE },
  archiveMembers: { ja: '渡せないファイル', en: 'files that may not pass', ...ACTIVE },
  separatorLine: { ja: '区切り文字の指定行', en: 'separator line', ...ACTIVE },
  controlCharacters: { ja: '制御文字', en: 'control characters', ...ACTIVE },
  escapeSequences: { ja: '端末の制御文字列', en: 'terminal escape sequences', ...ACTIVE },
  directionMarks: { ja: '文字の向きを変える記号', en: 'direction overrides', ...ACTIVE },
  invisibleCharacters: { ja: '見えない文字', en: 'invisible characters', ...ACTIVE },
  combiningMarks: { ja: '重なりすぎた記号', en: 'excess combining marks', ...ACTIVE },
} as const satisfies Record<string, ObjectFacts>

export type ObjectKind = keyof typeof OBJECTS

export const OBJECT_KINDS = Object.keys(OBJECTS) as ObjectKind[]

/** What the settings say, by kind; a kind that is not in it has its default. */
export type ObjectRules = { readonly [K in ObjectKind]?: ObjectRule }

/** One line of "what was taken out": `detail` is printable and short, e.g. the name of a macro module. */
export type Removed = { readonly what: ObjectKind; readonly count: number; readonly detail?: string }

export function isObjectKind(name: unknown): name is ObjectKind {
  return typeof name === 'string' && Object.hasOwn(OBJECTS, name)
}

export function ruleFor(kind: ObjectKind, rules: ObjectRules): ObjectRule {
  const { allowed, default: usual }: ObjectFacts = OBJECTS[kind]
  const wanted = rules[kind]
  return wanted !== undefined && allowed.includes(wanted) ? wanted : usual
}

/** Lines of the same kind and detail become one, in the order of their first appearance. */
export function sumRemoved(lines: Iterable<Removed>): Removed[] {
  const sums = new Map<string, Removed>()
  for (const line of lines) {
    const key = `${line.what} ${line.detail ?? ''}`
    const before = sums.get(key)
    sums.set(key, before ? { ...before, count: before.count + line.count } : line)
  }
  return [...sums.values()]
}

/** For a reader: 「マクロ、外部ファイルへの参照 3」. Kinds that somebody may miss; details stand in the report. */
export function removedWords(lines: readonly Removed[], language: 'ja' | 'en'): string[] {
  const missed = lines.filter(({ what }) => !('unseen' in OBJECTS[what]))
  const sums = sumRemoved(missed.map(({ what, count }) => ({ what, count })))
  return sums.map(({ what, count }) => (count > 1 ? `${OBJECTS[what][language]} ${count}` : OBJECTS[what][language]))
}
