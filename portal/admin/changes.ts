/**
 * Files of people in the browser: personnel changes, reorganisations, the address book. A file is tried first (all that is
 * wrong, or a diff that can be read); the second press plans it, with a reason. What is planned can be withdrawn until its day.
 *
 *   GET /people/changes ─▶ list      GET /people/changes/new ─POST file─▶ GET problems │ diff ─POST /people/changes/plan─▶ planned
 */
import { collectWithin } from '../../rpc/octets.ts'
import { html } from '../http/html.ts'
import { options } from '../http/frame.ts'
import { type Answer, type Page, Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { TOKEN_FIELD } from '../http/same-origin.ts'
import { shortTime } from '../http/when.ts'
import { bookAge } from '../people/address-book.ts'
import { dayOf, parseDay } from '../people/day.ts'
import { type FileDraft, FileDrafts } from '../people/file-drafts.ts'
import { LARGEST_BYTES } from '../people/table-file.ts'
import { commonTexts } from '../texts/common.ts'
import { peopleActsTexts } from '../texts/people-acts.ts'
import { peopleChangesTexts } from '../texts/people-changes.ts'
import { type ActPage, showAct, takeAct, takenBack } from './acts.ts'
import { planDraft, showDraft } from './change-trial.ts'
import { type AdminHouse, needing } from './house.ts'
import { isAdministrator, type PeopleDesk, tabs } from './people-desk.ts'
import { dataTable, field, noticeBox, number } from './widgets.ts'

const ABOUTS = ['people', 'departments', 'book'] as const

export function changeRoutes({ people: desk }: AdminHouse): SignedRoute[] {
  return [
    { ...needing('people.see'), method: 'GET', path: '/people/changes', handle: visit => list(desk, visit) },
    { ...needing('people.change'), method: 'GET', path: '/people/changes/new', handle: visit => (visit.query.get('draft') === '' ? form(visit, '') : showDraft(desk, visit, visit.query.get('draft'))) },
    { ...needing('people.change'), method: 'POST', path: '/people/changes/new', body: 'files', handle: visit => bring(desk, visit) },
    { ...needing('people.change'), method: 'POST', path: '/people/changes/plan', handle: visit => planDraft(desk, visit) },
    { ...needing('people.change'), method: 'GET', path: '/people/changes/:changeId/withdraw', handle: visit => showAct(withdrawAct(desk, visit), visit) },
    { ...needing('people.change'), method: 'POST', path: '/people/changes/:changeId/withdraw', handle: visit => takeAct(desk, withdrawAct(desk, visit), visit) },
  ]
}

function list(desk: PeopleDesk, visit: SignedVisit): Page {
  const { language, person, nowMs } = visit
  const texts = peopleChangesTexts(language)
  const today = dayOf(nowMs)
  const rows = desk.changes.list(person.tenant)
  const age = bookAge(desk.db, person.tenant)
  const columns = [texts.day, texts.about, texts.state, texts.lines, texts.by, texts.at, texts.withdraw].map(label => ({ label }))
  const cells = ({ changeId, about, effectiveDate, state, lines, plannedBy, plannedAtMs }: (typeof rows)[number]) => [
    effectiveDate,
    texts.abouts[about],
    html`<span class="tag">${texts.states[state]}</span>${state === 'planned' && effectiveDate <= today && html` ${texts.overdue}`}`,
    number(lines, language),
    plannedBy,
    shortTime(plannedAtMs, language),
    state === 'planned' && isAdministrator(visit) && html`<a class="button second" href="/people/changes/${changeId}/withdraw">${texts.withdraw}</a>`,
  ]
  const body = html`${tabs('changes', language)}<p>${texts.lead}</p>
${isAdministrator(visit) && html`<p class="no-print"><a class="button" href="/people/changes/new">${texts.start}</a></p>`}
<h2>${texts.list}</h2>${rows.length === 0 ? html`<p class="empty">${texts.empty}</p>` : dataTable(texts.list, columns, rows.map(cells))}
<h2>${texts.book}</h2><p>${age ? texts.bookAge(shortTime(age.atMs, language), number(age.entries, language)) : texts.bookNone}</p>`
  return { kind: 'page', title: texts.title, body, wide: true }
}

function form(visit: SignedVisit, wrong: string): Page {
  const { language, session, query } = visit
  const texts = peopleChangesTexts(language)
  const token = new URLSearchParams({ [TOKEN_FIELD]: session.csrfToken }).toString()
  const body = html`${wrong !== '' && noticeBox('problem', html`<p>${wrong}</p>`)}<p>${texts.lead}</p>
<form method="post" action="/people/changes/new?${token}" enctype="multipart/form-data" data-once>
<div class="field"><label for="about">${texts.about}</label><select id="about" name="about">${options(ABOUTS.map(each => [each, texts.abouts[each]]), query.get('about'))}</select></div>
${field({ name: 'day', label: texts.day, hint: texts.dayHint, type: 'date', value: query.get('day') })}
<div class="field"><label for="file">${texts.file}</label><p class="hint" id="file-hint">${texts.fileHint}</p><input id="file" name="file" type="file" required accept=".csv,.txt,.ldif,text/csv" aria-describedby="file-hint"></div>
<div class="row"><button>${texts.tryIt}</button> <a class="button second" href="/people/changes">${commonTexts(language).cancel}</a></div></form>
<h2>${texts.columnsTitle}</h2><p>${texts.columnsWhat}</p><dl class="facts">${ABOUTS.map(each => html`<dt>${texts.abouts[each]}</dt><dd>${texts.columns[each]}</dd>`)}</dl>`
  return { kind: 'page', title: texts.start, body, ...(wrong === '' ? {} : { status: 422 as const }) }
}

async function bring(desk: PeopleDesk, visit: SignedVisit): Promise<Answer> {
  const texts = peopleChangesTexts(visit.language)
  const brought = await fileOf(visit)
  if (typeof brought === 'string') return form(visit, texts[brought])
  // What it would change stands at an address of its own: without the token of the form, and to be loaded again.
  return { kind: 'redirect', to: `/people/changes/new?draft=${new FileDrafts(desk.db).keep(visit.person, brought)}` }
}

/** The first file of the form; whatever comes after it is read and left. */
async function fileOf(visit: SignedVisit): Promise<FileDraft | 'noFile' | 'noDay' | 'cut'> {
  let found: FileDraft | 'noFile' | 'noDay' | 'cut' = 'noFile'
  for await (const { untrustedName, octets, isCut, fieldBefore } of visit.files()) {
    const file: Uint8Array | undefined = found === 'noFile' && untrustedName !== '' ? await collectWithin(octets, LARGEST_BYTES) : new Uint8Array()
    octets.resume()
    if (found !== 'noFile' || untrustedName === '') continue
    const about = ABOUTS.find(each => each === fieldBefore('about')) ?? 'people'
    const day = about === 'book' ? dayOf(visit.nowMs) : parseDay(fieldBefore('day'))
    found = file === undefined || isCut() ? 'cut' : day === undefined ? 'noDay' : { about, day, name: untrustedName.slice(0, 100), file }
  }
  return found
}

function withdrawAct(desk: PeopleDesk, { language, person, params }: SignedVisit): ActPage {
  const changeId = Number(params['changeId'])
  const change = desk.changes.list(person.tenant).find(each => each.changeId === changeId)
  if (!change) throw new Refused('not-found')
  const texts = peopleChangesTexts(language)
  return {
    words: peopleActsTexts(language).change.withdraw,
    about: `${texts.abouts[change.about]} ${change.effectiveDate}`,
    path: `/people/changes/${changeId}/withdraw`,
    back: '/people/changes',
    isDanger: true,
    perform: (_form, by) => {
      takenBack(desk.changes.withdraw(person.tenant, changeId, by))
      return { kind: 'redirect', to: '/people/changes', say: 'change-withdrawn' }
    },
  }
}
