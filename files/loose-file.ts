/**
 * One file that is no mail, as if it were the only attachment of one. A sealed process says what it is and rebuilds
 * it; here it is only read, measured and hashed, and the report is put together.
 */
import { createHash } from 'node:crypto'
import { boundsOf } from '../core/job.ts'
import type { FileWorkshop } from '../workers/contract.ts'
import { loosePart } from '../workers/loose-report.ts'
import { type Brought, type DeskRules, type Sanitized, Unavailable } from './desk.ts'

const HEAD_BYTES = 64 * 1024
const TAIL_BYTES = 4096

/** Over `limits.fileBytes` a file is only named and kept back, never held in memory. */
export async function sanitizeFile(brought: Brought, { policy, limits, passwords = [] }: DeskRules, workshop: FileWorkshop): Promise<Sanitized> {
  const { octets, bytes, sha256 } = await readWithin(brought, limits.fileBytes)
  const { untrustedName, untrustedType: claimedType } = brought
  const file = { untrustedBytes: octets, untrustedName, claimedType, wholeBytes: bytes }
  const result = await workshop.rebuild(file, { policy, bounds: boundsOf(limits), passwords })
  if (result.kind === 'busy') throw new Unavailable(result.why)
  const rebuilt = result.kind === 'judged' && result.file.rebuilt.kind === 'rebuilt' ? result.file.rebuilt.file : undefined
  const part = loosePart(result, { name: untrustedName, claimedType, bytes, sha256 })
  return {
    report: { verdict: 'relay', profile: policy.profile, policyVersion: policy.version, parts: [part], findings: [] },
    type: part.detectedType,
    bytes,
    file: rebuilt && { extension: rebuilt.extension, mediaType: rebuilt.mediaType, bytes: rebuilt.bytes },
    beside: rebuilt?.beside,
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
