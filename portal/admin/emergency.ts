/** The page for the bad day: the state now, three switches, the text for the staff ready to read out, whom to call. */
import { html, type SafeHtml } from '../http/html.ts'
import { Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { timeText } from '../http/when.ts'
import type { Emergency } from '../../store/contract.ts'
import { emergencyTexts } from '../texts/emergency.ts'
import { type AdminHouse, needing, onlyOperators, showing } from './house.ts'
import { actForm, dataTable, noticeBox, reasonField } from './widgets.ts'

const STATES: readonly Emergency[] = ['hold', 'isolate', 'none']
const LONGEST_REASON = 500

export function emergencyRoutes(house: AdminHouse): SignedRoute[] {
  return [
    // Seen without a second factor shown just now: on the bad day reading comes first. Acting asks for it.
    { ...showing('emergency.change'), method: 'GET', path: '/emergency', handle: visit => page(house, visit, undefined) },
    { ...needing('emergency.change'), method: 'POST', path: '/emergency', handle: visit => change(house, visit) },
  ]
}

async function page({ operations, era, contact }: AdminHouse, visit: SignedVisit, wrong: Emergency | undefined) {
  onlyOperators(visit)
  const { language, nowMs } = visit
  const texts = emergencyTexts(language)
  const [{ emergency }, facts] = await Promise.all([operations.health(), operations.inspection()])
  const sinceMs = (await operations.audit.page({ kinds: ['emergency'], limit: 1 })).records[0]?.atMs ?? nowMs
  const announcement = emergency === 'none' ? texts.over(contact) : texts.message(timeText(sinceMs, language, era), emergency, contact)
  const body = html`${noticeBox(emergency === 'none' ? 'done' : 'problem', html`<p><strong>${texts.now}: ${texts.states[emergency].name}</strong></p><p>${texts.states[emergency].what}</p>`)}
<h2>${texts.order}</h2><ol>${texts.steps.map(step => html`<li>${step}</li>`)}</ol>
${STATES.map(state => switchCard(visit, state, { emergency, isWrong: wrong === state }))}
<h2>${texts.text}</h2><p>${texts.textHint}</p><pre class="mail" id="announcement">${announcement}</pre>
<p class="no-print"><button class="second" type="button" data-copy="#announcement">${texts.copy}</button></p>
<h2>${texts.contacts}</h2>${facts.contacts.length === 0 ? html`<p class="empty">${texts.contactsNone}</p>` : dataTable(texts.contacts, [texts.name, texts.from, texts.path, texts.until].map(label => ({ label })), facts.contacts.map(({ name, from, hasPath, until, isOver }) => [name, texts.severities[from] ?? from, hasPath ? texts.hasPath : texts.noPath, isOver ? html`<span class="tag kept">${texts.isOver(until)}</span>` : until]))}`
  return { kind: 'page', title: texts.title, body, ...(wrong === undefined ? {} : { status: 422 as const }) } as const
}

function switchCard(visit: SignedVisit, state: Emergency, { emergency, isWrong }: { readonly emergency: Emergency; readonly isWrong: boolean }): SafeHtml {
  const { language } = visit
  const texts = emergencyTexts(language)
  const inside = state === emergency ? html`<p class="soft">${texts.already}</p>` : actForm(visit, '/emergency', html`<input type="hidden" name="state" value="${state}">${namedReason(visit, state, isWrong)}<button class="${state === 'none' ? '' : 'danger'}">${texts.go[state]}</button>`)
  return html`<section class="card"><h2>${texts.go[state]}</h2><p>${texts.states[state].what}</p>${inside}</section>`
}

/** Three forms on one page: the ids of their fields differ. */
function namedReason({ language }: SignedVisit, state: Emergency, isWrong: boolean): SafeHtml {
  return reasonField(language, isWrong ? 'missing' : undefined, `reason-${state}`)
}

async function change(house: AdminHouse, visit: SignedVisit) {
  onlyOperators(visit)
  const { form, person } = visit
  const state = STATES.find(each => each === form.get('state'))
  if (state === undefined) throw new Refused('bad-request')
  const reason = form.get('reason').trim().slice(0, LONGEST_REASON)
  if (reason === '') return page(house, visit, state)
  await house.operations.setEmergency(state, { actor: `user:${person.login}`, reason })
  if (state === 'isolate') await house.shutOut({ actor: `user:${person.login}`, tenant: person.tenant, address: visit.address, sessionId: visit.session.sessionId })
  return { kind: 'redirect', to: '/emergency', say: `emergency-${state}` } as const
}
