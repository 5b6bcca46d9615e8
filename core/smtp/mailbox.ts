/**
 * Reads the inside of `<...>` in MAIL FROM and RCPT TO into a Mailbox, or says no.
 *
 *   command line ──▶ listener ──▶ [parseMailbox] ──▶ envelope
 *
 * Stricter than the RFC on purpose: quoted local parts and address literals are refused, because each of them
 * is read differently somewhere behind us (docs/quirks.md). IDNA needs tables that core/ has not, so the
 * mapping to A-labels is handed in; without it a non-ASCII domain is refused.
 * Standards: RFC 5321 §4.1.2 (path syntax), §4.5.3.1 (lengths); RFC 6531 §3.3 (UTF-8 local parts); RFC 5890.
 */
import { Buffer } from 'node:buffer'
import type { Mailbox } from './envelope.ts'

/** RFC 5321 §4.5.3.1.3: 256 octets with the angle brackets. */
const PATH_OCTETS = 254
/** RFC 5321 §4.5.3.1.1 says 64; forwarders with long VERP and SRS local parts exceed it, and receivers take them. */
const LOCAL_PART_OCTETS = 128
const DOMAIN_OCTETS = 253

const ATOM_TEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
const DOT_ATOM = new RegExp(`^${ATOM_TEXT}+(?:\\.${ATOM_TEXT}+)*$`)
// Format, separator, surrogate, private-use and unassigned characters have no place in an address that people read.
const UTF8_ATOM = `(?:${ATOM_TEXT}|(?![\\p{C}\\p{Z}\\uFFFD])[^\\x00-\\x7F])`
const UTF8_DOT_ATOM = new RegExp(`^${UTF8_ATOM}+(?:\\.${UTF8_ATOM}+)*$`, 'u')
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
/** All labels numeric: an address written as a domain. */
const NUMERIC = /^[0-9.]+$/

export type MailboxRules = {
  /** Whether the client declared SMTPUTF8, so that the local part may be UTF-8. */
  readonly smtpUtf8: boolean
  /** Maps a domain to A-labels; '' when it cannot be. Must be pure. */
  readonly domainToAscii?: (domain: string) => string
}

/**
 * Returns `undefined` for anything but `local-part@domain` in dot-atom form; the caller owns the 5.1.x reply.
 * The domain comes back in lower-case A-labels; the local part stays as it was sent (it is the receiver's to fold).
 */
export function parseMailbox(untrusted: string, rules: MailboxRules): Mailbox | undefined {
  const at = untrusted.lastIndexOf('@')
  if (at < 1) return undefined
  const localPart = untrusted.slice(0, at)
  const domain = asciiDomain(untrusted.slice(at + 1), rules)
  if (domain === undefined || !isLocalPart(localPart, rules.smtpUtf8)) return undefined
  if (Buffer.byteLength(localPart) + 1 + domain.length > PATH_OCTETS) return undefined
  return `${localPart}@${domain}` as Mailbox
}

/** The part after the last `@`, already in A-labels. */
export function domainOf(mailbox: Mailbox): string {
  return mailbox.slice(mailbox.lastIndexOf('@') + 1)
}

/** True when the mailbox needs SMTPUTF8 at the next hop (RFC 6531 §3.2). */
export function needsSmtpUtf8(mailbox: Mailbox): boolean {
  return !/^[\x20-\x7e]*$/.test(mailbox)
}

function isLocalPart(text: string, smtpUtf8: boolean): boolean {
  if (Buffer.byteLength(text) > LOCAL_PART_OCTETS) return false
  return DOT_ATOM.test(text) || (smtpUtf8 && UTF8_DOT_ATOM.test(text))
}

function asciiDomain(text: string, rules: MailboxRules): string | undefined {
  if (text === '' || text.length > DOMAIN_OCTETS) return undefined
  const ascii = /^[\x21-\x7e]+$/.test(text) ? text.toLowerCase() : (rules.domainToAscii?.(text) ?? '').toLowerCase()
  if (ascii.length > DOMAIN_OCTETS || !DOMAIN.test(ascii) || NUMERIC.test(ascii)) return undefined
  return ascii
}
