/**
 * An act of an administrator, in two presses: what was entered is tried in a transaction that is undone, so that all that
 * stands against it is said beside the form; then a page says what will happen and asks for the reason; the second press does it.
 *
 *   GET form ─POST (step check)─▶ what will happen, reason ─POST (step do)─▶ done       an act without fields begins in the middle
 *
 * Nobody gives themselves mail to see, or a role: if the act would leave its actor with more than before, it is undone.
 */
import type { Act } from '../../store/contract.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Fields, type Page, Refused, type SignedVisit } from '../http/route.ts'
import { dayOf, isDay } from '../people/day.ts'
import { PeopleProblem } from '../people/people.ts'
import { commonTexts } from '../texts/common.ts'
import { peopleActsTexts } from '../texts/people-acts.ts'
import { peopleAdminTexts } from '../texts/people-admin.ts'
import type { PeopleDesk } from './people-desk.ts'
import { actForm, facts, noticeBox, reasonField } from './widgets.ts'

export type ActWords = { readonly title: string; readonly button: string; readonly effects: readonly string[] }

/** One field of the form: drawn with its value, and said again before the second press. */
export type ActField = { readonly name: string; readonly label: string; readonly value: string; readonly draw: (value: string) => SafeHtml; readonly say?: (value: string) => string }

export type ActPage = {
  readonly words: ActWords
  /** Whom or what it is about. */
  readonly about: string
  /** Where the form is sent, and where one gets without doing it. */
  readonly path: string
  readonly back: string
  readonly isDanger?: true
  readonly fields?: readonly ActField[]
  /** More of what will happen, from what was entered. */
  readonly more?: (form: Fields) => readonly string[]
  readonly perform: (form: Fields, by: Act) => Answer
}

const LONGEST_REASON = 500

/** The first page of an act: its form, or, where there is nothing to fill in, what will happen. */
export function showAct(page: ActPage, visit: SignedVisit): Page {
  return page.fields ? formPage(page, visit, undefined) : surePage(page, visit, undefined)
}

export function takeAct(desk: PeopleDesk, page: ActPage, visit: SignedVisit): Answer {
  const { form } = visit
  if (form.get('step') === 'edit') return formPage(page, visit, undefined)
  const reason = form.get('reason').trim().slice(0, LONGEST_REASON)
  const isSure = form.get('step') === 'do' || page.fields === undefined
  const by = { actor: `user:${visit.person.login}`, reason: reason || 'dry run' }
  try {
    if (isSure && reason !== '') return desk.db.write(() => withoutOwnGain(desk, visit, () => page.perform(form, by)))
    desk.db.rehearse(() => withoutOwnGain(desk, visit, () => page.perform(form, by)))
    return surePage(page, visit, isSure ? 'missing' : undefined)
  } catch (error) {
    if (!(error instanceof PeopleProblem)) throw error
    return page.fields ? formPage(page, visit, error.key) : surePage(page, visit, undefined, error.key)
  }
}

function withoutOwnGain<T>({ people, mailboxes }: PeopleDesk, { person, form, nowMs }: SignedVisit, work: () => T): T {
  const days = [dayOf(nowMs), ...form.all('from').filter(isDay)]
  const had = () => days.map(day => new Set([...mailboxes.mailboxesOf(person.personId, day), ...(people.person(person.personId, day)?.roles ?? [])]))
  const before = had()
  const value = work()
  if (had().some((now, index) => !now.isSubsetOf(before[index]!))) throw new PeopleProblem('own-rights', 'nobody gives themselves more to see')
  return value
}

function formPage({ words, about, path, back, fields = [] }: ActPage, visit: SignedVisit, problem: PeopleProblem['key'] | undefined): Page {
  const texts = peopleActsTexts(visit.language)
  const given = visit.form.get('step') !== ''
  const body = html`${about !== '' && html`<p>${about}</p>`}${problem && noticeBox('problem', html`<p>${peopleAdminTexts(visit.language).problems[problem]}</p>`)}
${actForm(visit, path, html`${fields.map(each => each.draw(given ? visit.form.get(each.name) : each.value))}<div class="row"><button name="step" value="check">${texts.check}</button> <a class="button second" href="${back}">${commonTexts(visit.language).cancel}</a></div>`)}`
  return { kind: 'page', title: words.title, body, ...(problem ? { status: 422 as const } : {}) }
}

function surePage(page: ActPage, visit: SignedVisit, wrongReason: string | undefined, problem?: PeopleProblem['key']): Page {
  const { words, about, path, back, isDanger, fields = [], more = () => [] } = page
  const { language, form } = visit
  const texts = peopleActsTexts(language)
  const entered = fields.map(({ name, label, say = (value: string) => value }) => [label, say(form.get(name))] as const).filter(([, value]) => value !== '')
  const hidden = fields.map(({ name }) => form.all(name).map(value => html`<input type="hidden" name="${name}" value="${value}">`))
  const effects = [...words.effects, ...more(form), texts.audited]
  const body = html`${about !== '' && html`<p>${about}</p>`}${problem && noticeBox('problem', html`<p>${peopleAdminTexts(language).problems[problem]}</p>`)}
${entered.length > 0 && html`<h2>${texts.entered}</h2>${facts(entered)}`}
<div class="notice ${isDanger && 'warning'}"><h2>${texts.willHappen}</h2><ul>${effects.map(each => html`<li>${each}</li>`)}</ul></div>
${actForm(visit, path, html`${hidden}${reasonField(language, wrongReason)}<div class="row"><button class="${isDanger && 'danger'}" name="step" value="do">${words.button}</button> ${fields.length > 0 && editButton(texts.edit)} <a class="button second" href="${back}">${commonTexts(language).cancel}</a></div>`)}`
  return { kind: 'page', title: words.title, body, ...((wrongReason ?? problem) ? { status: 422 as const } : {}) }
}

/** Goes back without the reason. */
function editButton(label: string): SafeHtml {
  return html`<button class="second" name="step" value="edit" formnovalidate>${label}</button>`
}

/** For what somebody else, or another window, has done already. @throws Refused */
export function takenBack(wasThere: boolean): void {
  if (!wasThere) throw new Refused('conflict')
}
