/**
 * RC4, and the two ways in which old Office makes its keys: one key per block, from the password and a salt.
 *
 * RC4 is broken as a cipher; it is here to open what people still send. node:crypto has it no more.
 * Standards: MS-OFFCRYPTO §2.3.5.2, §2.3.5.6 (RC4 CryptoAPI), §2.3.6.2, §2.3.6.4 (RC4 of Office 97).
 */
import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'

/** Makes the key of a block. */
export type BlockKeys = (block: number) => Buffer

/** What a file says about its lock. */
export type LockFacts = {
  readonly kind: 'office97' | 'cryptoapi'
  readonly salt: Buffer
  readonly verifier: Buffer
  readonly verifierHash: Buffer
  readonly keyBits: number
}

const SALT_BYTES = 16
const RC4_ALGORITHM = 0x6801
const SHA1_ALGORITHM = 0x8004
/** A key size of 0 means this. */
const USUAL_KEY_BITS = 40

/** The structures behind the version; undefined for other ways than these two. */
export function readLock(info: Buffer): LockFacts | undefined {
  if (info.length < 52) return undefined
  const [major, minor] = [info.readUInt16LE(0), info.readUInt16LE(2)]
  if (major === 1 && minor === 1) return { kind: 'office97', salt: info.subarray(4, 20), verifier: info.subarray(20, 36), verifierHash: info.subarray(36, 52), keyBits: 128 }
  if (minor !== 2 || major < 2 || major > 4) return undefined
  const at = 12 + info.readUInt32LE(8)
  if (at < 12 + 32 || at + 60 > info.length) return undefined
  const [algorithm, hashing, bits] = [info.readUInt32LE(20), info.readUInt32LE(24), info.readUInt32LE(28)]
  const keyBits = bits === 0 ? USUAL_KEY_BITS : bits
  const isKnown = (algorithm === RC4_ALGORITHM || algorithm === 0) && (hashing === SHA1_ALGORITHM || hashing === 0)
  if (!isKnown || keyBits < 40 || keyBits > 128 || keyBits % 8 !== 0 || info.readUInt32LE(at) !== SALT_BYTES) return undefined
  return { kind: 'cryptoapi', salt: info.subarray(at + 4, at + 20), verifier: info.subarray(at + 20, at + 36), verifierHash: info.subarray(at + 40, at + 60), keyBits }
}

/** Undefined when the password is wrong. */
export function keysFor(password: string, lock: LockFacts): BlockKeys | undefined {
  const keys = lock.kind === 'office97' ? office97Keys(password, lock) : cryptoApiKeys(password, lock)
  const opened = new Rc4(keys(0))
  const verifier = opened.apply(lock.verifier)
  const wanted = opened.apply(lock.verifierHash)
  return hash(lock.kind === 'office97' ? 'md5' : 'sha1', verifier, 'buffer').equals(wanted) ? keys : undefined
}

function office97Keys(password: string, { salt }: LockFacts): BlockKeys {
  const start = Buffer.concat([hash('md5', Buffer.from(password, 'utf16le'), 'buffer').subarray(0, 5), salt])
  const base = hash('md5', Buffer.concat(Array.from({ length: 16 }, () => start)), 'buffer').subarray(0, 5)
  return block => hash('md5', Buffer.concat([base, numberOf(block)]), 'buffer')
}

function cryptoApiKeys(password: string, { salt, keyBits }: LockFacts): BlockKeys {
  const base = hash('sha1', Buffer.concat([salt, Buffer.from(password, 'utf16le')]), 'buffer')
  return block => {
    const key = hash('sha1', Buffer.concat([base, numberOf(block)]), 'buffer').subarray(0, keyBits / 8)
    return keyBits === 40 ? Buffer.concat([key, Buffer.alloc(11)]) : key
  }
}

function numberOf(block: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32LE(block)
  return octets
}

/** All of a stream that has a new key every `blockBytes`. */
export function decryptBlocks(stream: Buffer, keys: BlockKeys, blockBytes: number): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at < stream.length; at += blockBytes) blocks.push(new Rc4(keys(at / blockBytes)).apply(stream.subarray(at, at + blockBytes)))
  return Buffer.concat(blocks)
}

export class Rc4 {
  readonly #state = Uint8Array.from({ length: 256 }, (_, index) => index)
  #i = 0
  #j = 0

  constructor(key: Uint8Array) {
    const state = this.#state
    for (let i = 0, j = 0; i < 256; i++) {
      j = (j + state[i]! + key[i % key.length]!) & 255
      const swapped = state[i]!
      state[i] = state[j]!
      state[j] = swapped
    }
  }

  /** Encrypts or decrypts what comes next, into octets of its own. */
  apply(octets: Uint8Array): Buffer {
    const state = this.#state
    const out = Buffer.allocUnsafe(octets.length)
    for (let at = 0; at < octets.length; at++) {
      this.#i = (this.#i + 1) & 255
      const first = state[this.#i]!
      this.#j = (this.#j + first) & 255
      const second = state[this.#j]!
      state[this.#i] = second
      state[this.#j] = first
      out[at] = octets[at]! ^ state[(first + second) & 255]!
    }
    return out
  }
}
