/** The text file that stands in an archive where a file may not pass: which one, why, and what to do. */
import { makeHarmlessLine } from '../../text/harmless.ts'
import { type ReasonKey, type ReasonText, reasonOf } from '../../text/reasons.ts'
import { OBJECTS } from '../../objects.ts'
import { encodeTextFile } from '../text.ts'

const LONGEST_NAME = 200

export function keptText(name: string, key: ReasonKey): Uint8Array {
  const { why, next, nextWithoutPage } = reasonOf(key) as { why: ReasonText; next: ReasonText; nextWithoutPage?: ReasonText }
  const shown = makeHarmlessLine(name, LONGEST_NAME)
  const then = nextWithoutPage ?? next
  const words = (text: ReasonText, language: 'ja' | 'en') => text[language].replace('{object}', OBJECTS.archiveMembers[language])
  const lines = [
    '【無害化のお知らせ】',
    `「${shown}」は入っていません。`,
    `${words(why, 'ja')}。`,
    `${words(then, 'ja')}。`,
    '',
    `"${shown}" is not here: ${words(why, 'en')}.`,
    `What to do: ${words(then, 'en')}.`,
  ]
  return encodeTextFile(lines.map(line => `${line}\n`).join(''), { alwaysMark: true })
}

/** From the most telling to the least: why an archive is kept back of which nothing may pass. */
const TELLING: readonly ReasonKey[] = ['dangerous-type', 'wrong-password', 'encrypted', 'blocked-object', 'disguised-type', 'limit-exceeded', 'too-large', 'malformed', 'attachment-policy', 'cannot-disarm', 'unknown-type']

export function mostTelling(keys: readonly ReasonKey[]): ReasonKey {
  return TELLING.find(key => keys.includes(key)) ?? keys[0] ?? 'cannot-disarm'
}
