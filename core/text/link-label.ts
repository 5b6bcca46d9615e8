/**
 * Does a link say where it goes? Compares the host a label shows with the host of the target.
 *
 * Same is: the same name, with or without `www.`, or one the parent of the other (`example.jp` and
 * `www2.example.jp`). Two neighbours under one domain count as different: whoever rents `a.example.com` is not `b`.
 * Labels without a host in them (「こちら」) claim nothing.
 */
import type { LinkTarget } from './links.ts'

const MAX_LABEL_CHARS = 1000
const MAX_CLAIMS = 5
const URL_IN_LABEL = /(?:(?:https?|ftp):\/{0,2}|www\.)[^\s/?#"'<>]{1,255}/gi
const WHOLE_DOMAIN = /^(?:[^\s@]{1,64}@)?((?:[\p{L}\p{N}-]{1,63}\.){1,10}[\p{L}\p{N}-]{2,24})\.?(?:[:/?#]\S*)?$/u

const COMMON_TLDS = new Set(
  ('com net org info biz gov edu mil int name pro xyz top site online shop store app dev cloud tech club live news tokyo ' +
    'osaka kyoto nagoya yokohama okinawa ryukyu blog bank moe').split(' '),
)
/** Two-letter endings that are files when nothing else says "host". */
const FILE_ENDINGS = new Set('js ts py sh md cs rb pl gz 7z db ps ai vb so rs go ml hs'.split(' '))

/** True when the label names another host than the target has. */
export function labelContradicts(untrustedLabel: string, target: LinkTarget): boolean {
  const actual = target.kind === 'web' ? target.host : target.kind === 'mail' ? hostOf(target.address) : ''
  if (actual === '' || !untrustedLabel.includes('.') && !/[．。｡]/.test(untrustedLabel)) return false
  return claimedHosts(untrustedLabel).some(claimed => !sameParty(claimed, actual))
}

/** Hosts a label shows, as A-labels: of the URLs in it, or the label itself when it is a domain or an address. */
function claimedHosts(untrustedLabel: string): string[] {
  const label = untrustedLabel
    .slice(0, MAX_LABEL_CHARS)
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+/g, '')
    .replaceAll('。', '.')
    .trim()
  const urls = label.match(URL_IN_LABEL)?.slice(0, MAX_CLAIMS) ?? []
  if (urls.length > 0) return urls.flatMap(url => hostsIn(url.replace(/^(?:https?|ftp):\/{0,2}/i, '')))
  const whole = WHOLE_DOMAIN.exec(label)?.[1]
  return whole !== undefined && isPlausibleDomain(whole, label) ? toAscii(whole) : []
}

/** `bank.jp@evil.example` shows both to the eye. Japanese text right behind the host is not part of it. */
function hostsIn(authority: string): string[] {
  return authority.split('@', 3).flatMap(piece => {
    const host = /^[\x21-\x7e]+/.exec(piece)?.[0] ?? piece
    return host.includes('.') ? toAscii(host.replace(/[^\p{L}\p{N}]+$/u, '')) : []
  })
}

function isPlausibleDomain(domain: string, label: string): boolean {
  const ending = domain.slice(domain.lastIndexOf('.') + 1).toLowerCase()
  if (COMMON_TLDS.has(ending) || ending.startsWith('xn--')) return true
  return /^[a-z]{2}$/.test(ending) && (label.includes('@') || label.includes('/') || !FILE_ENDINGS.has(ending))
}

function toAscii(host: string): string[] {
  const hostname = URL.parse('http://' + host)?.hostname
  return hostname ? [hostname] : []
}

function hostOf(address: string): string {
  return toAscii(address.slice(address.lastIndexOf('@') + 1))[0] ?? ''
}

function sameParty(claimed: string, actual: string): boolean {
  const [a, b] = [claimed, actual].map(host => host.replace(/^www\./, '').replace(/\.$/, '')) as [string, string]
  return a === b || (a.endsWith('.' + b) && b.includes('.')) || b.endsWith('.' + a)
}
