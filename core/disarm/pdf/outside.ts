/** What can be said of a PDF file from outside: why it did not open, and what it carries that is no PDF. */
import { Buffer } from 'node:buffer'
import type { Removed } from '../../objects.ts'
import type { Cannot } from '../contract.ts'

const END = Buffer.from('%%EOF')

export function cannotOpen(kind: 'encrypted' | 'damaged'): Cannot {
  return { kind: 'cannot', reason: kind === 'encrypted' ? 'encrypted' : 'malformed' }
}

/** Octets that belong to no PDF: another file in front of the header or behind the end. */
export function trailing(untrustedBytes: Uint8Array): Removed[] {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const end = bytes.lastIndexOf(END)
  const behind = end >= 0 && /[^\s\0]/.test(bytes.toString('latin1', end + END.length))
  const count = (bytes.indexOf('%PDF-') > 0 ? 1 : 0) + (behind ? 1 : 0)
  return count > 0 ? [{ what: 'trailingData', count }] : []
}
