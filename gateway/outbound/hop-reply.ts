/**
 * A reply that a next hop gave, or that we give in its place when it could give none.
 * Standards: RFC 5321 §4.2 (replies), RFC 2034 and RFC 3463 (enhanced status codes in replies).
 */

export type HopReply = {
  readonly code: number
  /** RFC 3463 triple; made from the first digit when the hop gave none or one of another class. */
  readonly status: string
  /** One printable line, at most 400 characters, code and status included. */
  readonly line: string
}

const ENHANCED = /^([245])\.(\d{1,3})\.(\d{1,3})(?= |$)/

/**
 * Reads a complete reply, lines joined by LF. The hop is not trusted: whatever it says becomes one short
 * printable line. `undefined` when it is not a reply at all.
 */
export function parseHopReply(untrustedReply: string): HopReply | undefined {
  const lines = untrustedReply.slice(0, 4096).split('\n')
  const last = lines.at(-1) ?? ''
  if (!/^[2-5]\d\d(?: |$)/.test(last)) return undefined
  const texts = lines.map(line => printable(line.slice(4)))
  const enhanced = ENHANCED.exec(texts.at(-1) ?? '')
  const classDigit = last[0]!
  const status = enhanced?.[1] === classDigit ? enhanced[0] : `${classDigit}.0.0`
  return {
    code: Number(last.slice(0, 3)),
    status,
    line: `${last.slice(0, 3)} ${texts.join(' ')}`.trimEnd().slice(0, 400),
  }
}

/** A reply of our own: `ownReply(451, '4.4.1', 'connection refused')`. */
export function ownReply(code: number, status: string, text: string): HopReply {
  return { code, status, line: `${code} ${status} ${printable(text)}`.slice(0, 400) }
}

/** 2xx delivered, 5xx failed, everything else is temporary: what we do not understand must not lose mail. */
export function replyKind(reply: HopReply): 'delivered' | 'failed' | 'deferred' {
  if (reply.code >= 200 && reply.code < 300) return 'delivered'
  return reply.code >= 500 && reply.code < 600 ? 'failed' : 'deferred'
}

/** RFC 5321 §4.2.4.2: whatever was asked, the hop is about to close the connection; another hop may do. */
export function isClosing(reply: HopReply): boolean {
  return reply.code === 421
}

function printable(untrusted: string): string {
  return untrusted.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
}
