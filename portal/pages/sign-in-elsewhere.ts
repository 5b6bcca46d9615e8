/**
 * Signing in at the organisation's provider. It begins with a link: a form may lead nowhere else by the policy of our pages
 * (`form-action 'self'`). Its way back is the one GET that begins a session or links an account, since it is the provider's
 * redirect; it acts only with the sealed cookie of the browser that went there, once, within minutes.
 *
 *   GET /sign-in/oidc ─▶ provider ─▶ GET /sign-in/oidc/back ─▶ second factor, unless the provider asked for two ─▶ in
 *   GET /account/oidc ─▶ the same way, to link one's own account        GET /sign-in/oidc/leave ─▶ ends the session there
 */
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, Refused, type Route, type SignedVisit, type Visit } from '../http/route.ts'
import type { OidcProvider } from '../sign-in/oidc.ts'
import { signInTexts } from '../texts/sign-in.ts'
import { ANYONE, type Entrance, goal, onward, SIGNED, visitorOf } from './entrance.ts'

const BACK = '/sign-in/oidc/back'

export function elsewhereRoutes(entrance: Entrance): Route[] {
  return [
    { ...ANYONE, method: 'GET', path: '/sign-in/oidc', handle: (visit: Visit) => begin(providerFor(entrance, visit), visit, undefined) },
    { ...ANYONE, method: 'GET', path: BACK, handle: (visit: Visit) => finish(entrance, visit) },
    { ...ANYONE, method: 'GET', path: '/sign-in/oidc/leave', handle: (visit: Visit) => leave(entrance, visit) },
    { ...SIGNED, method: 'GET', path: '/account/oidc', needsStepUp: true, handle: (visit: SignedVisit) => begin(providerFor(entrance, visit), visit, visit.person.personId) },
    { ...SIGNED, method: 'POST', path: '/account/oidc/remove', needsStepUp: true, handle: (visit: SignedVisit) => remove(entrance, visit) },
  ]
}

/** Of the town whose address was called; there may be none. @throws Refused */
function providerFor({ oidc }: Entrance, { tenant }: Visit): OidcProvider {
  if (!oidc || oidc.settings.tenant !== tenant) throw new Refused('not-found')
  return oidc
}

/** A link on the page of signing in; nothing where there is no provider. */
export function elsewhereLink({ oidc, oidcName }: Entrance, visit: Visit): SafeHtml | undefined {
  if (!oidc || oidc.settings.tenant !== visit.tenant) return undefined
  const texts = signInTexts(visit.language).elsewhere
  const to = goal(visit)
  const query = to === '/' ? '' : `?${new URLSearchParams({ to }).toString()}`
  return html`<p><a class="button second" href="/sign-in/oidc${query}">${texts.button(oidcName)}</a></p>
${visit.said === 'signed-out' && html`<p><a href="/sign-in/oidc/leave">${texts.leave(oidcName)}</a></p>`}`
}

async function begin(oidc: OidcProvider, visit: Visit, linkPersonId: number | undefined): Promise<Answer> {
  const begun = await oidc.begin(`${visit.origin}${BACK}`, { to: linkPersonId === undefined ? goal(visit) : '/account', linkPersonId })
  if (begun.kind === 'unavailable') return problem(visit, 'unavailable', 503)
  return { kind: 'redirect', to: begun.address, flowCookie: begun.flowCookie }
}

async function finish(entrance: Entrance, visit: Visit): Promise<Answer> {
  const oidc = providerFor(entrance, visit)
  const { signIn, linked } = entrance
  const answer = await oidc.finish(visit.flowCookie, `${visit.origin}${BACK}`, visit.search)
  if (answer.kind !== 'right') {
    signIn.refuse(visit.tenant, undefined, `oidc: ${answer.why}`, visitorOf(visit))
    return problem(visit, answer.kind === 'unavailable' ? 'unavailable' : 'wrong', answer.kind === 'unavailable' ? 503 : 422)
  }
  const { claims, errand } = answer
  if (errand.linkPersonId !== undefined) return linkOwn(entrance, oidc, visit, { subject: claims.subject, personId: errand.linkPersonId })
  const person = linked.personOf(oidc.settings, claims)
  if (!person) {
    signIn.refuse(visit.tenant, undefined, 'oidc: nobody of ours', visitorOf(visit))
    return problem(visit, 'unknown', 422)
  }
  return { ...onward(signIn.begin(person, 'oidc', claims.isTwoFactor ? 'two' : 'one', visitorOf(visit)), errand.to)!, flowCookie: null } as Answer
}

/** Only for whom the way began, in a session that is still open. */
function linkOwn({ sessions, linked }: Entrance, { settings }: OidcProvider, visit: Visit, { subject, personId }: { readonly subject: string; readonly personId: number }): Answer {
  const open = sessions.find(visit.sessionCookie, visit.face)
  if (open?.person.personId !== personId) return problem(visit, 'wrong', 422)
  return linked.link(open.person, settings, subject) ? { kind: 'redirect', to: '/account', say: 'saved', flowCookie: null } : problem(visit, 'taken', 409)
}

async function leave(entrance: Entrance, visit: Visit): Promise<Answer> {
  const address = await providerFor(entrance, visit).endAddress(`${visit.origin}/sign-in`)
  return { kind: 'redirect', to: address ?? '/sign-in' }
}

function remove(entrance: Entrance, visit: SignedVisit): Answer {
  if (!entrance.linked.unlink(visit.person, { actor: `user:${visit.person.login}`, reason: 'own account' })) throw new Refused('conflict')
  return { kind: 'redirect', to: '/sign-in', say: 'saved', sessionCookie: null }
}

/** What went wrong, and what to do; the cookie of that way is worth nothing any more. */
function problem(visit: Visit, which: 'wrong' | 'unknown' | 'taken' | 'unavailable', status: 409 | 422 | 503): Answer {
  const texts = signInTexts(visit.language).elsewhere
  const body = html`<div class="notice problem" role="alert"><p>${texts.problems[which].why}</p><p>${texts.problems[which].next}</p></div>
<p><a class="button second" href="${visit.signedIn ? '/account' : '/sign-in'}">${texts.back}</a></p>`
  return { kind: 'page', status, bare: true, title: texts.title, body, flowCookie: null }
}
