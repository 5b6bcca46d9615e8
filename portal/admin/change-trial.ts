/** A file of people, tried: everything that is wrong with it, or what it would change; and the second press. */
import { hash } from 'node:crypto'
import { html, type SafeHtml } from '../http/html.ts'
import type { Answer, Page, SignedVisit } from '../http/route.ts'
import { type BookDiff, bookDiff, importBook } from '../people/address-book.ts'
import { readChange } from '../people/change-file.ts'
import { dayOf } from '../people/day.ts'
import { type FileDraft, FileDrafts } from '../people/file-drafts.ts'
import type { PersonDiff } from '../people/laying.ts'
import type { ChangeDiff } from '../people/personnel-change.ts'
import type { DepartmentDiff } from '../people/reorganising.ts'
import type { TableProblem } from '../people/table-file.ts'
import { commonTexts } from '../texts/common.ts'
import { peopleChangesTexts } from '../texts/people-changes.ts'
import { departmentNotes, peopleImportTexts, postText, problemText } from '../texts/people-import.ts'
import type { PeopleDesk } from './people-desk.ts'
import { actForm, dataTable, noticeBox, reasonField } from './widgets.ts'

const MOST_SHOWN = 2_000
const LONGEST_REASON = 500

type Tried = { readonly draft: FileDraft; readonly draftId: string }
type Trial = { readonly kind: 'problems'; readonly problems: readonly TableProblem[] } | { readonly kind: 'changes'; readonly diff: readonly ChangeDiff[] } | { readonly kind: 'book'; readonly diff: BookDiff }

/** What a file that was brought would change, as things are now. */
export function showDraft(desk: PeopleDesk, visit: SignedVisit, draftId: string): Page {
  const draft = new FileDrafts(desk.db).find(visit.person, draftId)
  return draft ? tryDraft(desk, visit, { draft, draftId }) : gonePage(visit)
}

function gonePage({ language }: SignedVisit): Page {
  const texts = peopleChangesTexts(language)
  return { kind: 'page', status: 410, title: texts.triedTitle, body: html`${noticeBox('problem', html`<p>${texts.gone}</p>`)}<p><a class="button" href="/people/changes/new">${texts.start}</a></p>` }
}

function tryDraft(desk: PeopleDesk, visit: SignedVisit, tried: Tried, wrongReason?: string): Page {
  const { language } = visit
  const { draft } = tried
  const texts = peopleChangesTexts(language)
  const trial = trialOf(desk, visit, draft)
  const head = html`<p>${texts.abouts[draft.about]}: ${draft.about === 'book' ? draft.name : texts.tried(draft.name, draft.day)}</p>`
  if (trial.kind === 'problems') {
    const list = trial.problems.map(each => html`<li>${problemText(each, language)}</li>`)
    const body = html`${head}${noticeBox('problem', html`<p>${texts.problems(trial.problems.length)}</p>`)}<ol>${list}</ol>${againLink(draft, texts.start)}`
    return { kind: 'page', status: 422, title: texts.triedTitle, body }
  }
  const isSame = trial.kind === 'changes' ? trial.diff.length === 0 : trial.diff.added.length + trial.diff.changed.length + trial.diff.removed.length === 0
  if (isSame) return { kind: 'page', title: texts.triedTitle, body: html`${head}<p>${texts.same}</p>${againLink(draft, texts.start)}` }
  const table = trial.kind === 'book' ? bookView(trial.diff, visit) : changesView(trial.diff, visit)
  const body = html`${head}<p><strong>${texts.nothingYet}</strong></p>${table}${planForm(visit, tried, wrongReason)}`
  return { kind: 'page', title: texts.triedTitle, body, wide: true, ...(wrongReason === undefined ? {} : { status: 422 as const }) }
}

function againLink({ about, day }: FileDraft, label: string): SafeHtml {
  return html`<p><a class="button" href="/people/changes/new?${new URLSearchParams({ about, day }).toString()}">${label}</a></p>`
}

function trialOf({ db, changes }: PeopleDesk, { person }: SignedVisit, { about, day, file }: FileDraft): Trial {
  if (about === 'book') {
    const diff = bookDiff(db, person.tenant, file)
    return 'kind' in diff ? diff : { kind: 'book', diff }
  }
  const read = readChange(about, file, day)
  if (read.kind === 'problems') return read
  const rehearsed = changes.rehearse(person.tenant, read.change, day)
  return rehearsed.kind === 'problems' ? rehearsed : { kind: 'changes', diff: rehearsed.diff }
}

function planForm(visit: SignedVisit, { draft: { about, day }, draftId }: Tried, wrongReason: string | undefined): SafeHtml {
  const { language } = visit
  const texts = peopleChangesTexts(language)
  return html`<div class="notice warning"><h2>${texts.willHappen}</h2><ul>${texts.effects[about](day).map(each => html`<li>${each}</li>`)}</ul></div>
${actForm(visit, '/people/changes/plan', html`<input type="hidden" name="draft" value="${draftId}">${reasonField(language, wrongReason)}<div class="row"><button>${texts.plan[about]}</button> <a class="button second" href="/people/changes">${commonTexts(language).cancel}</a></div>`)}`
}

/** The second press: tried again, since the world may have changed, and then planned. */
export function planDraft(desk: PeopleDesk, visit: SignedVisit): Answer {
  const { person, form, nowMs } = visit
  const drafts = new FileDrafts(desk.db)
  const draftId = form.get('draft')
  const draft = drafts.find(person, draftId)
  if (!draft) return gonePage(visit)
  const reason = form.get('reason').trim().slice(0, LONGEST_REASON)
  if (reason === '') return tryDraft(desk, visit, { draft, draftId }, 'missing')
  const by = { actor: `user:${person.login}`, reason }
  if (!isPlanned(desk, visit, draft, by)) return tryDraft(desk, visit, { draft, draftId })
  drafts.drop(draftId)
  const say = draft.about === 'book' ? 'book-replaced' : draft.day <= dayOf(nowMs) ? 'change-in-force' : 'change-planned'
  return { kind: 'redirect', to: '/people/changes', say }
}

function isPlanned({ db, changes }: PeopleDesk, { person, nowMs }: SignedVisit, { about, day, file }: FileDraft, by: { readonly actor: string; readonly reason: string }): boolean {
  if (about === 'book') return importBook(db, person.tenant, file, by).kind === 'book'
  const read = readChange(about, file, day)
  if (read.kind === 'problems') return false
  return changes.plan(person.tenant, read.change, { day, today: dayOf(nowMs), sha256: hash('sha256', file) }, by).kind === 'diff'
}

function changesView(diff: readonly ChangeDiff[], visit: SignedVisit): SafeHtml {
  const { language } = visit
  const [texts, words] = [peopleChangesTexts(language), peopleImportTexts(language)]
  const kindOf = (each: ChangeDiff) => ('code' in each ? words.departmentKinds[each.kind] : words.kinds[each.kind])
  const counts = [...Map.groupBy(diff, kindOf)].map(([kind, list]) => html`<li>${texts.counted(kind, list.length)}</li>`)
  const shown = diff.slice(0, MOST_SHOWN)
  const people = shown.filter(each => !('code' in each)) as PersonDiff[]
  const departments = shown.filter(each => 'code' in each) as DepartmentDiff[]
  return html`<h2>${texts.summary}</h2><ul>${counts}</ul>${people.length > 0 && peopleTable(people, visit)}${departments.length > 0 && departmentTable(departments, visit)}
${diff.length > shown.length && html`<p>${texts.more(diff.length - shown.length)}</p>`}`
}

function peopleTable(diff: readonly PersonDiff[], { language }: SignedVisit): SafeHtml {
  const [texts, words] = [peopleChangesTexts(language), peopleImportTexts(language)]
  const posts = (list: PersonDiff['before']) => (list.length === 0 ? words.nothing : list.map(each => html`${postText(each, words)}<br>`))
  const columns = [texts.who, texts.what, texts.before, texts.after, texts.also].map(label => ({ label }))
  const rows = diff.map(({ name, login, kind, before, after, also }) => [html`${name} <span class="soft">${login}</span>`, html`<span class="tag">${words.kinds[kind]}</span>`, posts(before), posts(after), also.map(each => words.also[each] ?? each).join(', ')])
  return dataTable(texts.triedTitle, columns, rows)
}

function departmentTable(diff: readonly DepartmentDiff[], { language }: SignedVisit): SafeHtml {
  const [texts, words] = [peopleChangesTexts(language), peopleImportTexts(language)]
  const columns = [texts.department, texts.what, texts.before, texts.after, texts.moves].map(label => ({ label }))
  const rows = diff.map(each => [each.code, html`<span class="tag">${words.departmentKinds[each.kind]}</span>`, each.before || words.nothing, each.after || words.nothing, departmentNotes(each, words).map(note => html`${note}<br>`)])
  return dataTable(texts.triedTitle, columns, rows)
}

function bookView({ added, changed, removed }: BookDiff, { language }: SignedVisit): SafeHtml {
  const texts = peopleChangesTexts(language)
  const section = (title: string, list: readonly string[]) => list.length > 0 && html`<h2>${texts.counted(title, list.length)}</h2><ul>${list.slice(0, MOST_SHOWN).map(each => html`<li>${each}</li>`)}</ul>`
  return html`${section(texts.bookAdded, added)}${section(texts.bookChanged, changed)}${section(texts.bookRemoved, removed)}`
}
