/** Pages behind a link that is good once: the first administrator registers; a new person chooses a password. Opening one changes nothing. */
import { html } from '../http/html.ts'
import type { Answer, Page, Route, Visit } from '../http/route.ts'
import type { WelcomeAnswer } from '../sign-in/welcome.ts'
import { signInTexts } from '../texts/sign-in.ts'
import { alert, ANYONE, type Entrance, field, onward, visitorOf } from './entrance.ts'
import { type NewPasswordPage, passwordFields } from './sign-in.ts'

export function welcomeRoutes(entrance: Entrance): Route[] {
  return [
    { ...ANYONE, method: 'GET', path: '/welcome/:token', handle: (visit: Visit) => welcomePage(entrance, visit, {}) },
    { ...ANYONE, method: 'POST', path: '/welcome/:token', handle: (visit: Visit) => register(entrance, visit) },
  ]
}

type WelcomePage = NewPasswordPage & { readonly problem?: string }

function welcomePage(entrance: Entrance, visit: Visit, { problem, ...passwords }: WelcomePage): Page {
  const texts = signInTexts(visit.language).welcome
  const link = entrance.welcome.look(visit.params['token']!)
  if (link.kind === 'gone') {
    return { kind: 'page', status: 410, bare: true, title: texts.gone, body: html`<div class="notice problem" role="alert"><p>${texts.goneText}</p><p>${texts.goneNext}</p></div>` }
  }
  const isFirst = link.kind === 'first'
  const { form } = visit
  const own = html`${field({ name: 'login', label: signInTexts(visit.language).signIn.login, hint: texts.loginHint, value: form.get('login'), autocomplete: 'username' })}
${field({ name: 'name', label: texts.name, value: form.get('name'), autocomplete: 'name' })}
${field({ name: 'mailbox', label: texts.mailbox, type: 'email', hint: texts.mailboxHint, value: form.get('mailbox'), autocomplete: 'email' })}`
  const body = html`${alert(problem)}<p>${isFirst ? texts.firstIntro : texts.invitedIntro(link.name, link.login)}</p>
<form method="post" action="${visit.path}" data-once>${isFirst && own}${passwordFields(entrance, visit, passwords)}<div class="row"><button>${texts.button}</button></div></form>`
  const status = problem ?? passwords.wrong ?? passwords.again ? 422 : 200
  return { kind: 'page', status, bare: true, title: isFirst ? texts.first : texts.invited, body }
}

async function register(entrance: Entrance, visit: Visit): Promise<Answer> {
  const { welcome } = entrance
  const { form } = visit
  const [untrustedToken, password] = [visit.params['token']!, form.get('password')]
  if (password !== form.get('again')) return welcomePage(entrance, visit, { again: signInTexts(visit.language).newPassword.different })
  const answer =
    welcome.look(untrustedToken).kind === 'first'
      ? await welcome.setUp(untrustedToken, { login: form.get('login'), name: form.get('name'), mailbox: form.get('mailbox'), password }, visitorOf(visit))
      : await welcome.choosePassword(untrustedToken, password, visitorOf(visit))
  return afterwards(entrance, visit, answer)
}

function afterwards(entrance: Entrance, visit: Visit, answer: WelcomeAnswer): Answer {
  const { welcome, newPassword } = signInTexts(visit.language)
  switch (answer.kind) {
    case 'gone':
    case 'refused':
      return welcomePage(entrance, visit, {})
    case 'unfit':
      return welcomePage(entrance, visit, { wrong: newPassword.problems[answer.problem] })
    case 'problem':
      return welcomePage(entrance, visit, { problem: welcome.problems[answer.key] ?? welcome.problem })
    default:
      return onward(answer, '/')!
  }
}
