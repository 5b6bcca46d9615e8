/**
 * One's own account: language and notices, password, sessions, second factors, absence, delegation.
 * Taking a factor away and new recovery codes ask for the second factor again (`needsStepUp`).
 */
import { options, token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { shortTime, timeElement } from '../http/when.ts'
import { DIGESTS, type Digest } from '../people/people.ts'
import { accountTexts } from '../texts/account.ts'
import { commonTexts } from '../texts/common.ts'
import { signInTexts } from '../texts/sign-in.ts'
import { awayRoutes, awaySection, delegationSection } from './account-away.ts'
import { factorRoutes, factorSection } from './account-factors.ts'
import { alert, type Entrance, field, onward, refusalText, SIGNED, statusOf, visitorOf } from './entrance.ts'
import { type NewPasswordPage, passwordFields } from './sign-in.ts'

export function accountRoutes(entrance: Entrance): Route[] {
  return [
    { ...SIGNED, method: 'GET', path: '/account', handle: (visit: SignedVisit) => accountPage(entrance, visit, {}) },
    { ...SIGNED, method: 'POST', path: '/account/settings', handle: (visit: SignedVisit) => saveSettings(entrance, visit) },
    { ...SIGNED, method: 'POST', path: '/account/password', handle: (visit: SignedVisit) => changePassword(entrance, visit) },
    { ...SIGNED, method: 'POST', path: '/account/sessions/end', handle: (visit: SignedVisit) => endSession(entrance, visit) },
    ...factorRoutes(entrance),
    ...awayRoutes(entrance, (visit, problem) => accountPage(entrance, visit, { problem })),
  ]
}

type AccountPage = NewPasswordPage & { readonly problem?: string; readonly wrongCurrent?: string; readonly status?: Page['status'] }

function accountPage(entrance: Entrance, visit: SignedVisit, { problem, status, ...wrongs }: AccountPage): Page {
  const texts = accountTexts(visit.language)
  const body = html`${alert(problem)}${facts(entrance, visit)}${settingsSection(entrance, visit)}${factorSection(entrance, visit)}
${entrance.passwords.has(visit.person.personId) && passwordSection(entrance, visit, wrongs)}${sessionsSection(entrance, visit)}
${visit.face !== 'admin' && html`${awaySection(entrance, visit)}${delegationSection(entrance, visit)}`}`
  return { kind: 'page', status: status ?? (problem ?? wrongs.wrong ?? wrongs.again ? 422 : 200), title: texts.title, body }
}

function facts({ departments }: Entrance, { person, language }: SignedVisit): SafeHtml {
  const texts = accountTexts(language)
  const paths = person.departments.map(id => departments.pathOf(id))
  const nothing = commonTexts(language).nothing
  return html`<dl class="facts"><dt>${texts.facts.login}</dt><dd>${person.login}</dd><dt>${texts.facts.mailbox}</dt><dd>${person.mailbox || nothing}</dd>
<dt>${texts.facts.departments}</dt><dd>${paths.join(' / ') || nothing}</dd><dt>${texts.facts.roles}</dt><dd>${[...person.roles].map(role => texts.roles[role]).join(' / ') || nothing}</dd></dl>`
}

function settingsSection({ people }: Entrance, visit: SignedVisit): SafeHtml {
  const texts = accountTexts(visit.language)
  const record = people.byId(visit.person.personId)!
  const digests = DIGESTS.map(each => [each, texts.digests[each]] as const)
  return html`<section class="card"><h2>${texts.settings}</h2><form method="post" action="/account/settings" data-once>${token(visit)}
<div class="field"><label for="language">${texts.language}</label><select id="language" name="language">${options(Object.entries(texts.languages), record.language)}</select></div>
<div class="field"><label for="digest">${texts.digest}</label><select id="digest" name="digest">${options(digests, record.digest)}</select></div>
<button>${commonTexts(visit.language).save}</button></form></section>`
}

function saveSettings({ people }: Entrance, { person, form }: SignedVisit): Answer {
  const language = form.get('language') === 'en' ? 'en' : 'ja'
  const digest = DIGESTS.find(each => each === form.get('digest')) as Digest | undefined
  people.change(person.personId, { language, ...(digest ? { digest } : {}) }, { actor: `user:${person.login}`, reason: 'own settings' })
  return { kind: 'redirect', to: '/account', say: 'saved', language }
}

function passwordSection(entrance: Entrance, visit: SignedVisit, { wrongCurrent, ...wrongs }: Omit<AccountPage, 'problem'>): SafeHtml {
  const texts = accountTexts(visit.language).password
  return html`<section class="card"><h2>${texts.title}</h2><form method="post" action="/account/password" data-once>${token(visit)}
${field({ name: 'current', label: texts.current, type: 'password', autocomplete: 'current-password', wrong: wrongCurrent })}${passwordFields(entrance, visit, wrongs)}
<p class="soft">${texts.effect}</p><button>${texts.button}</button></form></section>`
}

async function changePassword(entrance: Entrance, visit: SignedVisit): Promise<Answer> {
  const texts = accountTexts(visit.language).password
  const { newPassword } = signInTexts(visit.language)
  const [current, next] = [visit.form.get('current'), visit.form.get('password')]
  if (next !== visit.form.get('again')) return accountPage(entrance, visit, { again: newPassword.different })
  const answer = await entrance.signIn.changePassword(visit.signedIn, { current, next }, visitorOf(visit))
  if (answer.kind === 'unfit') return accountPage(entrance, visit, { wrong: newPassword.problems[answer.problem] })
  if (answer.kind === 'refused') return accountPage(entrance, visit, { wrongCurrent: refusalText(answer, visit, texts.wrong), status: statusOf(answer) })
  return { ...onward(answer, '/account')!, say: 'saved' } as Answer
}

function sessionsSection({ sessions }: Entrance, visit: SignedVisit): SafeHtml {
  const texts = accountTexts(visit.language).sessions
  const rows = sessions.ofPerson(visit.person.personId)
  const at = (ms: number) => timeElement(ms, shortTime(ms, visit.language))
  const act = (sessionId: string) => (sessionId === visit.session.sessionId ? html`<span class="tag good">${texts.here}</span>` : endForm(visit, sessionId, texts.end))
  return html`<section class="card"><h2>${texts.title}</h2><div class="table"><table class="cards"><thead><tr><th>${texts.columns.since}</th><th>${texts.columns.seen}</th><th>${texts.columns.address}</th><th>${texts.columns.agent}</th><th><span class="hide">${texts.end}</span></th></tr></thead>
<tbody>${rows.map(row => html`<tr><td data-name="${texts.columns.since}">${at(row.startedAtMs)}</td><td data-name="${texts.columns.seen}">${at(row.seenAtMs)}</td><td data-name="${texts.columns.address}">${row.address}</td><td data-name="${texts.columns.agent}">${row.agent}</td><td>${act(row.sessionId)}</td></tr>`)}</tbody></table></div>
${rows.length > 1 && endForm(visit, 'others', texts.endOthers)}</section>`
}

function endForm(visit: SignedVisit, sessionId: string, label: string): SafeHtml {
  return html`<form method="post" action="/account/sessions/end" data-once>${token(visit)}<input type="hidden" name="session" value="${sessionId}"><button class="second">${label}</button></form>`
}

function endSession({ sessions, db }: Entrance, { person, session, form }: SignedVisit): Answer {
  const which = form.get('session')
  db.write(() => {
    const ended = which === 'others' ? sessions.endOthers(person.personId, session.sessionId) : Number(sessions.end(person.personId, which))
    if (ended === 0) throw new Refused('conflict')
    db.audit({ tenant: person.tenant, kind: 'sign-out', actor: `user:${person.login}`, subject: person.login, detail: { sessions: ended } })
  })
  return { kind: 'redirect', to: '/account', say: 'saved' }
}
