/**
 * Bringing files in, on the outer face alone: through the same engine, under the same policy. What comes out waits on the
 * shelf of whoever brought it, on both faces.
 *
 *   GET /upload   POST /upload (multipart, one file after the other)   GET /upload/done?r=…   the result
 */
import type { House } from '../house.ts'
import { html, type SafeHtml } from '../http/html.ts'
import type { Answer, Page, Route, SignedVisit, UploadedFile } from '../http/route.ts'
import { TOKEN_FIELD } from '../http/same-origin.ts'
import { sizeText } from '../http/when.ts'
import type { NewResult } from '../keeping/results.ts'
import type { Brought, Refusal } from '../ports.ts'
import { shelfTexts } from '../texts/shelf.ts'
import { askerOf, STAFF } from './reading.ts'
import { resultCards } from './result-cards.ts'

const OUTER = { ...STAFF, faces: ['outer'] } as const
/** How long a refusal is shown; what passed is kept as long as the vault says. */
const REFUSAL_MS = 86_400_000
const LONGEST_NAME = 200

export function uploadRoutes(house: House): Route[] {
  return [
    { ...OUTER, method: 'GET', path: '/upload', handle: (visit: SignedVisit) => uploadPage(house, visit, '') },
    { ...OUTER, method: 'POST', path: '/upload', body: 'files', handle: (visit: SignedVisit) => upload(house, visit) },
    { ...OUTER, method: 'GET', path: '/upload/done', handle: (visit: SignedVisit) => donePage(house, visit) },
  ]
}

/** With script, portal.js shows how far it is and takes files that are dropped; without, it is a plain form. */
function uploadPage({ uploadBytes }: House, visit: SignedVisit, wrong: string): Page {
  const { upload: texts } = shelfTexts(visit.language)
  const { csrfToken } = visit.session
  const body = html`<p>${texts.intro}</p>
<form method="post" action="/upload?${new URLSearchParams({ [TOKEN_FIELD]: csrfToken }).toString()}" enctype="multipart/form-data" class="card" data-upload data-token="${csrfToken}">
<div class="field"><label for="files">${texts.choose}</label><p class="hint" id="files-hint">${texts.limit(sizeText(uploadBytes))}</p>
<input id="files" name="files" type="file" multiple required aria-describedby="files-hint${wrong !== '' && ' files-wrong'}">
${wrong !== '' && html`<p class="wrong" id="files-wrong" role="alert">${wrong}</p>`}
<p class="drop" hidden>${texts.drop}</p></div>
<div class="progress" hidden><label for="progress">${texts.progress}</label><progress id="progress" max="100" value="0"></progress></div>
<p class="say" role="status" data-sending="${texts.sending}" data-working="${texts.working}" data-failed="${texts.failed}" data-broke="${texts.broke}"></p>
<button>${texts.send}</button></form>`
  return { kind: 'page', title: texts.title, body, ...(wrong !== '' && { status: 422 as const }) }
}

async function upload(house: House, visit: SignedVisit): Promise<Answer> {
  const made: string[] = []
  for await (const file of visit.files()) {
    if (file.untrustedName === '') {
      // An empty field of a form.
      file.octets.resume()
      continue
    }
    made.push(await broughtOf(house, visit, file))
  }
  if (made.length === 0) return uploadPage(house, visit, shelfTexts(visit.language).upload.none)
  return { kind: 'redirect', to: `/upload/done?r=${made.join('.')}` }
}

async function broughtOf(house: House, visit: SignedVisit, { untrustedName, untrustedType, octets, isCut }: UploadedFile): Promise<string> {
  const name = nameOf(untrustedName)
  const answer = await house.vault.bring({ name, mediaType: untrustedType, bytes: octets, mailbox: visit.person.mailbox }, askerOf(visit))
  // The reader of the form waits until every octet of a file was taken.
  octets.resume()
  return newResultOf(house, visit, isCut() ? { kind: 'cannot', reason: 'too-large' } : answer, name)
}

/** Put down for its bringer, and held where somebody else must agree; returns its number. */
export function newResultOf({ keeping, requests }: House, visit: SignedVisit, answer: Brought | Refusal, name: string): string {
  const result = resultOf(visit, answer, name)
  const resultId = keeping.results.add(visit.person, result)
  if (result.file !== undefined) requests.bringing.hold(visit.person, resultId, result.report?.parts[0]?.detectedType ?? '')
  return resultId
}

function resultOf(visit: SignedVisit, answer: Brought | Refusal, name: string): NewResult {
  const about = { origin: 'brought', publicId: undefined, partKey: '' } as const
  const nothing = { file: undefined, name, untilMs: visit.nowMs + REFUSAL_MS } as const
  if (answer.kind === 'cannot') return { ...about, ...nothing, report: undefined, refusal: answer.reason }
  const { file, report } = answer
  return file === undefined ? { ...about, ...nothing, report } : { ...about, file, report }
}

/** The last step of a path, without what no name has. */
export function nameOf(untrusted: string): string {
  const last = untrusted.toWellFormed().split(/[/\\]/).at(-1)!.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '')
  return last.slice(0, LONGEST_NAME) || 'file'
}

function donePage(house: House, visit: SignedVisit): Page {
  const { upload: texts } = shelfTexts(visit.language)
  const wanted = visit.query.get('r').split('.').slice(0, 50)
  const results = wanted.map(id => house.keeping.results.one(visit.person, id)).filter(each => each !== undefined)
  const links: SafeHtml = html`<p class="row"><a class="button second" href="/upload">${texts.another}</a><a class="button second" href="/shelf">${texts.toShelf}</a></p>`
  const body = html`${results.length === 0 ? html`<p class="empty">${texts.nothing}</p>` : resultCards(results, visit, house, 2)}${links}`
  return { kind: 'page', title: texts.done, body }
}
