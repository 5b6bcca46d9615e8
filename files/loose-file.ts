/**
 * One file that is no mail, as if it were the only attachment of one. A sealed process says what it is and rebuilds
 * it; here it is only read, measured and hashed, and the report is put together.
 */
import { createHash } from 'node:crypto'
import { boundsOf } from '../core/job.ts'
import { makeHarmlessLine } from '../core/text/harmless.ts'
import type { ReasonKey } from '../core/text/reasons.ts'
import type { PartReport } from '../core/verdict.ts'
import type { FileWorkshop, LooseResult } from '../workers/contract.ts'
import { type Brought, type DeskRules, type Sanitized, Unavailable } from './desk.ts'

const HEAD_BYTES = 64 * 1024
const TAIL_BYTES = 4096
const UNKNOWN_TYPE = 'application/octet-stream'

/** Over `limits.fileBytes` a file is only named and kept back, never held in memory. */
export async function sanitizeFile(brought: Brought, { policy, limits, passwords = [] }: DeskRules, workshop: FileWorkshop): Promise<Sanitized> {
  const { octets, bytes, sha256 } = await readWithin(brought, limits.fileBytes)
  const { untrustedName, untrustedType: claimedType } = brought
  const file = { untrustedBytes: octets, untrustedName, claimedType, wholeBytes: bytes }
  const result = await workshop.rebuild(file, { policy, bounds: boundsOf(limits), passwords })
  if (result.kind === 'busy') throw new Unavailable(result.why)
  const rebuilt = result.kind === 'judged' && result.file.rebuilt.kind === 'rebuilt' ? result.file.rebuilt.file : undefined
  const part = partReport(result, { name: untrustedName, claimedType, bytes, sha256 })
  return {
    report: { verdict: 'relay', profile: policy.profile, policyVersion: policy.version, parts: [part], findings: [] },
    type: part.detectedType,
    bytes,
    file: rebuilt && { extension: rebuilt.extension, mediaType: rebuilt.mediaType, bytes: rebuilt.bytes },
  }
}

type Read = { readonly octets: Uint8Array; readonly bytes: number; readonly sha256: string }

/** Size and digest of all of it; the octets too, or of a larger file its first and last ones. */
async function readWithin({ open }: Brought, limitBytes: number): Promise<Read> {
  const hash = createHash('sha256')
  const kept: Uint8Array[] = []
  let bytes = 0
  let tail: Uint8Array = Buffer.alloc(0)
  for await (const chunk of open() as AsyncIterable<Uint8Array>) {
    hash.update(chunk)
    if (bytes <= limitBytes) kept.push(chunk)
    bytes += chunk.length
    tail = Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES)
  }
  const start = Buffer.concat(kept)
  const octets = bytes <= limitBytes ? start : Buffer.concat([start.subarray(0, HEAD_BYTES), tail])
  return { octets, bytes, sha256: hash.digest('hex') }
}

type Measured = { readonly name: string; readonly claimedType: string; readonly bytes: number; readonly sha256: string }

/** Name, size and digest are ours; what the file is and became is the sealed process's word. */
function partReport(result: Exclude<LooseResult, { kind: 'busy' }>, { name, claimedType, bytes, sha256 }: Measured): PartReport {
  const judged = result.kind === 'judged' ? judgedReport(result.file) : keptReport(result.reason)
  return {
    id: '1',
    path: judged.detectedType,
    name: makeHarmlessLine(name, 300),
    claimedType,
    offset: 0,
    length: bytes,
    transferEncoding: 'binary',
    bytes,
    sha256,
    ...judged,
  }
}

type Judgement = Omit<PartReport, 'id' | 'path' | keyof Measured | 'offset' | 'length' | 'transferEncoding'>

function judgedReport({ report, rebuilt }: Extract<LooseResult, { kind: 'judged' }>['file']): Judgement {
  const { detectedType, disposition, rule, outcome, reason, deliveredName, removed, findings, members } = report
  return {
    detectedType,
    disposition,
    rule,
    outcome,
    ...(reason === undefined ? {} : { reason: reason || 'cannot-disarm' }),
    ...(deliveredName === undefined ? {} : { deliveredName }),
    ...(rebuilt.kind === 'kept' && rebuilt.object !== undefined ? { object: rebuilt.object } : {}),
    removed,
    findings: findings.map(finding => ({ ...finding, partId: '1' })),
    ...(members.length > 0 ? { members } : {}),
  }
}

function keptReport(reason: ReasonKey): Judgement {
  return {
    detectedType: UNKNOWN_TYPE,
    disposition: 'quarantine',
    rule: `built-in:${reason}`,
    outcome: 'quarantined',
    reason,
    removed: [],
    findings: [],
  }
}
