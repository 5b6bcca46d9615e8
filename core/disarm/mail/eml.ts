/**
 * A mail as a file (.eml): read as any mail is, and composed anew with its text and its rebuilt attachments.
 *
 *   octets ──▶ MimeReader ▸ Collector ▸ expand ▸ body ──▶ tools.member for each file ──▶ compose
 *
 * Nothing of the received structure is in it; trace fields and signatures of its way are left out. Where an
 * attachment may not pass, a text file in its place says why. Each attachment is decided by the policy of the outermost
 * file and counts against its bounds.
 */
import { hash } from 'node:crypto'
import { Collector, everyNode, nameOf, type PartNode } from '../../collect.ts'
import { builtInReason } from '../../dispose.ts'
import { type Expansion, expand } from '../../expand.ts'
import { safeFileName, uniqueNames } from '../../media/filename.ts'
import { compose, type OutFile } from '../../mime/compose.ts'
import { composeFileFields } from '../../mime/fields.ts'
import { DEFAULT_READER_LIMITS } from '../../mime/part.ts'
import { MimeReader } from '../../mime/reader.ts'
import { type Removed, ruleFor } from '../../objects.ts'
import { readInnerBy } from '../../read-inner.ts'
import type { QueueId } from '../../smtp/envelope.ts'
import { type Body, composeBody } from '../../text/body.ts'
import { makeHarmlessLine } from '../../text/harmless.ts'
import type { ReasonKey } from '../../text/reasons.ts'
import { keptText } from '../archive/kept-text.ts'
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'

/** Not message/rfc822: that may stand in a mail only as a part of it, never as an encoded file (RFC 2046 §5.2.1). */
export const EML_TYPE = 'application/x-eml'
const LONGEST_DETAIL = 100

type Mail = { readonly roots: readonly PartNode[]; readonly expansion: Expansion }
type Files = { readonly files: readonly OutFile[]; readonly removed: readonly Removed[] }

export const emlDisarmer: Disarmer = {
  table: [
    { object: 'text of the mail, HTML as text', becomes: 'rebuilt' },
    { object: 'From, To, Cc, Reply-To, Subject, Date, Message-ID, References', becomes: 'rebuilt' },
    { object: 'attachments', becomes: 'rebuilt' },
    { object: 'attachments that may not pass (a text file says why)', becomes: 'removed', kind: 'archiveMembers' },
    { object: 'links', becomes: 'kept', kind: 'hyperlinks' },
    { object: 'other header fields, HTML markup, signatures', becomes: 'removed' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const mail = await readMail(input)
    const [root] = mail.roots
    if (!root) return { kind: 'cannot', reason: 'malformed' }
    const links = ruleFor('hyperlinks', input.rules) === 'keep' ? 'keep' : 'remove'
    const body = composeBody(mail.roots, { links, language: 'ja', texts: {}, maxChars: input.limits.outputBytes })
    const { files, removed } = await rebuildFiles(mail, body, input)
    const { fields, subject, messageId } = composeFileFields(root.head.header)
    // Equal contents, equal boundaries; and nobody can write the boundary into the content beforehand.
    const seed = hash('sha256', JSON.stringify([fields, body.text, files.map(file => [file.name, hash('sha256', file.bytes)])])).slice(0, 32)
    const { message } = compose({ queueId: 'file' as QueueId, fields, subject, messageId, text: body.text, iso2022Jp: undefined, files, seed })
    if (message.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    return { kind: 'rebuilt', bytes: new Uint8Array(message), mediaType: EML_TYPE, extension: 'eml', removed, findings: [] }
  },
}

async function readMail({ untrustedBytes, limits }: DisarmInput): Promise<Mail> {
  const rules = { limits: { textPartBytes: limits.outputBytes, fileBytes: limits.outputBytes, filesBytes: limits.outputBytes }, wanted: () => true }
  const collector = new Collector(rules)
  const reader = new MimeReader(collector, DEFAULT_READER_LIMITS)
  reader.write(untrustedBytes)
  reader.end()
  await collector.settled()
  const expansion = await expand(collector, readInnerBy(collector, rules, DEFAULT_READER_LIMITS))
  await collector.settled()
  return { roots: collector.roots, expansion }
}

async function rebuildFiles({ roots, expansion }: Mail, body: Body, input: DisarmInput): Promise<Files> {
  const files: OutFile[] = []
  const removed: Removed[] = []
  for (const node of everyNode(roots)) {
    const isStructure = node.head.kind !== 'leaf' || expansion.opened.has(node) || (node.bytes === 0 && nameOf(node.head) === '')
    if (isStructure || body.outcomes.has(node)) continue
    const file = await rebuildPart(node, input)
    if ('reason' in file) removed.push({ what: 'archiveMembers', count: 1, detail: makeHarmlessLine(file.name, LONGEST_DETAIL) })
    files.push('reason' in file ? { name: `${file.name}.txt`, mediaType: 'text/plain', bytes: keptText(file.name, file.reason) } : file)
  }
  const names = uniqueNames(files.map(file => file.name))
  return { files: files.map((file, index) => ({ ...file, name: names[index]! })), removed }
}

async function rebuildPart(node: PartNode, { tools }: DisarmInput): Promise<OutFile | { readonly name: string; readonly reason: ReasonKey }> {
  const { name } = safeFileName(nameOf(node.head), { fallback: `attachment-${node.head.id || '1'}` })
  const reason = builtInReason(node) ?? (node.overLimit ? 'too-large' : undefined)
  if (reason !== undefined) return { name, reason }
  const untrustedBytes = node.content ?? new TextEncoder().encode(node.text ?? '')
  const { contentType } = node.head
  const charset = contentType.params.get('charset')
  const member = await tools.member({
    untrustedName: nameOf(node.head) || name,
    untrustedBytes,
    claimedType: contentType.type,
    ...(charset === undefined ? {} : { declaredCharset: charset }),
  })
  return member.kind === 'kept' ? { name: member.name, reason: member.reason } : { name: member.name, mediaType: member.mediaType, bytes: member.bytes }
}
