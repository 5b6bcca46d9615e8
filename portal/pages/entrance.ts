/** What the pages of signing in and of one's own account stand on, and the parts that they share. */
import type { PortalDb } from '../db/open.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { ownPath, withTo } from '../http/own-path.ts'
import { type Answer, FACES, type Visit } from '../http/route.ts'
import type { PeopleRooms } from '../people/rooms.ts'
import type { SignInRooms } from '../sign-in/rooms.ts'
import type { SignInAnswer, Visitor } from '../sign-in/sign-in.ts'
import type { Era } from '../http/when.ts'
import { type RelyingParty, relyingPartyOf } from '../sign-in/webauthn.ts'
import { signInTexts } from '../texts/sign-in.ts'

export type Entrance = PeopleRooms &
  SignInRooms & {
    readonly db: PortalDb
    /** As keys and pages show us. */
    readonly name: string
    readonly minPasswordLength: number
    /** '' for the host name of each face. */
    readonly webauthnDomain: string
    readonly stepUpMs: number
    readonly certificateCountsAs: 'one' | 'two'
    readonly era: Era
    /** As the button of signing in elsewhere names the provider; '' for our words. */
    readonly oidcName: string
  }

export const ANYONE = { faces: FACES, who: 'anyone' } as const
export const HALF = { faces: FACES, who: 'half-signed-in' } as const
export const SIGNED = { faces: FACES, who: 'signed-in' } as const

export type FieldOptions = {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'password' | 'email' | 'date'
  readonly hint?: string
  readonly wrong?: string | undefined
  readonly value?: string
  readonly autocomplete?: string
  readonly inputmode?: 'numeric'
  readonly optional?: boolean
}

/** A labelled field; what is wrong stands below it and is read with it. A password is never shown again. */
export function field({ name, label, type = 'text', hint = '', wrong, value = '', autocomplete = 'off', inputmode, optional = false }: FieldOptions): SafeHtml {
  const described = [hint === '' ? '' : `${name}-hint`, wrong === undefined ? '' : `${name}-wrong`].filter(Boolean).join(' ')
  return html`<div class="field"><label for="${name}">${label}</label>
${hint !== '' && html`<p class="hint" id="${name}-hint">${hint}</p>`}
<input id="${name}" name="${name}" type="${type}" value="${type === 'password' ? '' : value}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false" maxlength="256"${
    inputmode === undefined ? '' : html` inputmode="${inputmode}"`
  }${optional ? '' : html` required`}${described !== '' && html` aria-describedby="${described}"`}${wrong !== undefined && html` aria-invalid="true"`}>
${wrong !== undefined && html`<p class="wrong" id="${name}-wrong" role="alert">${wrong}</p>`}</div>`
}

export function alert(text: string | undefined): SafeHtml {
  return text === undefined ? html`` : html`<div class="notice problem" role="alert"><p>${text}</p></div>`
}

/** Where the visitor wanted to go: carried through every step of signing in. */
export function goal(visit: Visit): string {
  return ownPath(visit.form.get('to') || visit.query.get('to'))
}

export function goalField(visit: Visit): SafeHtml {
  return html`<input type="hidden" name="to" value="${goal(visit)}">`
}

export function visitorOf({ face, address, userAgent }: Visit): Visitor {
  return { face, address, agent: userAgent }
}

export function partyOf(visit: Visit, { webauthnDomain, name }: Entrance): RelyingParty | undefined {
  return relyingPartyOf(visit.origin, webauthnDomain, name)
}

/** On to the next step, or in; undefined when it was refused. */
export function onward(answer: SignInAnswer, to: string): Answer | undefined {
  if (answer.kind === 'refused') return undefined
  return { kind: 'redirect', sessionCookie: answer.cookie, to: answer.kind === 'signed-in' ? to : withTo(`/${answer.stage}`, to) }
}

export function refusalText({ why, retryAfterMs }: Extract<SignInAnswer, { kind: 'refused' }>, visit: Visit, wrong: string): string {
  const texts = signInTexts(visit.language).signIn
  return why === 'locked' ? texts.locked(retryAfterMs) : why === 'busy' ? texts.busy : wrong
}

export function statusOf({ why }: Extract<SignInAnswer, { kind: 'refused' }>): 422 | 429 | 503 {
  return why === 'locked' ? 429 : why === 'busy' ? 503 : 422
}
