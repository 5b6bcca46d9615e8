/**
 * An export of audit records as a file that proves itself: JSON Lines, and behind them a seal.
 *
 *   record (one tenant's, or those of a search)      its hash is made anew from what it says
 *   …
 *   { seal, checkpoint }     a record of the portal's chain with the digest of all lines before it, signed
 *
 * What a chain shows by its links (an edit, a cut, a gap) the seal shows where records of others were left out: the lines are
 * those that were handed over, and `from` and `through` say which stretch of the chain was searched for them. Whose key signed
 * it, the keeper of a checkpoint knows. A whole chain needs no seal: it is verified by its links.
 */
import { createHash } from 'node:crypto'
import { checkCheckpoint, type ChainedRecord, hashRecord } from './audit.ts'
import type { AuditCheckpoint, AuditRecord } from './contract.ts'

export type AuditSeal = { readonly seal: ChainedRecord; readonly checkpoint: AuditCheckpoint }
export type Sealing = (record: AuditRecord) => AuditSeal

export type FileVerdict =
  | { readonly ok: true; readonly records: number; readonly firstSeq: number; readonly lastSeq: number; /** Undefined: proven by the links of a whole chain. */ readonly seal: AuditSeal | undefined }
  | { readonly ok: false; readonly line: number; readonly problem: string }

/** What was asked for, as the seal says it. */
export type Export = { readonly tenant: string; readonly actor: string; readonly detail: Readonly<Record<string, string | number>> }

/** The wanted records of a chain that comes from `detail.from` on, and the seal. */
export async function* sealedExport(records: AsyncIterable<ChainedRecord>, wanted: { readonly isWanted: (record: ChainedRecord) => boolean; readonly limit: number }, about: Export, sealing: Sealing): AsyncGenerator<ChainedRecord | AuditSeal> {
  const digest = createHash('sha256')
  let [count, through] = [0, 0]
  for await (const record of records) {
    through = record.seq
    if (!wanted.isWanted(record)) continue
    digest.update(lineOf(record))
    yield record
    if (++count === wanted.limit) break
  }
  const { tenant, actor, detail } = about
  yield sealing({ tenant, kind: 'handover', actor, subject: 'audit', detail: { ...detail, records: count, through, sha256: digest.digest('hex') } })
}

export function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`
}

/** `anchor`: a checkpoint that was kept elsewhere. Its key must have signed the seal; without a seal, the record that it names must be there. */
export async function verifyAuditFile(lines: AsyncIterable<string>, anchor: AuditCheckpoint | undefined): Promise<FileVerdict> {
  if (anchor && !checkCheckpoint(anchor)) return { ok: false, line: 0, problem: 'the checkpoint is not signed by its key' }
  const walked = new Walk(anchor)
  for await (const line of lines) {
    const problem = walked.take(line)
    if (problem !== undefined) return { ok: false, line: walked.line, problem }
  }
  return walked.end()
}

class Walk {
  line = 0
  readonly #anchor: AuditCheckpoint | undefined
  readonly #digest = createHash('sha256')
  readonly #tenants = new Set<string>()
  #records = 0
  #firstSeq = 0
  #last: ChainedRecord | undefined
  #hasGap = false
  #seal: AuditSeal | undefined
  #metAnchor = false

  constructor(anchor: AuditCheckpoint | undefined) {
    this.#anchor = anchor
  }

  take(line: string): string | undefined {
    this.line++
    if (this.#seal) return 'something follows the seal'
    const value = parse(line)
    if (!value) return 'is no record'
    if ('seal' in value) {
      this.#seal = value
      return undefined
    }
    const problem = this.#problemOf(value)
    if (problem !== undefined) return problem
    this.#digest.update(`${line}\n`)
    this.#tenants.add(value.tenant)
    if (this.#records++ === 0) this.#firstSeq = value.seq
    this.#last = value
    return undefined
  }

  end(): FileVerdict {
    const problem = this.#seal ? this.#sealProblem(this.#seal) : this.#chainProblem()
    if (problem !== undefined) return { ok: false, line: this.line, problem }
    return { ok: true, records: this.#records, firstSeq: this.#firstSeq, lastSeq: this.#last?.seq ?? 0, seal: this.#seal }
  }

  #problemOf(record: ChainedRecord): string | undefined {
    if (hashRecord(record) !== record.hash) return 'was changed after it was written'
    this.#metAnchor ||= this.#anchor?.seq === record.seq && this.#anchor.hash === record.hash
    const before = this.#last
    if (!before) return undefined
    if (record.seq <= before.seq) return 'is out of order'
    if (record.seq > before.seq + 1) this.#hasGap = true
    else if (record.prevHash !== before.hash) return 'does not follow the record before it'
    return undefined
  }

  /** Of a file that only its links can prove. */
  #chainProblem(): string | undefined {
    if (this.#hasGap) return 'records are left out, and no seal says that nothing else is'
    return this.#anchor && !this.#metAnchor ? `record ${this.#anchor.seq}, which the checkpoint names, is not in it as it was` : undefined
  }

  #sealProblem({ seal, checkpoint }: AuditSeal): string | undefined {
    if (!checkCheckpoint(checkpoint) || checkpoint.seq !== seal.seq || checkpoint.hash !== seal.hash || hashRecord(seal) !== seal.hash) return 'the seal is not signed by its key'
    if (this.#anchor && checkpoint.publicKey !== this.#anchor.publicKey) return 'the seal is signed by another key'
    const { sha256, records } = seal.detail
    if (seal.kind !== 'handover' || records !== this.#records || sha256 !== this.#digest.digest('hex')) return 'these are not the lines that were sealed'
    return this.#tenants.size <= 1 || seal.tenant === 'default' ? undefined : 'records of another tenant'
  }
}

function parse(line: string): ChainedRecord | AuditSeal | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (isObject(value) && isObject(value['seal']) && isObject(value['checkpoint'])) return value as unknown as AuditSeal
    return isObject(value) && typeof value['seq'] === 'number' && typeof value['tenant'] === 'string' && isObject(value['detail']) ? (value as unknown as ChainedRecord) : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
