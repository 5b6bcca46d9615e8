/**
 * HTML files: read as a browser would, and a page of our own written from what an allow-list knows of the tree; or, where
 * the policy wants it, only the text that its reader sees.
 *
 *   octets ──▶ charset ──▶ parseHtml ──▶ allow-list ──▶ page that can show and link, nothing else
 *
 * Nothing that runs, fetches, sends or frames is on the list: no scripts, styles, forms, frames, foreign elements; of
 * style attributes only colours and the like, without any function but rgb(). Pictures must stand in the page as data
 * and are coded anew. The page says so itself (Content-Security-Policy), for browsers that listen.
 * No element that is written holds raw text, so no other reading of the page finds markup in its text.
 * Invariant: disarming the output gives the same octets. Linear, no recursion, never throws.
 * Standards: WHATWG HTML §13 (parsing, serialising); W3C Content Security Policy 3.
 */
import { Buffer } from 'node:buffer'
import { type ObjectKind, type ObjectRules, type Removed, ruleFor } from '../objects.ts'
import { decodeText } from '../text/charset.ts'
import { makeHarmless } from '../text/harmless.ts'
import { htmlToText } from '../text/html.ts'
import { attribute, type HtmlNode, parseHtml } from '../text/html-tree.ts'
import type { Disarmed, Disarmer, DisarmInput } from './contract.ts'
import { encodeTextFile } from './text.ts'

const TAGS = new Set(
  (
    'a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn dir div dl dt em ' +
    'figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp section ' +
    'small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr'
  ).split(' '),
)
const VOID = new Set(['br', 'col', 'hr', 'img', 'wbr'])
/** Gone with what is inside, and as what it is told; '' is told as nothing. */
const GONE: Readonly<Record<string, ObjectKind | ''>> = {
  script: 'scripts', noscript: '', template: 'scripts', iframe: 'remoteContent', frame: 'remoteContent', frameset: 'remoteContent', noframes: '',
  object: 'oleObjects', embed: 'oleObjects', applet: 'oleObjects', audio: 'media', video: 'media', bgsound: 'media', canvas: 'scripts',
  style: 'layout', svg: 'vectorPictures', math: 'layout', head: '', meta: '', link: '', base: '', title: '',
  input: 'forms', select: 'forms', textarea: 'forms', button: 'forms', datalist: 'forms', keygen: 'forms',
}
const PLAIN_ATTRIBUTES: Readonly<Record<string, RegExp>> = {
  colspan: /^\d{1,3}$/, rowspan: /^\d{1,4}$/, span: /^\d{1,3}$/, width: /^\d{1,4}%?$/, height: /^\d{1,4}%?$/, border: /^\d{1,2}$/,
  cellpadding: /^\d{1,3}$/, cellspacing: /^\d{1,3}$/, align: /^[a-z]{1,10}$/i, valign: /^[a-z]{1,10}$/i, start: /^-?\d{1,6}$/, value: /^-?\d{1,6}$/,
  type: /^[1aAiI]$|^(?:disc|circle|square)$/i, color: /^#?\w{1,20}$/, bgcolor: /^#?\w{1,20}$/, size: /^[+-]?\d$/, face: /^[\p{L}\p{N} ,'-]{1,100}$/u,
  lang: /^[a-zA-Z0-9-]{1,20}$/, dir: /^(?:ltr|rtl|auto)$/i, id: /^[\w-]{1,100}$/, name: /^[\w-]{1,100}$/, nowrap: /^(?:nowrap)?$/i,
  title: /^[^\x00-\x1f]{1,500}$/, alt: /^[^\x00-\x1f]{0,500}$/,
}
const STYLE_PROPERTY = /^(?:color|background-color|text-align|vertical-align|font-weight|font-style|font-size|text-decoration|white-space|width|height)$/
const STYLE_VALUE = /^(?:[#\w .%+-]{1,60}|rgb\([\d ,%]{5,30}\))$/
const WEB = /^(?:https?|mailto|tel):/i
const DATA_PICTURE = /^data:image\/[a-z+.-]{1,30};base64,/i

type RebuiltFindings = Extract<Disarmed, { kind: 'rebuilt' }>['findings']

const MOST_CHARACTERS = 5_000_000
/** Each may become a node that holds some hundred octets. */
const MOST_TAGS = 500_000
const MOST_PICTURES = 500
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

export const htmlDisarmer: Disarmer = {
  table: [
    { object: 'text, headings, lists, tables, ruby, emphasis, colours; only the text with policy.files.html: text', becomes: 'rebuilt' },
    { object: 'pictures that stand in the page as data', becomes: 'rebuilt', kind: 'pictures' },
    { object: 'links to the web, to a mailbox, within the page', becomes: 'rebuilt', kind: 'hyperlinks' },
    { object: 'scripts and event attributes', becomes: 'removed', kind: 'scripts' },
    { object: 'pictures and frames from elsewhere', becomes: 'removed', kind: 'remoteContent' },
    { object: 'forms and their fields', becomes: 'removed', kind: 'forms' },
    { object: 'embedded objects and applets', becomes: 'removed', kind: 'oleObjects' },
    { object: 'sound and video', becomes: 'removed', kind: 'media' },
    { object: 'drawings (SVG)', becomes: 'removed', kind: 'vectorPictures' },
    { object: 'style sheets, formulas (MathML)', becomes: 'removed', kind: 'layout' },
    { object: 'forwarding by the page itself', becomes: 'removed', kind: 'actions' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const { text, findings } = decodeText(input.untrustedBytes, input.declaredCharset ?? namedCharset(input.untrustedBytes))
    if (text.length > MOST_CHARACTERS || hasTooManyTags(text)) return { kind: 'cannot', reason: 'limit' }
    const { document } = parseHtml(text)
    if (input.forms.html === 'text') return asText(text, document, input, findings)
    const pictures = await recodePictures(document, input)
    if (pictures === undefined) return { kind: 'cannot', reason: 'limit' }
    const page = new PageWriting(document, pictures, input.rules).run()
    const bytes = encodeTextFile(makeHarmless(page.text).text, { alwaysMark: true })
    if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    return { kind: 'rebuilt', bytes, mediaType: 'text/html', extension: 'html', removed: page.removed, findings }
  },
}

/** Everything that is no text counts as removed. */
function asText(markup: string, document: HtmlNode, { rules, limits }: DisarmInput, findings: RebuiltFindings): Disarmed {
  const { removed } = new PageWriting(document, new Map(), rules).run()
  const shown = htmlToText(markup, { links: 'keep', language: 'ja', maxChars: limits.outputBytes })
  if (shown.truncated) return { kind: 'cannot', reason: 'limit' }
  if (shown.text.trim() === '') return { kind: 'cannot', reason: 'malformed' }
  const bytes = encodeTextFile(`${shown.text}\n`, { alwaysMark: false })
  if (bytes.length > limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
  return { kind: 'rebuilt', bytes, mediaType: 'text/plain', extension: 'txt', removed, findings: [...findings, ...shown.findings] }
}

function hasTooManyTags(text: string): boolean {
  let tags = 0
  for (let at = text.indexOf('<'); at >= 0 && tags <= MOST_TAGS; at = text.indexOf('<', at + 1)) tags++
  return tags > MOST_TAGS
}

function namedCharset(untrustedBytes: Uint8Array): string | undefined {
  const start = Buffer.from(untrustedBytes.subarray(0, 1024)).toString('latin1')
  return /<meta[^>]{1,200}charset\s*=\s*["']?([\w-]{1,40})/i.exec(start)?.[1]
}

/** By their data URL; what cannot be coded anew has none. Undefined when there are too many. */
async function recodePictures(document: HtmlNode, { tools }: DisarmInput): Promise<ReadonlyMap<string, string> | undefined> {
  const found = new Set<string>()
  for (let node = document.first; node; node = afterwards(node, document)) {
    const source = node.tag === 'img' ? (attribute(node, 'src') ?? '').trim() : ''
    if (DATA_PICTURE.test(source)) found.add(source)
  }
  if (found.size > MOST_PICTURES) return undefined
  const pictures = new Map<string, string>()
  for (const url of found) {
    const picture = await tools.picture(new Uint8Array(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')))
    if (picture) pictures.set(url, `data:${picture.mediaType};base64,${Buffer.from(picture.bytes).toString('base64')}`)
  }
  return pictures
}

function afterwards(node: HtmlNode, root: HtmlNode): HtmlNode | undefined {
  if (node.first) return node.first
  let at: HtmlNode | undefined = node
  while (at && at !== root && !at.next) at = at.parent
  return at === root ? undefined : at?.next
}

class PageWriting {
  readonly #document: HtmlNode
  readonly #pictures: ReadonlyMap<string, string>
  readonly #rules: ObjectRules
  readonly #pieces: string[] = []
  readonly #counts = new Map<ObjectKind, number>()
  #title = ''

  constructor(document: HtmlNode, pictures: ReadonlyMap<string, string>, rules: ObjectRules) {
    this.#document = document
    this.#pictures = pictures
    this.#rules = rules
  }

  run(): { readonly text: string; readonly removed: readonly Removed[] } {
    let node = this.#document.first
    while (node) {
      if (this.#enter(node) && node.first) {
        node = node.first
        continue
      }
      this.#leave(node)
      while (node && !node.next) {
        node = node.parent === this.#document ? undefined : node.parent
        if (node) this.#leave(node)
      }
      node = node?.next
    }
    const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><title>${escaped(this.#title)}</title>`
    const removed = [...this.#counts].map(([what, count]) => ({ what, count }))
    return { text: `<!DOCTYPE html>\n<html><head>${head}</head><body>${this.#pieces.join('')}</body></html>`, removed }
  }

  #count(what: ObjectKind): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  /** Whether what is inside is looked at. */
  #enter(node: HtmlNode): boolean {
    if (node.tag === '#text') {
      this.#pieces.push(escaped(node.text))
      return false
    }
    if (node.foreign || Object.hasOwn(GONE, node.tag)) return this.#gone(node)
    if (node.tag === 'form') this.#count('forms')
    for (const { name } of node.attributes) if (name.startsWith('on')) this.#count('scripts')
    if (node.tag === 'img') this.#image(node)
    else if (isWritten(node)) this.#pieces.push(`<${node.tag}${this.#attributes(node)}>`, node.tag === 'pre' && node.first?.text.startsWith('\n') ? '\n' : '')
    return true
  }

  #leave(node: HtmlNode): void {
    if (isWritten(node) && !VOID.has(node.tag)) this.#pieces.push(`</${node.tag}>`)
  }

  /** The head holds nothing that is shown, but a title and what acts. */
  #gone(node: HtmlNode): boolean {
    const what = node.foreign ? GONE[node.tag] || 'vectorPictures' : GONE[node.tag]
    if (what) this.#count(what)
    if (node.tag === 'title' && this.#title === '') this.#title = (node.first?.text ?? '').replace(/\s+/g, ' ').trim().slice(0, 300)
    if (node.tag === 'meta' && /^\s*refresh\s*$/i.test(attribute(node, 'http-equiv') ?? '')) this.#count('actions')
    if (node.tag === 'link' && /stylesheet/i.test(attribute(node, 'rel') ?? '')) this.#count('layout')
    return node.tag === 'head'
  }

  #image(node: HtmlNode): void {
    const source = (attribute(node, 'src') ?? '').trim()
    const picture = this.#pictures.get(source)
    if (picture !== undefined && ruleFor('pictures', this.#rules) === 'keep') {
      this.#pieces.push(`<img src="${picture}"${this.#attributes(node)}>`)
      return
    }
    if (source !== '') this.#count(/^(?:data|cid):/i.test(source) ? 'pictures' : 'remoteContent')
    this.#pieces.push(escaped(attribute(node, 'alt') ?? ''))
  }

  #attributes(node: HtmlNode): string {
    let text = ''
    for (const { name, value } of node.attributes) {
      const pattern = Object.hasOwn(PLAIN_ATTRIBUTES, name) ? PLAIN_ATTRIBUTES[name] : undefined
      if (pattern?.test(value)) text += ` ${name}="${escaped(value)}"`
      else if (name === 'style') text += styleAttribute(value)
      else if (name === 'href' && node.tag === 'a') text += this.#link(value)
    }
    return text
  }

  #link(untrustedHref: string): string {
    const href = untrustedHref.replace(/[\t\n\r]/g, '').trim()
    if (/^#[\w-]{1,100}$/.test(href)) return ` href="${href}"`
    const isKept = WEB.test(href) && href.length <= 4000 && ruleFor('hyperlinks', this.#rules) === 'keep'
    if (isKept) return ` href="${escaped(href)}" rel="noreferrer noopener"`
    if (href !== '') this.#count(/^(?:javascript|vbscript|data):/i.test(href) ? 'scripts' : 'hyperlinks')
    return ''
  }
}

function isWritten(node: HtmlNode): boolean {
  return !node.foreign && node.tag !== 'img' && TAGS.has(node.tag)
}

function styleAttribute(value: string): string {
  const kept = value.split(';').flatMap(declaration => {
    const colon = declaration.indexOf(':')
    const property = declaration.slice(0, Math.max(colon, 0)).trim().toLowerCase()
    const wanted = declaration.slice(colon + 1).trim()
    return STYLE_PROPERTY.test(property) && STYLE_VALUE.test(wanted) ? [`${property}: ${wanted}`] : []
  })
  return kept.length === 0 ? '' : ` style="${kept.join('; ')}"`
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, each => ESCAPES[each]!)
}
