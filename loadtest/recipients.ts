/**
 * Who gets which mail. Every process can say it from the number alone: the sender writes it, the tally checks it.
 */
import { chanceOf } from './random.ts'

export type Recipients = {
  /** `%d` in it becomes the number of the mailbox. */
  readonly pattern: string
  readonly mailboxes: number
  readonly perMail: number
}

/** A set of recipients is kept as bits of one number. */
export const MOST_RECIPIENTS = 30

/** Distinct as long as there are as many mailboxes as recipients per mail. */
export function recipientsOf(recipients: Recipients, seed: number, number: number): string[] {
  const { pattern, mailboxes, perMail } = recipients
  const first = Math.floor(chanceOf(seed ^ 0x5eed, number) * mailboxes)
  return Array.from({ length: perMail }, (_, i) => pattern.replace('%d', String(((first + i) % mailboxes) + 1)))
}
