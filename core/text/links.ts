/**
 * Links made harmless: where one really goes, and how it is written so that no mail program opens it by a click.
 *
 * The defanged form is the one analysts use: `https://www.example.jp/a` becomes `hxxps://www[.]example[.]jp/a`,
 * `http` `hxxp`, `ftp` `fxp`; an @ before the host becomes `[@]`, the `://` of any other scheme `[:]//`, and the
 * leading `\\` of a UNC path `[\\]`. With the policy `remove` a link becomes `[URL www[.]example[.]jp]`.
 * Both forms are stable: defanging them again changes nothing. Bare domains and mail addresses stay.
 *
 * Standards: WHATWG URL (what browsers make of an href), RFC 3986, RFC 6068 (mailto), RFC 3966 (tel).
 */
import type { LinkPolicy } from '../policy/model.ts'

export type LinkTarget =
  /** `url` has no user information in it; `disguised` says that it had, as in `https://bank.jp@evil.example/`. */
  | { readonly kind: 'web'; readonly url: string; readonly host: string; readonly disguised: boolean }
  | { readonly kind: 'mail'; readonly address: string }
  | { readonly kind: 'phone'; readonly number: string }
  /** Would run or open something (`javascript:`, `data:`, `file:`, any scheme we do not know): never shown. */
  | { readonly kind: 'active'; readonly scheme: string }
  /** Leads nowhere from a mail: a fragment, a relative path, a part of the same mail. */
  | { readonly kind: 'none' }

/** Longer links are cut with `…`: nobody can judge them, and each would fill a page. */
const MAX_SHOWN_CHARS = 2000
const NOWHERE: LinkTarget = { kind: 'none' }

/**
 * Where an `href` leads, as a browser would resolve it. `base` is that of the document, '' without one.
 * Never throws; everything in the answer is printable ASCII, hosts as A-labels.
 */
export function linkTarget(untrustedHref: string, base = ''): LinkTarget {
  // Browsers drop tabs and line ends anywhere, and control characters and spaces around (WHATWG URL §4.4).
  const href = untrustedHref.replace(/[\t\n\r]+/g, '').replace(/^[\0- ]+/, '')
  if (/^\\\\[^\\]/.test(href)) return { kind: 'active', scheme: 'unc' }
  const scheme = /^([a-z][a-z0-9+.-]{0,40}):/i.exec(href)?.[1]?.toLowerCase()
  switch (scheme) {
    case 'http':
    case 'https':
    case 'ftp':
      return webTarget(href, undefined)
    case 'mailto':
      return mailTarget(href.slice(7))
    case 'tel':
      return { kind: 'phone', number: href.slice(4, 44).replace(/[^\d+*#() -]+/g, '').trim() }
    case 'cid':
    case 'mid':
    case 'about':
      return NOWHERE
    case undefined:
      if (href.startsWith('//')) return webTarget(href, 'https://none.invalid')
      return base === '' || href.startsWith('#') || href === '' ? NOWHERE : webTarget(href, base)
    default:
      return { kind: 'active', scheme: scheme.slice(0, 20) }
  }
}

function webTarget(href: string, base: string | undefined): LinkTarget {
  const url = URL.parse(href, base)
  if (!url || !/^(?:https?|ftp):$/.test(url.protocol)) return NOWHERE
  const disguised = url.username !== '' || url.password !== ''
  url.username = ''
  url.password = ''
  // encodeURI leaves what is ASCII alone; a fragment may hold other characters.
  const shown = url.href.replace(/[^\x21-\x7e]+|["<>`{}|^\\]/g, other => encodeURIComponent(other.toWellFormed()))
  return { kind: 'web', url: cut(shown), host: url.hostname, disguised }
}

function mailTarget(rest: string): LinkTarget {
  const encoded = rest.split('?', 1)[0]!.slice(0, 320)
  let address = encoded
  try {
    address = decodeURIComponent(encoded)
  } catch {
    // Not percent-encoding: shown as it stands.
  }
  const shown = address.replace(/[^\x21-\x7e]+|[<>]/g, '')
  return shown.includes('@') ? { kind: 'mail', address: shown } : NOWHERE
}

function cut(url: string): string {
  return url.length > MAX_SHOWN_CHARS ? url.slice(0, MAX_SHOWN_CHARS) + '…' : url
}

/** Writes one target for the reader; '' where the policy, or the target, leaves nothing to show. */
export function showTarget(target: LinkTarget, policy: LinkPolicy): string {
  switch (target.kind) {
    case 'web':
      return policy === 'keep' ? `<${target.url}>` : policy === 'defang' ? `<${defang(target.url, 'defang')}>` : defang(target.url, 'remove')
    case 'mail':
      return `<${target.address}>`
    case 'phone':
      return `<tel:${target.number}>`
    default:
      return ''
  }
}

const HINT = /:\/\/|www\.|\\\\/gi
/** Ends a host: white space, what may follow a host in a URL, quotes and brackets, Japanese punctuation. */
const HOST_END = /[\s\0-\x1f/?#\\"'<>`|^{}[\]()、。，．・「」『』（）【】〔〕〈〉《》！？：；＜＞]/
const MAX_HOST_CHARS = 255
const DEFANGED_SCHEMES: Readonly<Record<string, string>> = { http: 'hxxp', https: 'hxxps', ftp: 'fxp' }

/**
 * Rewrites every URL, `www.` name and UNC path in running text by the policy; see the top of the file for the forms.
 * Linear: one search for the places where a link can start, and a bounded look around each of them.
 */
export function defang(text: string, policy: LinkPolicy): string {
  if (policy === 'keep') return text
  let out = ''
  let done = 0
  HINT.lastIndex = 0
  for (let hint = HINT.exec(text); hint; hint = HINT.exec(text)) {
    const found = hint[0] === '://' ? urlAt(text, hint.index, done) : hint[0] === '\\\\' ? uncAt(text, hint.index) : wwwAt(text, hint.index)
    if (!found || found.start < done) continue
    const end = policy === 'remove' && found.host !== '' ? urlEnd(text, found.hostEnd) : found.hostEnd
    out += text.slice(done, found.start)
    out += policy === 'remove' && found.host !== '' ? `[URL ${dotless(found.host.slice(found.host.lastIndexOf('@') + 1))}]` : found.defanged
    done = HINT.lastIndex = end
  }
  return done === 0 ? text : out + text.slice(done)
}

type FoundLink = {
  readonly start: number
  readonly hostEnd: number
  /** With user information; '' when only the start of the link is rewritten. */
  readonly host: string
  readonly defanged: string
}

function urlAt(text: string, colon: number, from: number): FoundLink | undefined {
  let start = colon
  while (start > from && colon - start < 20 && /[a-z0-9+.-]/i.test(text[start - 1]!)) start--
  const written = text.slice(start, colon)
  // In running text anything may stand before the scheme (`・ttphttp://`): the known ones count from their start.
  const known = /(?:https?|ftp)$/i.exec(written)?.[0]
  if (known !== undefined) {
    const host = hostAt(text, colon + 3)
    if (host === '') return undefined
    const scheme = DEFANGED_SCHEMES[known.toLowerCase()]!
    // `http://http://…`: what looks like the host is the scheme of the next one.
    if (text.startsWith('://', colon + 3 + host.length)) {
      return { start: colon - known.length, hostEnd: colon + 3, host: '', defanged: `${scheme}://` }
    }
    return { start: colon - known.length, hostEnd: colon + 3 + host.length, host, defanged: `${scheme}://${dotless(host)}` }
  }
  if (written === '' || /(?:hxxps?|fxp)$/i.test(written)) return undefined
  return { start, hostEnd: colon + 3, host: '', defanged: `${written}[:]//` }
}

function wwwAt(text: string, start: number): FoundLink | undefined {
  if (start > 0 && /[a-z0-9@./\\\]-]/i.test(text[start - 1]!)) return undefined
  const written = hostAt(text, start)
  const isScheme = text.startsWith('://', start + written.length)
  // `www.http://…`: the scheme behind it is a link of its own, or was one.
  const host = isScheme ? written.replace(/(?:h(?:tt|xx)ps?|f[tx]p)$/i, '').replace(/\.+$/, '') : written
  if (host.length <= 4) return undefined
  const hostEnd = start + host.length
  if (isScheme && host === written) return { start, hostEnd: hostEnd + 3, host, defanged: `${dotless(host)}[:]//` }
  return { start, hostEnd, host, defanged: dotless(host) }
}

function uncAt(text: string, start: number): FoundLink | undefined {
  if (start > 0 && !/[\s"'(<「（『:：]/.test(text[start - 1]!)) return undefined
  if (!/^[a-z0-9]/i.test(text.slice(start + 2, start + 3))) return undefined
  return { start, hostEnd: start + 2, host: '', defanged: '[\\\\]' }
}

function hostAt(text: string, start: number): string {
  const ahead = text.slice(start, start + MAX_HOST_CHARS)
  const end = ahead.search(HOST_END)
  const host = end < 0 ? ahead : ahead.slice(0, end)
  // `example.jpをご覧ください`: no host is that mixed; only one that starts so is internationalized.
  const ascii = /^[\x21-\x7e]+/.exec(host)?.[0] ?? host
  return ascii.replace(/[.,:;!]+$/, '')
}

function dotless(host: string): string {
  return host.replaceAll('.', '[.]').replaceAll('@', '[@]')
}

const URL_CHARS = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/g

function urlEnd(text: string, hostEnd: number): number {
  URL_CHARS.lastIndex = hostEnd
  const stop = URL_CHARS.exec(text)?.index ?? text.length
  let end = stop
  // Punctuation behind a URL belongs to the sentence; a bracket only when none was opened in the URL.
  const opened = text.slice(hostEnd, end).includes('(')
  while (end > hostEnd && (opened ? ".,;:!?'" : ".,;:!?')]").includes(text[end - 1]!)) end--
  return end
}
