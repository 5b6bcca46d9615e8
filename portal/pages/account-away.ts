/** Absence and delegation on the account's page: what colleagues do meanwhile. */
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import type { Answer, Face, Page, Route, SignedVisit } from '../http/route.ts'
import { dayOf } from '../people/day.ts'
import { PeopleProblem } from '../people/people.ts'
import { accountTexts } from '../texts/account.ts'
import { type Entrance, field } from './entrance.ts'

const STAFF_FACES: readonly Face[] = ['inner', 'outer']
const STAFF = { faces: STAFF_FACES, who: 'signed-in' } as const

/** `failed` draws the account's page with what was wrong. */
export function awayRoutes(entrance: Entrance, failed: (visit: SignedVisit, problem: string) => Page): Route[] {
  const route = (path: string, act: (visit: SignedVisit) => void): Route => ({ ...STAFF, method: 'POST', path, handle: (visit: SignedVisit) => orProblem(visit, () => act(visit), failed) })
  return [
    route('/account/away', visit => setAway(entrance, visit)),
    route('/account/back', visit => entrance.memberships.setBack(visit.person.personId, dayOf(visit.nowMs), by(visit))),
    route('/account/delegation', visit => delegate(entrance, visit)),
    route('/account/delegation/end', visit => endDelegation(entrance, visit)),
  ]
}

export function awaySection({ memberships }: Entrance, visit: SignedVisit): SafeHtml {
  const texts = accountTexts(visit.language).absence
  const today = dayOf(visit.nowMs)
  const isAway = memberships.isAway(visit.person.personId, today)
  return html`<section class="card"><h2>${texts.title}</h2><p>${texts.intro}</p>
${isAway && html`<p><strong>${texts.now}</strong></p><form method="post" action="/account/back" data-once>${token(visit)}<button class="second">${texts.back}</button></form>`}
<form method="post" action="/account/away" data-once>${token(visit)}<div class="row">${field({ name: 'away-from', label: texts.from, type: 'date', value: today })}${field({ name: 'away-to', label: texts.to, type: 'date' })}
<button class="second">${texts.button}</button></div></form></section>`
}

export function delegationSection({ memberships, people }: Entrance, visit: SignedVisit): SafeHtml {
  const texts = accountTexts(visit.language).delegation
  if (visit.person.mailbox === '') return html``
  const today = dayOf(visit.nowMs)
  const given = memberships.delegationsOf(visit.person.personId, today)
  const line = (row: (typeof given)[number]) => html`<li>${texts.given(people.byId(row.delegateId)?.name ?? '', row.fromDate, row.toDate)}
<form method="post" action="/account/delegation/end" data-once>${token(visit)}<input type="hidden" name="delegation" value="${row.delegationId}"><button class="quiet">${texts.end}</button></form></li>`
  return html`<section class="card"><h2>${texts.title}</h2><p>${texts.intro}</p>${given.length === 0 ? html`<p class="soft">${texts.none}</p>` : html`<ul>${given.map(line)}</ul>`}
<form method="post" action="/account/delegation" data-once>${token(visit)}${field({ name: 'delegate', label: texts.who })}
<div class="row">${field({ name: 'delegate-from', label: texts.from, type: 'date', value: today })}${field({ name: 'delegate-to', label: texts.to, type: 'date' })}</div>
<button class="second">${texts.button}</button></form></section>`
}

function orProblem(visit: SignedVisit, act: () => void, failed: (visit: SignedVisit, problem: string) => Page): Answer {
  try {
    act()
    return { kind: 'redirect', to: '/account', say: 'saved' }
  } catch (error) {
    const problem = error instanceof PeopleProblem ? accountTexts(visit.language).problems[error.key] : undefined
    if (problem === undefined) throw error
    return failed(visit, problem)
  }
}

const by = ({ person }: SignedVisit) => ({ actor: `user:${person.login}`, reason: 'own account' })

function setAway({ memberships }: Entrance, visit: SignedVisit): void {
  const [fromDate, toDate] = [visit.form.get('away-from'), visit.form.get('away-to')]
  memberships.setAway(visit.person.personId, 'away', { fromDate, toDate }, by(visit))
}

function delegate({ memberships, people }: Entrance, visit: SignedVisit): void {
  const { form, person, nowMs } = visit
  const colleague = people.byLogin(person.tenant, form.get('delegate').normalize('NFKC').trim())
  if (!colleague) throw new PeopleProblem('nobody', 'there is no such person')
  const [fromDate, toDate] = [form.get('delegate-from'), form.get('delegate-to')]
  if (toDate < dayOf(nowMs)) throw new PeopleProblem('dates', 'the last day is over')
  memberships.delegate(person.personId, colleague.personId, { fromDate, toDate }, by(visit))
}

/** One's own only: `endDelegation` looks at the owner. */
function endDelegation({ memberships }: Entrance, visit: SignedVisit): void {
  memberships.endDelegation(Number(visit.form.get('delegation')) || 0, visit.person.personId, dayOf(visit.nowMs), by(visit))
}
