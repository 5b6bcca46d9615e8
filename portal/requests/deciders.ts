/**
 * Who may decide about a request now: the approvers of the levels that are asked, at nights and on holidays the duty group
 * besides; never who ever was the requester, and nobody whose word is counted already. Looked up anew at every question, so
 * a personnel change, an absence or a deputy holds at once.
 */
import type { Approver, Levels } from './directory.ts'
import { type Acting, mayCount, type NextStep, type RequestState } from './request.ts'

export type Asked = { readonly levels: Levels; /** Empty in working hours. */ readonly duty: readonly Approver[] }

/** One entry per person; who may decide in their own name does so. */
export function decidersOf(state: RequestState, { levels, duty }: Asked): Approver[] {
  const { stage } = state
  if (stage.kind !== 'waiting') return []
  return usable(state, [...levels.slice(stage.fromLevel, stage.level + 1).flat(), ...duty])
}

export function deciderOf(state: RequestState, asked: Asked, personId: number): Approver | undefined {
  return decidersOf(state, asked).find(each => each.person.personId === personId)
}

/** The next level with somebody in it, from `from` on. */
export function levelFrom(state: RequestState, levels: Levels, from: number): number | undefined {
  for (let level = from; level < levels.length; level++) if (usable(state, levels[level]!).length > 0) return level
  return undefined
}

/** What follows an approval: the next step goes to the level above; where nobody is there, to another one of those below. */
export function nextStep(state: RequestState, acting: Acting, levels: Levels, times: { readonly dueAtMs: number; readonly untilMs: number }): NextStep {
  const approvals = [...state.approvals, acting]
  if (approvals.length >= state.steps) return { kind: 'done', untilMs: times.untilMs }
  const level = state.stage.kind === 'waiting' ? state.stage.level : 0
  const above = levelFrom({ ...state, approvals }, levels, level + 1)
  return { kind: 'step', fromLevel: above ?? 0, level: above ?? level, dueAtMs: times.dueAtMs }
}

/** How many independent approvals there could be: whoever stands in for another one counts for both. */
export function independentDeciders(state: RequestState, levels: Levels): number {
  let counted = state
  let count = 0
  for (const { person, inPlaceOf } of usable(state, levels.flat())) {
    const acting = { by: person, ...(inPlaceOf ? { inPlaceOf } : {}) }
    if (mayCount(counted, acting) !== 'yes') continue
    counted = { ...counted, approvals: [...counted.approvals, acting] }
    count++
  }
  return count
}

function usable(state: RequestState, approvers: readonly Approver[]): Approver[] {
  const found = new Map<number, Approver>()
  for (const each of approvers) {
    if (mayCount(state, { by: each.person, ...(each.inPlaceOf ? { inPlaceOf: each.inPlaceOf } : {}) }) !== 'yes') continue
    const known = found.get(each.person.personId)
    if (!known || (known.inPlaceOf && !each.inPlaceOf)) found.set(each.person.personId, each)
  }
  // Those in their own name first, so that counting is not spoiled by their deputies.
  return [...found.values()].sort((one, other) => Number(one.inPlaceOf !== undefined) - Number(other.inPlaceOf !== undefined))
}
