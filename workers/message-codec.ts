/**
 * Jobs and results as frames. Policies are large and few: each goes to a process once and is named by number
 * afterwards. Results are only written here; reading one is untrusted-result.ts.
 */
import type { SanitizeJob, SanitizeResult } from '../core/job.ts'
import type { Policy } from '../core/policy/model.ts'
import type { Look, LookKept } from '../core/preview-ways.ts'
import type { Beside, RebuiltFile } from '../core/rebuild.ts'
import { packet, parseJson } from './protocol.ts'
import type { FileAnswer } from './questions.ts'

export type PolicyNumbers = (policy: Policy) => number

/** The job without its policies. */
export function describeJob(job: SanitizeJob, numberOf: PolicyNumbers): unknown {
  return { ...job, groups: job.groups.map(group => ({ ...group, policy: numberOf(group.policy) })) }
}

/** Runs in the thread; what the gateway sends is trusted. */
export function decodeJob(meta: unknown, policies: ReadonlyMap<number, Policy>): SanitizeJob {
  const job = meta as SanitizeJob & { groups: readonly { policy: unknown }[] }
  const groups = job.groups.map(group => {
    const policy = policies.get(group.policy as unknown as number)
    if (!policy) throw new Error('policy was not sent')
    return { ...group, policy }
  })
  return { ...job, spf: job.spf ?? undefined, groups }
}

export function decodePolicy(text: Uint8Array): Policy {
  return parseJson(text) as Policy
}

/** A group's composed octets follow the JSON in the order of the groups. */
export function encodeResult(result: SanitizeResult): Uint8Array[] {
  const groups = result.groups.map(({ message, ...rest }) => ({ ...rest, messageBytes: message.length }))
  return packet({ ...result, groups }, ...result.groups.map(group => group.message))
}

/** The rebuilt octets follow the JSON, and what goes beside them follows those. */
export function packFile(more: Readonly<Record<string, unknown>>, answer: FileAnswer): Uint8Array[] {
  if (answer.kind !== 'rebuilt') return packet({ ...more, ...answer })
  const { bytes, beside, ...file } = answer.file
  if (!beside) return packet({ ...more, kind: 'rebuilt', file }, bytes)
  const { bytes: besideBytes, ...facts } = beside
  return packet({ ...more, kind: 'rebuilt', file, beside: facts, fileBytes: bytes.length }, bytes, besideBytes)
}

/** The picture follows the JSON, and a file for LibreOffice the picture. */
export function packLook(look: Look | LookKept): Uint8Array[] {
  if (look.kind === 'kept') return packet(look)
  const { png, handedOut, ...rest } = look
  const file = handedOut && { extension: handedOut.extension }
  return packet({ ...rest, pngBytes: png.length, file }, png, ...(handedOut ? [handedOut.bytes] : []))
}

/** The other way, of a process that is trusted: the gateway's answer, as a thread reads it. */
export function unpackFile(meta: Readonly<Record<string, unknown>>, octets: Uint8Array): FileAnswer {
  if (meta['kind'] !== 'rebuilt') return meta as unknown as FileAnswer
  const file = meta['file'] as Omit<RebuiltFile, 'bytes'>
  const beside = meta['beside'] as Omit<Beside, 'bytes'> | undefined
  if (!beside) return { kind: 'rebuilt', file: { ...file, bytes: octets } as RebuiltFile }
  const end = meta['fileBytes'] as number
  return { kind: 'rebuilt', file: { ...file, bytes: octets.subarray(0, end), beside: { ...beside, bytes: octets.subarray(end) } } as RebuiltFile }
}
