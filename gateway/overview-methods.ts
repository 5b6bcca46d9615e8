/**
 * What administrators and auditors look at, over the control socket: tallies, pages of the chain, policies in force.
 * Questions are checked here; the reader thread answers them (store/sqlite/overview.ts).
 */
import { asParams, auditQuestionParam, BadRequest, choiceParam, countParam, optionalCountParam, type Params, textParam } from '../rpc/params.ts'
import type { Policy } from '../core/policy/model.ts'
import type { AuditPage, AuditQuestion } from '../store/audit-page.ts'
import type { ExpiryDay, StoredPage, StoreOverview } from '../store/overview.ts'
import { GRAINS, MEASURES, type SeriesQuestion, type Tally, type Top, type TopQuestion } from '../store/statistics.ts'

export type PolicyScope = { readonly tenant: string; readonly group: string; readonly policy: Policy }

/** What of the gateway's configuration the self-inspection looks at; no secrets. */
export type GatewayFacts = {
  readonly routes: readonly { readonly name: string; readonly direction: string; readonly hops: readonly string[] }[]
  readonly retention: { readonly originalDays: number; readonly textDays: number; readonly logDays: number; readonly auditYears: number; readonly logFileDays: number }
  readonly sealingKeys: Readonly<Record<string, number>>
  readonly antivirus: boolean
  readonly wall: string
  readonly syslog: string
  readonly contacts: readonly { readonly name: string; readonly from: string; readonly hasPath: boolean; /** Last day; '' for good. */ readonly until: string; readonly isOver: boolean }[]
}

export type OverviewMethods = {
  'overview.series': { params: { question: SeriesQuestion }; result: readonly Tally[] }
  'overview.top': { params: { question: TopQuestion }; result: Top }
  'overview.expiries': { params: { tenant: string; fromMs: number; days: number }; result: readonly ExpiryDay[] }
  'overview.audit': { params: { question: AuditQuestion }; result: AuditPage }
  'overview.stored': { params: { tenant: string; sinceMs: number; before?: number; limit: number }; result: StoredPage }
  'policy.scopes': { params: Record<string, never>; result: readonly PolicyScope[] }
  'inspection.facts': { params: Record<string, never>; result: GatewayFacts }
}

type Room = { readonly store: StoreOverview; readonly scopes: () => readonly PolicyScope[]; readonly facts: () => GatewayFacts }
type Methods = { readonly [M in keyof OverviewMethods]: (room: Room, params: Params) => Promise<OverviewMethods[M]['result']> }

const LONGEST_PAGE = 500
const LONGEST_TOP = 1_000
const MOST_DAYS = 400

export const OVERVIEW_METHODS: Methods = {
  'overview.series': ({ store }, params) => store.series(seriesParam(asParams(params['question']))),
  'overview.top': ({ store }, params) => {
    const question = asParams(params['question'])
    return store.top({ ...seriesParam(question), limit: Math.min(countParam(question, 'limit'), LONGEST_TOP) })
  },
  'overview.expiries': ({ store }, params) =>
    store.expiries(textParam(params, 'tenant'), countParam(params, 'fromMs'), Math.min(countParam(params, 'days'), MOST_DAYS)),
  'overview.audit': ({ store }, params) => store.auditRecords(auditQuestionParam(asParams(params['question']))),
  'overview.stored': ({ store }, params) => {
    const before = optionalCountParam(params, 'before')
    const limit = Math.min(Math.max(1, countParam(params, 'limit')), LONGEST_PAGE)
    return store.storedMessages({ tenant: textParam(params, 'tenant'), sinceMs: countParam(params, 'sinceMs'), limit, ...(before === undefined ? {} : { before }) })
  },
  'policy.scopes': async ({ scopes }) => scopes(),
  'inspection.facts': async ({ facts }) => facts(),
}

function seriesParam(question: Params): SeriesQuestion {
  const [fromMs, untilMs] = [countParam(question, 'fromMs'), countParam(question, 'untilMs')]
  if (untilMs < fromMs) throw new BadRequest('untilMs must not be before fromMs')
  return { tenant: textParam(question, 'tenant'), measure: choiceParam(question, 'measure', MEASURES), grain: choiceParam(question, 'grain', GRAINS), fromMs, untilMs }
}
