/**
 * Writes a message as DATA: lines that begin with a dot get a second one, then the lone dot.
 *
 * The message is canonical (CRLF only, 7-bit, verified before it was committed), so the dots are all that
 * can need a change and one native search finds them. That it *is* canonical is checked here once more:
 * a bare CR or LF on this side could end the data early at a careless hop (SMTP smuggling).
 * Standards: RFC 5321 §4.5.2 (transparency), §2.3.8 (lines).
 */
import type { Socket } from 'node:net'

const END_OF_DATA = Buffer.from('.\r\n')
const MISSING_END_OF_LINE = Buffer.from('\r\n.\r\n')
const DOT = Buffer.from('.')
const LF_DOT = Buffer.from('\n.')
const LF = 0x0a
const BARE_LINE_END = /\r(?!\n)|(?<!\r)\n/
const CHECKED_AT_ONCE = 64 * 1024

/** Corked, so that a small mail leaves in one segment. `written` is called when the system has all of it. */
export function writeStuffed(socket: Socket, message: Uint8Array, written: () => void): void {
  socket.cork()
  for (const piece of stuffed(message)) socket.write(piece)
  socket.write(message.at(-1) === 0x0a ? END_OF_DATA : MISSING_END_OF_LINE, error => {
    if (!error) written()
  })
  socket.uncork()
}

/** The message in pieces (views, no copies), with the extra dots between them. */
export function* stuffed(message: Uint8Array): Generator<Uint8Array> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (bytes[0] === 0x2e) yield DOT
  let from = 0
  for (let at = bytes.indexOf(LF_DOT); at !== -1; at = bytes.indexOf(LF_DOT, at + 1)) {
    yield bytes.subarray(from, at + 1)
    yield DOT
    from = at + 1
  }
  yield bytes.subarray(from)
}

/** Whether every CR is followed by LF and every LF preceded by CR. Linear; looks at pieces that end after an LF. */
export function hasOnlyCrLf(message: Uint8Array): boolean {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  for (let from = 0; from < bytes.length; ) {
    const lineEnd = bytes.indexOf(LF, from + CHECKED_AT_ONCE)
    const to = lineEnd === -1 ? bytes.length : lineEnd + 1
    if (BARE_LINE_END.test(bytes.toString('latin1', from, to))) return false
    from = to
  }
  return true
}
