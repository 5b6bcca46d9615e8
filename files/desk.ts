/**
 * The desk: one file or mail that somebody brings by hand, through the workshop, to a report and what may leave.
 *
 *   octets ──▶ head looks like a mail? ──▶ mail   sanitize ▸ verify, as the gateway does
 *                                     └──▶ file   identify ▸ decide ▸ rebuild, as one attachment would be; mails with passwords, too
 *                                                                                      what may leave ▸ locked, where that is asked for
 *
 * Command line, hot folder and HTTP stand at the same desk. Nothing is parsed here, nothing is kept, and no octet of
 * what was brought is in a result.
 */
import type { Readable } from 'node:stream'
import type { SanitizeLimits } from '../core/job.ts'
import type { Policy } from '../core/policy/model.ts'
import type { Report } from '../core/verdict.ts'
import type { FileWorkshop, Workshop } from '../workers/contract.ts'
import { lock } from './lock.ts'
import { sanitizeFile } from './loose-file.ts'
import { looksLikeMail, sanitizeMail } from './loose-mail.ts'

/** What is brought. `open` may be called more than once. */
export type Brought = {
  readonly untrustedName: string
  readonly untrustedType: string
  readonly open: () => Readable | AsyncIterable<Uint8Array>
}

/** What became of it: `file` when something may leave. */
export type Sanitized = {
  readonly report: Report
  /** Of what was brought, as a whole. */
  readonly type: string
  readonly bytes: number
  readonly file: Leaving | undefined
  /** Goes with it: the words of a document whose pages are pictures. */
  readonly beside?: Leaving | undefined
}

export type Leaving = { readonly extension: string; readonly mediaType: string; readonly bytes: Uint8Array }

/** In memory only, as long as the file is in work. */
export type Secrets = {
  /** Candidates for files and for what is inside them; without any, what is locked is kept back. */
  readonly passwords?: readonly string[]
  /** What may leave is locked with this one. */
  readonly lockWith?: string
}

/** Whose rules hold. */
export type DeskRules = Secrets & {
  readonly policy: Policy
  readonly limits: SanitizeLimits
  readonly tenant: {
    readonly id: string
    readonly language: 'ja' | 'en'
    readonly contact: string
    readonly noticeTexts: Readonly<Record<string, string>>
    readonly ownDomains: readonly string[]
  }
  readonly hostname: string
  readonly recipient: string
}

/** The workshop cannot take it now, or is not well: says nothing about what was brought. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

const HEAD_BYTES = 64 * 1024

/** @throws Unavailable, or what reading throws. */
export async function sanitizeBrought(brought: Brought, rules: DeskRules, workshop: Workshop & FileWorkshop): Promise<Sanitized> {
  const isMail = looksLikeMail(brought.untrustedName, await headOf(brought))
  // The gateway's way for mails knows no passwords: with some, a mail is a file with files in it.
  const isLocked = (rules.passwords ?? []).length > 0
  const sanitized = await (isMail && !isLocked ? sanitizeMail(brought, rules, workshop) : sanitizeFile(brought, rules, workshop))
  if (rules.lockWith === undefined || !sanitized.file) return sanitized
  const { file, beside, ...rest } = sanitized
  return { ...rest, file: await lock(beside ? [file, beside] : [file], brought.untrustedName, rules.lockWith) }
}

async function headOf({ open }: Brought): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of open() as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= HEAD_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, HEAD_BYTES)
}
