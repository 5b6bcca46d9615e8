/** The facts of a month's report, for the page that is printed and for programs. */
import { slotAfter } from '../../store/statistics.ts'
import type { AuditSource, Operations } from '../ports.ts'
import { type Dimension, flowOf, type Stretch, topOf } from './figures.ts'
import type { AdminHouse } from './house.ts'

export const MONTH_DIMENSIONS = ['verdict', 'reason', 'type', 'sender', 'department'] as const satisfies readonly Dimension[]
const SHOWN = 20
const MOST_EMERGENCIES = 100

type MonthRooms = Pick<AdminHouse, 'departmentOf'> & { readonly operations: Pick<Operations, 'series' | 'top' | 'audit'>; readonly chains: readonly AuditSource[] }

/** `fromMs`: the first moment of the month. */
export async function monthOf(rooms: MonthRooms, tenant: string, fromMs: number) {
  const stretch: Stretch = { tenant, grain: 'day', fromMs, untilMs: slotAfter(fromMs, 'month', 1) }
  const [flow, delays, heads, emergencies, ...tops] = await Promise.all([
    flowOf(rooms, stretch),
    rooms.operations.top({ ...stretch, measure: 'delay', limit: 100 }),
    headsOf(rooms.chains, stretch.untilMs),
    rooms.operations.audit.page({ kinds: ['emergency'], sinceMs: stretch.fromMs, untilMs: stretch.untilMs, limit: MOST_EMERGENCIES }),
    ...MONTH_DIMENSIONS.map(dimension => topOf(rooms, stretch, dimension, SHOWN)),
  ])
  return { stretch, flow, delays: delays.rows, heads, emergencies: emergencies.records, tops }
}

/** The last record of each chain before this moment. */
export function headsOf(chains: readonly AuditSource[], untilMs: number) {
  return Promise.all(chains.map(async chain => ({ name: chain.name, head: (await chain.page({ untilMs, limit: 1 })).records[0] })))
}
