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
import { type Rebuilt, rebuildFile } from '../core/rebuild.ts'
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
/** Over `sanitizer.limits.fileBytes` a file is only named and kept back, never read into memory. */
export async function sanitizeFile(config: Config, { policy }: RecipientSettings, file: string): Promise<Sanitized> {
  const { fileBytes } = config.sanitizer.limits
  const { head, tail, bytes, sha256, whole: untrustedBytes } = await readFacts(file, fileBytes)
  const name = basename(file)
  const detected = await detect(head, { size: bytes, name, claimedType: 'application/octet-stream', tail })
  const findings = detected.findings.map(finding => finding.code)
  const decision = decide(
    {
      detectedType: detected.type,
      extension: lastExtension(name),
      role: 'attachment',
      encrypted: detected.encrypted,
      bytes,
      findings,
    },
    policy,
  )

  const rebuilt = wantsFile(decision.disposition) ? await rebuild(config, { name, detected, decision, policy, untrustedBytes }) : undefined
  const part = partReport({ name, bytes, sha256, detected, decision }, rebuilt)
  const report: Report = {
    verdict: 'relay',
    profile: policy.profile,
    policyVersion: policy.version,
    parts: [part],
    findings: [],
  }
  return {
    report,
    file: rebuilt?.kind === 'rebuilt' ? { extension: rebuilt.file.extension, bytes: rebuilt.file.bytes } : undefined,
  }
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

type Work = {
  readonly name: string
  readonly detected: Detected
  readonly decision: Decision
  readonly policy: Policy
  readonly untrustedBytes: Uint8Array | undefined
}

async function rebuild(config: Config, { name, detected, decision, policy, untrustedBytes }: Work): Promise<Rebuilt> {
  if (untrustedBytes === undefined) return { kind: 'kept', reason: 'too-large', members: [] }
  return rebuildFile(
    {
      untrustedBytes,
      untrustedName: name,
      detectedType: detected.type,
      declaredCharset: undefined,
      mode: decision.disposition === 'raster' ? 'raster' : 'disarm',
    },
    { disarmers: DISARMERS, policy, bounds: boundsOf(config.sanitizer.limits) },
  )
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
