/** Messages and settings for the tests and the bench of the store. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateIdentity, parseIdentity, Unsealer } from '../../../core/seal/age.ts'
import type { Mailbox, QueueId } from '../../../core/smtp/envelope.ts'
import type { PartReport, Report } from '../../../core/verdict.ts'
import type { AcceptedMessage, QueuedGroup, SealedOriginal, Settlement } from '../../../store/contract.ts'
import { DEFAULT_RETENTION } from '../../../store/retention.ts'

const pair = generateIdentity(Buffer.alloc(32, 7))
const otherPair = generateIdentity(Buffer.alloc(32, 8))
export const IDENTITY = parseIdentity(pair.identity)!
export const OTHER_IDENTITY = parseIdentity(otherPair.identity)!

export const SETTINGS = {
  quotaBytes: 1e9,
  minFreeBytes: 0,
  minFreeFiles: 0,
  retention: { ...DEFAULT_RETENTION, classes: { 'default/3': { originalDays: 7, textDays: 7 } } },
  recipients: { default: [pair.recipient], kita: [otherPair.recipient] },
}
export const BY = { actor: 'os:root', reason: 'test' }
export const ACCEPTED_AT_MS = Date.UTC(2026, 3, 10, 0, 0)

export function scratchDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'sekisho-store-'))
}

export function quarantinedPart(sha256: string): PartReport {
  return {
    id: '2',
    path: 'multipart/mixed > application/zip',
    name: '資料.zip',
    claimedType: 'application/zip',
    detectedType: 'application/zip',
    offset: 0,
    length: 10,
    transferEncoding: 'base64',
    bytes: 7,
    sha256,
    disposition: 'quarantine',
    rule: 'encrypted',
    outcome: 'quarantined',
    reason: 'encrypted',
    removed: [],
    findings: [],
  }
}

export const REPORT: Report = {
  verdict: 'relay',
  profile: 'text-only',
  policyVersion: '1',
  parts: [quarantinedPart('ab'.repeat(32))],
  findings: [],
}

export function group(over: Partial<QueuedGroup> = {}): QueuedGroup {
  return {
    groupId: 'g1',
    tenant: 'default',
    recipients: ['a@town.example.jp' as Mailbox],
    route: 'inner',
    direction: 'inward',
    message: Buffer.from('Subject: hello\r\n\r\nbody\r\n'),
    report: REPORT,
    publicId: '7K2Q',
    checkCode: '4821',
    retentionClass: 'standard',
    ...over,
  }
}

let count = 0
export function message(
  over: Partial<AcceptedMessage> = {},
  untrusted: Uint8Array = Buffer.from('original octets'),
): AcceptedMessage {
  const queueId = `q${++count}${randomBytes(4).toString('hex')}` as QueueId
  return {
    queueId,
    acceptedAtMs: ACCEPTED_AT_MS,
    clientAddress: '192.0.2.1',
    helo: 'mx.example.net',
    reversePath: 'sender@example.net' as Mailbox,
    dsnAllowed: true,
    smtpUtf8: false,
    rawBytes: untrusted.length,
    rawSha256: createHash('sha256').update(untrusted).digest('hex'),
    dedupKey: `dedup-${queueId}`,
    summary: {
      messageId: '<1@example.net>',
      subject: 'hello',
      from: 'Sender <sender@example.net>',
      receivedCount: 1,
      loopMarks: [],
    },
    original: plainOriginal(untrusted),
    groups: [group()],
    ...over,
  }
}

export function plainOriginal(bytes: Uint8Array): SealedOriginal {
  return { headers: [], payload: { kind: 'plain', bytes } }
}

export function delivered(entryId: number, recipient = 'a@town.example.jp'): Settlement {
  const state = {
    kind: 'delivered',
    atMs: ACCEPTED_AT_MS + 1000,
    nextHop: 'mail.inner',
    reply: '250 2.0.0 ok',
  } as const
  return { entryId, recipient: recipient as Mailbox, state, possibleDuplicate: false }
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

/** Opens a whole age file; throws when it is for somebody else or damaged. */
export function unseal(sealed: Uint8Array, identity = IDENTITY): Uint8Array {
  const unsealer = new Unsealer([identity])
  return Buffer.concat([...unsealer.push(sealed), ...unsealer.end()])
}
