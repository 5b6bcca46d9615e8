/**
 * A mail that we write ourselves to one of the staff: text, and files that were rebuilt. Canonical like every message we
 * compose, so that the gateway's last look and the verifier know it for what it is.
 */
import { compose, type Composed, type OutFile } from './mime/compose.ts'
import { encodeUnstructured } from './mime/encode.ts'
import { ourAddress } from './mime/fields.ts'
import type { Mailbox, QueueId } from './smtp/envelope.ts'

export type OwnLetter = {
  readonly queueId: QueueId
  readonly hostname: string
  readonly to: Mailbox
  /** Display name of our own address. */
  readonly sender: string
  readonly subject: string
  readonly text: string
  readonly files: readonly OutFile[]
  readonly nowMs: number
  /** 128 random bits in hex. */
  readonly seed: string
}

export function composeOwnLetter(letter: OwnLetter): Composed & { readonly messageId: string } {
  const { queueId, hostname, to, sender, subject, text, files, nowMs, seed } = letter
  const date = new Date(nowMs).toUTCString().replace('GMT', '+0000')
  const messageId = `<${queueId}.own@${hostname}>`
  const fields = [
    { name: 'Received', value: `by ${hostname} id ${queueId}; ${date}` },
    { name: 'Date', value: date },
    { name: 'From', value: ourAddress(hostname, sender) },
    { name: 'To', value: /^[\x20-\x7e]+$/.test(to) ? `<${to}>` : 'undisclosed-recipients:;' },
    { name: 'Subject', value: encodeUnstructured(subject) },
    { name: 'Message-ID', value: messageId },
    { name: 'Auto-Submitted', value: 'auto-generated' },
  ]
  return { ...compose({ queueId, fields, subject, messageId, text, iso2022Jp: undefined, files, seed }), messageId }
}
