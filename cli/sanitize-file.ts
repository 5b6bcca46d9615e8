/** One file that is no mail, as if it were the only attachment of one: identify ▸ decide ▸ disarm ▸ report. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import type { RecipientSettings } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import { DISARMERS } from '../core/disarm/registry.ts'
import { boundsOf } from '../core/job.ts'
import { type Detected, detect } from '../core/media/detect.ts'
import { lastExtension } from '../core/media/filename.ts'
import { type Decision, decide } from '../core/policy/decide.ts'
import type { Policy } from '../core/policy/model.ts'
import { openLocked, type RebuildContext, type Rebuilt, rebuildFile } from '../core/rebuild.ts'
import type { ReasonKey } from '../core/text/reasons.ts'
import { unlockerOf } from '../core/unlock.ts'
import { type PartReport, type Report, wantsFile } from '../core/verdict.ts'
import type { Sanitized } from './sanitize.ts'

type Facts = {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  readonly detected: Detected
  readonly decision: Decision
}

const HEAD_BYTES = 64 * 1024
const TAIL_BYTES = 4096

export type FileToSanitize = {
  readonly file: string
  /** Candidates for the file and for what is inside it; none: what is locked is kept back. */
  readonly passwords: readonly string[]
}

/** Over `sanitizer.limits.fileBytes` a file is only named and kept back, never read into memory. */
export async function sanitizeFile(config: Config, { policy }: RecipientSettings, { file, passwords }: FileToSanitize): Promise<Sanitized> {
  const { fileBytes } = config.sanitizer.limits
  const { head, tail, bytes, sha256, whole } = await readFacts(file, fileBytes)
  const name = basename(file)
  const detected = await detect(head, { size: bytes, name, claimedType: 'application/octet-stream', tail })
  const context = contextOf(config, policy, passwords)
  const opened = whole === undefined ? undefined : await openLocked({ untrustedName: name, untrustedBytes: whole }, detected, context.unlock)
  const facts = factsOf({ name, bytes, sha256 }, opened?.kind === 'open' ? opened.detected : detected, policy)
  const rebuilt = opened?.kind === 'shut' ? shut(opened.reason) : await rebuild(facts, opened?.file.untrustedBytes, context)
  const report: Report = {
    verdict: 'relay',
    profile: policy.profile,
    policyVersion: policy.version,
    parts: [partReport(facts, rebuilt)],
    findings: [],
  }
  return {
    report,
    file: rebuilt?.kind === 'rebuilt' ? { extension: rebuilt.file.extension, bytes: rebuilt.file.bytes } : undefined,
  }
}

function contextOf(config: Config, policy: Policy, passwords: readonly string[]): RebuildContext {
  const bounds = boundsOf(config.sanitizer.limits)
  return { disarmers: DISARMERS, policy, bounds, ...(passwords.length > 0 ? { unlock: unlockerOf(passwords, bounds) } : {}) }
}

function factsOf(file: Pick<Facts, 'name' | 'bytes' | 'sha256'>, detected: Detected, policy: Policy): Facts {
  const decision = decide(
    {
      detectedType: detected.type,
      extension: lastExtension(file.name),
      role: 'attachment',
      encrypted: detected.encrypted,
      bytes: file.bytes,
      findings: detected.findings.map(finding => finding.code),
    },
    policy,
  )
  return { ...file, detected, decision }
}

type FileFacts = {
  readonly head: Buffer
  readonly tail: Buffer
  readonly bytes: number
  readonly sha256: string
  readonly whole: Buffer | undefined
}

/** `whole` is undefined for a file above the limit; digest and size are of all of it. */
async function readFacts(file: string, limitBytes: number): Promise<FileFacts> {
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  let bytes = 0
  let tail = Buffer.alloc(0)
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    if (bytes <= limitBytes) kept.push(chunk)
    bytes += chunk.length
    tail = Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES)
  }
  const start = Buffer.concat(kept)
  return {
    head: start.subarray(0, HEAD_BYTES),
    tail,
    bytes,
    sha256: hash.digest('hex'),
    whole: bytes <= limitBytes ? start : undefined,
  }
}

async function rebuild({ name, detected, decision }: Facts, untrustedBytes: Uint8Array | undefined, context: RebuildContext): Promise<Rebuilt | undefined> {
  if (!wantsFile(decision.disposition)) return undefined
  if (untrustedBytes === undefined) return shut('too-large')
  return rebuildFile(
    {
      untrustedBytes,
      untrustedName: name,
      detectedType: detected.type,
      declaredCharset: undefined,
      mode: decision.disposition === 'raster' ? 'raster' : 'disarm',
    },
    context,
  )
}

function shut(reason: ReasonKey): Rebuilt {
  return { kind: 'kept', reason, members: [] }
}

function partReport({ name, bytes, sha256, detected, decision }: Facts, rebuilt: Rebuilt | undefined): PartReport {
  const file = rebuilt?.kind === 'rebuilt' ? rebuilt.file : undefined
  const kept = rebuilt?.kind === 'kept' ? rebuilt : { reason: decision.reason, object: undefined, members: [] }
  const members = file?.members ?? kept.members
  return {
    id: '1',
    path: detected.type,
    name,
    claimedType: 'application/octet-stream',
    detectedType: detected.type,
    offset: 0,
    length: bytes,
    transferEncoding: 'binary',
    bytes,
    sha256,
    disposition: decision.disposition,
    rule: decision.rule,
    outcome: file ? 'rebuilt' : 'quarantined',
    ...(file ? { deliveredName: `${name}.sanitized.${file.extension}` } : { reason: kept.reason || 'cannot-disarm' }),
    ...(file || kept.object === undefined ? {} : { object: kept.object }),
    removed: file?.removed ?? [],
    findings: [...detected.findings, ...(file?.findings ?? [])].map(finding => ({ ...finding, partId: '1' })),
    ...(members.length > 0 ? { members } : {}),
  }
}
