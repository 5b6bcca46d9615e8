/**
 * Setting up a second factor: because the role needs one (/enrol, before the session is open), or by one's own wish
 * (/account/factors). With the first one come recovery codes, shown once, for printing.
 */
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { withTo } from '../http/own-path.ts'
import { qrSvg } from '../http/qr.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { signInTexts } from '../texts/sign-in.ts'
import { alert, type Entrance, field, goal, goalField, HALF, partyOf, SIGNED, visitorOf } from './entrance.ts'
import { keyButton, parsed } from './keys.ts'

export function enrolRoutes(entrance: Entrance): Route[] {
  return [
    { ...HALF, method: 'GET', path: '/enrol', handle: (visit: SignedVisit) => enrolPage(entrance, visit, {}) },
    { ...HALF, method: 'POST', path: '/enrol', handle: (visit: SignedVisit) => addTotp(entrance, visit) },
    { ...HALF, method: 'POST', path: '/keys/add', handle: (visit: SignedVisit) => addKey(entrance, visit) },
    { ...SIGNED, method: 'GET', path: '/account/factors', handle: (visit: SignedVisit) => guarded(entrance, visit) },
  ]
}

/** Who has a factor shows it before another one is added: a session that was left open must not get a key of its own. */
function guarded(entrance: Entrance, visit: SignedVisit): Answer {
  return mayAdd(entrance, visit) ? enrolPage(entrance, visit, {}) : { kind: 'redirect', to: withTo('/step-up', '/account/factors') }
}

function mayAdd({ factors, stepUpMs }: Entrance, { person, session, nowMs }: SignedVisit): boolean {
  if (factors.of(person.personId).length === 0) return true
  return session.steppedUpAtMs !== undefined && nowMs - session.steppedUpAtMs < stepUpMs
}

type EnrolPage = { readonly wrongCode?: string; readonly wrongKey?: string }

function enrolPage(entrance: Entrance, visit: SignedVisit, { wrongCode, wrongKey }: EnrolPage): Answer {
  const open = entrance.sessions.find(visit.sessionCookie, visit.face)
  const stage = entrance.sessions.unfinished(visit.sessionCookie, visit.face)?.stage
  if (!open && stage !== 'enrol') return { kind: 'redirect', to: withTo(`/${stage ?? 'sign-in'}`, goal(visit)) }
  const texts = signInTexts(visit.language).enrol
  const key = partyOf(visit, entrance) ? html`<section class="card"><h2>${texts.keyTitle}</h2><p>${texts.keyIntro}</p>${keyButton(visit, 'add', {
    button: texts.keyButton,
    failed: texts.keyWrong,
    fields: field({ name: 'key-name', label: texts.keyName, optional: true }),
  })}</section>` : html``
  const body = html`${alert(wrongKey)}${!open && html`<p>${texts.intro}</p>`}${totpForm(entrance, visit, wrongCode)}${key}`
  return { kind: 'page', status: wrongCode ?? wrongKey ? 422 : 200, ...(open ? {} : { bare: true }), title: texts.title, body }
}

function totpForm({ totp }: Entrance, visit: SignedVisit, wrong: string | undefined): SafeHtml {
  const { personId, tenant, login } = visit.person
  const offer = totp.offer(personId, tenant, login)
  if (!offer) return html``
  const texts = signInTexts(visit.language).enrol
  const [choose, enter, type] = texts.totpSteps
  return html`<section class="card"><h2>${texts.totpTitle}</h2><ol><li>${choose}</li>
<li>${enter}${qrSvg(offer.uri, texts.qr)}<dl class="facts"><dt>${texts.secret}</dt><dd class="mono" id="secret">${offer.base32}</dd></dl><p><a href="${offer.uri}">${texts.link}</a></p></li>
<li>${type}</li></ol>
<form method="post" action="/enrol" data-once>${token(visit)}${goalField(visit)}
${field({ name: 'code', label: texts.code, wrong, autocomplete: 'one-time-code', inputmode: 'numeric' })}
<div class="row"><button>${texts.button}</button></div></form></section>`
}

function addTotp(entrance: Entrance, visit: SignedVisit): Answer {
  if (!mayAdd(entrance, visit)) throw new Refused('not-allowed')
  const codes = entrance.factors.addTotp(visit.person, visit.form.get('code'))
  return codes ? added(entrance, visit, codes) : enrolPage(entrance, visit, { wrongCode: signInTexts(visit.language).enrol.wrong })
}

async function addKey(entrance: Entrance, visit: SignedVisit): Promise<Answer> {
  const party = partyOf(visit, entrance)
  if (!party || !mayAdd(entrance, visit)) throw new Refused('not-allowed')
  const answer = { untrusted: parsed(visit.form.get('answer')), name: visit.form.get('key-name') }
  const codes = await entrance.factors.addKey(visit.session.sessionId, visit.person, answer, party)
  return codes ? added(entrance, visit, codes) : enrolPage(entrance, visit, { wrongKey: signInTexts(visit.language).enrol.keyWrong })
}

/** The factor was shown just now, so the session is as strong as with it. */
function added(entrance: Entrance, visit: SignedVisit, codes: readonly string[]): Answer {
  const of = entrance.sessions.find(visit.sessionCookie, visit.face) ?? entrance.sessions.unfinished(visit.sessionCookie, visit.face)
  if (!of) return { kind: 'redirect', to: '/sign-in' }
  const next = entrance.signIn.goOn('session' in of ? of.session.sessionId : of.sessionId, visit.person, 'two', visitorOf(visit))
  if (next.kind === 'refused') return { kind: 'redirect', to: '/sign-in' }
  const to = next.kind === 'signed-in' ? ('session' in of ? '/account' : goal(visit)) : withTo(`/${next.stage}`, goal(visit))
  return { ...recoveryPage(visit, codes, to), sessionCookie: next.cookie }
}

/** Shown once. Without codes it only says that the factor is there. */
export function recoveryPage(visit: SignedVisit, codes: readonly string[], to: string): Page {
  const texts = signInTexts(visit.language).recovery
  if (codes.length === 0) return { kind: 'page', bare: true, title: texts.added, body: html`<p>${texts.addedText}</p><p><a class="button" href="${to}">${texts.goOn}</a></p>` }
  const body = html`<p>${texts.intro}</p><p><strong>${texts.once}</strong></p>
<ol class="mono codes">${codes.map(code => html`<li>${code}</li>`)}</ol><p class="soft">${visit.person.name} (${visit.person.login})</p>
<p class="no-print"><a class="button" href="${to}">${texts.go}</a></p>`
  return { kind: 'page', bare: true, title: texts.title, body }
}
