/**
 * Trace fields: our own Received line, the received ones made harmless, and our loop mark.
 * Standards: RFC 5321 §4.4 (trace information), RFC 5322 §3.6.7.
 */
import type { SanitizeJob } from '../job.ts'

/** Loop marks count only with the right HMAC, which the gateway checks; the name is plain to see. */
export const LOOP_MARK_FIELD = 'X-Sekisho-Loop'
const LONGEST_RECEIVED = 900

/** Value of our Received field. The client's name is its own claim; the address is what we saw. */
export function ourReceived(job: SanitizeJob): string {
  const { session } = job
  const helo = traceToken(session.helo) || 'unknown'
  const address = session.clientAddress.includes(':') ? `IPv6:${session.clientAddress}` : session.clientAddress
  return `from ${helo} ([${traceToken(address)}]) by ${job.hostname} with ${session.protocol} id ${job.queueId}; ${job.receivedDate}`
}

/** A Received value of somebody else, kept for tracing: printable ASCII, one line, bounded. */
export function harmlessReceived(untrustedValue: string): string {
  return untrustedValue
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, LONGEST_RECEIVED)
}

function traceToken(untrusted: string): string {
  return untrusted.replace(/[^A-Za-z0-9.:_[\]-]/g, '').slice(0, 255)
}
