/**
 * The frame around every page: head, skip link, header with menu, main, footer. One h1 per page, which is its title.
 * Works without script; portal.js only adds comfort.
 */
import type { Role } from '../people/person.ts'
import { commonTexts, type CommonTexts } from '../texts/common.ts'
import { SCRIPT_PATH, STYLE_PATH } from './assets.ts'
import { flag, html, type SafeHtml } from './html.ts'
import { type Face, type Page, type Problem, STATUS_OF, type Visit } from './route.ts'
import { TOKEN_FIELD } from './same-origin.ts'

type NavRow = { readonly path: string; readonly label: keyof CommonTexts['nav']; readonly faces: readonly Face[]; readonly roles: readonly Role[] }

/** What stands in the menu, in this order. */
const NAV: readonly NavRow[] = [
  { path: '/', label: 'mails', faces: ['inner', 'outer'], roles: ['staff', 'approver'] },
  { path: '/shelf', label: 'shelf', faces: ['inner', 'outer'], roles: ['staff', 'approver'] },
  { path: '/upload', label: 'upload', faces: ['outer'], roles: ['staff', 'approver'] },
  { path: '/requests', label: 'requests', faces: ['inner', 'outer'], roles: ['staff', 'approver'] },
  { path: '/approvals', label: 'approvals', faces: ['inner', 'outer'], roles: ['approver'] },
  { path: '/', label: 'dashboard', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/queue', label: 'queue', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/quarantine', label: 'quarantine', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/trace', label: 'trace', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/policy', label: 'policy', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/reports', label: 'reports', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/audit', label: 'audit', faces: ['admin'], roles: ['auditor', 'administrator'] },
  { path: '/inspection', label: 'inspection', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/tokens', label: 'tokens', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/approvers', label: 'approvers', faces: ['admin'], roles: ['administrator'] },
  { path: '/people', label: 'people', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/glass', label: 'glass', faces: ['admin'], roles: ['administrator', 'auditor'] },
  { path: '/emergency', label: 'emergency', faces: ['admin'], roles: ['administrator'] },
]

export type FrameOptions = {
  /** Name of the organisation's portal; '' for ours. */
  readonly name: string
  /** Whom to ask, as in the notices. */
  readonly contact: string
  /** Paths that are served: the menu shows no other. */
  readonly paths: ReadonlySet<string>
}

export function frame(page: Page, visit: Visit, options: FrameOptions): string {
  const texts = commonTexts(visit.language)
  const name = options.name || texts.product
  const complete = !page.bare && visit.signedIn !== undefined
  return html`<!doctype html>
<html lang="${visit.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${page.title} | ${name}</title>
<link rel="stylesheet" href="${STYLE_PATH}">
<script src="${SCRIPT_PATH}" defer></script>
</head>
<body class="face-${visit.face}">
<a class="skip" href="#main">${texts.skip}</a>
<header class="top">
<p class="name"><a href="/">${name}</a> <span class="face">${texts.faces[visit.face]}</span></p>
${complete ? who(visit, texts) : languageForm(visit, texts)}
</header>
${complete ? menu(visit, texts, options.paths) : ''}
<main id="main" tabindex="-1" class="${page.wide ? 'wide' : ''}">
${visit.said === undefined ? '' : said(visit.said, texts)}
<h1>${page.title}</h1>
${page.body}
</main>
<footer>${options.contact === '' ? '' : html`<p>${texts.contact}: ${options.contact}</p>`}</footer>
</body>
</html>
`.markup
}

/** The hidden field that every form of a signed-in person carries. */
export function token(visit: Visit): SafeHtml {
  return html`<input type="hidden" name="${TOKEN_FIELD}" value="${visit.signedIn?.session.csrfToken ?? ''}">`
}

/** A page that says what went wrong, whether anything changed, and what to do next. */
export function problemPage(problem: Problem | 'failed', visit: Visit): Page {
  const { title, why, next } = commonTexts(visit.language).problems[problem]
  return { kind: 'page', status: problem === 'failed' ? 500 : STATUS_OF[problem], title, body: html`<div class="notice problem" role="alert"><p>${why}</p><p>${next}</p>${problem === 'failed' && html`<p class="mono">${visit.requestId}</p>`}</div>` }
}

function said(key: string, texts: CommonTexts): SafeHtml {
  const text = Object.hasOwn(texts.done, key) ? texts.done[key]! : undefined
  return text === undefined ? html`` : html`<div class="notice done" role="status"><p>${text}</p></div>`
}

function who(visit: Visit, texts: CommonTexts): SafeHtml {
  return html`<div class="who">
<a href="/account">${visit.signedIn!.person.name}</a>
<form method="post" action="/sign-out">${token(visit)}<button class="quiet">${texts.signOut}</button></form>
</div>`
}

function languageForm(visit: Visit, texts: CommonTexts): SafeHtml {
  const other = visit.language === 'ja' ? 'en' : 'ja'
  return html`<form class="who" method="post" action="/language">
<input type="hidden" name="language" value="${other}"><input type="hidden" name="to" value="${visit.path}"><button class="quiet" lang="${other}">${texts.language}</button></form>`
}

function menu(visit: Visit, texts: CommonTexts, paths: ReadonlySet<string>): SafeHtml {
  const { roles } = visit.signedIn!.person
  const rows = NAV.filter(row => row.faces.includes(visit.face) && paths.has(row.path) && row.roles.some(role => roles.has(role)))
  return html`<nav class="menu" aria-label="${texts.menu}"><ul>${rows.map(row => {
    const here = row.path === '/' ? visit.path === '/' || visit.path.startsWith('/m/') : visit.path.startsWith(row.path)
    return html`<li><a href="${row.path}"${here ? html` aria-current="page"` : ''}>${texts.nav[row.label]}</a></li>`
  })}</ul></nav>`
}

/** An option list of a select element. */
export function options(values: readonly (readonly [value: string, label: string])[], chosen: string): SafeHtml[] {
  return values.map(([value, label]) => html`<option value="${value}" ${flag('selected', value === chosen)}>${label}</option>`)
}
