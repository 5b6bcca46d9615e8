/**
 * Passwords: argon2id in a PHC string, made and checked in libuv's threads, never on the event loop.
 *
 * Text is NFKC-normalised first, so that full-width input of an input method is the same password (NIST SP 800-63B §5.1.1.2).
 * Whoever names a login that does not exist waits for the same work as everybody else (`checkAgainstNobody`).
 * Standards: RFC 9106 (Argon2); github.com/P-H-C/phc-string-format; parameters of the OWASP password storage cheat sheet.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export type Cost = { readonly memoryKib: number; readonly passes: number; readonly parallelism: number }

export const COST: Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32
/** Each takes its memory while it is worked on; the rest wait for a thread. */
const MOST_AT_ONCE = 32
export const LONGEST_PASSWORD = 256

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22,64})\$([A-Za-z0-9+/]{32,128})$/

const derive = promisify(argon2)

/** Too many passwords are being checked: come again in a moment. */
export class TooBusy extends Error {
  override readonly name = 'TooBusy'
}

export class PasswordHashing {
  readonly #cost: Cost
  #underWay = 0
  #nobodys: Promise<string> | undefined

  constructor(cost: Cost = COST) {
    this.#cost = cost
  }

  /** @throws TooBusy */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    const tag = await this.#tagOf(password, salt, this.#cost, TAG_BYTES)
    return `${this.#prefix()}${base64(salt)}$${base64(tag)}`
  }

  /** False also for a text that is no PHC string of ours. @throws TooBusy */
  async check(password: string, phc: string): Promise<boolean> {
    const [, memory, passes, parallelism, salt, tag] = PHC.exec(phc) ?? []
    if (tag === undefined || password.length > LONGEST_PASSWORD) return false
    const expected = Buffer.from(tag, 'base64')
    const cost = { memoryKib: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
    return timingSafeEqual(await this.#tagOf(password, Buffer.from(salt!, 'base64'), cost, expected.length), expected)
  }

  /** The work of a check, for nothing. @throws TooBusy */
  async checkAgainstNobody(password: string): Promise<false> {
    this.#nobodys ??= this.hash(randomBytes(32).toString('hex'))
    await this.check(password.slice(0, LONGEST_PASSWORD), await this.#nobodys)
    return false
  }

  /** Whether it was made with other parameters than those of now, so that it should be made anew at the next sign-in. */
  isOutdated(phc: string): boolean {
    return !phc.startsWith(this.#prefix())
  }

  #prefix(): string {
    const { memoryKib, passes, parallelism } = this.#cost
    return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$`
  }

  async #tagOf(password: string, nonce: Buffer, { memoryKib, passes, parallelism }: Cost, tagLength: number): Promise<Buffer> {
    if (this.#underWay >= MOST_AT_ONCE) throw new TooBusy('too many passwords at once')
    this.#underWay++
    try {
      return await derive('argon2id', { message: normalized(password), nonce, tagLength, memory: memoryKib, passes, parallelism })
    } finally {
      this.#underWay--
    }
  }
}

export function normalized(password: string): string {
  return password.normalize('NFKC')
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
