/**
 * A request for originals, as a pure state machine: what happened in, where it stands out.
 *
 *   filed ─▶ waiting ──approved (as often as needed)──▶ approved ──granted ▸ taken, part by part──▶ closed
 *              │ └─escalated (time is over: the next level is asked)          │
 *              └─refused │ withdrawn │ lapsed │ revoked──▶ closed ◀───────────┴─expired │ withdrawn │ revoked
 *
 * Invariants, each with a property test: nobody approves what they ever asked for themselves, in their own name or in
 * another's; one person, and one authority, counts once; time that passes never approves; a part is given out once. The
 * machine knows no clock, no people and no store: who may decide at all is looked up outside (deciders.ts).
 */

export type PersonRef = { readonly personId: number; readonly login: string; readonly name: string }

/** Who acts, and in whose place (代決). */
export type Acting = { readonly by: PersonRef; readonly inPlaceOf?: PersonRef }

/** How an original is taken. */
export const WAYS = ['file', 'zip', 'mailbox'] as const
export type Way = (typeof WAYS)[number]

export type RequestEvent =
  | { readonly kind: 'filed'; readonly atMs: number; readonly by: PersonRef; readonly parts: number; readonly steps: number; readonly level: number; readonly dueAtMs: number }
  | ({ readonly kind: 'approved'; readonly atMs: number; readonly next: NextStep } & Acting)
  | ({ readonly kind: 'refused'; readonly atMs: number; readonly why: string } & Acting)
  | { readonly kind: 'escalated'; readonly atMs: number; readonly level: number; readonly dueAtMs: number }
  | { readonly kind: 'lapsed'; readonly atMs: number }
  | { readonly kind: 'withdrawn'; readonly atMs: number; readonly by: PersonRef }
  | { readonly kind: 'passed-on'; readonly atMs: number; readonly to: PersonRef; readonly why: string; /** What was approved for another person is asked for anew. */ readonly again?: Omit<Extract<Stage, { kind: 'waiting' }>, 'kind'> }
  | { readonly kind: 'granted'; readonly atMs: number; readonly by: PersonRef; readonly part: number; readonly way: Way; readonly untilMs: number }
  | { readonly kind: 'broken'; readonly atMs: number; readonly part: number; readonly why: string }
  | { readonly kind: 'taken'; readonly atMs: number; readonly part: number }
  | { readonly kind: 'expired'; readonly atMs: number }
  | { readonly kind: 'revoked'; readonly atMs: number; readonly actor: string; readonly why: string }

/** After an approval: another one is needed from these levels on, or it was the last. */
export type NextStep =
  | { readonly kind: 'step'; readonly fromLevel: number; readonly level: number; readonly dueAtMs: number }
  | { readonly kind: 'done'; readonly untilMs: number }

export type ClosedWhy = 'refused' | 'lapsed' | 'withdrawn' | 'expired' | 'revoked' | 'taken'
export type Stage =
  /** Asked: the approvers of the levels `fromLevel` to `level`. */
  | { readonly kind: 'waiting'; readonly fromLevel: number; readonly level: number; readonly dueAtMs: number }
  | { readonly kind: 'approved'; readonly untilMs: number }
  | { readonly kind: 'closed'; readonly why: ClosedWhy }

export type PartStage =
  | { readonly kind: 'ready' }
  /** Being given out; `untilMs` is set by the first grant and never moved. */
  | { readonly kind: 'granted'; readonly untilMs: number }
  /** The way to the browser broke off: may be begun again within the same minutes. */
  | { readonly kind: 'broken'; readonly untilMs: number }
  | { readonly kind: 'taken' }

export type RequestState = {
  readonly requester: PersonRef
  /** Everybody who was the requester at any time. */
  readonly requesters: readonly number[]
  readonly steps: number
  readonly approvals: readonly Acting[]
  readonly stage: Stage
  readonly parts: readonly PartStage[]
}

export type Impossible = { readonly kind: 'impossible'; readonly why: 'order' | 'oneself' | 'again' | 'late' | 'early' | 'no-reason' | 'not-yours' | 'no-part' | 'used' }
export type Stepped = { readonly kind: 'stepped'; readonly state: RequestState } | Impossible

/** The state after one more event, or why that cannot be. Without a state only `filed` can. */
export function step(state: RequestState | undefined, event: RequestEvent): Stepped {
  if (event.kind === 'filed') return state === undefined ? filed(event) : impossible('order')
  if (state === undefined) return impossible('order')
  switch (event.kind) {
    case 'approved':
    case 'refused':
      return decided(state, event)
    case 'escalated':
    case 'lapsed':
    case 'expired':
      return timedOut(state, event)
    case 'withdrawn':
    case 'revoked':
      return calledOff(state, event)
    case 'passed-on':
      return passedOn(state, event)
    case 'granted':
    case 'broken':
    case 'taken':
      return givenOut(state, event)
  }
}

/** @throws Error when the events as kept are no history of a request: then nothing may be given out. */
export function replay(events: readonly RequestEvent[]): RequestState {
  let state: RequestState | undefined
  for (const event of events) {
    const next = step(state, event)
    if (next.kind === 'impossible') throw new Error(`the history of a request is broken: ${event.kind} (${next.why})`)
    state = next.state
  }
  if (!state) throw new Error('a request without a history')
  return state
}

/** Whether this person, or the one in whose place they act, can decide here at all. */
export function mayCount(state: RequestState, { by, inPlaceOf }: Acting): 'yes' | 'oneself' | 'again' {
  const acting = [by.personId, ...(inPlaceOf ? [inPlaceOf.personId] : [])]
  if (acting.some(id => state.requesters.includes(id))) return 'oneself'
  const counted = state.approvals.flatMap(each => [each.by.personId, ...(each.inPlaceOf ? [each.inPlaceOf.personId] : [])])
  return acting.some(id => counted.includes(id)) ? 'again' : 'yes'
}

function filed({ by, parts, steps, level, dueAtMs }: Extract<RequestEvent, { kind: 'filed' }>): Stepped {
  if (parts < 1 || steps < 1) return impossible('no-part')
  const stage = { kind: 'waiting', fromLevel: level, level, dueAtMs } as const
  return stepped({ requester: by, requesters: [by.personId], steps, approvals: [], stage, parts: Array.from({ length: parts }, () => ({ kind: 'ready' })) })
}

function decided(state: RequestState, event: Extract<RequestEvent, { kind: 'approved' | 'refused' }>): Stepped {
  if (state.stage.kind !== 'waiting') return impossible('order')
  if (event.atMs >= state.stage.dueAtMs) return impossible('late')
  const counts = mayCount(state, event)
  if (counts !== 'yes') return impossible(counts)
  if (event.kind === 'refused') return event.why.trim() === '' ? impossible('no-reason') : closed(state, 'refused')
  const approvals = [...state.approvals, { by: event.by, ...(event.inPlaceOf ? { inPlaceOf: event.inPlaceOf } : {}) }]
  if ((event.next.kind === 'done') !== approvals.length >= state.steps) return impossible('order')
  const { next } = event
  const stage: Stage = next.kind === 'done' ? { kind: 'approved', untilMs: next.untilMs } : { kind: 'waiting', fromLevel: next.fromLevel, level: next.level, dueAtMs: next.dueAtMs }
  return stepped({ ...state, approvals, stage })
}

/** Time moves a request up or ends it, nothing else. */
function timedOut(state: RequestState, event: Extract<RequestEvent, { kind: 'escalated' | 'lapsed' | 'expired' }>): Stepped {
  const { stage } = state
  if (event.kind === 'expired') {
    if (stage.kind !== 'approved') return impossible('order')
    return event.atMs < stage.untilMs ? impossible('early') : closed(state, 'expired')
  }
  if (stage.kind !== 'waiting') return impossible('order')
  if (event.atMs < stage.dueAtMs) return impossible('early')
  if (event.kind === 'lapsed') return closed(state, 'lapsed')
  if (event.level <= stage.level) return impossible('order')
  return stepped({ ...state, stage: { ...stage, level: event.level, dueAtMs: event.dueAtMs } })
}

function calledOff(state: RequestState, event: Extract<RequestEvent, { kind: 'withdrawn' | 'revoked' }>): Stepped {
  if (state.stage.kind === 'closed') return impossible('order')
  if (event.kind === 'withdrawn' && event.by.personId !== state.requester.personId) return impossible('not-yours')
  return closed(state, event.kind)
}

/** To a successor, who is the requester from here on; not to somebody whose approval stands in it. */
function passedOn(state: RequestState, { to, again }: Extract<RequestEvent, { kind: 'passed-on' }>): Stepped {
  if (state.stage.kind === 'closed' || to.personId === state.requester.personId) return impossible('order')
  if (state.approvals.some(each => each.by.personId === to.personId || each.inPlaceOf?.personId === to.personId)) return impossible('oneself')
  const anew = again && { approvals: [], stage: { kind: 'waiting', ...again } as const }
  return stepped({ ...state, ...anew, requester: to, requesters: [...state.requesters, to.personId] })
}

function givenOut(state: RequestState, event: Extract<RequestEvent, { kind: 'granted' | 'broken' | 'taken' }>): Stepped {
  const part = state.parts[event.part]
  if (!part) return impossible('no-part')
  if (event.kind === 'granted') return granted(state, event, part)
  // The end of what began before the request was closed is still written down.
  if (part.kind !== 'granted') return impossible('order')
  const parts = state.parts.with(event.part, event.kind === 'taken' ? { kind: 'taken' } : { kind: 'broken', untilMs: part.untilMs })
  const isOver = state.stage.kind === 'approved' && parts.every(each => each.kind === 'taken')
  return stepped({ ...state, parts, stage: isOver ? { kind: 'closed', why: 'taken' } : state.stage })
}

function granted(state: RequestState, event: Extract<RequestEvent, { kind: 'granted' }>, part: PartStage): Stepped {
  if (state.stage.kind !== 'approved') return impossible('order')
  if (event.by.personId !== state.requester.personId) return impossible('not-yours')
  if (event.atMs >= state.stage.untilMs || event.atMs >= event.untilMs) return impossible('late')
  if (part.kind === 'granted' || part.kind === 'taken') return impossible('used')
  if (part.kind === 'broken' && event.atMs >= part.untilMs) return impossible('used')
  const untilMs = part.kind === 'broken' ? part.untilMs : event.untilMs
  return stepped({ ...state, parts: state.parts.with(event.part, { kind: 'granted', untilMs }) })
}

function closed(state: RequestState, why: ClosedWhy): Stepped {
  return stepped({ ...state, stage: { kind: 'closed', why } })
}

function stepped(state: RequestState): Stepped {
  return { kind: 'stepped', state }
}

function impossible(why: Impossible['why']): Impossible {
  return { kind: 'impossible', why }
}
