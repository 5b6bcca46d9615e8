/**
 * 画像プレビュー: pictures of a file's pages, drawn in a sealed process, with the reader's name and the time in them. Nothing of
 * the file itself is in an answer; the text of a page is beside its picture for whoever cannot see it.
 *
 *   GET  /m/:publicId/preview/:part?page=           the viewer        GET …/picture?page=   the PNG
 *        …&wait=1                                   the page as it looks, once LibreOffice has drawn it; without it the first
 *                                                   answer may be the words of the page, so that something is there at once
 *   POST /m/:publicId/preview/:part                 password of a locked file; then the viewer with `view`
 */
import type { House } from '../house.ts'
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Language, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { timeText } from '../http/when.ts'
import type { Piece } from '../part-key.ts'
import type { MailMessage, PageView, Refusal } from '../ports.ts'
import { previewTexts } from '../texts/preview.ts'
import { unlockTexts } from '../texts/unlock.ts'
import { pieceOf } from './message.ts'
import { backTo } from './message-title.ts'
import { isLocked, LOCKED_REASONS } from './part-actions.ts'
import { fileName } from './part-cards.ts'
import { PageViews } from './page-views.ts'
import { askerOf, ofMessage, type Reading, STAFF } from './reading.ts'
import { refusalPage } from './refusals.ts'

const MOST_PAGES = 100_000

export function previewRoutes(house: House): Route[] {
  const rooms = { house, views: new PageViews() }
  return [
    { ...STAFF, method: 'GET', path: '/m/:publicId/preview/:part', handle: ofMessage(house, (visit, reading) => viewer(rooms, visit, reading)) },
    { ...STAFF, method: 'POST', path: '/m/:publicId/preview/:part', handle: ofMessage(house, (visit, reading) => open(rooms, visit, reading)) },
    { ...STAFF, method: 'GET', path: '/m/:publicId/preview/:part/picture', handle: ofMessage(house, (visit, reading) => picture(rooms, visit, reading)) },
  ]
}

type Rooms = { readonly house: House; readonly views: PageViews }
type Wanted = { readonly piece: Piece; readonly page: number; readonly view: string; readonly password: string | undefined; readonly patient: boolean }

function wantedOf({ house, views }: Rooms, visit: SignedVisit, reading: Reading): Wanted {
  const { message } = reading
  const piece = pieceOf(house, visit, { reading, action: 'preview' })
  const given = Number(visit.query.get('page') || '1')
  if (!Number.isSafeInteger(given) || given < 1 || given > MOST_PAGES) throw new Refused('not-found')
  const view = visit.query.get('view')
  const patient = visit.query.get('wait') === '1'
  return { piece, page: given, patient, view, password: view === '' ? undefined : views.password(scopeOf(visit, message, piece), view, visit.nowMs) }
}

function scopeOf({ session }: SignedVisit, { publicId }: MailMessage, { key }: Piece): string {
  return `${session.sessionId} ${publicId} ${key}`
}

async function viewer(rooms: Rooms, visit: SignedVisit, reading: Reading): Promise<Page> {
  const { message } = reading
  const wanted = wantedOf(rooms, visit, reading)
  if (isLocked(wanted.piece.file) && wanted.password === undefined) return passwordPage(visit, message, wanted.piece, '')
  const drawn = await drawnPage(rooms, { visit, message, wanted, by: 'viewer' })
  if (drawn.kind === 'page') return viewPage(visit, message, wanted, drawn)
  return LOCKED_REASONS.has(drawn.reason) ? passwordPage(visit, message, wanted.piece, '') : refusalPage(drawn, visit.language, backTo(message, visit))
}

/** The picture is of what its viewer has shown; a viewer asks again for what was only words for now. */
async function drawnPage({ house, views }: Rooms, { visit, message, wanted, by }: Drawing): Promise<PageView | Refusal> {
  const { piece, page, view, password, patient } = wanted
  const key = `${scopeOf(visit, message, piece)} ${view} ${page}`
  const known = views.page(key, visit.nowMs)
  if (known && (by === 'picture' || known.drawn !== 'words-for-now')) return known
  const mark = `${visit.person.name} ${visit.person.login} ${timeText(visit.nowMs, 'ja', house.era)}`
  const { partId, member } = piece
  const drawn = await house.vault.preview({ publicId: message.publicId, partId, member }, { page, mark, patient, ...(password !== undefined && { password }) }, askerOf(visit))
  if (drawn.kind === 'page') views.keepPage(key, drawn, visit.nowMs)
  return drawn
}

/** Asked for by two, so that a page is drawn once. */
type Drawing = { readonly visit: SignedVisit; readonly message: MailMessage; readonly wanted: Wanted; readonly by: 'viewer' | 'picture' }

function viewPage(visit: SignedVisit, message: MailMessage, { piece, view }: Wanted, drawn: PageView): Page {
  const texts = previewTexts(visit.language)
  const name = fileName(piece.file, visit.language)
  const { page, pages, text } = drawn
  const query = (n: number) => `page=${n}${view === '' ? '' : `&view=${view}`}`
  const body = html`<p class="soft">${texts.about}</p>${waysNotice(drawn, { language: visit.language, waitHref: `${visit.path}?${query(page)}&wait=1` })}
${pager(visit, { page, pages, view, to: n => `${visit.path}?${query(n)}` })}
<img class="page" src="${visit.path}/picture?${query(page)}" alt="${text === '' ? texts.altNoText(name, page, pages) : texts.alt(name, page, pages)}">
<details><summary>${texts.text}</summary>${text === '' ? html`<p class="empty">${texts.noText}</p>` : html`<div class="mail">${text}</div>`}</details>
${backTo(message, visit)}`
  return { kind: 'page', title: texts.title(name), wide: true, body }
}

/** What the picture shows, where that is not the page as it looks; and the way to it where there is one. */
export function waysNotice({ drawn }: PageView, { language, waitHref }: { readonly language: Language; readonly waitHref: string }): SafeHtml {
  const texts = previewTexts(language)
  if (texts.drawn[drawn] === '') return html``
  return html`<div class="notice" role="status"><p>${texts.drawn[drawn]}</p>${drawn === 'words-for-now' && html`<p><a class="button second" href="${waitHref}">${texts.wait}</a></p>`}</div>`
}

type Pages = { readonly page: number; readonly pages: number; readonly view: string; readonly to: (page: number) => string }

function pager({ language, path }: SignedVisit, { page, pages, view, to }: Pages): SafeHtml {
  const texts = previewTexts(language)
  return html`<nav class="row" aria-label="${texts.nav}">
${page > 1 && html`<a class="button second" rel="prev" href="${to(page - 1)}">${texts.previous}</a>`}
<strong>${texts.page(page, pages)}</strong>
${page < pages && html`<a class="button second" rel="next" href="${to(page + 1)}">${texts.next}</a>`}
${pages > 2 && html`<form method="get" action="${path}" class="inline"><label for="go">${texts.goTo}</label><input id="go" class="short" name="page" type="number" min="1" max="${pages}" value="${page}" required>${view !== '' && html`<input type="hidden" name="view" value="${view}">`}<button class="second">${texts.go}</button></form>`}
</nav>`
}

function passwordPage(visit: SignedVisit, message: MailMessage, piece: Piece, wrong: string): Page {
  const [texts, words] = [previewTexts(visit.language), unlockTexts(visit.language)]
  const name = fileName(piece.file, visit.language)
  const body = html`<form method="post" action="${visit.path}" class="card" autocomplete="off" data-once>${token(visit)}<p>${texts.locked(name)}</p>
<div class="field"><label for="password">${words.password}</label><p class="hint" id="password-hint">${words.hint}</p>
<input id="password" class="masked" name="password" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="256" required aria-describedby="password-hint${wrong !== '' && ' password-wrong'}"${wrong !== '' && html` aria-invalid="true"`}>
${wrong !== '' && html`<p class="wrong" id="password-wrong" role="alert">${wrong}</p>`}</div>
<p class="choices"><label><input type="checkbox" class="reveal">${words.reveal}</label></p>
<p><button>${texts.show}</button></p></form>${backTo(message, visit)}`
  return { kind: 'page', title: texts.title(name), body, ...(wrong !== '' && { status: 422 as const }) }
}

async function open(rooms: Rooms, visit: SignedVisit, reading: Reading): Promise<Answer> {
  const { message } = reading
  const texts = unlockTexts(visit.language)
  const wanted = wantedOf(rooms, visit, reading)
  const password = visit.form.get('password')
  if (password === '') return passwordPage(visit, message, wanted.piece, texts.none)
  const scope = scopeOf(visit, message, wanted.piece)
  const view = rooms.views.keepPassword(scope, password, visit.nowMs)
  const drawn = await drawnPage(rooms, { visit, message, wanted: { ...wanted, page: 1, view, password }, by: 'viewer' })
  if (drawn.kind === 'page') return { kind: 'redirect', to: `${visit.path}?view=${view}` }
  rooms.views.forgetPassword(scope, view)
  if (!LOCKED_REASONS.has(drawn.reason)) return refusalPage(drawn, visit.language, backTo(message, visit))
  return passwordPage(visit, message, wanted.piece, drawn.triesLeft === undefined ? texts.wrong : drawn.triesLeft === 0 ? texts.noneLeft : texts.wrongLeft(drawn.triesLeft))
}

async function picture(rooms: Rooms, visit: SignedVisit, reading: Reading): Promise<Answer> {
  const drawn = await drawnPage(rooms, { visit, message: reading.message, wanted: wantedOf(rooms, visit, reading), by: 'picture' })
  if (drawn.kind === 'cannot') throw new Refused(drawn.reason === 'busy' ? 'unavailable' : 'not-found')
  return { kind: 'picture', png: drawn.png }
}
