/** A sanitize job with fixed clock, ids and policy, so that output is the same octets every time. */
import { USUAL_FORMS } from '../../core/file-forms.ts'
import { SHIPPED_PROFILES } from '../../config/profiles.ts'
import { DISARMERS } from '../../core/disarm/registry.ts'
import { boundsOf, type PolicyGroup, type SanitizeJob, type SanitizeResult } from '../../core/job.ts'
import { DEFAULT_READER_LIMITS } from '../../core/mime/part.ts'
import type { Policy, ProfileName } from '../../core/policy/model.ts'
import { rebuildFile } from '../../core/rebuild.ts'
import { beginSanitize, type SanitizeTools } from '../../core/sanitize.ts'
import type { Mailbox, QueueId } from '../../core/smtp/envelope.ts'

/** The shipped defaults (config/sanitizer.ts). */
export const TEST_FILE_LIMITS = { filePixels: 100_000_000, filePages: 2_000, rasterDpi: 150, fileEntries: 10_000, fileDepth: 4, fileMembers: 2_000, memberBytes: 256 << 20 }

export function testPolicy(profile: ProfileName = 'disarm', changes: Partial<Policy> = {}): Policy {
  const { first, rest } = SHIPPED_PROFILES[profile]
  return { profile, version: 'test', rows: [...first, ...rest], objects: {}, files: USUAL_FORMS, links: 'defang', bodyCharset: 'utf-8', extraHeaderFields: [], subjectTag: '', ...changes }
}

export function testGroup(changes: Partial<PolicyGroup> = {}): PolicyGroup {
  return {
    id: 'g1',
    tenant: 'default',
    policy: testPolicy(),
    recipients: ['staff@town.example.jp' as Mailbox],
    ownDomains: ['town.example.jp'],
    notice: { language: 'ja', url: '', checkCode: '4821', keptUntil: '令和8年12月23日', contact: '情報政策課 内線123', texts: {} },
    ...changes,
  }
}

export function testJob(changes: Partial<SanitizeJob> = {}): SanitizeJob {
  return {
    queueId: '01TESTQUEUEID' as QueueId,
    receivedDate: 'Mon, 23 Nov 2026 09:00:00 +0900',
    hostname: 'sekisho.test',
    session: { clientAddress: '192.0.2.10', helo: 'relay.example', protocol: 'ESMTP', listedUpstream: true, trustedAuthservIds: ['relay.example'] },
    reversePath: 'sender@example.com' as Mailbox,
    spf: undefined,
    authenticate: [],
    loopMark: 'test-mark',
    seed: '0123456789abcdef0123456789abcdef',
    groups: [testGroup()],
    limits: { reader: DEFAULT_READER_LIMITS, textPartBytes: 4 << 20, bodyBytes: 8 << 20, fileBytes: 32 << 20, filesBytes: 64 << 20, ...TEST_FILE_LIMITS },
    mode: 'full',
    ...changes,
  }
}

export const NO_TOOLS: SanitizeTools = {
  lookupTxt: async () => {
    throw Object.assign(new Error('no DNS in tests'), { code: 'ENOTFOUND' })
  },
  disarmHeavy: async () => ({ kind: 'pending' }),
}

/**
 * The heavy lane in place, but for the octets: what a compressor writes differs between kinds of machines, so the
 * accepted mails have a line of text instead.
 */
export const NAMING_TOOLS: SanitizeTools = {
  ...NO_TOOLS,
  disarmHeavy: async task => {
    const bounds = boundsOf(testJob().limits)
    const rebuilt = await rebuildFile(task, { disarmers: DISARMERS, policy: testPolicy(), bounds })
    if (rebuilt.kind === 'kept') return rebuilt
    const bytes = new TextEncoder().encode(`rebuilt as ${rebuilt.file.mediaType}\r\n`)
    return { kind: 'rebuilt', file: { ...rebuilt.file, bytes } }
  },
}

export async function sanitizeBytes(untrustedMessage: Uint8Array, job: SanitizeJob = testJob(), tools: SanitizeTools = NO_TOOLS): Promise<SanitizeResult> {
  const sanitizing = beginSanitize(job, tools)
  sanitizing.write(untrustedMessage)
  return sanitizing.end()
}
