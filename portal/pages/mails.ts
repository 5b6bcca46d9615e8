/** The list of mails: own, shared and delegated mailboxes, newest first, with what was kept back and what is unread. */
import type { House, ReachedMailbox } from '../house.ts'
import { options } from '../http/frame.ts'
import { flag, html, type SafeHtml } from '../http/html.ts'
import type { Page, Route, SignedVisit } from '../http/route.ts'
import { dayOfField, dayText, shortTime, timeElement } from '../http/when.ts'
import { type MailPage, type MailQuestion, type MailRow, MAIL_STATES, type MailState } from '../ports.ts'
import { mailsTexts, type MailsTexts } from '../texts/mails.ts'
import { STAFF } from './reading.ts'

const PAGE_ROWS = 25
const DAY_MS = 86_400_000
const FIELDS = ['sender', 'subject', 'file', 'state', 'since', 'until', 'box'] as const
const SHARED = 'shared-with-me'
const LONGEST_WORD = 200

type Search = Readonly<Record<(typeof FIELDS)[number], string>>

export function mailRoutes(house: House): Route[] {
  return [{ ...STAFF, method: 'GET', path: '/', handle: (visit: SignedVisit) => listPage(house, visit) }]
}

async function listPage(house: House, visit: SignedVisit): Promise<Page> {
  const texts = mailsTexts(visit.language)
  const boxes = house.reach.mailboxesOf(visit.person, visit.nowMs)
  const search = searchOf(visit)
  const shown = search.box === SHARED ? await sharedMails(house, visit) : await house.mail.list(questionOf(search, boxes, visit))
  const body = html`${searchForm(search, boxes, texts)}
${hasBadDate(search) && html`<div class="notice warning" role="status"><p>${texts.search.badDate}</p></div>`}
${boxes.length === 0 && search.box !== SHARED ? html`<p class="empty">${texts.noMailbox}</p>` : rowsOrWhyNone(house, visit, { shown, search, boxes })}
${pager(shown, search, texts)}`
  return { kind: 'page', title: texts.title, wide: true, body }
}

function searchOf({ query }: SignedVisit): Search {
  return Object.fromEntries(FIELDS.map(name => [name, query.get(name).slice(0, LONGEST_WORD)])) as Search
}

function questionOf(search: Search, boxes: readonly ReachedMailbox[], { person, query }: SignedVisit): MailQuestion {
  const [sinceMs, untilMs] = [dayOfField(search.since), dayOfField(search.until)]
  const after = query.get('after')
  const chosen = boxes.filter(({ address }) => address === search.box)
  return {
    tenant: person.tenant,
    // A mailbox that is not theirs is no choice: then it is all of their own.
    mailboxes: (chosen.length > 0 ? chosen : boxes).map(({ address }) => address),
    limit: PAGE_ROWS,
    ...(search.sender !== '' && { sender: search.sender }),
    ...(search.subject !== '' && { subject: search.subject }),
    ...(search.file !== '' && { fileName: search.file }),
    ...(isState(search.state) && { state: search.state }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(untilMs !== undefined && { untilMs: untilMs + DAY_MS - 1 }),
    ...(/^[\w.:-]{1,100}$/.test(after) && { after }),
  }
}

/** What recipients have shared with a department of this person. */
async function sharedMails({ mail, keeping }: House, { person }: SignedVisit): Promise<MailPage> {
  const shares = keeping.shares.with(person, PAGE_ROWS)
  const messages = await Promise.all(shares.map(({ publicId }) => mail.message(publicId)))
  const rows = messages.filter(each => each !== undefined).filter(each => each.tenant === person.tenant)
  return { rows: rows.map(each => ({ ...each, mailboxes: [] })), next: undefined, searchedToMs: undefined }
}

function isState(text: string): text is MailState {
  return (MAIL_STATES as readonly string[]).includes(text)
}

function hasBadDate({ since, until }: Search): boolean {
  return [since, until].some(day => day !== '' && dayOfField(day) === undefined)
}

function isSearch(search: Search): boolean {
  return FIELDS.some(name => search[name] !== '' && search[name] !== 'any')
}

function searchForm(search: Search, boxes: readonly ReachedMailbox[], texts: MailsTexts): SafeHtml {
  const words = texts.search
  const field = (name: 'sender' | 'subject' | 'file' | 'since' | 'until', label: string, more = html``) =>
    html`<div class="field"><label for="s-${name}">${label}</label>${more}<input id="s-${name}" name="${name}" type="${name === 'since' || name === 'until' ? 'date' : 'search'}" value="${search[name]}"></div>`
  const boxNames = boxes.map(box => [box.address, boxName(box, texts)] as const)
  return html`<details class="search" ${flag('open', isSearch(search))}><summary>${words.summary}</summary>
<form method="get" action="/" role="search">
<div class="grid">
${field('sender', words.sender, html`<p class="hint" id="s-sender-hint">${words.senderHint}</p>`)}${field('subject', words.subject)}${field('file', words.file)}
<div class="field"><label for="s-state">${words.state}</label><select id="s-state" name="state">${options(MAIL_STATES.map(state => [state, texts.states[state]] as const), search.state || 'any')}</select></div>
${field('since', words.since)}${field('until', words.until)}
<div class="field"><label for="s-box">${words.box}</label><select id="s-box" name="box">${options([['', words.allBoxes], ...boxNames, [SHARED, words.sharedWithMe]], search.box)}</select></div>
</div>
<div class="row"><button>${words.act}</button>${isSearch(search) && html`<a class="button second" href="/">${words.clear}</a>`}</div>
</form></details>`
}

function boxName({ address, name, kind }: ReachedMailbox, texts: MailsTexts): string {
  const word = texts.boxKinds[kind]
  return `${name === '' || name === address ? address : `${name} ${address}`}${word === '' ? '' : `（${word}）`}`
}

type Shown = { readonly shown: MailPage; readonly search: Search; readonly boxes: readonly ReachedMailbox[] }

function rowsOrWhyNone(house: House, visit: SignedVisit, { shown, search, boxes }: Shown): SafeHtml {
  const texts = mailsTexts(visit.language)
  if (shown.rows.length > 0) return table(house, visit, { shown, search, boxes })
  if (shown.next !== undefined) return html`<p class="empty">${shown.searchedToMs === undefined ? texts.emptySearch : texts.emptySoFar(dayText(shown.searchedToMs, visit.language, house.era))}</p>`
  return html`<p class="empty">${search.box === SHARED ? texts.emptyShared : isSearch(search) ? texts.emptySearch : texts.empty}</p>`
}

function table(house: House, visit: SignedVisit, { shown, boxes }: Shown): SafeHtml {
  const texts = mailsTexts(visit.language)
  const ids = shown.rows.map(({ publicId }) => publicId)
  const opened = house.keeping.readMarks.opened(visit.person, ids)
  const cares = house.keeping.cares.of(visit.person.tenant, ids)
  const byAddress = new Map(boxes.map(box => [box.address, box]))
  const showsBoxes = boxes.length > 1
  const row = (mail: MailRow) => {
    const care = cares.get(mail.publicId)
    const isUnread = !opened.has(mail.publicId)
    const names = mail.mailboxes.map(address => shortName(byAddress.get(address.toLowerCase()), address, texts))
    return html`<tr class="${isUnread ? 'unread' : ''}">
<td data-name="${texts.columns.state}">${stateTag(mail, texts)}</td>
<th scope="row">${isUnread && html`<span class="tag new">${texts.unread}</span> `}<a href="/m/${mail.publicId}">${mail.subject.trim() === '' ? texts.noSubject : mail.subject}</a></th>
<td data-name="${texts.columns.from}">${senderText(mail, texts)}</td>
<td data-name="${texts.columns.date}" class="nowrap">${timeElement(mail.acceptedAtMs, shortTime(mail.acceptedAtMs, visit.language))}</td>
${showsBoxes && html`<td data-name="${texts.columns.mailbox}">${names.join(', ')}</td>`}
${cares.size > 0 && html`<td${care && html` data-name="${texts.columns.care}"`}>${care && texts.care[care.state](care.name)}</td>`}
</tr>`
  }
  const { columns } = texts
  return html`<div class="table"><table class="cards mails"><caption class="hide">${texts.title}</caption>
<thead><tr><th scope="col">${columns.state}</th><th scope="col">${columns.subject}</th><th scope="col">${columns.from}</th><th scope="col">${columns.date}</th>${showsBoxes && html`<th scope="col">${columns.mailbox}</th>`}${cares.size > 0 && html`<th scope="col">${columns.care}</th>`}</tr></thead>
<tbody>${shown.rows.map(row)}</tbody></table></div>`
}

/** In a column: oneself, or the name of the shared mailbox. */
function shortName(box: ReachedMailbox | undefined, address: string, texts: MailsTexts): string {
  return box?.kind === 'own' ? texts.mine : box?.name || address
}

export function stateTag({ state, partsKept }: Pick<MailRow, 'state' | 'partsKept'>, texts: MailsTexts): SafeHtml {
  return html`<span class="tag ${state}">${state === 'kept' && partsKept > 0 ? texts.keptCount(partsKept) : texts.states[state]}</span>`
}

export function senderText({ headerFrom, reversePath }: Pick<MailRow, 'headerFrom' | 'reversePath'>, texts: MailsTexts): string {
  return headerFrom.trim() || reversePath || texts.noSender
}

function pager({ next, rows }: MailPage, search: Search, texts: MailsTexts): SafeHtml {
  if (next === undefined) return html``
  const query = new URLSearchParams(FIELDS.filter(name => search[name] !== '').map(name => [name, search[name]]))
  query.set('after', next)
  return html`<p class="row"><a class="button second" href="/?${query.toString()}">${rows.length < PAGE_ROWS ? texts.searchOn : texts.older}</a></p>`
}
