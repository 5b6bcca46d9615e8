/**
 * THE function: received octets in, composed messages and their account out. It reads as the list of steps.
 *
 *   read ▸ authenticate ▸ expand ▸ body ▸ decide ▸ disarm ▸ notice ▸ compose
 *
 * Runs in a sanitizer process. Pure: what depends on clock, random, keys or look-ups is in the job or a tool.
 * Whatever the octets, it gives one verdict, and nothing of the input's structure is in its output.
 */
import { noticeForMessage } from './classification.ts'
import { Collector, isOpenedContainer, type PartNode } from './collect.ts'
import { decidePart, type DisarmHeavy, Rebuilder } from './dispose.ts'
import { DISARMERS } from './disarm/registry.ts'
import { decodePlainOnly, type Expansion, expand } from './expand.ts'
import { sanitizeForGroup, type ReadMessage } from './group.ts'
import type { MessageSummary, SanitizeJob, SanitizeResult } from './job.ts'
import { type AuthResult, confirmsReversePath, readTrustedResults, type Resolver } from './mime/authentication.ts'
import { parseAddressList } from './mime/address.ts'
import { headerValue, headerValues } from './mime/header.ts'
import type { HeaderField } from './mime/part.ts'
import { MimeReader } from './mime/reader.ts'
import { SignatureCheck } from './mime/signatures.ts'
import { decodeUnstructured } from './mime/words.ts'
import { readInnerBy } from './read-inner.ts'
import { LOOP_MARK_FIELD } from './smtp/trace.ts'
import { makeHarmlessLine } from './text/harmless.ts'
import { wantsFile } from './verdict.ts'

export type SanitizeTools = {
  /** TXT records for DKIM and DMARC; rejects with a DNS `code`. */
  readonly lookupTxt: (name: string) => Promise<string[][]>
  readonly disarmHeavy: DisarmHeavy
}

export interface Sanitizing {
  /** The octets are read during the call; the caller may use the chunk again. */
  write(chunk: Uint8Array): void
  end(): Promise<SanitizeResult>
}

export function beginSanitize(job: SanitizeJob, tools: SanitizeTools): Sanitizing {
  const collector = new Collector({ limits: job.limits, wanted: wantedBy(job) })
  const reader = new MimeReader(collector, job.limits.reader)
  const signatures = job.authenticate.length > 0 ? new SignatureCheck(job.authenticate, resolverOf(tools), Date.parse(job.receivedDate)) : undefined
  return {
    write(chunk) {
      signatures?.write(chunk)
      reader.write(chunk)
    },
    async end() {
      reader.end()
      await collector.settled()
      const authentication = await authenticate(job, collector, signatures)
      const expansion = job.mode === 'plain' ? decodePlainOnly(collector) : await expand(collector, readInnerBy(collector, { limits: job.limits, wanted: wantedBy(job) }, job.limits.reader))
      await collector.settled()
      return composeResult(job, tools, { collector, expansion, authentication })
    },
  }
}

async function composeResult(
  job: SanitizeJob,
  tools: SanitizeTools,
  { collector, expansion, authentication }: { collector: Collector; expansion: Expansion; authentication: readonly AuthResult[] },
): Promise<SanitizeResult> {
  const message: ReadMessage = {
    roots: collector.roots,
    header: rootHeader(collector),
    findings: collector.messageFindings,
    expansion,
    authentication,
  }
  const summary = summarize(message.header)
  const classed = { headerFrom: summary.from, reversePath: job.reversePath, subject: summary.subject }
  const rebuilder = new Rebuilder(DISARMERS, tools.disarmHeavy, job.limits)
  const groups = []
  for (const group of job.groups) groups.push(await sanitizeForGroup(job, { ...group, notice: noticeForMessage(group.notice, classed) }, message, rebuilder))
  const refused = job.session.listedUpstream ? undefined : groups.find(group => group.rejectedBy !== undefined)
  const everyGroupRefuses = refused !== undefined && groups.every(group => group.rejectedBy !== undefined)
  return {
    verdict: everyGroupRefuses ? { kind: 'reject', reply: 'contentRefused', rule: refused.rejectedBy! } : { kind: 'relay' },
    groups: groups.map(group => group.composed),
    reversePathConfirmed: job.reversePath !== null && confirmsReversePath(authentication, job.reversePath),
    summary,
  }
}

/** A file is worth keeping when some policy of this message wants it rebuilt and a disarmer can try. */
function wantedBy(job: SanitizeJob) {
  return (node: PartNode, detected: NonNullable<PartNode['detected']>): boolean => {
    if (job.mode === 'plain') return false
    if (isOpenedContainer(detected.type)) return true
    if (!DISARMERS.has(detected.type)) return false
    return job.groups.some(group => wantsFile(decidePart({ ...node, detected }, group.policy).disposition))
  }
}

function resolverOf(tools: SanitizeTools): Resolver {
  return async (name, type) => {
    if (type === 'TXT') return tools.lookupTxt(name)
    throw Object.assign(new Error(`no ${type} look-ups here`), { code: 'EREFUSED' })
  }
}

/** Results of our own checks for strangers, those of the upstream where one is listed. */
async function authenticate(job: SanitizeJob, collector: Collector, signatures: SignatureCheck | undefined): Promise<readonly AuthResult[]> {
  if (job.session.listedUpstream) return readTrustedResults(rootHeader(collector), job.session.trustedAuthservIds)
  const spf: AuthResult[] = job.spf
    ? [{ method: 'spf', result: job.spf.result, properties: [['smtp.mailfrom', job.spf.domain]] }]
    : []
  return [...spf, ...((await signatures?.finish(job.spf)) ?? [])]
}

/** The header of the message is that of its first part: the reader gives the root's head all fields. */
function rootHeader(collector: Collector): readonly HeaderField[] {
  return collector.roots[0]?.head.header ?? []
}

function summarize(header: readonly HeaderField[]): MessageSummary {
  const first = (key: string) => headerValue(header, key) ?? ''
  return {
    messageId: makeHarmlessLine(first('message-id'), 300),
    subject: makeHarmlessLine(decodeUnstructured(first('subject')).text, 300),
    from: makeHarmlessLine(senderOf(first('from')), 300),
    receivedCount: headerValues(header, 'received').length,
    loopMarks: headerValues(header, LOOP_MARK_FIELD.toLowerCase()).slice(0, 20).map(value => value.trim().slice(0, 200)),
  }
}

/** `name <address>` for lists and searches; whatever stands in angle brackets last is the address. */
function senderOf(untrustedFrom: string): string {
  const [first] = parseAddressList(untrustedFrom).addresses
  if (!first) return ''
  const name = first.name.replace(/[<>]/g, '').trim().slice(0, 100)
  return name === '' ? first.address : `${name} <${first.address}>`
}
