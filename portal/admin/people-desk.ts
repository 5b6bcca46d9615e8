/** What the pages about people stand on, and what they have in common. */
import type { PortalDb } from '../db/open.ts'
import { flag, html, type SafeHtml } from '../http/html.ts'
import { options } from '../http/frame.ts'
import { Refused, type Language, type SignedVisit } from '../http/route.ts'
import type { PersonRecord } from '../people/people.ts'
import type { PeopleRooms } from '../people/rooms.ts'
import type { StaffMail } from '../ports.ts'
import type { SignInRooms } from '../sign-in/rooms.ts'
import { peopleAdminTexts } from '../texts/people-admin.ts'
import type { ActField } from './acts.ts'
import { field } from './widgets.ts'

export type PeopleDesk = PeopleRooms &
  Pick<SignInRooms, 'factors' | 'lockOut' | 'links' | 'sessions' | 'certificates' | 'linked'> & {
    readonly db: PortalDb
    readonly invitationHours: number
    /** Where people of a tenant open their link. */
    readonly linkOrigin: (tenant: string) => string
    /** Puts a mail to staff on its way, inside of the transaction that it tells of. */
    readonly tell: (mail: StaffMail) => void
  }

/** Lists of people and departments stop here; the rest is on the next page. */
export const PEOPLE_PAGE = 50

export const TABS = { people: '/people', departments: '/people/departments', mailboxes: '/people/mailboxes', delegations: '/people/delegations', changes: '/people/changes' } as const

/** The way between the pages of this family. */
export function tabs(here: keyof typeof TABS, language: Language): SafeHtml {
  const texts = peopleAdminTexts(language)
  const names = Object.keys(TABS) as (keyof typeof TABS)[]
  return html`<nav class="row tabs" aria-label="${texts.family}">${names.map(name => html`<a href="${TABS[name]}"${name === here && html` aria-current="page"`}>${texts.tabs[name]}</a>`)}</nav>`
}

/** Of one's own town; others are not there. @throws Refused */
export function recordOf({ people }: PeopleDesk, { params, person }: SignedVisit): PersonRecord {
  const record = people.byId(Number(params['personId']))
  if (!record || record.tenant !== person.tenant) throw new Refused('not-found')
  return record
}

export function isAdministrator({ person }: SignedVisit): boolean {
  return person.roles.has('administrator')
}

type Line = { readonly name: string; readonly label: string; readonly value?: string; readonly hint?: string; readonly required?: boolean; readonly type?: 'text' | 'date' }

export function textField({ name, label, value = '', hint, required = false, type = 'text' }: Line): ActField {
  return { name, label, value, draw: now => field({ name, label, value: now, required, type, ...(hint === undefined ? {} : { hint }) }) }
}

export function choiceField(name: string, label: string, choices: readonly (readonly [value: string, label: string])[], value: string): ActField {
  const draw = (now: string) => html`<div class="field"><label for="${name}">${label}</label><select id="${name}" name="${name}">${options(choices, now)}</select></div>`
  return { name, label, value, draw, say: now => choices.find(([each]) => each === now)?.[1] ?? '' }
}

export function tickField({ name, label, isSet, yes }: { readonly name: string; readonly label: string; readonly isSet: boolean; readonly yes: string }): ActField {
  const draw = (now: string) => html`<div class="field choices"><label><input type="checkbox" name="${name}" value="yes" ${flag('checked', now === 'yes')}> ${label}</label></div>`
  return { name, label, value: isSet ? 'yes' : '', draw, say: now => (now === 'yes' ? yes : '') }
}
