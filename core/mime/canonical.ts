/**
 * The regular grammar that every composed message must keep to, checked by the gateway itself.
 *
 * It needs no parser and no understanding: line ends are CRLF and nothing else, lines are short, octets are
 * printable ASCII or TAB, and the header begins with well-formed field names. Whatever a sanitizer process
 * may have been talked into, a message that fails here is not committed.
 * Standards: RFC 5321 §2.3.8, RFC 5322 §2.1.1 and §2.2.
 */
import { Buffer } from 'node:buffer'

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TILDE = 0x7e
const MAX_LINE_OCTETS = 998
const MAX_HEADER_OCTETS = 512 * 1024

/** Undefined when canonical, else what is wrong (for the log). One pass over the octets. */
export function checkCanonical(message: Uint8Array): string | undefined {
  return checkLines(message) ?? checkHeader(Buffer.from(message.buffer, message.byteOffset, message.byteLength))
}

function checkLines(message: Uint8Array): string | undefined {
  const { length } = message
  if (length < 4 || message[length - 2] !== CR || message[length - 1] !== LF) return 'does not end with CRLF'
  let lineStart = 0
  for (let at = 0; at < length; at++) {
    const octet = message[at]!
    if (octet >= SPACE && octet <= TILDE) continue
    if (octet === CR && message[at + 1] === LF) {
      if (at - lineStart > MAX_LINE_OCTETS) return `line of ${at - lineStart} octets at ${lineStart}`
      lineStart = ++at + 1
    } else if (octet !== TAB) {
      return octet === CR ? `bare CR at ${at}` : octet === LF ? `bare LF at ${at}` : `octet 0x${octet.toString(16)} at ${at}`
    }
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
