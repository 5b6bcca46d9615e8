/** One file that is no mail, as if it were the only attachment of one: identify ▸ decide ▸ disarm ▸ report. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import type { RecipientSettings } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import type { Disarmed } from '../core/disarm/contract.ts'
import { DISARMERS } from '../core/disarm/registry.ts'
import { type Detected, detect } from '../core/media/detect.ts'
import { lastExtension } from '../core/media/filename.ts'
import { type Decision, decide } from '../core/policy/decide.ts'
import type { PartReport, Report } from '../core/verdict.ts'
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
const REBUILDING: readonly string[] = ['disarm', 'pass', 'raster']
const REASONS: Readonly<Record<string, string>> = {
  malformed: 'malformed',
  unsupported: 'cannot-disarm',
  limit: 'too-large',
  encrypted: 'encrypted',
  blocked: 'dangerous-type',
}

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

  const disarmed = REBUILDING.includes(decision.disposition)
    ? await disarm(untrustedBytes, detected.type, fileBytes)
    : undefined
  const part = partReport({ name, bytes, sha256, detected, decision }, disarmed)
  const report: Report = {
    verdict: 'relay',
    profile: policy.profile,
    policyVersion: policy.version,
    parts: [part],
    findings: [],
  }
  return {
    report,
    file: disarmed?.kind === 'rebuilt' ? { extension: disarmed.extension, bytes: disarmed.bytes } : undefined,
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

async function disarm(
  untrustedBytes: Uint8Array | undefined,
  detectedType: string,
  outputBytes: number,
): Promise<Disarmed> {
  if (untrustedBytes === undefined) return { kind: 'cannot', reason: 'limit' }
  const disarmer = DISARMERS.get(detectedType)
  return (
    disarmer?.disarm({ untrustedBytes, detectedType, declaredCharset: undefined, limits: { outputBytes } }) ?? {
      kind: 'cannot',
      reason: 'unsupported',
    }
  )
}

function partReport({ name, bytes, sha256, detected, decision }: Facts, disarmed: Disarmed | undefined): PartReport {
  const rebuilt = disarmed?.kind === 'rebuilt' ? disarmed : undefined
  const reason = disarmed?.kind === 'cannot' ? REASONS[disarmed.reason] : decision.reason
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
    outcome: rebuilt ? 'rebuilt' : 'quarantined',
    ...(rebuilt ? { deliveredName: `${name}.sanitized.${rebuilt.extension}` } : { reason: reason ?? 'cannot-disarm' }),
    removed: rebuilt?.removed ?? [],
    findings: [...detected.findings, ...(rebuilt?.findings ?? [])].map(finding => ({ ...finding, partId: '1' })),
  }
}
