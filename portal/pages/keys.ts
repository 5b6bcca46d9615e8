/**
 * Security keys in pages. The button does nothing without script; the page always has another way beside it.
 *
 *   portal.js ── POST /keys/ask or /keys/offer ─▶ challenge ─▶ browser ─▶ key ─▶ form: POST /keys/use or /keys/add
 */
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, Refused, type Route, type SignedVisit } from '../http/route.ts'
import type { CodeAnswer } from '../sign-in/factors.ts'
import { type Entrance, goalField, HALF, partyOf } from './entrance.ts'

/** What follows when a key was used; adding one is a page of its own (enrol.ts). */
export type KeyEnds = { readonly used: (visit: SignedVisit, shown: CodeAnswer) => Answer }

export function keyRoutes(entrance: Entrance, { used }: KeyEnds): Route[] {
  return [
    { ...HALF, method: 'POST', path: '/keys/ask', body: 'json', handle: (visit: SignedVisit) => challenge(entrance, visit, 'ask') },
    { ...HALF, method: 'POST', path: '/keys/offer', body: 'json', handle: (visit: SignedVisit) => challenge(entrance, visit, 'offer') },
    { ...HALF, method: 'POST', path: '/keys/use', handle: (visit: SignedVisit) => use(entrance, visit, used) },
  ]
}

async function challenge(entrance: Entrance, visit: SignedVisit, kind: 'ask' | 'offer'): Promise<Answer> {
  const party = partyOf(visit, entrance)
  if (!party) throw new Refused('not-found')
  const options = await entrance.webauthn[kind](visit.session.sessionId, visit.person, party)
  if (!options) throw new Refused('conflict')
  return { kind: 'json', value: options }
}

async function use(entrance: Entrance, visit: SignedVisit, used: KeyEnds['used']): Promise<Answer> {
  const party = partyOf(visit, entrance)
  if (!party) throw new Refused('not-found')
  const shown = await entrance.factors.checkKey(visit.session.sessionId, visit.person, parsed(visit.form.get('answer')), party)
  return used(visit, shown)
}

/** Shown by portal.js where the browser knows keys. `add` has a name for the new key among its fields. */
export function keyButton(visit: SignedVisit, act: 'use' | 'add', words: { readonly button: string; readonly failed: string; readonly fields?: SafeHtml }): SafeHtml {
  return html`<form method="post" action="/keys/${act}" data-key="${act}" hidden>${token(visit)}${goalField(visit)}<input type="hidden" name="answer">
${words.fields}<p class="wrong" role="alert" hidden>${words.failed}</p><button class="second">${words.button}</button></form>`
}

export function parsed(untrustedJson: string): unknown {
  try {
    return JSON.parse(untrustedJson)
  } catch {
    return undefined
  }
}
