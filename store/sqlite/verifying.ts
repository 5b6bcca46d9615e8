/**
 * Verifying a chain in slices: whoever answers other questions, too, does so between two of them. A chain of millions of
 * records takes a minute; a slice takes milliseconds.
 *
 *   signed base ▸ slice ▸ slice ▸ … ▸ end (not before the anchor)
 *
 * Meanwhile records are added, which the walk reaches in the end, and retention may cut the front. Where it cuts beyond what
 * was walked, the walk begins again at the new base, which is signed as the first one was.
 */
import type { DatabaseSync } from 'node:sqlite'
import { type ChainHead, checkCheckpoint, endProblem, walkChain } from '../audit.ts'
import type { AuditCheckpoint, AuditVerdict } from '../contract.ts'
import { readBase, readChain, readSignedBase } from './chain.ts'

export type VerifyRules = {
  /** Of this chain's checkpoints. */
  readonly publicKey: string
  /** Retention may have cut what was made before, nothing else. */
  readonly cutoffMs: number
  readonly anchor: AuditCheckpoint | undefined
}

/** How far the walk came. */
export type Walked = { readonly head: ChainHead; readonly records: number }
export type Slice = { readonly kind: 'more'; readonly walked: Walked } | { readonly kind: 'done'; readonly verdict: AuditVerdict }

const SLICE = 2_000

export function verifySlice(database: DatabaseSync, rules: VerifyRules, walked?: Walked): Slice {
  const signedBase = readSignedBase(database)
  const isStart = walked === undefined || (signedBase !== undefined && signedBase.seq > walked.head.seq)
  const problem = isStart ? startProblem(signedBase, rules) : undefined
  if (problem) return done({ ok: false, ...problem })
  const from = isStart ? { head: readBase(database), records: 0 } : walked
  const verdict = walkChain(from.head, readChain(database, from.head.seq + 1, SLICE), rules.anchor)
  if (!verdict.ok) return done(verdict)
  const records = from.records + verdict.records
  if (verdict.records === SLICE) return { kind: 'more', walked: { head: { seq: verdict.headSeq, hash: verdict.headHash }, records } }
  return done(endProblem({ ...verdict, records }, rules.anchor))
}

function done(verdict: AuditVerdict): Slice {
  return { kind: 'done', verdict }
}

type Problem = { readonly seq: number; readonly problem: string }

function startProblem(base: AuditCheckpoint | undefined, { publicKey, cutoffMs, anchor }: VerifyRules): Problem | undefined {
  if (anchor && !checkCheckpoint(anchor)) return { seq: anchor.seq, problem: 'the checkpoint is not signed by its key' }
  if (!base) return undefined
  const { seq } = base
  if (base.publicKey !== publicKey || !checkCheckpoint(base)) return { seq, problem: 'the base of the chain is not signed by this store' }
  if (base.atMs >= cutoffMs) return { seq, problem: 'cut: records were removed before their time' }
  return anchor && anchor.seq <= seq && anchor.atMs >= cutoffMs ? { seq, problem: 'cut: the checkpoint names a removed record' } : undefined
}
