/**
 * A second reading of what we composed, compared with what was meant.
 *
 *   compose ──▶ message + manifest ──▶ [verify] ──▶ [] or what differs
 *
 * Runs in the verifier process, which has neither disarmers nor native code nor packages. Everything is compared: the header
 * fields in order with no extras, decoded subject and message id, the text, each file's names, type, size and digest, and that
 * each type may leave at all. What is not in the grammar of our messages differs, however another program might read it.
 */
import { hash } from 'node:crypto'
import type { Manifest } from '../job.ts'
import { NotOurGrammar, type ReadComposed, type ReadFile, readComposedStrictly } from './composed-grammar.ts'

const MOST_SHOWN_CHARS = 80

/** What differs, in words for the operator; [] when the message is what was meant. `allowedTypes`: media types that a file may have. Never throws. */
export function verifyComposed(message: Uint8Array, manifest: Manifest, allowedTypes: ReadonlySet<string>): string[] {
  try {
    return differencesFrom(manifest, readComposedStrictly(message), allowedTypes)
  } catch (error) {
    if (error instanceof NotOurGrammar) return [error.message]
    return [`unreadable: ${error instanceof Error ? error.message : String(error)}`]
  }
}

/** What was read is not what was meant, whoever has read it. */
export function differencesFrom(manifest: Manifest, seen: ReadComposed, allowedTypes: ReadonlySet<string>): string[] {
  return [...compareHeader(seen, manifest), ...compareText(seen, manifest), ...compareFiles(seen, manifest, allowedTypes)]
}

function compareHeader(seen: ReadComposed, manifest: Manifest): string[] {
  const different: string[] = []
  if (!sameList(seen.fields, manifest.fields)) different.push(`fields: ${shown(seen.fields)} instead of ${shown(manifest.fields)}`)
  if (seen.subject !== manifest.subject) different.push(`subject: ${shown(seen.subject)} instead of ${shown(manifest.subject)}`)
  if (bare(seen.messageId) !== bare(manifest.messageId)) different.push(`message id: ${shown(seen.messageId)} instead of ${shown(manifest.messageId)}`)
  return different
}

function compareText({ text }: ReadComposed, { textSha256 }: Manifest): string[] {
  return hash('sha256', text.replace(/\n+$/, '')) === textSha256 ? [] : ['text differs']
}

function compareFiles({ files }: ReadComposed, manifest: Manifest, allowedTypes: ReadonlySet<string>): string[] {
  const different = files.flatMap((file, index) => compareFile(file, manifest.files[index], allowedTypes).map(what => `file ${index + 1}: ${what}`))
  return files.length === manifest.files.length ? different : [`${files.length} files instead of ${manifest.files.length}`, ...different]
}

function compareFile({ names, mediaType, bytes }: ReadFile, meant: Manifest['files'][number] | undefined, allowedTypes: ReadonlySet<string>): string[] {
  const different: string[] = []
  if (!allowedTypes.has(mediaType)) different.push(`type ${shown(mediaType)} may not leave`)
  if (!meant) return different
  const wrongName = names.find(name => name !== meant.name)
  if (wrongName !== undefined) different.push(`name ${shown(wrongName)} instead of ${shown(meant.name)}`)
  if (mediaType !== meant.mediaType) different.push(`type ${shown(mediaType)} instead of ${shown(meant.mediaType)}`)
  if (bytes.length !== meant.bytes || hash('sha256', bytes) !== meant.sha256) different.push('content differs')
  return different
}

function bare(messageId: string): string {
  return messageId.replace(/^<|>$/g, '')
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}

function shown(value: string | readonly string[]): string {
  return JSON.stringify(value).slice(0, MOST_SHOWN_CHARS)
}
