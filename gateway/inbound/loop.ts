/**
 * The mail-loop guard: too many Received fields, or a mark that only we can have made.
 *
 * Every message we compose carries a mark, `<queue id>.<HMAC>`. A message that comes in with a valid one has been
 * here before, whatever happened to its other fields; a mark that somebody invents is just text.
 * Standards: RFC 5321 §6.3 (loop detection), RFC 2104.
 */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { MessageSummary } from '../../core/job.ts'

export type LoopGuard = {
  /** Value of the loop-mark field for a message of ours. */
  mark(queueId: string): string
  /** Why this message is going in circles, for the log; undefined when it is not. */
  detect(summary: MessageSummary): string | undefined
}

const MAC_BYTES = 16

export function loopGuard(key: Uint8Array, maxReceived: number): LoopGuard {
  const secret = createSecretKey(key)
  const mac = (queueId: string) => createHmac('sha256', secret).update(`loop:${queueId}`).digest().subarray(0, MAC_BYTES)
  const isOurs = (untrustedMark: string) => {
    const [queueId = '', claimed = ''] = untrustedMark.trim().split('.', 2)
    const bytes = Buffer.from(claimed, 'base64url')
    return bytes.length === MAC_BYTES && timingSafeEqual(bytes, mac(queueId))
  }
  return {
    mark: queueId => `${queueId}.${mac(queueId).toString('base64url')}`,
    detect({ receivedCount, loopMarks }) {
      if (receivedCount > maxReceived) return `${receivedCount} Received fields`
      return loopMarks.some(isOurs) ? 'own loop mark' : undefined
    },
  }
}
