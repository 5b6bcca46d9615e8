/**
 * Secrets that must be read again (TOTP), encrypted with a key that lies beside portal.db: a copy of the database alone
 * (a backup, a stolen file) gives none of them away. Each is bound to its person, so rows cannot be exchanged.
 * Standards: NIST SP 800-38D (GCM).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readIfThere, writeDurably } from '../../store/durable-file.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

export class SecretBox {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  /** Makes the key at first start. Without the old key, factors must be set up again. */
  static async open(directory: string): Promise<SecretBox> {
    const path = join(directory, 'secret.key')
    const known = await readIfThere(path)
    if (known !== undefined) {
      if (!/^[0-9a-f]{64}\n$/.test(known)) throw new Error(`${path} is not a key of ours`)
      return new SecretBox(Buffer.from(known.trim(), 'hex'))
    }
    const key = randomBytes(32)
    await writeDurably(path, `${key.toString('hex')}\n`, 0o600)
    return new SecretBox(key)
  }

  seal(secret: Uint8Array, owner: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(owner))
    return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
  }

  /** Undefined when it was sealed with another key, for somebody else, or changed. */
  open(sealed: Uint8Array, owner: string): Uint8Array | undefined {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(-TAG_BYTES))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    } catch {
      return undefined
    }
  }
}
