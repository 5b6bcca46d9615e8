/**
 * The regular grammar that every composed message must keep to, checked by the gateway itself.
 *
 * It needs no parser and no understanding: line ends are CRLF and nothing else, lines are short, octets are
 * printable ASCII or TAB, and the header begins with well-formed field names. Whatever a sanitizer process
 * may have been talked into, a message that fails here is not committed.
 * Standards: RFC 5321 §2.3.8, RFC 5322 §2.1.1 and §2.2.
 */
import { Buffer } from 'node:buffer'

const MAX_LINE_OCTETS = 998
const MAX_HEADER_OCTETS = 512 * 1024

/** Undefined when canonical, else what is wrong (for the log). Cost: native scans and one pass over line ends. */
export function checkCanonical(message: Uint8Array): string | undefined {
  const buffer = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (buffer.length < 4 || buffer.toString('latin1', buffer.length - 2) !== '\r\n') return 'does not end with CRLF'
  return checkOctets(buffer) ?? checkLines(buffer) ?? checkHeader(buffer)
}

function checkOctets(buffer: Buffer): string | undefined {
  const text = buffer.toString('latin1')
  const bad = /[^\r\n\t\x20-\x7e]/.exec(text)
  return bad ? `octet 0x${bad[0].charCodeAt(0).toString(16)} at ${bad.index}` : undefined
}

function checkLines(buffer: Buffer): string | undefined {
  let start = 0
  while (start < buffer.length) {
    const lf = buffer.indexOf(0x0a, start)
    if (lf < 1 || buffer[lf - 1] !== 0x0d) return `bare LF at ${lf}`
    if (lf - 1 - start > MAX_LINE_OCTETS) return `line of ${lf - 1 - start} octets at ${start}`
    const cr = buffer.indexOf(0x0d, start)
    if (cr !== lf - 1) return `bare CR at ${cr}`
    start = lf + 1
  }
  return undefined
}

function checkHeader(buffer: Buffer): string | undefined {
  const end = buffer.indexOf('\r\n\r\n')
  if (end < 0) return 'no end of header'
  if (end > MAX_HEADER_OCTETS) return 'header too large'
  const lines = buffer.toString('latin1', 0, end).split('\r\n')
  if (!/^[A-Za-z]/.test(lines[0] ?? '')) return 'header begins with a folded line'
  const wrong = lines.findIndex(line => !/^(?:[A-Za-z][A-Za-z0-9-]*: |[ \t]+[^ \t])/.test(line))
  return wrong < 0 ? undefined : `header line ${wrong + 1} is malformed`
}

/** The queue id in our own Received field, which stands first: envelope and message must belong together. */
export function composedQueueId(message: Uint8Array): string | undefined {
  const head = Buffer.from(message.buffer, message.byteOffset, Math.min(message.byteLength, 2048)).toString('latin1')
  return /^Received: [^\n]*(?:\r\n[ \t][^\n]*)*?\bid\s+([A-Za-z0-9]+)/.exec(head)?.[1]
}
