/**
 * Every name and number we give to a message, from an injected clock and random source.
 *
 * Queue ids sort by time and are safe as file names on any file system: 26 characters of base 32, the first ten
 * the millisecond, the rest 80 random bits. Public numbers stand in links that people may type: short, no letters
 * that look like digits, and worthless without sign-in. Check codes are digits that a body cannot know beforehand.
 */
import type { QueueId } from '../../core/smtp/envelope.ts'

/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_CHARS = 10
const RANDOM_CHARS = 16
const PUBLIC_CHARS = 10

export type Ids = {
  queueId(): QueueId
  publicId(): string
  checkCode(): string
  /** 128 random bits in hex, from which a sanitize job makes its boundaries. */
  seed(): string
}

export type RandomBytes = (size: number) => Uint8Array

export function createIds(nowMs: () => number, randomBytes: RandomBytes): Ids {
  return {
    queueId: () => `${base32Time(nowMs())}${base32Random(randomBytes(RANDOM_CHARS))}` as QueueId,
    publicId: () => base32Random(randomBytes(PUBLIC_CHARS)),
    checkCode: () => fourDigits(randomBytes),
    seed: () => Buffer.from(randomBytes(16)).toString('hex'),
  }
}

function base32Time(ms: number): string {
  let text = ''
  for (let rest = Math.floor(ms), i = 0; i < TIME_CHARS; i++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** Five bits of each octet. */
function base32Random(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += ALPHABET[byte & 31]
  return text
}

/** Draws again above the last full ten thousand, so that every code is equally likely. */
function fourDigits(randomBytes: RandomBytes): string {
  for (;;) {
    const [high = 0, low = 0] = randomBytes(2)
    const drawn = high * 256 + low
    if (drawn < 60_000) return String(drawn % 10_000).padStart(4, '0')
  }
}
