/** Results beside each other in one folder: NAME.sanitized.EXT where something may leave (two where words go with a PDF), and NAME.report.json. */
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PartReport, Report } from '../core/verdict.ts'
import type { Sanitized } from './desk.ts'

/** For a person's table and a program's list. */
export type Written = {
  readonly verdict: Report['verdict']
  readonly type: string
  readonly bytes: number
  /** `passed` whole, `changed`, or `kept` back as a whole with its reason. */
  readonly result: string
  readonly parts: number
  readonly removed: number
  readonly kept: number
  /** Path of what may leave; '' without one. */
  readonly written: string
}

/** Names appear only with their whole content: a reader of the folder never sees half a file. */
export function writeResult(dir: string, name: string, sanitized: Sanitized): Written {
  const { report, file, beside } = sanitized
  removeResults(dir, name)
  const written = file === undefined ? '' : join(dir, `${name}.sanitized.${file.extension}`)
  if (beside !== undefined) writeWhole(dir, join(dir, `${name}.sanitized.${beside.extension}`), beside.bytes)
  if (file !== undefined) writeWhole(dir, written, file.bytes)
  writeWhole(dir, join(dir, `${name}.report.json`), `${JSON.stringify(report, null, 2)}\n`)
  return { ...summaryOf(sanitized), written }
}

/** Of an earlier run: what is there afterwards belongs to this one. */
function removeResults(dir: string, name: string): void {
  const results = readdirSync(dir).filter(entry => entry === `${name}.report.json` || entry.startsWith(`${name}.sanitized.`))
  for (const entry of results) rmSync(join(dir, entry))
}

function writeWhole(dir: string, path: string, content: string | Uint8Array): void {
  const temporary = join(dir, `.sekisho-${process.pid}.tmp`)
  writeFileSync(temporary, content)
  renameSync(temporary, path)
}

export function summaryOf({ report: { verdict, parts }, type, bytes }: Omit<Sanitized, 'file' | 'beside'>): Omit<Written, 'written'> {
  const kept = parts.filter(isKept)
  const removed = parts.reduce((sum, part) => sum + part.removed.reduce((count, line) => count + line.count, 0), 0)
  const whole = parts.length === 1 && kept[0] ? `kept: ${kept[0].reason}` : undefined
  return {
    verdict,
    type,
    bytes,
    result: whole ?? (removed + kept.length > 0 ? 'changed' : 'passed'),
    parts: parts.length,
    removed,
    kept: kept.length,
  }
}

function isKept({ outcome }: PartReport): boolean {
  return outcome === 'quarantined' || outcome === 'pending'
}
