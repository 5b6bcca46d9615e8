/** Second factors and staff cards on the account's page. */
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { dayText } from '../http/when.ts'
import { accountTexts } from '../texts/account.ts'
import { type Entrance, SIGNED } from './entrance.ts'
import { recoveryPage } from './enrol.ts'

export function factorRoutes(entrance: Entrance): Route[] {
  return [
    { ...SIGNED, method: 'POST', path: '/account/factors/remove', needsStepUp: true, handle: (visit: SignedVisit) => remove(entrance, visit) },
    { ...SIGNED, method: 'POST', path: '/account/recovery-codes', needsStepUp: true, handle: (visit: SignedVisit) => renew(entrance, visit) },
    { ...SIGNED, method: 'POST', path: '/account/card', needsStepUp: true, handle: (visit: SignedVisit) => addCard(entrance, visit) },
  ]
}

type Shown = { readonly name: string; readonly atMs: number | undefined; readonly kind: 'totp' | 'key' | 'card'; readonly id: string }

export function factorSection(entrance: Entrance, visit: SignedVisit): SafeHtml {
  const texts = accountTexts(visit.language).factors
  const { personId } = visit.person
  const { factors, webauthn, certificates, era } = entrance
  const cards = certificates.ofPerson(personId)
  const rows: Shown[] = [
    ...(factors.of(personId).includes('totp') ? [{ name: texts.totp, atMs: undefined, kind: 'totp' as const, id: '' }] : []),
    ...webauthn.keysOf(personId).map(({ name, createdAtMs, credentialId }) => ({ name: texts.key(name), atMs: createdAtMs, kind: 'key' as const, id: credentialId })),
    ...cards.map(({ sha256, createdAtMs }) => ({ name: `${texts.card} ${sha256.slice(0, 8)}`, atMs: createdAtMs, kind: 'card' as const, id: sha256 })),
  ]
  const hasFactor = factors.of(personId).length > 0
  const newCard = visit.certificate !== undefined && !cards.some(({ sha256 }) => sha256 === visit.certificate)
  const when = (atMs: number | undefined) => (atMs === undefined ? '' : texts.added(dayText(atMs, visit.language, era)))
  return html`<section class="card"><h2>${texts.title}</h2>${!hasFactor && html`<p>${texts.none}</p>`}
${rows.length > 0 && html`<ul>${rows.map(row => html`<li>${row.name} <span class="soft">${when(row.atMs)}</span>${removeForm(visit, row)}</li>`)}</ul>`}
<p><a class="button second" href="/account/factors">${hasFactor ? texts.another : texts.add}</a></p>
${newCard && html`<form method="post" action="/account/card" data-once>${token(visit)}<button class="second">${texts.addCard}</button></form>`}
${hasFactor && html`<p>${texts.codes(factors.recoveryCodesLeft(personId))}</p>
<form method="post" action="/account/recovery-codes" data-once data-confirm="${texts.renewAsk}">${token(visit)}<button class="second">${texts.renew}</button></form>`}${elsewhere(entrance, visit)}</section>`
}

/** The account at the organisation's provider, where there is one. */
function elsewhere({ oidc, linked }: Entrance, visit: SignedVisit): SafeHtml | undefined {
  const texts = accountTexts(visit.language).factors
  if (!oidc || oidc.settings.tenant !== visit.person.tenant) return undefined
  const inside = linked.isLinked(visit.person.personId)
    ? html`<p>${texts.elsewhereLinked}</p><form method="post" action="/account/oidc/remove" data-once data-confirm="${texts.elsewhereAsk}">${token(visit)}<button class="second">${texts.elsewhereRemove}</button></form>`
    : html`<p><a class="button second" href="/account/oidc">${texts.elsewhereAdd}</a></p>`
  return html`<h3>${texts.elsewhere}</h3>${inside}`
}

function removeForm(visit: SignedVisit, { kind, id, name }: Shown): SafeHtml {
  const texts = accountTexts(visit.language).factors
  return html`<form method="post" action="/account/factors/remove" data-once data-confirm="${texts.removeAsk}">${token(visit)}<input type="hidden" name="kind" value="${kind}"><input type="hidden" name="id" value="${id}"><button class="quiet" aria-label="${`${name} ${texts.remove}`}">${texts.remove}</button></form>`
}

function remove({ factors, certificates }: Entrance, { person, form }: SignedVisit): Answer {
  const [kind, id] = [form.get('kind'), form.get('id')]
  const removed = kind === 'totp' ? factors.removeTotp(person) : kind === 'key' ? factors.removeKey(person, id) : kind === 'card' && certificates.remove(person, id)
  if (!removed) throw new Refused('conflict')
  return { kind: 'redirect', to: '/account', say: 'saved' }
}

function renew({ factors }: Entrance, visit: SignedVisit): Answer {
  if (factors.of(visit.person.personId).length === 0) throw new Refused('conflict')
  return recoveryPage(visit, factors.renewRecoveryCodes(visit.person), '/account')
}

function addCard({ certificates }: Entrance, { person, certificate, language }: SignedVisit): Answer {
  if (certificate === undefined) throw new Refused('bad-request')
  if (certificates.add(person, certificate)) return { kind: 'redirect', to: '/account', say: 'saved' }
  const texts = accountTexts(language)
  return { kind: 'page', status: 409, title: texts.title, body: html`<div class="notice problem" role="alert"><p>${texts.factors.cardTaken}</p></div><p><a class="button second" href="/account">${texts.title}</a></p>` }
}
