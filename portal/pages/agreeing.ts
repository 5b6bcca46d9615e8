/**
 * Agreeing to a request before the vault. The portal's word is not enough for the vault: it writes to the approver itself,
 * and wants the number of that letter back (vault/agreements.ts).
 *
 *   POST /approvals/:requestId/code ─▶ letter      POST …/approve (code) ─▶ vault.agree ─▶ desk.decide
 */
import type { House } from '../house.ts'
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import type { SignedVisit } from '../http/route.ts'
import type { KeptRequest } from '../requests/records.ts'
import { agreementRefusal, agreementTexts } from '../texts/agreement.ts'
import { requestsTexts } from '../texts/requests.ts'
import { askerOf } from './reading.ts'

/** What went wrong, to be shown beside the form; undefined when the letter is on its way. */
export async function sendCode({ vault }: House, visit: SignedVisit, { requestId, facts, state }: KeptRequest): Promise<string | undefined> {
  const { requester, steps } = state
  const ask = { requestId, publicId: facts.publicId, partIds: facts.parts.map(({ partId }) => partId), requester: requester.login, requesterName: requester.name, reason: facts.reason, approver: visit.person.login, needed: steps }
  const asked = await vault.askAgreement(ask, askerOf(visit))
  return asked.kind === 'asked' ? undefined : agreementRefusal(visit.language, asked.reason)
}

export async function agreeWithCode({ vault }: House, visit: SignedVisit, { requestId }: KeptRequest): Promise<string | undefined> {
  const code = visit.form.get('code').trim().slice(0, 40)
  const answer = code === '' ? ({ kind: 'cannot', reason: 'expired' } as const) : await vault.agree({ requestId, approver: visit.person.login, code }, askerOf(visit))
  return answer.kind === 'agreed' ? undefined : agreementRefusal(visit.language, answer.reason, 'triesLeft' in answer ? answer.triesLeft : 0)
}

export function agreeForms(visit: SignedVisit, { requestId }: KeptRequest, wrong: string | undefined): SafeHtml {
  const texts = agreementTexts(visit.language)
  const { decide } = requestsTexts(visit.language)
  const described = `code-hint${wrong === undefined ? '' : ' code-wrong'}`
  return html`<section class="card"><h2>${texts.approve}</h2><p>${texts.how}</p>
<form method="post" action="/approvals/${requestId}/code" data-once>${token(visit)}<button class="second">${texts.send}</button></form><p class="soft">${texts.sendAgain}</p>
<form method="post" action="/approvals/${requestId}/approve" data-once data-confirm="${decide.approveSure}">${token(visit)}
<div class="field"><label for="code">${texts.code}</label><p class="hint" id="code-hint">${texts.codeHint}</p>
<input id="code" name="code" type="text" required maxlength="40" autocomplete="off" inputmode="numeric" aria-describedby="${described}"${wrong !== undefined && html` aria-invalid="true"`}>
${wrong !== undefined && html`<p class="wrong" id="code-wrong" role="alert">${wrong}</p>`}</div>
<button>${decide.approve}</button></form></section>`
}
