/**
 * Where a link may lead: to a page, to a mailbox, to a place in the same document. Nowhere else.
 *
 * Standards: RFC 3986, RFC 6068; WHATWG URL (what comes out is what its parser wrote).
 */
import type { ObjectKind } from '../../objects.ts'

/** Excel takes no longer ones, and nobody reads them. */
const LONGEST = 2083

/** The link to write, or undefined for one that may not be followed. */
export function harmlessLink(untrustedTarget: string): string | undefined {
  const target = untrustedTarget.trim()
  if (target.length > LONGEST || /[\x00-\x1f\x7f]/.test(target)) return undefined
  if (target.startsWith('#')) return target
  if (!/^(?:https?:\/\/[^/\\]|mailto:)/i.test(target)) return undefined
  const url = URL.parse(target)
  return url && url.href.length <= LONGEST ? url.href : undefined
}

/** What a link that may not be followed is called in the report. */
export function kindOfBadLink(untrustedTarget: string): ObjectKind {
  return /^\s*(?:javascript|vbscript|data|jar|mk|ms-[a-z-]+|search-ms|view-source):/i.test(untrustedTarget) ? 'scripts' : 'externalLinks'
}

/** What a click in a slide may do: go to another slide. */
export function isHarmlessAction(action: string): boolean {
  return (
    action === '' ||
    /^ppaction:\/\/(?:noaction|hlinksldjump|hlinkshowjump\?jump=(?:next|previous|first|last)slide|hlinkshowjump\?jump=(?:endshow|lastslideviewed)|customshow\?id=\d{1,9}(?:&return=(?:true|false))?)$/.test(
      action,
    )
  )
}

/** A style of VML without anything that fetches or runs. */
export function harmlessStyle(style: string): string {
  return style
    .split(';')
    .filter(each => /^\s*[A-Za-z-]{1,60}\s*:[^()\\<>@&]{0,200}$/.test(each) && !/behavior|expression|url/i.test(each))
    .join(';')
}
