/**
 * Tokens of the HTTP API: list, one with its last use, made and revoked. The secret stands in the one answer that made it
 * and nowhere else: that page is no address to come back to.
 */
import { csvLine } from '../../store/audit-formats.ts'
import { flag, html, type SafeHtml } from '../http/html.ts'
import { Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { shortTime } from '../http/when.ts'
import { SCOPE_NAMES, type Scope } from '../api/scopes.ts'
import { MOST_DAYS, MOST_PER_MINUTE, networksOfText, type TokenProblem, type TokenRecord } from '../api/tokens.ts'
import { adminTexts } from '../texts/admin.ts'
import { commonTexts } from '../texts/common.ts'
import { tokenTexts } from '../texts/tokens.ts'
import { type AdminHouse, needing } from './house.ts'
import { actForm, csvAnswer, dataTable, facts, field, noticeBox, number, reasonField } from './widgets.ts'

const LONGEST_REASON = 500
const USUAL = { days: '365', rate: '60' }

export function tokenRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('token.see'), method: 'GET', path: '/tokens', handle: visit => list(house, visit, undefined) },
    { ...needing('token.see'), method: 'GET', path: '/tokens.csv', handle: visit => csv(house, visit) },
    { ...needing('token.change'), method: 'POST', path: '/tokens', handle: visit => make(house, visit) },
    { ...needing('token.see'), method: 'GET', path: '/tokens/:tokenId', handle: visit => one(house, visit, undefined) },
    { ...needing('token.change'), method: 'POST', path: '/tokens/:tokenId/revoke', handle: visit => revoke(house, visit) },
  ]
}

type Wrong = TokenProblem | 'reason'

function list({ tokens }: AdminHouse, visit: SignedVisit, wrong: Wrong | undefined) {
  const { language, person } = visit
  const [texts, words] = [tokenTexts(language), adminTexts(language)]
  const rows = tokens.list(person.tenant)
  const columns = [texts.name, texts.scopes, texts.networks, texts.lastUse, texts.until, words.state].map(label => ({ label }))
  const body = html`<p>${texts.lead}</p>${wrong !== undefined && wrong !== 'reason' && noticeBox('problem', html`<p>${texts.problems[wrong]}</p>`)}
${rows.length === 0 ? html`<p class="empty">${texts.empty}</p>` : dataTable(texts.title, columns, rows.map(row => cellsOf(row, visit)))}
${rows.length > 0 && html`<p class="no-print"><a href="/tokens.csv">${words.csv}</a></p>`}
${person.roles.has('administrator') && html`<h2>${texts.make}</h2>${makeForm(visit, wrong)}`}`
  return { kind: 'page', title: texts.title, body, wide: true, ...(wrong === undefined ? {} : { status: 422 as const }) } as const
}

function csv({ tokens }: AdminHouse, { language, nowMs, person }: SignedVisit) {
  const [texts, words] = [tokenTexts(language), adminTexts(language)]
  const iso = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString())
  const lines = tokens.list(person.tenant).map(row => csvLine([row.name, row.scopes.join(' '), row.networks.join(' '), iso(row.usedAtMs), iso(row.untilMs), texts.states[stateOf(row, nowMs)]]))
  return csvAnswer('tokens.csv', `\ufeff${csvLine([texts.name, texts.scopes, texts.networks, texts.lastUse, texts.until, words.state])}${lines.join('')}`)
}

function cellsOf(row: TokenRecord, { language, nowMs }: SignedVisit) {
  const texts = tokenTexts(language)
  const { tokenId, name, scopes, networks, usedAtMs, untilMs } = row
  return [html`<a href="/tokens/${tokenId}">${name}</a>`, html`<span lang="en">${scopes.join(', ')}</span>`, networks.join(', ') || texts.anywhere, usedAtMs === undefined ? texts.neverUsed : shortTime(usedAtMs, language), shortTime(untilMs, language), texts.states[stateOf(row, nowMs)]]
}

function stateOf({ revokedAtMs, untilMs }: TokenRecord, nowMs: number): 'live' | 'expired' | 'revoked' {
  if (revokedAtMs !== undefined) return 'revoked'
  return untilMs > nowMs ? 'live' : 'expired'
}

function makeForm(visit: SignedVisit, wrong: Wrong | undefined): SafeHtml {
  const { language, form } = visit
  const texts = tokenTexts(language)
  const mistake = (name: Wrong) => (wrong === name && name !== 'reason' ? { wrong: texts.problems[name] } : {})
  const { reason, reasonHint, reasonMissing } = adminTexts(language)
  const chosen = form.all('scopes')
  const box = (scope: Scope) => html`<p class="choices"><label><input type="checkbox" name="scopes" value="${scope}" ${flag('checked', chosen.includes(scope))}><span>${texts.scopeNames[scope]} <span class="soft" lang="en">(${scope})</span></span></label></p>`
  return actForm(
    visit,
    '/tokens',
    html`${field({ name: 'name', label: texts.name, hint: texts.nameHint, value: form.get('name'), required: true, ...mistake('name') })}
<fieldset><legend>${texts.scopes}</legend>${SCOPE_NAMES.map(box)}</fieldset>
${field({ name: 'networks', label: texts.networks, hint: texts.networksHint, value: form.get('networks'), ...mistake('networks') })}
${field({ name: 'days', label: texts.days, hint: texts.daysHint, value: form.get('days') || USUAL.days, ...mistake('days') })}
${field({ name: 'rate', label: texts.rate, value: form.get('rate') || USUAL.rate, ...mistake('rate') })}
${field({ name: 'reason', label: reason, hint: reasonHint, value: form.get('reason'), required: true, ...(wrong === 'reason' ? { wrong: reasonMissing } : {}) })}<button>${texts.make}</button>`,
  )
}

function make(house: AdminHouse, visit: SignedVisit) {
  const { form, person, language } = visit
  const texts = tokenTexts(language)
  const reason = reasonOf(visit)
  if (reason === '') return list(house, visit, 'reason')
  const scopes = SCOPE_NAMES.filter(scope => form.all('scopes').includes(scope))
  const wanted = { tenant: person.tenant, name: form.get('name').trim(), scopes, networks: networksOfText(form.get('networks')), requestsPerMinute: wholeOf(form.get('rate'), MOST_PER_MINUTE), days: wholeOf(form.get('days'), MOST_DAYS) }
  const made = house.tokens.make(wanted, { actor: `user:${person.login}`, reason })
  if (made.kind === 'problem') return list(house, visit, made.problem)
  const body = html`${noticeBox('warning', html`<p>${texts.once}</p>`)}
${facts([[texts.name, made.token.name], [texts.secret, html`<code class="mono" id="secret">${made.secret}</code>`], [texts.until, shortTime(made.token.untilMs, language)]])}
<p><a href="/tokens">${texts.back}</a></p>`
  return { kind: 'page', title: texts.made, body } as const
}

/** 0 is within no bounds. */
function wholeOf(written: string, most: number): number {
  return /^\d{1,6}$/.test(written.trim()) && Number(written) <= most ? Number(written) : 0
}

function one({ tokens }: AdminHouse, visit: SignedVisit, wrong: 'reason' | undefined) {
  const { language, person, nowMs } = visit
  const [texts, words] = [tokenTexts(language), adminTexts(language)]
  const token = tokens.byId(person.tenant, idOf(visit))
  if (!token) throw new Refused('not-found')
  const state = stateOf(token, nowMs)
  const mayRevoke = state === 'live' && person.roles.has('administrator')
  const body = html`${facts([
    [words.state, texts.states[state]],
    [texts.scopes, token.scopes.map(scope => html`${texts.scopeNames[scope]}<br>`)],
    [texts.networks, token.networks.join(', ') || texts.anywhere],
    [texts.rate, number(token.requestsPerMinute, language)],
    [texts.until, shortTime(token.untilMs, language)],
    [texts.lastUse, token.usedAtMs === undefined ? texts.neverUsed : shortTime(token.usedAtMs, language)],
    ...(token.usedFrom === '' ? [] : [[texts.lastFrom, token.usedFrom] as const]),
    [texts.createdBy, token.createdBy],
    [texts.created, shortTime(token.createdAtMs, language)],
  ])}
<p>${texts.uses} <a href="/audit?chain=portal&amp;subject=token%3A${token.tokenId}">${commonTexts(language).nav.audit}</a></p>
${mayRevoke && html`<h2>${texts.revoke}</h2><p>${texts.revokeWhat}</p>${actForm(visit, `/tokens/${token.tokenId}/revoke`, html`${reasonField(language, wrong && 'missing')}<button class="danger">${texts.revoke}</button>`)}`}
<p><a href="/tokens">${texts.back}</a></p>`
  return { kind: 'page', title: texts.one(token.name), body, ...(wrong === undefined ? {} : { status: 422 as const }) } as const
}

function revoke(house: AdminHouse, visit: SignedVisit) {
  const reason = reasonOf(visit)
  if (reason === '') return one(house, visit, 'reason')
  const { person } = visit
  if (!house.tokens.byId(person.tenant, idOf(visit))) throw new Refused('not-found')
  if (!house.tokens.revoke(person.tenant, idOf(visit), { actor: `user:${person.login}`, reason })) throw new Refused('conflict')
  return { kind: 'redirect', to: '/tokens', say: 'token-revoked' } as const
}

function reasonOf({ form }: SignedVisit): string {
  return form.get('reason').trim().slice(0, LONGEST_REASON)
}

function idOf({ params }: SignedVisit): number {
  return /^\d{1,15}$/.test(params['tokenId']!) ? Number(params['tokenId']) : 0
}
