/**
 * A text file from an old document of which nothing but the text is taken, with a line for all that stays behind.
 */
import type { Removed } from '../../objects.ts'
import { makeHarmless } from '../../text/harmless.ts'
import type { Disarmed, DisarmInput } from '../contract.ts'
import { encodeTextFile } from '../text.ts'

/** `text` has LF line ends and may hold anything else. */
export function plainTextFile(text: string, removed: readonly Removed[], { limits }: DisarmInput): Disarmed {
  const harmless = makeHarmless(text.toWellFormed())
  const bytes = encodeTextFile(harmless.text.trimEnd() + '\n', { alwaysMark: false })
  if (bytes.length > limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
  return { kind: 'rebuilt', bytes, mediaType: 'text/plain', extension: 'txt', removed: [{ what: 'layout', count: 1 }, ...removed], findings: harmless.findings }
}
