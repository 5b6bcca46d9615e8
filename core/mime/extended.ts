/**
 * RFC 2231 parameter values: segments by number, charset of the whole, percent-encoded octets.
 *
 * Readers disagree on every irregular form (gaps, repeats, wrong order), so each is told; the reading taken is:
 * by number, the first of equal numbers, gaps closed.
 * Standards: RFC 2231 §3 (continuations), §4 (charset and language).
 */
import { type HeaderFinding, printable } from './header.ts'

export type ExtendedSegment = {
  readonly number: number
  /** `name*=` without a number. */
  readonly whole: boolean
  /** Percent-encoded; the first one carries charset'language'. */
  readonly encoded: boolean
  readonly value: string
}

/** `encoded`: some segment is in the extended form, so that `charset` (or its lack) counts. */
export type Joined = { readonly octets: string; readonly charset: string | undefined; readonly encoded: boolean }

/** Joins the segments of one parameter as octets (latin1) before charset decoding. Linear. */
export function joinExtended(
  name: string,
  untrustedSegments: readonly ExtendedSegment[],
  findings: HeaderFinding[],
): Joined {
  const segments = inOrder(name, untrustedSegments, findings)
  const octets: string[] = []
  let charset: string | undefined
  for (const [index, segment] of segments.entries()) {
    let value = segment.value
    if (segment.encoded && index === 0) {
      const match = /^([^']*)'[^']*'/.exec(value)
      if (match) {
        charset = match[1] || undefined
        value = value.slice(match[0].length)
      } else findings.push({ code: 'name.charset-missing', detail: printable(name) })
    }
    octets.push(segment.encoded ? percentDecode(name, value, findings) : value)
  }
  return { octets: octets.join(''), charset, encoded: segments.some(segment => segment.encoded) }
}

function inOrder(
  name: string,
  segments: readonly ExtendedSegment[],
  findings: HeaderFinding[],
): readonly ExtendedSegment[] {
  const detail = printable(name)
  const whole = segments.find(segment => segment.whole)
  if (whole) {
    if (segments.length > 1) findings.push({ code: 'name.duplicate-segment', detail })
    return [whole]
  }
  const sorted = segments.toSorted((a, b) => a.number - b.number)
  if (sorted.some((segment, index) => segment !== segments[index])) findings.push({ code: 'name.out-of-order', detail })
  const unique = sorted.filter((segment, index) => segment.number !== sorted[index - 1]?.number)
  if (unique.length !== sorted.length) findings.push({ code: 'name.duplicate-segment', detail })
  if (unique[0]!.number !== 0 || unique.at(-1)!.number !== unique.length - 1)
    findings.push({ code: 'name.gap', detail })
  return unique
}

function percentDecode(name: string, value: string, findings: HeaderFinding[]): string {
  if (/%(?![0-9a-fA-F]{2})/.test(value)) findings.push({ code: 'name.percent', detail: printable(name) })
  return value.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
