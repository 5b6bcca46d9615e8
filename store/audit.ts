/**
 * The audit chain: what was done, by whom, in an order that cannot be changed unseen.
 *
 * Each record carries the hash of the one before it, so an edit, an exchange or a gap breaks the chain at
 * that place. A cut at the end breaks nothing by itself: only a checkpoint (a signed head) that was kept
 * outside this host shows it. Records are written in the same transaction as what they record.
 * Standards: FIPS 180-4 (SHA-256), RFC 8032 (Ed25519).
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import type { AuditCheckpoint, AuditRecord, AuditVerdict } from './contract.ts'

/** Every kind of record; docs/audit.md is printed from here. */
export const AUDIT_KINDS = {
  start: 'the store was opened; what start-up recovery found',
  stop: 'the store was closed in good order',
  accept: 'a message was taken over (250), with its verdict',
  verdict: 'a verdict that was made after acceptance (late parts, another run)',
  duplicate: 'the same message came again after a lost reply and was not delivered twice',
  deliver: 'the next hop took a message for a recipient',
  fail: 'a recipient failed for good',
  drop: 'an operator took a recipient out of the queue',
  retry: 'an operator made queued messages due now',
  hold: 'an operator keeps queued messages from being delivered',
  export: 'a sealed original was written out, still sealed',
  request: 'an original was asked for, or such a request was withdrawn or passed on',
  decision: 'a request for an original was approved or refused, or its time ran out',
  grant: 'an approved original began to be given out, or that broke off',
  release: 'an original was given out through approval',
  revoke: 'what was approved was taken back',
  purge: 'a sealed original was made unreadable: its header was deleted',
  pin: 'an original was exempted from retention, or no longer is',
  config: 'the configuration was changed',
  emergency: 'the emergency state was changed',
  alarm: 'something that a person must look at',
  checkpoint: 'the head of this chain was signed',
  'sign-in': 'a person signed in, or went a step on the way to it',
  'sign-in-refused': 'a sign-in was refused',
  'sign-out': 'a session was ended by its owner',
  person: 'a person, a membership, a mailbox or a delegation was changed',
  factor: 'a password, a second factor or a certificate was set or taken away',
  personnel: 'a personnel change or a reorganisation was planned, took effect or was withdrawn',
  view: 'a person opened a mail for the first time, or again after marking it as unread',
  care: 'somebody took care of a mail of a shared mailbox, gave it back or was done with it',
  share: 'a recipient shared a mail with a department, or no longer does',
  unseal: 'something sealed was opened by the vault, for the purpose it names',
  refuse: 'the vault did not give an original, or no grant for one',
  agree: 'the vault asked an approver to agree to a release, or the approver has agreed before it',
  enrol: 'who may agree was proposed, let in or taken away at the vault',
  shelf: 'a rebuilt file that somebody asked for was put by, sealed',
  glass: 'break-glass: asked, agreed to, refused or ended, and each reading by it',
  verify: 'a person had the chains verified; whether they were whole',
  handover: 'audit records were exported or handed over to a collector',
  inspect: 'a self-inspection was made, or the clause of a point was set',
  attest: 'a person attested a point of the self-inspection',
  token: 'a token of the HTTP API was made, revoked, or used (twice an hour at most)',
  retain: 'records past their time to keep were deleted',
} as const satisfies Record<string, string>

export type AuditKind = keyof typeof AUDIT_KINDS

/** A record in the chain. Hashes are lower-case hex. */
export type ChainedRecord = AuditRecord & {
  readonly seq: number
  readonly atMs: number
  readonly prevHash: string
  readonly hash: string
}

/** Where the chain stands: the number and hash of its last record. */
export type ChainHead = { readonly seq: number; readonly hash: string }

/** Before the first record. */
export const CHAIN_START: ChainHead = { seq: 0, hash: '0'.repeat(64) }

export function isAuditKind(kind: string): kind is AuditKind {
  return Object.hasOwn(AUDIT_KINDS, kind)
}

/** The next record of the chain. @throws RangeError for a kind that is not in AUDIT_KINDS. */
export function chainRecord(head: ChainHead, atMs: number, record: AuditRecord): ChainedRecord {
  if (!isAuditKind(record.kind)) throw new RangeError(`unknown audit kind ${record.kind}`)
  const { tenant, kind, actor, subject, detail } = record
  const open = { seq: head.seq + 1, atMs, tenant, kind, actor, subject, detail, prevHash: head.hash }
  return { ...open, hash: hashRecord(open) }
}

/** Detail as JSON with sorted keys: one text for one meaning, whoever wrote it. */
export function canonicalDetail(detail: AuditRecord['detail']): string {
  return JSON.stringify(Object.fromEntries(Object.entries(detail).sort(([a], [b]) => (a < b ? -1 : 1))))
}

export function hashRecord(record: Omit<ChainedRecord, 'hash'>): string {
  const { seq, atMs, tenant, kind, actor, subject, detail, prevHash } = record
  const canonical = JSON.stringify([seq, atMs, tenant, kind, actor, subject, canonicalDetail(detail), prevHash])
  return createHash('sha256').update(canonical).digest('hex')
}

/** One line of `audit export`. */
export function auditLine(record: ChainedRecord): string {
  return `${JSON.stringify(record)}\n`
}

/**
 * Walks a chain from `base` (the head before its first kept record) to its end.
 * With an anchor, the record it names must be there unchanged: so the chain was not cut before it.
 */
export function verifyChain(base: ChainHead, records: Iterable<ChainedRecord>, anchor?: AuditCheckpoint): AuditVerdict {
  if (anchor && !checkCheckpoint(anchor)) return { ok: false, seq: anchor.seq, problem: 'the checkpoint is not signed by its key' }
  const verdict = walkChain(base, records, anchor)
  return verdict.ok ? endProblem(verdict, anchor) : verdict
}

/** A piece of the chain, which need not reach the anchor. */
export function walkChain(base: ChainHead, records: Iterable<ChainedRecord>, anchor: AuditCheckpoint | undefined): AuditVerdict {
  let head = base
  let count = 0
  for (const record of records) {
    const problem = problemOf(head, record) ?? anchorProblem(anchor, record)
    if (problem) return { ok: false, seq: record.seq, problem }
    head = record
    count++
  }
  return { ok: true, records: count, headSeq: head.seq, headHash: head.hash }
}

/** Of a chain that was walked to its end. */
export function endProblem(walked: Extract<AuditVerdict, { ok: true }>, anchor: AuditCheckpoint | undefined): AuditVerdict {
  if (!anchor || walked.headSeq >= anchor.seq) return walked
  return { ok: false, seq: walked.headSeq, problem: `cut: the checkpoint names record ${anchor.seq}` }
}

function problemOf(head: ChainHead, record: ChainedRecord): string | undefined {
  if (record.seq !== head.seq + 1) return `gap: record ${head.seq + 1} is missing`
  if (record.prevHash !== head.hash) return 'does not follow the record before it'
  return hashRecord(record) === record.hash ? undefined : 'was changed after it was written'
}

function anchorProblem(anchor: AuditCheckpoint | undefined, record: ChainedRecord): string | undefined {
  return anchor?.seq === record.seq && anchor.hash !== record.hash
    ? 'differs from the checkpoint: the chain was rewritten'
    : undefined
}

/** Key pair for checkpoints, as PEM (PKCS #8). */
export function generateCheckpointKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

export function signCheckpoint(head: ChainHead, atMs: number, privateKeyPem: string): AuditCheckpoint {
  const key = createPrivateKey(privateKeyPem)
  const publicKey = publicText(createPublicKey(key))
  const signature = sign(null, checkpointBytes(head, atMs), key).toString('base64')
  return { seq: head.seq, hash: head.hash, atMs, publicKey, signature }
}

/** Whether the checkpoint was signed by the key it names. Whose key that is, the keeper of the checkpoint knows. */
export function checkCheckpoint(checkpoint: AuditCheckpoint): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(checkpoint.publicKey, 'base64'), format: 'der', type: 'spki' })
    return verify(null, checkpointBytes(checkpoint, checkpoint.atMs), key, Buffer.from(checkpoint.signature, 'base64'))
  } catch {
    return false
  }
}

function checkpointBytes(head: ChainHead, atMs: number): Uint8Array {
  return Buffer.from(JSON.stringify(['sekisho audit checkpoint', head.seq, head.hash, atMs]))
}

/** As it stands in checkpoints. */
export function publicKeyOf(privateKeyPem: string): string {
  return publicText(createPublicKey(privateKeyPem))
}

function publicText(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}
