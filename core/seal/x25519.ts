/**
 * The X25519 recipient type of age: keys as text, and wrapping a file key to a recipient.
 *
 * The ephemeral secret is drawn by the caller (core/ has no random source) and must be used once only: the
 * wrapping nonce is fixed, so the same secret for two file keys would give both away.
 * Standards: C2SP age.md "The X25519 recipient type", RFC 7748, RFC 5869, RFC 8439.
 */
import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto'
import { decodeBech32, encodeBech32 } from './bech32.ts'
import { openAead, sealAead } from './stream.ts'

const RECIPIENT_PREFIX = 'age'
const IDENTITY_PREFIX = 'age-secret-key-'
const KEY_BYTES = 32
export const FILE_KEY_BYTES = 16
const WRAP_INFO = 'age-encryption.org/v1/X25519'
const ZERO_NONCE = new Uint8Array(12)

// What stands before the 32 key bytes in PKCS #8 and SubjectPublicKeyInfo (RFC 8410 §7, §4).
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_HEAD = Buffer.from('302a300506032b656e032100', 'hex')

/** The public half: who may open. */
export type Recipient = { readonly text: string; readonly bytes: Uint8Array; readonly key: KeyObject }

/** The private half. Held by the vault and by nobody who faces mail. */
export type Identity = { readonly recipient: Recipient; readonly key: KeyObject }

/** The X25519 stanza of a header, decoded. */
export type X25519Stanza = { readonly share: Uint8Array; readonly wrappedKey: Uint8Array }

/** Key pair from 32 random bytes, in the text forms that `age` and `age-keygen` read. */
export function generateIdentity(random32: Uint8Array): { readonly identity: string; readonly recipient: string } {
  if (random32.length !== KEY_BYTES) throw new RangeError('an age identity is made from 32 random bytes')
  const identity = encodeBech32(IDENTITY_PREFIX, random32).toUpperCase()
  return { identity, recipient: encodeBech32(RECIPIENT_PREFIX, publicBytes(privateKey(random32))) }
}

/** Reads `age1…`; undefined when it is not an X25519 recipient. */
export function parseRecipient(text: string): Recipient | undefined {
  const bytes = decodeBech32(RECIPIENT_PREFIX, text.trim())
  return bytes?.length === KEY_BYTES ? recipientFrom(bytes) : undefined
}

/** Reads `AGE-SECRET-KEY-1…` or a whole identity file (comments and blank lines skipped); the first key counts. */
export function parseIdentity(text: string): Identity | undefined {
  const line = text.split('\n').find(candidate => candidate.trim() !== '' && !candidate.startsWith('#'))
  const bytes = decodeBech32(IDENTITY_PREFIX, line?.trim() ?? '')
  if (bytes?.length !== KEY_BYTES) return undefined
  const key = privateKey(bytes)
  return { key, recipient: recipientFrom(publicBytes(key)) }
}

/** Wraps a file key to one recipient. `ephemeral32` is fresh random, for this call alone. */
export function wrapFileKey(fileKey: Uint8Array, recipient: Recipient, ephemeral32: Uint8Array): X25519Stanza {
  const secret = privateKey(ephemeral32)
  const share = publicBytes(secret)
  const wrapKey = deriveWrapKey(sharedSecret(secret, recipient.key), share, recipient.bytes)
  return { share, wrappedKey: sealAead(wrapKey, ZERO_NONCE, fileKey) }
}

/** The file key, or undefined when the stanza is for somebody else. */
export function unwrapFileKey(stanza: X25519Stanza, identity: Identity): Uint8Array | undefined {
  if (stanza.wrappedKey.length !== FILE_KEY_BYTES + 16) return undefined
  try {
    const shared = sharedSecret(identity.key, recipientFrom(stanza.share).key)
    return openAead(deriveWrapKey(shared, stanza.share, identity.recipient.bytes), ZERO_NONCE, stanza.wrappedKey)
  } catch {
    return undefined // a low-order share: no honest sender makes one
  }
}

function recipientFrom(bytes: Uint8Array): Recipient {
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, bytes]), format: 'der', type: 'spki' })
  return { text: encodeBech32(RECIPIENT_PREFIX, bytes), bytes, key }
}

/** One is read for each sealed mail: raw where Node can (from 26 on), which takes two thirds of the time that DER takes. */
const privateKey: (bytes: Uint8Array) => KeyObject = takesRawKeys() ? privateFromRaw : privateFromDer

function takesRawKeys(): boolean {
  try {
    return privateFromRaw(new Uint8Array(KEY_BYTES).fill(1)).asymmetricKeyType === 'x25519'
  } catch {
    return false
  }
}

function privateFromRaw(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: bytes, format: 'raw-private', asymmetricKeyType: 'x25519' })
}

function privateFromDer(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, bytes]), format: 'der', type: 'pkcs8' })
}

/** By way of JWK, which costs a tenth of a DER export. */
function publicBytes(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
}

/** Throws on an all-zero result, as RFC 7748 §6.1 allows and age requires. */
function sharedSecret(secret: KeyObject, publicKey: KeyObject): Uint8Array {
  const shared = diffieHellman({ privateKey: secret, publicKey })
  if (shared.every(byte => byte === 0)) throw new RangeError('X25519 share of low order')
  return shared
}

function deriveWrapKey(shared: Uint8Array, share: Uint8Array, recipient: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', shared, Buffer.concat([share, recipient]), WRAP_INFO, KEY_BYTES))
}
