/**
 * Signing in, step by step, on every face; works without script, a security key excepted.
 *
 *   /sign-in ─▶ /second-factor │ /enrol ─▶ /new-password ─▶ where one wanted to go          /step-up: the second step again
 */
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { withTo } from '../http/own-path.ts'
import type { Answer, Page, Route, SignedVisit, Visit } from '../http/route.ts'
import type { CodeAnswer } from '../sign-in/factors.ts'
import { signInTexts } from '../texts/sign-in.ts'
import { alert, ANYONE, type Entrance, field, goal, goalField, HALF, onward, partyOf, refusalText, SIGNED, statusOf, visitorOf } from './entrance.ts'
import { elsewhereLink } from './sign-in-elsewhere.ts'
import { keyButton, keyRoutes } from './keys.ts'

export function signInRoutes(entrance: Entrance): Route[] {
  return [
    { ...ANYONE, method: 'GET', path: '/sign-in', handle: (visit: Visit) => signInPage(entrance, visit, {}) },
    { ...ANYONE, method: 'POST', path: '/sign-in', handle: (visit: Visit) => signIn(entrance, visit) },
    { ...HALF, method: 'POST', path: '/sign-out', handle: (visit: SignedVisit) => signOut(entrance, visit) },
    { ...HALF, method: 'GET', path: '/second-factor', handle: (visit: SignedVisit) => secondFactorPage(entrance, visit, {}) },
    { ...HALF, method: 'POST', path: '/second-factor', handle: (visit: SignedVisit) => checkCode(entrance, visit) },
    { ...SIGNED, method: 'GET', path: '/step-up', handle: (visit: SignedVisit) => secondFactorPage(entrance, visit, { isStepUp: true }) },
    { ...HALF, method: 'GET', path: '/new-password', handle: (visit: SignedVisit) => newPasswordPage(entrance, visit, {}) },
    { ...HALF, method: 'POST', path: '/new-password', handle: (visit: SignedVisit) => newPassword(entrance, visit) },
    ...keyRoutes(entrance, {
      used: (visit, shown) => shownFactor(entrance, visit, shown, signInTexts(visit.language).secondFactor.keyWrong),
    }),
  ]
}

function signInPage(entrance: Entrance, visit: Visit, { wrong, status = 200 }: { readonly wrong?: string; readonly status?: Page['status'] }): Answer {
  if (entrance.sessions.find(visit.sessionCookie, visit.face)) return { kind: 'redirect', to: goal(visit) }
  const texts = signInTexts(visit.language).signIn
  const body = html`${alert(wrong)}
<form method="post" action="/sign-in" data-once>${goalField(visit)}
${field({ name: 'login', label: texts.login, value: visit.form.get('login'), autocomplete: 'username' })}
${field({ name: 'password', label: texts.password, type: 'password', autocomplete: 'current-password' })}
<div class="row"><button>${texts.button}</button></div></form>
${
  visit.certificate !== undefined &&
  html`<form method="post" action="/sign-in" data-once>${goalField(visit)}<input type="hidden" name="by" value="card"><button class="second">${texts.card}</button></form>`
}
${elsewhereLink(entrance, visit)}<p class="soft">${texts.forgot}</p>`
  return { kind: 'page', status, bare: true, title: texts.title, body }
}

async function signIn(entrance: Entrance, visit: Visit): Promise<Answer> {
  const texts = signInTexts(visit.language).signIn
  if (visit.form.get('by') === 'card') return signInByCard(entrance, visit)
  const ask = { tenant: visit.tenant, login: visit.form.get('login'), password: visit.form.get('password') }
  const answer = await entrance.signIn.withPassword(ask, visitorOf(visit))
  if (answer.kind === 'refused') return signInPage(entrance, visit, { wrong: refusalText(answer, visit, texts.wrong), status: statusOf(answer) })
  return onward(answer, goal(visit))!
}

/** By the client certificate that TLS has checked. */
function signInByCard(entrance: Entrance, visit: Visit): Answer {
  const { certificates, signIn, certificateCountsAs } = entrance
  const { tenant } = visit
  const person = visit.certificate === undefined ? undefined : certificates.personOf(tenant, visit.certificate)
  if (person) return onward(signIn.begin(person, 'certificate', certificateCountsAs, visitorOf(visit)), goal(visit))!
  signIn.refuse(tenant, undefined, 'certificate', visitorOf(visit))
  return signInPage(entrance, visit, { wrong: signInTexts(visit.language).signIn.cardUnknown, status: 422 })
}

function signOut({ signIn }: Entrance, { sessionCookie, face }: SignedVisit): Answer {
  signIn.signOut(sessionCookie, face)
  return { kind: 'redirect', sessionCookie: null, to: '/sign-in', say: 'signed-out' }
}

type FactorPage = { readonly wrong?: string; readonly status?: Page['status']; readonly isStepUp?: boolean }

/** At sign-in, and as a step-up of an open session. */
function secondFactorPage(entrance: Entrance, visit: SignedVisit, { wrong, status = 200, isStepUp = false }: FactorPage): Page {
  const texts = signInTexts(visit.language).secondFactor
  const factors = entrance.factors.of(visit.person.personId)
  const frame = isStepUp ? ({} as const) : ({ bare: true } as const)
  if (factors.length === 0) {
    const body = html`<div class="notice warning"><p>${texts.noFactor}</p></div><p><a class="button" href="/account">${texts.toAccount}</a></p>`
    return { kind: 'page', ...frame, title: texts.title, body }
  }
  const key = factors.includes('webauthn') && partyOf(visit, entrance) ? keyButton(visit, 'use', { button: texts.key, failed: texts.keyWrong }) : html``
  const body = html`<p>${isStepUp ? texts.stepUp : texts.intro}</p>
${!factors.includes('totp') && html`<p>${texts.keyOnly}</p>`}${key}
<form method="post" action="/second-factor" data-once>${token(visit)}${goalField(visit)}
${field({ name: 'code', label: texts.code, hint: texts.codeHint, wrong, autocomplete: 'one-time-code' })}
<div class="row"><button>${texts.button}</button></div></form>
<p class="soft">${texts.lost}</p>${!isStepUp && leave(visit, texts.other)}`
  return { kind: 'page', status, ...frame, title: texts.title, body }
}

function leave(visit: SignedVisit, label: string): SafeHtml {
  return html`<form method="post" action="/sign-out">${token(visit)}<button class="quiet">${label}</button></form>`
}

function checkCode(entrance: Entrance, visit: SignedVisit): Answer {
  return shownFactor(entrance, visit, entrance.factors.checkCode(visit.person, visit.form.get('code')), signInTexts(visit.language).secondFactor.wrong)
}

function shownFactor(entrance: Entrance, visit: SignedVisit, shown: CodeAnswer, wrong: string): Answer {
  const open = entrance.sessions.find(visit.sessionCookie, visit.face)
  const of = open ?? entrance.sessions.unfinished(visit.sessionCookie, visit.face)
  if (!of || ('stage' in of && of.stage !== 'second-factor')) return { kind: 'redirect', to: '/' }
  const answer = entrance.signIn.secondFactor(of, shown, visitorOf(visit))
  if (answer.kind !== 'refused') return onward(answer, goal(visit))!
  return secondFactorPage(entrance, visit, { isStepUp: open !== undefined, wrong: refusalText(answer, visit, wrong), status: statusOf(answer) })
}

export type NewPasswordPage = { readonly wrong?: string; readonly again?: string }

function newPasswordPage(entrance: Entrance, visit: SignedVisit, { wrong, again }: NewPasswordPage): Page {
  const texts = signInTexts(visit.language).newPassword
  const body = html`<p>${texts.intro}</p>
<form method="post" action="/new-password" data-once>${token(visit)}${goalField(visit)}${passwordFields(entrance, visit, { ...(wrong === undefined ? {} : { wrong }), ...(again === undefined ? {} : { again }) })}
<div class="row"><button>${texts.button}</button></div></form>`
  return { kind: 'page', status: wrong ?? again ? 422 : 200, bare: true, title: texts.title, body }
}

async function newPassword(entrance: Entrance, visit: SignedVisit): Promise<Answer> {
  const texts = signInTexts(visit.language).newPassword
  const unfinished = entrance.sessions.unfinished(visit.sessionCookie, visit.face)
  if (unfinished?.stage !== 'new-password') return { kind: 'redirect', to: withTo('/', goal(visit)) }
  const password = visit.form.get('password')
  if (password !== visit.form.get('again')) return newPasswordPage(entrance, visit, { again: texts.different })
  const answer = await entrance.signIn.newPassword(unfinished, password, visitorOf(visit))
  if (answer.kind === 'unfit') return newPasswordPage(entrance, visit, { wrong: texts.problems[answer.problem] })
  return onward(answer, goal(visit)) ?? newPasswordPage(entrance, visit, {})
}

/** A new password, twice. */
export function passwordFields({ minPasswordLength }: Entrance, { language }: Visit, { wrong, again }: NewPasswordPage): SafeHtml {
  const texts = signInTexts(language).newPassword
  return html`${field({ name: 'password', label: texts.password, type: 'password', hint: texts.hint(minPasswordLength), autocomplete: 'new-password', wrong })}
${field({ name: 'again', label: texts.again, type: 'password', autocomplete: 'new-password', wrong: again })}`
}
