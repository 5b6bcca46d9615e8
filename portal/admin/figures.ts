/** Figures of a stretch of time, made of tallies: what comes and goes by slot, and what it is made of. */
import type { Language } from '../http/route.ts'
import { type Grain, type Measure, slotAfter, slotOf, type Tally, type Top } from '../../store/statistics.ts'
import { REASONS, type ReasonKey } from '../../core/text/reasons.ts'
import { adminTexts } from '../texts/admin.ts'
import { fileTypeText } from '../texts/file-types.ts'
import { reportTexts } from '../texts/reports.ts'
import type { AdminHouse } from './house.ts'

export type Stretch = { readonly tenant: string; readonly grain: Exclude<Grain, 'hour'>; readonly fromMs: number; /** Not included. */ readonly untilMs: number }

export const DIMENSIONS = ['verdict', 'reason', 'type', 'sender', 'department', 'mailbox', 'outcome'] as const
export type Dimension = (typeof DIMENSIONS)[number]

export type Flow = { readonly slotMs: number; readonly incoming: number; readonly bytes: number; readonly outgoing: number; readonly failed: number }

const MOST_SLOTS = 400
const MOST_MAILBOXES = 1_000

/** One line per slot, empty ones too. */
export async function flowOf({ operations }: { readonly operations: Pick<AdminHouse['operations'], 'series'> }, stretch: Stretch): Promise<readonly Flow[]> {
  const ask = (measure: Measure) => operations.series({ ...stretch, measure })
  const [incoming, outgoing, failed] = await Promise.all([ask('in'), ask('out'), ask('failed')])
  const at = (tallies: readonly Tally[], slotMs: number) => tallies.find(tally => tally.slotMs === slotMs)
  const slots: number[] = []
  for (let slotMs = slotOf(stretch.fromMs, stretch.grain); slotMs < stretch.untilMs && slots.length < MOST_SLOTS; slotMs = slotAfter(slotMs, stretch.grain, 1)) slots.push(slotMs)
  return slots.map(slotMs => {
    const came = at(incoming, slotMs)
    return { slotMs, incoming: came?.count ?? 0, bytes: came?.bytes ?? 0, outgoing: at(outgoing, slotMs)?.count ?? 0, failed: at(failed, slotMs)?.count ?? 0 }
  })
}

/** Departments are made of their mailboxes as memberships are today. */
export async function topOf(house: Pick<AdminHouse, 'departmentOf'> & { readonly operations: Pick<AdminHouse['operations'], 'top'> }, stretch: Stretch, dimension: Dimension, limit: number): Promise<Top> {
  if (dimension !== 'department') return house.operations.top({ ...stretch, measure: dimension, limit })
  const top = await house.operations.top({ ...stretch, measure: 'mailbox', limit: MOST_MAILBOXES })
  const departmentOf = house.departmentOf(stretch.tenant)
  const sums = new Map<string, { key: string; count: number; bytes: number }>()
  for (const { key, count, bytes } of top.rows) {
    const department = departmentOf.get(key) ?? ''
    const sum = sums.get(department) ?? { key: department, count: 0, bytes: 0 }
    sums.set(department, { key: department, count: sum.count + count, bytes: sum.bytes + bytes })
  }
  const rows = [...sums.values()].sort((a, b) => b.count - a.count)
  return { rows: rows.slice(0, limit), count: top.count, bytes: top.bytes, keys: rows.length }
}

/** What a key of that dimension is called. */
export function keyText(key: string, dimension: Dimension, language: Language): string {
  const [words, texts] = [adminTexts(language), reportTexts(language)]
  if (key === '*') return words.other
  if (dimension === 'department' && key === '') return texts.noDepartment
  if (key === '') return texts.unknown
  if (dimension === 'verdict') return words.mailStates[key] ?? key
  if (dimension === 'type') return `${fileTypeText(key, language)} (${key})`
  if (dimension === 'reason') return Object.hasOwn(REASONS, key) ? REASONS[key as ReasonKey].why[language] : key
  return dimension === 'outcome' ? (words.outcomes[key] ?? key) : key
}

const JST_OFFSET_MS = 9 * 3_600_000

/** `2026-11-26`, or `2026-11` for a month; for fields and CSV. */
export function slotName(slotMs: number, grain: Grain): string {
  return new Date(slotMs + JST_OFFSET_MS).toISOString().slice(0, grain === 'month' ? 7 : 10)
}

/** The first moment of a month that was typed; undefined when it is none. */
export function monthOfField(text: string): number | undefined {
  const atMs = /^\d{4}-(?:0[1-9]|1[0-2])$/.test(text) ? Date.parse(`${text}-01T00:00:00+09:00`) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}
