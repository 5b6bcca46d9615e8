/**
 * A look at a file: one page of it as a picture of our own, with the reader's name and the time drawn over it.
 *
 *   file ──▶ unlock ──▶ PDF: drawn as it is
 *                  └──▶ anything else: disarmed first ──▶ picture: its pixels │ drawing: its lines │ document: its words on
 *                                                         pages of ours, and the rebuilt file for whoever draws it as it looks
 *
 * Nothing of the file crosses but what could be seen. Runs in a sanitizer process that serves this one question.
 * Never rejects.
 */
import type { RebuildContext, LooseFile } from './rebuild.ts'
import { rebuildFile } from './rebuild.ts'
import { detect } from './media/detect.ts'
import { dxfSketch } from './preview/dxf-page.ts'
import { lookAtPdf } from './preview/pdf-page.ts'
import { lookAtPicture } from './preview/picture-page.ts'
import { isStep, wordsOf } from './preview/words.ts'
import { writtenPages } from './preview/written-pages.ts'
import type { Look, LookAsk, LookKept, OfficeFile } from './preview-ways.ts'
import { lockedNames } from './unlock/zip.ts'
import { makeHarmless, makeHarmlessLine } from './text/harmless.ts'

/** Of these a program of their kind draws pages better than we do. */
const OFFICE_EXTENSIONS: ReadonlySet<string> = new Set(['docx', 'xlsx', 'pptx', 'odt', 'ods', 'odp', 'rtf'])
/** Of these only the words are rebuilt. */
const OLD: Readonly<Record<string, string>> = { 'application/msword': 'doc', 'application/vnd.ms-powerpoint': 'ppt' }

export async function lookAtFile(file: LooseFile, ask: LookAsk, context: RebuildContext): Promise<Look | LookKept> {
  try {
    const opened = await openFor(file, context)
    return 'kind' in opened ? opened : ((await draw(opened, ask, context)) ?? { kind: 'kept', reason: 'no-preview' })
  } catch {
    return { kind: 'kept', reason: 'malformed' }
  }
}

/** Engine, fonts and code paths of a first page, before anybody waits for one. */
export async function warmUp(): Promise<void> {
  const written = writtenPages('暖 Aa', 1).page(1)
  if (written) await lookAtPdf(written.pdf, { page: 1, mark: '暖' }, { outputBytes: 0, pixels: 1e6, pages: 1, rasterDpi: 50, entries: 0, depth: 0, members: 0, memberBytes: 0 })
}

/** Names in a locked container, made harmless; [] when they are locked as well. */
export async function lockedNamesOf({ untrustedBytes, untrustedName }: LooseFile, { bounds }: RebuildContext): Promise<readonly string[]> {
  const { type } = await detect(untrustedBytes, { size: untrustedBytes.length, name: untrustedName, claimedType: '' })
  if (type !== 'application/zip') return []
  return (await lockedNames(untrustedBytes, bounds.entries)).map(name => makeHarmlessLine(name, 300))
}

type Open = { readonly untrustedBytes: Uint8Array; readonly untrustedName: string; readonly type: string }

async function openFor({ untrustedBytes, untrustedName }: LooseFile, { unlock }: RebuildContext): Promise<Open | LookKept> {
  const detected = await typeOf(untrustedBytes, untrustedName)
  if (!unlock) return detected.encrypted ? { kind: 'kept', reason: 'encrypted' } : { untrustedBytes, untrustedName, type: detected.type }
  const unlocked = await unlock(untrustedBytes, detected.type)
  if (unlocked.kind === 'unlocked') return { untrustedBytes: unlocked.bytes, untrustedName, type: (await typeOf(unlocked.bytes, untrustedName)).type }
  if (unlocked.reason === 'unsupported' && !detected.encrypted) return { untrustedBytes, untrustedName, type: detected.type }
  return { kind: 'kept', reason: unlocked.reason === 'wrong-password' ? 'wrong-password' : 'encrypted' }
}

async function typeOf(bytes: Uint8Array, name: string) {
  return detect(bytes, { size: bytes.length, name, claimedType: '', tail: bytes.subarray(-1024) })
}

async function draw({ untrustedBytes, untrustedName, type }: Open, ask: LookAsk, context: RebuildContext): Promise<Look | LookKept | undefined> {
  const { bounds } = context
  if (type === 'application/pdf') return lookAtPdf(untrustedBytes, ask, bounds)
  const task = { untrustedBytes, untrustedName, detectedType: type, declaredCharset: undefined, mode: 'disarm' } as const
  // What an object is worth is for whoever gets the file to say; here none of them can be seen.
  const rebuilt = await rebuildFile(task, { ...context, policy: { ...context.policy, objects: {} } })
  if (rebuilt.kind === 'kept') return { kind: 'kept', reason: rebuilt.reason === 'cannot-disarm' ? 'no-preview' : rebuilt.reason }
  const { bytes, mediaType, extension } = rebuilt.file
  if (mediaType === 'application/pdf') return lookAtPdf(bytes, ask, bounds)
  if (mediaType === 'image/vnd.dxf') return lookAtDrawing(bytes, ask, bounds)
  if (mediaType.startsWith('image/')) return lookAtPicture(bytes, mediaType, { ask, bounds })
  const words = wordsOf(bytes, mediaType, bounds)
  if (words === undefined) return undefined
  const handedOut = handOut(ask, { rebuilt: { bytes, extension }, came: { bytes: untrustedBytes, extension: OLD[type] ?? '' } })
  const look = await lookAtWords(words, { ...ask, handsOut: handedOut ? 'rebuilt' : 'no' }, bounds)
  if (look?.kind !== 'look') return look
  return { ...look, drawn: isStep(mediaType) ? 'summary' : 'words', ...(handedOut && { handedOut }) }
}

function handOut({ handsOut = 'no' }: LookAsk, { rebuilt, came }: { readonly rebuilt: OfficeFile; readonly came: OfficeFile }): OfficeFile | undefined {
  if (handsOut !== 'no' && OFFICE_EXTENSIONS.has(rebuilt.extension)) return rebuilt
  return handsOut === 'old-too' && came.extension !== '' ? came : undefined
}

async function lookAtWords(words: string, { page, mark, handsOut }: LookAsk, bounds: RebuildContext['bounds']): Promise<Look | LookKept | undefined> {
  const pages = writtenPages(words, bounds.pages)
  const shown = handsOut === 'rebuilt' ? Math.min(page, pages.count) : page
  const written = pages.page(shown)
  if (!written) return undefined
  const look = await lookAtPdf(written.pdf, { page: 1, mark }, bounds)
  return look?.kind === 'look' ? { ...look, page: shown, pages: pages.count, text: written.text } : look
}

async function lookAtDrawing(bytes: Uint8Array, { page, mark }: LookAsk, bounds: RebuildContext['bounds']): Promise<Look | LookKept | undefined> {
  const sketch = page === 1 ? dxfSketch(bytes) : undefined
  const look = sketch && (await lookAtPdf(sketch.pdf, { page: 1, mark }, bounds))
  return look?.kind === 'look' ? { ...look, drawn: 'sketch', text: makeHarmless(sketch!.text).text } : look
}
