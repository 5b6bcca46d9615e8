/**
 * Passwords of a mail's locked files.
 *
 *   GET  /m/:publicId/unlock   the form, names inside, candidates from mails that this person may read
 *   POST /m/:publicId/unlock   one press for all locked files; then the result: take it, or it is mailed inward
 *   POST /m/:publicId/wait     「届いたら知らせる」
 *
 * A candidate is tried only when somebody presses it; its button names the mail and the place in it, never the password.
 */
import type { House } from '../house.ts'
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { shortTime } from '../http/when.ts'
import type { Piece } from '../part-key.ts'
import type { MailMessage, Refusal, Unlocked } from '../ports.ts'
import { mailsTexts } from '../texts/mails.ts'
import { unlockTexts } from '../texts/unlock.ts'
import { backTo, titleOf } from './message-title.ts'
import { LOCKED_REASONS } from './part-actions.ts'
import { fileName } from './part-cards.ts'
import { type Candidate, candidateOf, candidatesFor } from './password-candidates.ts'
import { askerOf, ofMessage, STAFF } from './reading.ts'
import { refusalText } from './refusals.ts'
import { lockChoice, passwordForm, stillLocked } from './unlock-form.ts'

const MOST_FILES = 50
const MOST_NAMES = 100

export function unlockRoutes(house: House): Route[] {
  return [
    { ...STAFF, method: 'GET', path: '/m/:publicId/unlock', handle: ofMessage(house, (visit, { message }) => unlockPage(house, visit, message, '')) },
    { ...STAFF, method: 'POST', path: '/m/:publicId/unlock', handle: ofMessage(house, (visit, { message }) => unlock(house, visit, message)) },
    { ...STAFF, method: 'POST', path: '/m/:publicId/wait', handle: ofMessage(house, (visit, { message }) => wait(house, visit, message)) },
  ]
}

async function unlockPage(house: House, visit: SignedVisit, message: MailMessage, wrong: string): Promise<Page> {
  const texts = unlockTexts(visit.language)
  const locked = lockedFor(house, visit, message)
  if (locked.length === 0) return { kind: 'page', title: titleOf(message, visit), body: html`<p class="empty">${texts.nothingLocked}</p>${backTo(message, visit)}` }
  const [names, candidates] = await Promise.all([namesInside(house, visit, message, locked), candidatesFor(house, visit, message)])
  const body = html`${passwordForm(visit, { message, locked, wrong, isBrief: false, lockAgain: house.lockAgain })}
${names}
<h2>${texts.candidates}</h2>
${candidates.length === 0 ? html`<p>${texts.noCandidates}</p>` : html`<p class="soft">${texts.candidatesAbout}</p><ul class="plain">${candidates.map(each => candidateItem(house, each, visit, message))}</ul>`}
${waitForm(house, visit, message)}
${backTo(message, visit)}`
  return { kind: 'page', title: texts.title, body, ...(wrong !== '' && { status: 422 as const }) }
}

function lockedFor({ keeping }: House, { person }: SignedVisit, message: MailMessage): Piece[] {
  return stillLocked(message, keeping.results.of(person, { publicId: message.publicId })).slice(0, MOST_FILES)
}

async function namesInside(house: House, visit: SignedVisit, { publicId }: MailMessage, locked: readonly Piece[]): Promise<SafeHtml[]> {
  const texts = unlockTexts(visit.language)
  const lists: SafeHtml[] = []
  for (const { partId, member, file } of locked) {
    const answer = await house.vault.lockedNames({ publicId, partId, member }, askerOf(visit))
    const names = answer.kind === 'names' ? answer.names : []
    const shown = names.slice(0, MOST_NAMES)
    lists.push(html`<h2>${texts.names(fileName(file, visit.language))}</h2>
${names.length === 0 ? html`<p class="soft">${texts.noNames}</p>` : html`<ul>${shown.map(name => html`<li>${name}</li>`)}${names.length > shown.length && html`<li>${texts.moreNames(names.length - shown.length)}</li>`}</ul>`}`)
  }
  return lists
}

function candidateItem(house: House, { candidate, place, mail }: Candidate, visit: SignedVisit, { publicId }: MailMessage): SafeHtml {
  const texts = unlockTexts(visit.language)
  const subject = mail.subject.trim() || mailsTexts(visit.language).noSubject
  const then = visit.person.mailbox === '' ? 'take' : 'mail'
  return html`<li class="card"><p><code>${candidate}</code> <span class="soft">${texts.candidateFrom(subject, shortTime(mail.acceptedAtMs, visit.language))}</span></p>
<form method="post" action="/m/${publicId}/unlock" class="row" data-once>${token(visit)}<input type="hidden" name="candidate" value="${place}">
${lockChoice(house.lockAgain, texts)}<button class="second" name="then" value="${then}">${texts.use}<span class="hide"> ${candidate}</span></button></form></li>`
}

function waitForm({ keeping }: House, visit: SignedVisit, { publicId }: MailMessage): SafeHtml {
  const { wait: texts } = unlockTexts(visit.language)
  const isWaiting = keeping.waits.isWaiting(visit.person, publicId)
  return html`<h2>${texts.title}</h2><p>${isWaiting ? texts.now : texts.about}</p>
<form method="post" action="/m/${publicId}/wait">${token(visit)}<button class="second" name="act" value="${isWaiting ? 'end' : 'start'}">${isWaiting ? texts.end : texts.start}</button></form>`
}

type Tried = { readonly piece: Piece; readonly answer: Unlocked | Refusal }

async function unlock(house: House, visit: SignedVisit, message: MailMessage): Promise<Answer> {
  const texts = unlockTexts(visit.language)
  const passwords = await passwordsOf(house, visit, message)
  if (passwords.length === 0) return unlockPage(house, visit, message, texts.none)
  const lockAgain = house.lockAgain === 'always' || (house.lockAgain === 'offer' && visit.form.get('lock') === 'again')
  const tried: Tried[] = []
  for (const piece of lockedFor(house, visit, message)) {
    const { partId, member } = piece
    tried.push({ piece, answer: await house.vault.unlock({ publicId: message.publicId, partId, member }, passwords, askerOf(visit), lockAgain) })
  }
  const opened = tried.flatMap(({ piece, answer }) => (answer.kind === 'unlocked' ? [{ piece, answer }] : []))
  if (opened.length === 0) return unlockPage(house, visit, message, wrongText(tried, visit))
  for (const { piece, answer } of opened) keep(house, visit, message, piece, answer)
  house.keeping.waits.end(visit.person.personId, message.publicId)
  const isMailed = visit.form.get('then') === 'mail' && (await mailInward(house, visit, message, opened.map(({ answer }) => answer)))
  const say = opened.length < tried.length ? 'opened-some' : isMailed ? 'opened-mailed' : 'opened'
  return { kind: 'redirect', to: `/m/${message.publicId}/results`, say }
}

async function passwordsOf(house: House, visit: SignedVisit, message: MailMessage): Promise<readonly string[]> {
  const place = visit.form.get('candidate')
  if (place === '') return visit.form.all('password').filter(each => each !== '')
  const candidate = await candidateOf(house, visit, message, place)
  return candidate === undefined ? [] : [candidate]
}

function keep({ keeping }: House, { person }: SignedVisit, { publicId }: MailMessage, { key }: Piece, { file, report }: Unlocked): void {
  keeping.results.add(person, { origin: 'unlocked', publicId, partKey: key, report, file })
}

/** False when it could not be sent: then it lies ready all the same. */
async function mailInward({ vault, keeping }: House, visit: SignedVisit, { publicId }: MailMessage, opened: readonly Unlocked[]): Promise<boolean> {
  const { mailbox } = visit.person
  if (mailbox === '') return false
  const ids = opened.map(({ file }) => file.id)
  const sent = await vault.mailInward(ids, mailbox, publicId, askerOf(visit))
  if (sent.kind !== 'queued') return false
  for (const result of keeping.results.of(visit.person, { publicId })) if (result.shelfId !== undefined && ids.includes(result.shelfId)) keeping.results.mailed(result.resultId)
  return true
}

/** One sentence for the form: a wrong password with the tries that are left, or why a file could not be opened. */
function wrongText(tried: readonly Tried[], { language }: SignedVisit): string {
  const texts = unlockTexts(language)
  const refusals = tried.flatMap(({ piece, answer }) => (answer.kind === 'cannot' ? [{ piece, answer }] : []))
  const others = refusals.filter(({ answer }) => !LOCKED_REASONS.has(answer.reason) && answer.reason !== 'rate')
  if (others.length > 0) return others.map(({ piece, answer }) => texts.failed(fileName(piece.file, language), refusalText(answer, language))).join(' ')
  const left = refusals.flatMap(({ answer }) => (answer.triesLeft === undefined ? [] : [answer.triesLeft]))
  if (refusals.some(({ answer }) => answer.reason === 'rate') || left.includes(0)) return texts.noneLeft
  return left.length === 0 ? texts.wrong : texts.wrongLeft(Math.min(...left))
}

function wait({ keeping }: House, visit: SignedVisit, { publicId }: MailMessage): Answer {
  const act = visit.form.get('act')
  if (act === 'start') keeping.waits.add(visit.person, publicId)
  else if (act === 'end') keeping.waits.end(visit.person.personId, publicId)
  else throw new Refused('bad-request')
  return { kind: 'redirect', to: `/m/${publicId}/unlock`, say: 'saved' }
}
