/**
 * An ARC set over a composed message: for inner servers that check again and would distrust a mail whose DKIM signature
 * cannot be whole any more.
 *
 *   verifier ──▶ gateway's grammar check ──▶ [sealArc, where a key is set] ──▶ grammar check ──▶ commit
 *
 * Sealed are our own octets, so no parser of ours is exposed; what is vouched for is our own Authentication-Results, and
 * the chain begins with us (i=1, cv=none), because foreign sets do not survive. The set stands behind our Received
 * field, which stays the first. The body is hashed in native scans: it may be large, and this is the gateway's own thread.
 * Standards: RFC 8617 §4.1 and §5.1; RFC 6376 §3.4.4 (relaxed body).
 */
import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { type ArcKey, createArcSet } from './authentication.ts'

const CRLF = '\r\n'

/** `message` is canonical. Rejects when the key cannot sign. */
export async function sealArc(message: Uint8Array, key: ArcKey, { hostname, nowMs }: { readonly hostname: string; readonly nowMs: number }): Promise<Uint8Array> {
  const buffer = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const headerEnd = buffer.indexOf('\r\n\r\n') + CRLF.length
  const header = buffer.toString('latin1', 0, headerEnd)
  const firstEnd = fieldEnd(header, 0)
  const set = await createArcSet(key, {
    header: buffer.subarray(0, headerEnd),
    bodyHash: relaxedBodyHash(buffer.toString('latin1', headerEnd + CRLF.length)),
    results: ownResults(header, firstEnd) ?? `${hostname}; none`,
    nowMs,
  })
  const fields = set.map(field => field.replace(/(?:\r?\n)+$/, '') + CRLF).join('')
  return Buffer.concat([buffer.subarray(0, firstEnd), Buffer.from(fields, 'latin1'), buffer.subarray(firstEnd)])
}

/** Index after the field that begins at `start`, its folded lines included. */
function fieldEnd(header: string, start: number): number {
  for (let at = header.indexOf(CRLF, start); at >= 0; at = header.indexOf(CRLF, at + 2)) {
    if (header[at + 2] !== ' ' && header[at + 2] !== '\t') return at + 2
  }
  return header.length
}

/** Ours stands second, directly behind our Received; a field of that name anywhere else is not ours. */
function ownResults(header: string, start: number): string | undefined {
  const name = 'Authentication-Results: '
  return header.startsWith(name, start) ? header.slice(start + name.length, fieldEnd(header, start) - 2) : undefined
}

/** Base64 of SHA-256 over the body in relaxed form. Every step is linear: blanks are joined before their ends are looked at. */
export function relaxedBodyHash(body: string): string {
  const joined = /[ \t]/.test(body) ? body.replace(/[ \t]+/g, ' ').replaceAll(' \r\n', CRLF) : body
  let end = joined.length
  while (end >= 4 && joined.startsWith('\r\n\r\n', end - 4)) end -= 2
  const relaxed = joined.slice(0, end)
  return hash('sha256', Buffer.from(relaxed === CRLF ? '' : relaxed, 'latin1'), 'base64')
}
