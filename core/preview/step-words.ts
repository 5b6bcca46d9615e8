/**
 * What a STEP file or an SXF drawing says about itself: its header in words, and how much of what it holds. The drawing itself is
 * not drawn: these files describe bodies and sheets in ways that only a CAD program knows to show.
 * Standards: ISO 10303-21 §8 (header section); SXF ver. 3.1 (features).
 */
import { Buffer } from 'node:buffer'
import { decodeText } from '../text/charset.ts'

const MOST_HEADER_CHARACTERS = 64 * 1024
const MOST_KINDS = 40
const MOST_TEXTS = 5_000
const MOST_RECORDS = 1_000_000
const NAMES: readonly (readonly [record: string, labels: readonly string[]])[] = [
  ['FILE_DESCRIPTION', ['説明', '適合水準']],
  ['FILE_NAME', ['名前', '日時', '作成者', '組織', '変換したプログラム', '作成したプログラム', '承認']],
  ['FILE_SCHEMA', ['形式']],
]

export function stepWords(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const end = text.indexOf('ENDSEC;')
  const header = text.slice(0, Math.min(MOST_HEADER_CHARACTERS, end < 0 ? text.length : end))
  const lines = NAMES.flatMap(([record, labels]) => headerLines(header, record, labels))
  const data = text.slice(end < 0 ? text.length : end)
  const labels = drawnTexts(data)
  return ['【ファイルの説明】', ...lines, ...(labels.length > 0 ? ['', '【図面の文字】', ...labels] : []), '', '【入っているもの】', ...contents(data)].join('\n')
}

function headerLines(header: string, record: string, labels: readonly string[]): string[] {
  const start = header.indexOf(`${record}(`)
  if (start < 0) return []
  return parameters(header, start + record.length + 1)
    .slice(0, labels.length)
    .flatMap((value, index) => (value === '' ? [] : [`${labels[index]}: ${value}`]))
}

/** Strings of one record, those of a list side by side. */
function parameters(header: string, start: number): string[] {
  const values: string[][] = [[]]
  let depth = 1
  const token = /'((?:[^']|'')*)'|[(),]/y
  for (let at = start; depth > 0 && at < header.length; at = token.lastIndex || at + 1) {
    token.lastIndex = at
    const found = token.exec(header)
    if (!found) {
      token.lastIndex = at + 1
      continue
    }
    if (found[1] !== undefined) values.at(-1)!.push(stringOf(found[1]))
    else if (found[0] === '(') depth++
    else if (found[0] === ')') depth--
    else if (depth === 1) values.push([])
  }
  return values.map(each => each.filter(text => text.trim() !== '').join('、'))
}

/** `\X2\65E5672C\X0\` is how the standard writes what is beyond ASCII; in Japan octets of CP932 stand there as they are. */
function stringOf(octets: string): string {
  const { text } = decodeText(Buffer.from(octets, 'latin1'), undefined)
  return text
    .replaceAll("''", "'")
    .replace(/\\X2\\((?:[0-9A-Fa-f]{4})+)\\X0\\/g, (_, hex: string) => Buffer.from(hex, 'hex').swap16().toString('utf16le'))
    .replaceAll('\\\\', '\\')
}

/** SXF: layer, colour and font stand before the text. */
function drawnTexts(data: string): string[] {
  const found = data.matchAll(/text_string_feature\((?:'[^']{0,200}',){3}'([^']{0,1000})'/g)
  return [...found.take(MOST_TEXTS)].map(([, octets]) => stringOf(octets!))
}

/** Which records there are, the most frequent first. */
function contents(data: string): string[] {
  const counts = new Map<string, number>()
  let records = 0
  for (const found of data.matchAll(/#\d{1,20}[ \t\r\n]{0,4}=[ \t\r\n]{0,4}([A-Za-z_][A-Za-z0-9_]{0,60})/g)) {
    if (++records > MOST_RECORDS) break
    const name = found[1]!.toUpperCase()
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const kinds = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return [`${records} 件`, ...kinds.slice(0, MOST_KINDS).map(([name, count]) => `${name}: ${count}`)]
}
