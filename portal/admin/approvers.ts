/**
 * Who may agree before the vault: what the people of today say, beside what the vault knows. Proposing sends the registrars
 * a letter of the vault's; the number in it lets the proposed in. Nothing here can let anybody in by itself.
 *
 *   GET /approvers   POST /approvers/propose   POST /approvers/confirm
 */
import type { EnrolledApprover, Refusal } from '../../core/purposes.ts'
import { html, type SafeHtml } from '../http/html.ts'
import type { Answer, Page, SignedRoute, SignedVisit } from '../http/route.ts'
import { agreementRefusal, agreementTexts } from '../texts/agreement.ts'
import { type AdminHouse, needing, showing } from './house.ts'
import { actForm, dataTable, field, noticeBox } from './widgets.ts'

type State = 'enrolled' | 'missing' | 'changed' | 'left' | 'no-mailbox'
type Row = EnrolledApprover & { readonly state: State }
const PROPOSAL = /^[0-9a-f]{32}$/

export function approverRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...showing('approvers.change'), method: 'GET', path: '/approvers', handle: visit => page(house, visit, {}) },
    { ...needing('approvers.change'), method: 'POST', path: '/approvers/propose', handle: visit => propose(house, visit) },
    { ...needing('approvers.change'), method: 'POST', path: '/approvers/confirm', handle: visit => confirm(house, visit) },
  ]
}

type Wrong = { readonly proposal?: string; readonly code?: string }

async function page(house: AdminHouse, visit: SignedVisit, wrong: Wrong): Promise<Page> {
  const { enrol: texts } = agreementTexts(visit.language)
  const rows = await rowsOf(house, visit)
  const body = html`<p>${texts.about}</p>${wrong.proposal !== undefined && noticeBox('problem', html`<p>${wrong.proposal}</p>`)}
${rows === undefined ? noticeBox('warning', html`<p>${texts.unavailable}</p>`) : html`${list(visit, rows)}${proposeForm(visit, rows)}`}
${confirmForm(visit, wrong.code)}`
  return { kind: 'page', title: texts.title, body, ...((wrong.proposal ?? wrong.code) !== undefined && { status: 422 as const }) }
}

/** Undefined while the vault does not answer. */
async function rowsOf({ vault, approvers }: AdminHouse, { person, address }: SignedVisit): Promise<readonly Row[] | undefined> {
  const wanted = approvers(person.tenant)
  const known = await vault.approvers({ actor: `user:${person.login}`, tenant: person.tenant, address })
  if ('kind' in known) return undefined
  const left = known.filter(({ login }) => !wanted.some(each => each.login === login)).map((each): Row => ({ ...each, state: 'left' }))
  return [...wanted.map((each): Row => ({ ...each, state: stateOf(each, known) })), ...left]
}

function stateOf({ login, mailbox }: EnrolledApprover, known: readonly EnrolledApprover[]): State {
  if (mailbox === '') return 'no-mailbox'
  const enrolled = known.find(each => each.login === login)
  if (!enrolled) return 'missing'
  return enrolled.mailbox === mailbox.toLowerCase() ? 'enrolled' : 'changed'
}

function list({ language }: SignedVisit, rows: readonly Row[]): SafeHtml {
  const { enrol: texts } = agreementTexts(language)
  if (rows.length === 0) return html`<p class="empty">${texts.empty}</p>`
  const { name, login, mailbox, state } = texts.columns
  const tag = (each: State) => html`<span class="tag ${each === 'enrolled' ? 'good' : 'pending'}">${texts.states[each]}</span>`
  return html`<h2>${texts.list}</h2>${dataTable(texts.list, [{ label: name }, { label: login }, { label: mailbox }, { label: state }], rows.map(each => [each.name, each.login, each.mailbox, tag(each.state)]))}`
}

function proposeForm(visit: SignedVisit, rows: readonly Row[]): SafeHtml {
  const { enrol: texts } = agreementTexts(visit.language)
  const open = rows.filter(({ state }) => state === 'missing' || state === 'changed')
  if (open.length === 0 && !rows.some(({ state }) => state === 'left')) return html`<p>${texts.none}</p>`
  return html`<section class="card"><h2>${texts.propose}</h2>${actForm(visit, '/approvers/propose', html`<fieldset><legend>${texts.proposeHow}</legend>
${open.map(({ login, name, mailbox }) => html`<p class="choices"><label><input type="checkbox" name="login" value="${login}" checked><span>${name} (${login}) ${mailbox}</span></label></p>`)}</fieldset>
<div class="row"><button>${texts.propose}</button></div>`)}</section>`
}

function confirmForm(visit: SignedVisit, wrong: string | undefined): SafeHtml {
  const { enrol: texts, codeHint } = agreementTexts(visit.language)
  const proposal = visit.query.get('p') || visit.form.get('p')
  if (!PROPOSAL.test(proposal)) return html``
  return html`<section class="card"><h2>${texts.confirm}</h2>${actForm(visit, '/approvers/confirm', html`<input type="hidden" name="p" value="${proposal}">
${field({ name: 'code', label: texts.confirmHow, hint: codeHint, required: true, ...(wrong === undefined ? {} : { wrong }) })}<div class="row"><button>${texts.confirmButton}</button></div>`)}</section>`
}

async function propose(house: AdminHouse, visit: SignedVisit): Promise<Answer> {
  const rows = (await rowsOf(house, visit)) ?? []
  const chosen = new Set(visit.form.all('login'))
  const add = rows.filter(({ login, state }) => chosen.has(login) && (state === 'missing' || state === 'changed')).map(({ login, name, mailbox }) => ({ login, name, mailbox }))
  const remove = rows.filter(({ state }) => state === 'left').map(({ login }) => login)
  const answer = await house.vault.proposeApprovers({ add, remove }, askerOf(visit))
  if (answer.kind === 'cannot') return page(house, visit, { proposal: refusal(visit, answer) })
  record(house, visit, { act: 'approvers-proposed', add: add.map(({ login }) => login).join(' '), remove: remove.join(' ') })
  return answer.kind === 'removed' ? { kind: 'redirect', to: '/approvers', say: 'saved' } : { kind: 'redirect', to: `/approvers?p=${answer.proposalId}`, say: 'approvers-proposed' }
}

async function confirm(house: AdminHouse, visit: SignedVisit): Promise<Answer> {
  const [proposal, code] = [visit.form.get('p'), visit.form.get('code').trim().slice(0, 40)]
  const answer = PROPOSAL.test(proposal) && code !== '' ? await house.vault.confirmApprovers(proposal, code, askerOf(visit)) : ({ kind: 'cannot', reason: 'expired' } as const)
  if (answer.kind === 'cannot') return page(house, visit, { code: refusal(visit, answer) })
  record(house, visit, { act: 'approvers-confirmed' })
  return { kind: 'redirect', to: '/approvers', say: 'approvers-confirmed' }
}

function refusal({ language }: SignedVisit, { reason, triesLeft }: Refusal): string {
  return agreementRefusal(language, reason, triesLeft)
}

function askerOf({ person, address }: SignedVisit) {
  return { actor: `user:${person.login}`, tenant: person.tenant, address }
}

function record(house: AdminHouse, { person }: SignedVisit, detail: Readonly<Record<string, string>>): void {
  house.record({ tenant: person.tenant, kind: 'person', actor: `user:${person.login}`, subject: 'approvers', detail })
}
