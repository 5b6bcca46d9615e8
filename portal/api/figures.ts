/** Statistics and monthly reports, as the pages of administrators show them. */
import { list, object, oneOf, ref, text, time } from '../../rest/openapi.ts'
import { Problem } from '../../rest/problem.ts'
import { percentileMs, slotAfter, slotOf, type Top } from '../../store/statistics.ts'
import { DIMENSIONS, type Dimension, type Flow, flowOf, monthOfField, slotName, type Stretch, topOf } from '../admin/figures.ts'
import { MONTH_DIMENSIONS, monthOf } from '../admin/month.ts'
import type { TokenVisit } from '../http/route.ts'
import { type ApiOperation, type ApiRooms, choiceOf, iso, json, momentOf, numberOf, operation, query } from './operation.ts'
import { jsonOf, orNull } from './schemas.ts'

const GRAINS = ['day', 'month'] as const
const USUAL_SLOTS = { day: 30, month: 12 }
const TOP_LIMIT = { usual: 50, most: 1_000 }
const STRETCH = [query('grain', oneOf(GRAINS)), query('since', time('From this day on; 30 days or 12 months by default.')), query('until', time('To this day.'))]
const SHARES = [0.5, 0.95, 0.99] as const
const MILLISECONDS = orNull({ type: 'integer', description: 'From acceptance to delivery, rounded up to the end of a class.' })

export function figureOperations(rooms: ApiRooms): ApiOperation[] {
  return [
    operation({ path: '/statistics/flow', operationId: 'getFlow', scope: 'reports', summary: 'Messages in and out by day or month', parameters: STRETCH, answer: jsonOf(object({ grain: oneOf(GRAINS), slots: list(ref('Slot')) })) }, async visit => {
      const stretch = stretchOf(visit)
      return json({ grain: stretch.grain, slots: slotsOf(await flowOf(rooms, stretch), stretch) })
    }),
    operation(
      { path: '/statistics/top', operationId: 'getTop', scope: 'reports', summary: 'What messages were made of', parameters: [query('by', oneOf(DIMENSIONS)), ...STRETCH, query('limit', { type: 'integer', minimum: 1, maximum: TOP_LIMIT.most })], answer: jsonOf(ref('Top')) },
      async visit => {
        const by = choiceOf(visit, 'by', DIMENSIONS) ?? 'verdict'
        return json(topAs(by, await topOf(rooms, stretchOf(visit), by, numberOf(visit, 'limit', TOP_LIMIT))))
      },
    ),
    operation(
      {
        path: '/reports/{month}',
        operationId: 'getMonth',
        scope: 'reports',
        summary: 'The report of one month, like 2026-11',
        answer: jsonOf(object({ month: text(), days: list(ref('Slot')), tops: list(ref('Top')), deliveryMs: object(Object.fromEntries(SHARES.map(share => [`p${share * 100}`, MILLISECONDS]))), emergencies: list(ref('Step')), heads: list(ref('ChainHead')) })),
      },
      async visit => {
        const fromMs = monthOfField(visit.params['month']!)
        if (fromMs === undefined) throw new Problem('not-found')
        return json(await monthAs(rooms, visit.token.tenant, fromMs))
      },
    ),
  ]
}

async function monthAs(rooms: ApiRooms, tenant: string, fromMs: number) {
  const { stretch, flow, delays, heads, emergencies, tops } = await monthOf(rooms, tenant, fromMs)
  const classes = new Map(delays.map(({ key, count }) => [Number(key), count]))
  const finite = (ms: number | undefined) => (ms === undefined || !Number.isFinite(ms) ? null : ms)
  return {
    month: slotName(fromMs, 'month'),
    days: slotsOf(flow, stretch),
    tops: MONTH_DIMENSIONS.map((dimension, index) => topAs(dimension, tops[index]!)),
    deliveryMs: Object.fromEntries(SHARES.map(share => [`p${share * 100}`, finite(percentileMs(classes, share))])),
    emergencies: emergencies.toReversed().map(({ atMs, kind, actor, detail }) => ({ at: iso(atMs), kind, actor, detail })),
    heads: heads.map(headAs),
  }
}

export function headAs({ name, head }: { readonly name: string; readonly head: { readonly seq: number; readonly atMs: number; readonly hash: string } | undefined }) {
  return { chain: name, seq: head?.seq ?? null, at: head ? iso(head.atMs) : null, hash: head?.hash ?? null }
}

/** @throws Problem */
function stretchOf(visit: TokenVisit): Stretch {
  const grain = choiceOf(visit, 'grain', GRAINS) ?? 'day'
  const untilMs = slotAfter(slotOf(momentOf(visit, 'until') ?? visit.nowMs, grain), grain, 1)
  const fromMs = slotOf(momentOf(visit, 'since') ?? slotAfter(untilMs, grain, -USUAL_SLOTS[grain]), grain)
  if (fromMs >= untilMs) throw new Problem('bad-request', 'since must be before until')
  return { tenant: visit.token.tenant, grain, fromMs, untilMs }
}

function slotsOf(flow: readonly Flow[], { grain }: Stretch) {
  return flow.map(({ slotMs, ...counts }) => ({ slot: slotName(slotMs, grain), ...counts }))
}

function topAs(by: Dimension, { rows, count, bytes, keys }: Top) {
  return { by, keys, count, bytes, rows: rows.map(row => ({ key: row.key, count: row.count, bytes: row.bytes })) }
}
