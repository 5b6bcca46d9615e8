/** What became of a file by itself, as the only part of a report: for those who brought it, or asked for it again. */
import { makeHarmlessLine } from '../core/text/harmless.ts'
import { keptForReason, type PartReport } from '../core/verdict.ts'
import type { LooseResult } from './contract.ts'

const UNKNOWN_TYPE = 'application/octet-stream'

export type Measured = { readonly name: string; readonly claimedType: string; readonly bytes: number; readonly sha256: string }

/** Name, size and digest are ours; what the file is and became is the sealed process's word. */
export function loosePart(result: Exclude<LooseResult, { kind: 'busy' }>, { name, claimedType, bytes, sha256 }: Measured): PartReport {
  const judged = result.kind === 'judged' ? judgedReport(result.file) : { detectedType: UNKNOWN_TYPE, ...keptForReason(result.reason) }
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
  const { detectedType, disposition, rule, outcome, reason, deliveredName, besideName, removed, findings, members } = report
  return {
    detectedType,
    disposition,
    rule,
    outcome,
    ...(reason === undefined ? {} : { reason: reason || 'cannot-disarm' }),
    ...(deliveredName === undefined ? {} : { deliveredName }),
    ...(besideName === undefined ? {} : { besideName }),
    ...(rebuilt.kind === 'kept' && rebuilt.object !== undefined ? { object: rebuilt.object } : {}),
    removed,
    findings: findings.map(finding => ({ ...finding, partId: '1' })),
    ...(members.length > 0 ? { members } : {}),
  }
}
