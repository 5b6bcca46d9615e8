/** 画像プレビュー outside of one's own mail: a page around a picture, drawn in the sealed workshop with the viewer's name in it. */
import type { House } from '../house.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type SignedVisit } from '../http/route.ts'
import { timeText } from '../http/when.ts'
import type { PageView, PartRef, Refusal } from '../ports.ts'
import { previewTexts } from '../texts/preview.ts'
import type { PageViews } from './page-views.ts'
import { waysNotice } from './preview.ts'
import { askerOf } from './reading.ts'
import { refusalPage } from './refusals.ts'

const MOST_PAGES = 100_000

/** `scope`: what the visitor may look at by this way; another scope never gets its pages. */
export type Picture = { readonly scope: string; /** Of a mail, or what lies on the shelf. */ readonly of: PartRef | { readonly shelfId: string }; readonly page: number; /** Waits for the page as it looks. */ readonly patient: boolean; /** A viewer asks again for what was only words for now. */ readonly by: 'viewer' | 'picture' }
export type Around = { readonly name: string; /** Address of the picture, without its page. */ readonly source: string; readonly back: SafeHtml }

/** @throws Refused */
export function askedPage({ query }: SignedVisit): Pick<Picture, 'page' | 'patient'> {
  const page = Number(query.get('page') || '1')
  if (!Number.isSafeInteger(page) || page < 1 || page > MOST_PAGES) throw new Refused('not-found')
  return { page, patient: query.get('wait') === '1' }
}

export async function drawnPage({ vault, era }: Pick<House, 'vault' | 'era'>, views: PageViews, visit: SignedVisit, { scope, of, page, patient, by }: Picture): Promise<PageView | Refusal> {
  const key = `${visit.session.sessionId} ${scope} ${page}`
  const known = views.page(key, visit.nowMs)
  if (known && (by === 'picture' || known.drawn !== 'words-for-now')) return known
  const mark = `${visit.person.name} ${visit.person.login} ${timeText(visit.nowMs, 'ja', era)}`
  const ask = { page, mark, patient }
  const drawn = await ('shelfId' in of ? vault.previewShelf(of.shelfId, ask, askerOf(visit)) : vault.preview(of, ask, askerOf(visit)))
  if (drawn.kind === 'page') views.keepPage(key, drawn, visit.nowMs)
  return drawn
}

export function viewerPage({ language }: SignedVisit, drawn: PageView | Refusal, { name, source, back }: Around): Page {
  const texts = previewTexts(language)
  if (drawn.kind === 'cannot') return refusalPage(drawn, language, back)
  const { page, pages, text } = drawn
  const body = html`<p class="soft">${texts.about}</p>${waysNotice(drawn, { language, waitHref: `?page=${page}&wait=1` })}
<nav class="row" aria-label="${texts.nav}">${page > 1 && html`<a class="button second" rel="prev" href="?page=${page - 1}">${texts.previous}</a>`}<strong>${texts.page(page, pages)}</strong>${page < pages && html`<a class="button second" rel="next" href="?page=${page + 1}">${texts.next}</a>`}</nav>
<img class="page" src="${source}?page=${page}" alt="${text === '' ? texts.altNoText(name, page, pages) : texts.alt(name, page, pages)}">
<details><summary>${texts.text}</summary>${text === '' ? html`<p class="empty">${texts.noText}</p>` : html`<div class="mail">${text}</div>`}</details>${back}`
  return { kind: 'page', title: texts.title(name), wide: true, body }
}

/** @throws Refused */
export function pictureAnswer(drawn: PageView | Refusal): Answer {
  if (drawn.kind === 'cannot') throw new Refused(drawn.reason === 'busy' ? 'unavailable' : 'not-found')
  return { kind: 'picture', png: drawn.png }
}
