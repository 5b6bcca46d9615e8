/**
 * Reading a mail behind broken glass: its text as delivered, its files by name, pictures of their pages. Only by who asked,
 * only while it is open, each look written down first. No file is given out, unlocked or asked for here.
 *
 *   GET /glass/:glassId/read   GET …/parts/:part/preview │ …/parts/:part/picture
 */
import type { Glass } from '../glass/book.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { timeElement, timeText } from '../http/when.ts'
import { PageViews } from '../pages/page-views.ts'
import { isDrawn, LOCKED_REASONS } from '../pages/part-actions.ts'
import { askedPage, drawnPage, pictureAnswer, viewerPage } from '../pages/picture-viewer.ts'
import { askerOf } from '../pages/reading.ts'
import { parsePartKey, type Piece, pieceAt, piecesOf } from '../part-key.ts'
import type { MailMessage } from '../ports.ts'
import { glassTexts } from '../texts/glass.ts'
import { type AdminHouse, needing } from './house.ts'
import { facts, noticeBox } from './widgets.ts'

export function glassReadRoutes(house: AdminHouse): SignedRoute[] {
  const views = new PageViews()
  const reader = { ...needing('glass.ask'), method: 'GET' } as const
  return [
    { ...reader, path: '/glass/:glassId/read', handle: visit => readPage(house, visit) },
    { ...reader, path: '/glass/:glassId/parts/:part/preview', handle: visit => preview(house, views, visit) },
    { ...reader, path: '/glass/:glassId/parts/:part/picture', handle: visit => picture(house, views, visit) },
  ]
}

/** @throws Refused when it is not open for this person, or the mail is gone. */
async function opened({ glass, mail }: AdminHouse, visit: SignedVisit, what: string): Promise<{ readonly broken: Glass; readonly message: MailMessage }> {
  const { glassId = '' } = visit.params
  const known = glass.find(glassId, visit.person.tenant)
  const message = known && (await mail.message(known.publicId))
  const broken = message?.tenant === visit.person.tenant ? glass.read(glassId, visit.person, what) : undefined
  if (!broken || !message) throw new Refused('not-found')
  return { broken, message }
}

async function readPage(house: AdminHouse, visit: SignedVisit): Promise<Page> {
  const { language } = visit
  const texts = glassTexts(language)
  const { broken, message } = await opened(house, visit, 'text')
  const delivered = await house.vault.deliveredText(message.publicId, askerOf(visit))
  const time = (atMs: number) => timeText(atMs, language, house.era)
  const body = html`${noticeBox('warning', html`<p>${texts.readNote(time(broken.untilMs))}</p>`)}
${facts([
    [texts.subject, message.subject],
    [texts.sender, message.headerFrom],
    [texts.columns.mailboxes, broken.mailboxes.map(mailbox => html`<div>${mailbox}</div>`)],
    [texts.received, timeElement(message.acceptedAtMs, time(message.acceptedAtMs))],
  ])}
${delivered.kind === 'text' ? html`<div class="mail">${delivered.text}</div>` : html`<p class="empty">${texts.textGone}</p>`}
${files(message, broken, visit)}
<p><a href="/glass/${broken.glassId}">${texts.one}</a></p>`
  return { kind: 'page', title: texts.readTitle, body }
}

function files({ report }: MailMessage, { glassId }: Glass, { language }: SignedVisit): SafeHtml {
  const texts = glassTexts(language)
  const parts = report.parts.filter(({ outcome }) => outcome !== 'body' && outcome !== 'container')
  if (parts.length === 0) return html``
  return html`<h2>${texts.files}</h2><ul>${parts.map(part => {
    const [whole, ...inside] = piecesOf(part)
    return html`<li>${part.name || part.detectedType}${whole && mayLook(whole) && html` <a href="/glass/${glassId}/parts/${whole.key}/preview">${texts.look}<span class="hide"> ${part.name}</span></a>`}
${inside.length > 0 && html`<br><span class="soft">${texts.names}: ${inside.map(({ file }) => html`${file.name}<br>`)}</span>`}</li>`
  })}</ul>`
}

function mayLook({ outermost, member }: Piece): boolean {
  return member.length === 0 && isDrawn(outermost.detectedType) && !LOCKED_REASONS.has(outermost.reason ?? '')
}

async function looked(house: AdminHouse, views: PageViews, visit: SignedVisit, what: 'preview' | 'picture') {
  const place = parsePartKey(visit.params['part'] ?? '')
  const asked = askedPage(visit)
  const { broken, message } = await opened(house, visit, `${what} ${visit.params['part'] ?? ''} ${asked.page}`)
  const piece = place && pieceAt(message.report, place)
  if (!piece || !mayLook(piece)) throw new Refused('not-found')
  const { partId, member } = piece
  return { broken, piece, drawn: await drawnPage(house, views, visit, { scope: `glass ${broken.glassId} ${piece.key}`, of: { publicId: message.publicId, partId, member }, ...asked, by: what === 'preview' ? 'viewer' : 'picture' }) }
}

async function preview(house: AdminHouse, views: PageViews, visit: SignedVisit): Promise<Page> {
  const { broken, piece, drawn } = await looked(house, views, visit, 'preview')
  const back = html`<p><a href="/glass/${broken.glassId}/read">${glassTexts(visit.language).readTitle}</a></p>`
  return viewerPage(visit, drawn, { name: piece.file.name || piece.file.detectedType, source: `/glass/${broken.glassId}/parts/${piece.key}/picture`, back })
}

async function picture(house: AdminHouse, views: PageViews, visit: SignedVisit): Promise<Answer> {
  return pictureAnswer((await looked(house, views, visit, 'picture')).drawn)
}
