/** A draft of the operating procedure (実施手順), made of the settings in force: to be printed, for administrators only. */
import { html, type SafeHtml } from '../http/html.ts'
import type { SignedRoute, SignedVisit } from '../http/route.ts'
import { timeText } from '../http/when.ts'
import { adminTexts } from '../texts/admin.ts'
import { inspectionTexts } from '../texts/inspection.ts'
import { type AdminHouse, needing } from './house.ts'
import { policyTable } from './policy.ts'
import { noticeBox } from './widgets.ts'

export function procedureRoutes(house: AdminHouse): SignedRoute[] {
  return [{ ...needing('inspection.attest'), method: 'GET', path: '/inspection/procedure', handle: visit => page(house, visit) }]
}

async function page({ operations, era, contact, book }: AdminHouse, { language, nowMs, person }: SignedVisit) {
  const { plan, points } = inspectionTexts(language)
  const { sections } = plan
  const facts = await operations.inspection()
  const { originalDays, textDays, logDays, auditYears } = facts.retention
  const clauses = [...book.clauses(person.tenant)]
  const body = html`${noticeBox('', html`<p>${plan.lead(timeText(nowMs, language, era))} ${adminTexts(language).print}</p>`)}
${section(sections.purpose)}${section(sections.roles)}
${section(sections.routes, html`<ul>${facts.routes.map(({ name, direction, hops }) => html`<li>${name} (${direction}): ${hops.join(', ')}</li>`)}</ul>`)}
${section(sections.handling, html`${facts.scopes.filter(({ tenant }) => tenant === person.tenant).map(scope => policyTable(scope, language))}`)}
${section(sections.keeping, html`<ul>${plan.keeping({ original: originalDays, text: textDays, log: logDays, audit: auditYears }).map(line => html`<li>${line}</li>`)}</ul>`)}
${section(sections.watching, clauses.length > 0 && html`<ul>${clauses.map(([id, clause]) => html`<li>${clause}: ${points[id as keyof typeof points]?.name ?? id}</li>`)}</ul>`)}
${section(sections.emergency, html`<ul>${facts.contacts.filter(({ isOver }) => !isOver).map(({ name }) => html`<li>${name}</li>`)}${contact !== '' && html`<li>${contact}</li>`}</ul>`)}`
  return { kind: 'page', title: plan.title, body } as const
}

function section({ title, text }: { readonly title: string; readonly text?: string }, more?: SafeHtml | false): SafeHtml {
  return html`<h2>${title}</h2>${text !== undefined && html`<p>${text}</p>`}${more}`
}
