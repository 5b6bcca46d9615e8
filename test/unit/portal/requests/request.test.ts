/** The state machine of requests: what no order of events, however odd, can bring about. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Acting, type PersonRef, replay, type RequestEvent, type RequestState, step } from '../../../../portal/requests/request.ts'

const people: readonly PersonRef[] = [1, 2, 3, 4, 5].map(personId => ({ personId, login: `p${personId}`, name: `職員${personId}` }))
const anybody = fc.constantFrom(...people)
const acting: fc.Arbitrary<Acting> = fc.record({ by: anybody, inPlaceOf: anybody }, { requiredKeys: ['by'] })
const at = { atMs: fc.nat(200) }
const part = fc.nat(2)
const soon = { atMs: fc.nat(60) }

const event: fc.Arbitrary<RequestEvent> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('filed'), ...at, by: anybody, parts: fc.nat(3), steps: fc.nat(3), level: fc.nat(2), dueAtMs: fc.nat(200) }) },
  {
    weight: 8,
    arbitrary: fc.tuple(acting, fc.nat(200), fc.integer({ min: 40, max: 200 }), fc.boolean()).map(([who, atMs, later, done]): RequestEvent => ({ kind: 'approved', atMs, ...who, next: done ? { kind: 'done', untilMs: later } : { kind: 'step', fromLevel: 0, level: 1, dueAtMs: later } })),
  },
  { weight: 1, arbitrary: fc.tuple(acting, fc.nat(200), fc.constantFrom('', 'x')).map(([who, atMs, why]): RequestEvent => ({ kind: 'refused', atMs, ...who, why })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('escalated'), ...at, level: fc.nat(4), dueAtMs: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('lapsed', 'expired'), ...at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdrawn'), ...at, by: anybody }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('passed-on'), ...at, to: anybody, why: fc.constant('異動') }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('granted'), ...soon, by: fc.oneof(anybody, fc.constant(people[0]!)), part, way: fc.constantFrom('file', 'zip', 'mailbox'), untilMs: fc.integer({ min: 30, max: 250 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('broken'), ...at, part, why: fc.constant('') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('taken'), ...at, part }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoked'), ...at, actor: fc.constant('user:x'), why: fc.constant('x') }) },
) as fc.Arbitrary<RequestEvent>

/** What remains of any events when the impossible ones fall off, with the state after each. */
function history(events: readonly RequestEvent[]): { readonly event: RequestEvent; readonly state: RequestState }[] {
  const done: { event: RequestEvent; state: RequestState }[] = []
  for (const each of events) {
    const next = step(done.at(-1)?.state, each)
    if (next.kind === 'stepped') done.push({ event: each, state: next.state })
  }
  return done
}

// Mostly requests that get somewhere: chance alone would refuse nearly everything.
const filed: RequestEvent = { kind: 'filed', atMs: 0, by: people[0]!, parts: 2, steps: 1, level: 0, dueAtMs: 150 }
const events = fc.tuple(fc.constantFrom(1, 2, 3), fc.array(event, { maxLength: 40, size: 'max' })).map(([steps, rest]) => [{ ...filed, steps }, ...rest])

function always(holds: (done: ReturnType<typeof history>) => void): void {
  fc.assert(
    fc.property(events, all => void holds(history(all))),
    { numRuns: 2_000 },
  )
}

const idsOf = ({ by, inPlaceOf }: Acting) => [by.personId, ...(inPlaceOf ? [inPlaceOf.personId] : [])]

describe('whatever happens, in whatever order', () => {
  test('nothing is granted without as many independent approvals as were asked for', () =>
    always(done => {
      const first = done.findIndex(each => each.event.kind === 'granted')
      if (first < 0) return
      const before = done.slice(0, first).map(each => each.event)
      const approvals = before.filter(each => each.kind === 'approved').map(idsOf)
      expect(approvals.length).toBeGreaterThanOrEqual(done[0]!.state.steps)
      expect(new Set(approvals.flat()).size, 'nobody twice, in no role').toBe(approvals.flatMap(ids => [...new Set(ids)]).length)
    }))

  test('nobody decides about what was theirs, nor does anybody in their place', () =>
    always(done => {
      for (const [index, { event: each }] of done.entries()) {
        if (each.kind !== 'approved' && each.kind !== 'refused') continue
        for (const id of idsOf(each)) expect(done[index - 1]!.state.requesters).not.toContain(id)
      }
      const { state } = done.at(-1)!
      for (const id of state.approvals.flatMap(idsOf)) expect(state.requesters).not.toContain(id)
    }))

  test('time approves nothing: only an approval does', () =>
    always(done => {
      for (const [index, { event: each, state }] of done.entries()) {
        const before = done[index - 1]?.state.stage.kind
        if (state.stage.kind === 'approved' && before !== 'approved') expect(each.kind).toBe('approved')
        if (each.kind === 'approved') expect(each.atMs, 'nor after its time').toBeLessThan((done[index - 1]!.state.stage as { dueAtMs: number }).dueAtMs)
      }
    }))

  test('a part is given out once: after it was taken, never again', () =>
    always(done => {
      for (const number of [0, 1, 2, 3]) {
        const of = done.filter(({ event: each }) => 'part' in each && each.part === number).map(({ event: each }) => each.kind)
        expect(of.filter(kind => kind === 'taken').length).toBeLessThanOrEqual(1)
        if (of.includes('taken')) expect(of.indexOf('taken')).toBe(of.length - 1)
        // Between two grants the way must have broken off.
        for (let index = 1; index < of.length; index++) if (of[index] === 'granted') expect(of[index - 1]).toBe('broken')
      }
    }))

  test('a part that broke off is given out only in the minutes of its first grant', () =>
    always(done => {
      const first = new Map<number, number>()
      for (const { event: each } of done) {
        if (each.kind !== 'granted') continue
        const untilMs = first.get(each.part) ?? each.untilMs
        first.set(each.part, untilMs)
        expect(each.atMs).toBeLessThan(untilMs)
      }
    }))

  test('only the requester of the moment takes anything, while the approval lasts', () =>
    always(done => {
      for (const [index, { event: each }] of done.entries()) {
        if (each.kind !== 'granted') continue
        const before = done[index - 1]!.state
        expect(each.by.personId).toBe(before.requester.personId)
        expect(before.stage.kind === 'approved' && each.atMs < before.stage.untilMs).toBe(true)
      }
    }))

  test('what is closed stays closed', () =>
    always(done => {
      const end = done.findIndex(each => each.state.stage.kind === 'closed')
      if (end < 0) return
      for (const { event: each, state } of done.slice(end + 1)) {
        expect(state.stage).toEqual(done[end]!.state.stage)
        expect(['taken', 'broken']).toContain(each.kind)
      }
    }))

  test('the events alone give the same state again', () => always(done => expect(replay(done.map(each => each.event))).toEqual(done.at(-1)!.state)))

  test('the odd events do get somewhere, or all of this would say nothing', () => {
    const reached = new Set<string>()
    for (const all of fc.sample(events, { numRuns: 3_000, seed: 4 })) for (const { event: each, state } of history(all)) reached.add(`${each.kind} ▸ ${state.stage.kind}${state.stage.kind === 'closed' ? ` ${state.stage.why}` : ''}`)
    for (const want of ['approved ▸ approved', 'approved ▸ waiting', 'granted ▸ approved', 'taken ▸ closed taken', 'broken ▸ approved', 'escalated ▸ waiting', 'lapsed ▸ closed lapsed', 'expired ▸ closed expired', 'passed-on ▸ approved', 'taken ▸ closed revoked']) expect(reached).toContain(want)
  })
})

const [tanaka, kacho, bucho, dairi] = people as [PersonRef, PersonRef, PersonRef, PersonRef, PersonRef]
const done = (untilMs = 1_000) => ({ kind: 'done', untilMs }) as const
const more = { kind: 'step', fromLevel: 1, level: 1, dueAtMs: 150 } as const

describe('one step after another', () => {
  test.for<{ name: string; steps?: number; events: RequestEvent[]; want: string }>([
    { name: 'an approval is enough where one is asked for', events: [{ kind: 'approved', atMs: 1, by: kacho, next: done() }], want: 'approved' },
    { name: 'one of two is not enough', steps: 2, events: [{ kind: 'approved', atMs: 1, by: kacho, next: more }], want: 'waiting' },
    { name: 'nor said to be', steps: 2, events: [{ kind: 'approved', atMs: 1, by: kacho, next: done() }], want: 'order' },
    { name: 'two of the same do not count', steps: 2, events: [{ kind: 'approved', atMs: 1, by: kacho, next: more }, { kind: 'approved', atMs: 2, by: kacho, next: done() }], want: 'again' },
    { name: 'nor the deputy of the first', steps: 2, events: [{ kind: 'approved', atMs: 1, by: kacho, next: more }, { kind: 'approved', atMs: 2, by: dairi, inPlaceOf: kacho, next: done() }], want: 'again' },
    { name: 'two different ones do', steps: 2, events: [{ kind: 'approved', atMs: 1, by: kacho, next: more }, { kind: 'approved', atMs: 2, by: dairi, inPlaceOf: bucho, next: done() }], want: 'approved' },
    { name: 'nobody approves for themselves', events: [{ kind: 'approved', atMs: 1, by: tanaka, next: done() }], want: 'oneself' },
    { name: 'nor in the place of somebody', events: [{ kind: 'approved', atMs: 1, by: tanaka, inPlaceOf: kacho, next: done() }], want: 'oneself' },
    { name: 'nor is it done in their place', events: [{ kind: 'approved', atMs: 1, by: dairi, inPlaceOf: tanaka, next: done() }], want: 'oneself' },
    { name: 'an approval that comes late is none', events: [{ kind: 'approved', atMs: 150, by: kacho, next: done() }], want: 'late' },
    { name: 'a refusal needs its reason', events: [{ kind: 'refused', atMs: 1, by: kacho, why: ' ' }], want: 'no-reason' },
    { name: 'a refusal is the end', events: [{ kind: 'refused', atMs: 1, by: kacho, why: '不要' }, { kind: 'approved', atMs: 2, by: bucho, next: done() }], want: 'order' },
    { name: 'only the requester withdraws', events: [{ kind: 'withdrawn', atMs: 1, by: kacho }], want: 'not-yours' },
    { name: 'nothing lapses before its time', events: [{ kind: 'lapsed', atMs: 149 }], want: 'early' },
    { name: 'it does not go to a successor who has approved it', steps: 2, events: [{ kind: 'approved', atMs: 1, by: kacho, next: more }, { kind: 'passed-on', atMs: 2, to: kacho, why: '異動' }], want: 'oneself' },
    { name: 'whoever once asked does not approve it later', events: [{ kind: 'passed-on', atMs: 2, to: dairi, why: '異動' }, { kind: 'approved', atMs: 3, by: tanaka, next: done() }], want: 'oneself' },
  ])('$name', ({ steps = 1, events: rest, want }) => {
    let state: RequestState | undefined
    let last = ''
    for (const each of [{ ...filed, steps } as RequestEvent, ...rest]) {
      const next = step(state, each)
      last = next.kind === 'impossible' ? next.why : next.state.stage.kind
      if (next.kind === 'stepped') state = next.state
    }
    expect(last).toBe(want)
  })

  test('a broken history gives nothing', () => expect(() => replay([filed, { kind: 'granted', atMs: 1, by: tanaka, part: 0, way: 'file', untilMs: 9 }])).toThrow(/broken/))
})
