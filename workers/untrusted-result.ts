/**
 * Turns what a sanitizer process claims into a SanitizeResult, or refuses it.
 *
 * The process has read hostile octets: every value is checked before anything of the gateway relies on it. That
 * the composed octets are what the manifest says is the verifier's work, not this file's.
 */
import type { ComposedGroup, Manifest, MessageSummary, SanitizeJob, SanitizeResult } from '../core/job.ts'
import { isObjectKind } from '../core/objects.ts'
import type { JudgedFile, Rebuilt, RebuiltFile } from '../core/rebuild.ts'
import { REPLIES } from '../core/smtp/reply.ts'
import { DRAWN_WAYS, type Look } from '../core/preview-ways.ts'
import { REASONS, type ReasonKey } from '../core/text/reasons.ts'
import { DISPOSITIONS, OUTCOMES, type Report, type Verdict } from '../core/verdict.ts'
import { parseJson, parsePacket } from './protocol.ts'

export class UntrustworthyResult extends Error {
  override readonly name = 'UntrustworthyResult'
}

type Shape = Record<string, unknown>

const MOST_TEXT = 4096
/** A path of nested types, or a detail, may be longer. */
const MOST_PATH = 65_536
const MOST_ITEMS = 100_000

/** Throws UntrustworthyResult (or a SyntaxError of JSON) when the process did not keep to the contract. */
export function readResult(untrustedPayload: Uint8Array, job: SanitizeJob): SanitizeResult {
  const { meta, octets } = parsePacket(untrustedPayload)
  const claimed = object(meta)
  const verdict = readVerdict(object(claimed['verdict']))
  const claims = list(claimed['groups'])
  check(claims.length === job.groups.length, 'number of groups')
  const groups: ComposedGroup[] = []
  let at = 0
  for (const [index, claim] of claims.entries()) {
    const { messageBytes, ...group } = object(claim)
    check(group['id'] === job.groups[index]?.id, 'group id')
    const end = at + count(messageBytes)
    check(end <= octets.length, 'message length')
    const manifest = readManifest(object(group['manifest']), job)
    groups.push({
      id: job.groups[index]!.id,
      message: octets.subarray(at, end),
      manifest,
      report: readReport(object(group['report'])),
    })
    at = end
  }
  check(at === octets.length, 'octets left over')
  // A message with a verdict of relay and nothing to relay would be lost in silence.
  check(verdict.kind === 'reject' || groups.every(group => group.message.length > 0), 'empty message')
  const reversePathConfirmed = claimed['reversePathConfirmed'] === true
  return { verdict, groups, reversePathConfirmed, summary: readSummary(object(claimed['summary'])) }
}

/** A file that a heavy process claims to have rebuilt. The bytes are only ever attached, typed and verified. */
export function readRebuilt(untrustedPayload: Uint8Array): Rebuilt {
  const { meta, octets } = parsePacket(untrustedPayload)
  return rebuiltOf(object(meta), octets)
}

/** A file whose type the process found out itself. What is rebuilt must be of a type that may leave. */
export function readJudged(untrustedPayload: Uint8Array, allowedTypes: ReadonlySet<string>): JudgedFile {
  const { meta, octets } = parsePacket(untrustedPayload)
  const { report, ...claimed } = object(meta)
  readMembers([report])
  const rebuilt = rebuiltOf(claimed, octets)
  if (rebuilt.kind === 'rebuilt') {
    check(allowedTypes.has(rebuilt.file.mediaType), 'media type')
    check(FILE_EXTENSION.test(rebuilt.file.extension), 'extension')
  }
  return { report: report as JudgedFile['report'], rebuilt }
}

/** It becomes part of a file name. */
const FILE_EXTENSION = /^[a-z0-9]{1,10}$/

function rebuiltOf(claimed: Shape, octets: Uint8Array): Rebuilt {
  if (claimed['kind'] === 'rebuilt') {
    const file = object(claimed['file'])
    // Only we put two files together.
    check(claimed['beside'] === undefined && file['beside'] === undefined, 'a second file')
    for (const key of ['mediaType', 'extension']) text(file[key])
    for (const each of list(file['removed'])) readRemoved(each)
    for (const each of list(file['findings'])) readFinding(each)
    readMembers(file['members'])
    return { kind: 'rebuilt', file: { ...file, bytes: octets } as unknown as RebuiltFile }
  }
  check(claimed['kind'] === 'kept', 'kind')
  check(Object.hasOwn(REASONS, text(claimed['reason'])), 'reason')
  check(claimed['object'] === undefined || isObjectKind(claimed['object']), 'object')
  readMembers(claimed['members'])
  return claimed as unknown as Rebuilt
}

/** A picture that a process claims to have drawn: a PNG as far as its first octets say, which is all that is sent on. */
export function readLook(untrustedPayload: Uint8Array): Look | { readonly kind: 'kept'; readonly reason: ReasonKey | 'no-preview' } {
  const { meta, octets } = parsePacket(untrustedPayload)
  const claimed = object(meta)
  if (claimed['kind'] === 'kept') {
    const reason = text(claimed['reason'])
    check(reason === 'no-preview' || Object.hasOwn(REASONS, reason), 'reason')
    return { kind: 'kept', reason: reason as ReasonKey }
  }
  const png = octets.subarray(0, count(claimed['pngBytes']))
  const drawn = DRAWN_WAYS.find(each => each === claimed['drawn'])
  check(claimed['kind'] === 'look' && png.length <= MOST_PICTURE_BYTES && png.subarray(0, 8).equals(PNG_SIGNATURE), 'picture')
  check(drawn !== undefined, 'way of drawing')
  const look = { kind: 'look', png, page: count(claimed['page']), pages: count(claimed['pages']), text: text(claimed['text'], MOST_PAGE_TEXT), drawn } as const
  if (claimed['file'] === undefined) return look
  const extension = text(object(claimed['file'])['extension'])
  check(FILE_EXTENSION.test(extension), 'extension')
  return { ...look, handedOut: { bytes: octets.subarray(png.length), extension } }
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
const MOST_PICTURE_BYTES = 64 * 2 ** 20
const MOST_PAGE_TEXT = 1_000_000

export function readNames(untrustedPayload: Uint8Array): string[] {
  return texts(parseJson(untrustedPayload))
}

const DEEPEST_MEMBER = 20

function readMembers(untrusted: unknown, depth = 0): void {
  check(depth < DEEPEST_MEMBER, 'depth of members')
  for (const each of list(untrusted)) {
    const member = object(each)
    for (const key of ['name', 'detectedType', 'sha256', 'rule']) text(member[key])
    count(member['bytes'])
    check((DISPOSITIONS as readonly unknown[]).includes(member['disposition']), 'disposition')
    check(member['outcome'] === 'rebuilt' || member['outcome'] === 'quarantined', 'outcome')
    for (const key of ['reason', 'deliveredName', 'besideName']) if (member[key] !== undefined) text(member[key])
    for (const line of list(member['removed'])) readRemoved(line)
    for (const finding of list(member['findings'])) readFinding(finding)
    readMembers(member['members'], depth + 1)
  }
}

function readRemoved(untrusted: unknown): void {
  const line = object(untrusted)
  check(isObjectKind(line['what']), 'what was removed')
  count(line['count'])
  if (line['detail'] !== undefined) text(line['detail'])
}

/** What a verifier process claims: the differences it saw. */
export function readMismatches(untrusted: unknown): string[] {
  return texts(untrusted)
}

function readVerdict(claimed: Shape): Verdict {
  if (claimed['kind'] === 'relay') return { kind: 'relay' }
  check(claimed['kind'] === 'reject', 'verdict')
  const reply = text(claimed['reply'])
  check(Object.hasOwn(REPLIES, reply), 'reply')
  return { kind: 'reject', reply: reply as keyof typeof REPLIES, rule: text(claimed['rule']) }
}

function readManifest(claimed: Shape, job: SanitizeJob): Manifest {
  check(claimed['queueId'] === job.queueId, 'queue id')
  for (const key of ['subject', 'messageId', 'textSha256']) text(claimed[key])
  texts(claimed['fields'])
  for (const each of list(claimed['files'])) {
    const file = object(each)
    for (const key of ['name', 'mediaType', 'sha256']) text(file[key])
    count(file['bytes'])
  }
  return claimed as unknown as Manifest
}

function readReport(claimed: Shape): Report {
  check(claimed['verdict'] === 'relay' || claimed['verdict'] === 'reject', 'report verdict')
  for (const key of ['profile', 'policyVersion']) text(claimed[key])
  for (const each of list(claimed['findings'])) readFinding(each)
  for (const each of list(claimed['parts'])) {
    const part = object(each)
    for (const key of ['id', 'path', 'name', 'claimedType', 'detectedType', 'transferEncoding', 'sha256', 'rule'])
      text(part[key], MOST_PATH)
    for (const key of ['offset', 'length', 'bytes']) count(part[key])
    check((DISPOSITIONS as readonly unknown[]).includes(part['disposition']), 'disposition')
    check((OUTCOMES as readonly unknown[]).includes(part['outcome']), 'outcome')
    for (const key of ['reason', 'deliveredName', 'besideName']) if (part[key] !== undefined) text(part[key])
    check(part['object'] === undefined || isObjectKind(part['object']), 'object')
    for (const each of list(part['removed'])) readRemoved(each)
    for (const each of list(part['findings'])) readFinding(each)
    if (part['members'] !== undefined) readMembers(part['members'])
  }
  for (const each of list(claimed['senderChecks'] ?? [])) for (const key of ['method', 'result']) text(object(each)[key])
  check(claimed['antivirus'] === undefined, 'antivirus')
  return claimed as unknown as Report
}

function readFinding(untrusted: unknown): void {
  const finding = object(untrusted)
  text(finding['code'])
  if (finding['detail'] !== undefined) text(finding['detail'], MOST_PATH)
}

function readSummary(claimed: Shape): MessageSummary {
  return {
    messageId: text(claimed['messageId']),
    subject: text(claimed['subject']),
    from: text(claimed['from']),
    receivedCount: count(claimed['receivedCount']),
    loopMarks: texts(claimed['loopMarks']),
  }
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new UntrustworthyResult(what)
}

function object(value: unknown): Shape {
  check(typeof value === 'object' && value !== null && !Array.isArray(value), 'object expected')
  return value as Shape
}

function list(value: unknown): readonly unknown[] {
  check(Array.isArray(value) && value.length <= MOST_ITEMS, 'list expected')
  return value
}

function text(value: unknown, mostChars = MOST_TEXT): string {
  check(typeof value === 'string' && value.length <= mostChars, 'text expected')
  return value
}

function texts(value: unknown): string[] {
  return list(value).map(each => text(each))
}

function count(value: unknown): number {
  check(Number.isSafeInteger(value) && (value as number) >= 0, 'count expected')
  return value as number
}
