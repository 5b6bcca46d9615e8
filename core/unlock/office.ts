/**
 * Locked OOXML: the package stands encrypted in a compound file, beside a stream that says how.
 *
 *   EncryptionInfo + password ──▶ key ──▶ EncryptedPackage ──▶ package
 *
 * Two ways are in use: agile (Office 2010 and later) and standard (Office 2007, LibreOffice). The key is made by
 * hashing many times; how many the file says, so there is a limit. That the package is whole is not checked by its
 * HMAC: it is as untrusted as any other and is read strictly afterwards.
 * Standards: MS-OFFCRYPTO §2.3.4 (structures), §2.3.4.7–9 (standard), §2.3.4.10–15 (agile).
 */
import { Buffer } from 'node:buffer'
import { createDecipheriv, getHashes, hash, timingSafeEqual } from 'node:crypto'
import { readCompound, type Storage } from '../disarm/ole/cfb.ts'
import { readXml, type XmlElement } from '../disarm/xml.ts'
import type { Unlocked, UnlockLimits } from '../unlock.ts'

/** Office writes 100,000; the format allows a hundred times that. */
const MOST_SPINS = 1_000_000
const STANDARD_SPINS = 50_000
const SEGMENT_BYTES = 4096
const MOST_INFO_BYTES = 65_536
const PACKAGE_HEADER_BYTES = 8
/** What is mixed into the key for each purpose (MS-OFFCRYPTO §2.3.4.13). */
const BLOCK_KEYS = {
  verifierInput: Buffer.from('fea7d2763b4b9e79', 'hex'),
  verifierValue: Buffer.from('d7aa0f6d3061344e', 'hex'),
  packageKey: Buffer.from('146e0be7abacd0d6', 'hex'),
} as const

type Scheme = {
  /** Key of the package, undefined when the password is wrong. */
  keyFor(password: string): Buffer | undefined
  decrypt(key: Buffer, encrypted: Buffer): Buffer
}

type OfficeLimits = UnlockLimits & { readonly mostSpins?: number }

export async function unlockOffice(untrustedBytes: Uint8Array, passwords: readonly string[], { outputBytes, mostSpins = MOST_SPINS }: OfficeLimits): Promise<Unlocked> {
  const root = readCompound(untrustedBytes)
  const info = streamOf(root, 'EncryptionInfo')
  const locked = streamOf(root, 'EncryptedPackage')
  if (!info || !locked || info.length < 8 || locked.length < PACKAGE_HEADER_BYTES) return { kind: 'cannot', reason: 'malformed' }
  const size = Number(locked.readBigUInt64LE(0))
  if (size > outputBytes) return { kind: 'cannot', reason: 'limit' }
  const scheme = schemeOf(info.subarray(0, MOST_INFO_BYTES), mostSpins)
  if (typeof scheme === 'string') return { kind: 'cannot', reason: scheme }
  const encrypted = locked.subarray(PACKAGE_HEADER_BYTES)
  if (size > encrypted.length) return { kind: 'cannot', reason: 'malformed' }
  for (const password of passwords) {
    const key = scheme.keyFor(password)
    if (key) return { kind: 'unlocked', bytes: new Uint8Array(scheme.decrypt(key, encrypted).subarray(0, size)) }
  }
  return { kind: 'cannot', reason: 'wrong-password' }
}

function streamOf(root: Storage | undefined, name: string): Buffer | undefined {
  const stream = root?.streams.get(name)
  return stream && Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength)
}

function schemeOf(info: Buffer, mostSpins: number): Scheme | 'unsupported' | 'limit' | 'malformed' {
  const [major, minor] = [info.readUInt16LE(0), info.readUInt16LE(2)]
  if (major === 4 && minor === 4) return agileScheme(info.subarray(8), mostSpins)
  if (minor === 2 && major >= 2 && major <= 4) return standardScheme(info)
  return 'unsupported'
}

// ---- standard

/** Key bits by the algorithm identifier of CryptoAPI (MS-OFFCRYPTO §2.3.2). */
const AES_KEY_BITS: ReadonlyMap<number, number> = new Map([[0x660e, 128], [0x660f, 192], [0x6610, 256]])

function standardScheme(info: Buffer): Scheme | 'unsupported' | 'malformed' {
  const headerEnd = 12 + info.readUInt32LE(8)
  if (headerEnd + 72 > info.length || headerEnd < 12 + 32) return 'malformed'
  const keyBits = AES_KEY_BITS.get(info.readUInt32LE(12 + 8))
  if (keyBits === undefined) return 'unsupported'
  const salt = info.subarray(headerEnd + 4, headerEnd + 20)
  const verifier = info.subarray(headerEnd + 20, headerEnd + 36)
  const verifierHash = info.subarray(headerEnd + 40, headerEnd + 72)
  return {
    keyFor(password) {
      const key = standardKey(spin('sha1', { salt, password, times: STANDARD_SPINS }), keyBits / 8)
      const wanted = digest('sha1', decryptEcb(key, verifier))
      const found = decryptEcb(key, verifierHash).subarray(0, wanted.length)
      return timingSafeEqual(wanted, found) ? key : undefined
    },
    decrypt: (key, encrypted) => decryptEcb(key, wholeBlocks(encrypted)),
  }
}

/** MS-OFFCRYPTO §2.3.4.7, after the method of CryptoAPI's CryptDeriveKey. */
function standardKey(spun: Buffer, bytes: number): Buffer {
  const last = digest('sha1', Buffer.concat([spun, Buffer.alloc(4)]))
  const halves = [0x36, 0x5c].map(pad => {
    const block = Buffer.alloc(64, pad)
    last.forEach((octet, at) => {
      block[at] = octet ^ pad
    })
    return digest('sha1', block)
  })
  return Buffer.concat(halves).subarray(0, bytes)
}

function decryptEcb(key: Buffer, encrypted: Buffer): Buffer {
  const decipher = createDecipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false)
  return Buffer.concat([decipher.update(encrypted), decipher.final()])
}

// ---- agile

type AgileKey = { readonly hashName: string; readonly keyBytes: number; readonly blockBytes: number; readonly salt: Buffer }
type Agile = {
  readonly data: AgileKey
  readonly password: AgileKey & { readonly spins: number; readonly verifierInput: Buffer; readonly verifierValue: Buffer; readonly packageKey: Buffer }
}

function agileScheme(xml: Buffer, mostSpins: number): Scheme | 'unsupported' | 'limit' | 'malformed' {
  const agile = readAgile(xml, mostSpins)
  if (typeof agile === 'string') return agile
  const { data, password: locked } = agile
  return {
    keyFor(password) {
      const spun = spin(locked.hashName, { salt: locked.salt, password, times: locked.spins })
      const open = (blockKey: Buffer, encrypted: Buffer) => decryptCbc(agileKey(spun, blockKey, locked), ivOf(locked.salt, locked), encrypted)
      const wanted = digest(locked.hashName, open(BLOCK_KEYS.verifierInput, locked.verifierInput))
      const found = open(BLOCK_KEYS.verifierValue, locked.verifierValue).subarray(0, wanted.length)
      if (found.length !== wanted.length || !timingSafeEqual(wanted, found)) return undefined
      return open(BLOCK_KEYS.packageKey, locked.packageKey).subarray(0, data.keyBytes)
    },
    decrypt: (key, encrypted) => decryptSegments(key, encrypted, data),
  }
}

/** Each segment has its own initialization vector, made from its number. */
function decryptSegments(key: Buffer, encrypted: Buffer, data: AgileKey): Buffer {
  const segments: Buffer[] = []
  for (let at = 0, number = 0; at < encrypted.length; at += SEGMENT_BYTES, number++) {
    const iv = ivOf(digest(data.hashName, Buffer.concat([data.salt, littleEndian(number)])), data)
    segments.push(decryptCbc(key, iv, wholeBlocks(encrypted.subarray(at, at + SEGMENT_BYTES))))
  }
  return Buffer.concat(segments)
}

function agileKey(spun: Buffer, blockKey: Buffer, { hashName, keyBytes }: AgileKey): Buffer {
  return fitted(digest(hashName, Buffer.concat([spun, blockKey])), keyBytes)
}

function ivOf(octets: Buffer, { blockBytes }: AgileKey): Buffer {
  return fitted(octets, blockBytes)
}

function fitted(octets: Buffer, bytes: number): Buffer {
  return octets.length >= bytes ? octets.subarray(0, bytes) : Buffer.concat([octets, Buffer.alloc(bytes - octets.length, 0x36)])
}

function decryptCbc(key: Buffer, iv: Buffer, encrypted: Buffer): Buffer {
  const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, iv).setAutoPadding(false)
  return Buffer.concat([decipher.update(encrypted), decipher.final()])
}

function readAgile(xml: Buffer, mostSpins: number): Agile | 'unsupported' | 'limit' | 'malformed' {
  const found = new Map<string, Map<string, string>>()
  const open = ({ local, attributes }: XmlElement) => {
    if ((local === 'keyData' || local === 'encryptedKey') && !found.has(local)) found.set(local, new Map(attributes.map(each => [each.local, each.value])))
  }
  const read = readXml(xml, { open, text() {}, close() {} }, { doctype: 'refuse' })
  const [data, key] = [found.get('keyData'), found.get('encryptedKey')]
  if (read.kind === 'cannot' || !data || !key) return 'malformed'
  const [dataKey, passwordKey] = [keyOf(data), keyOf(key)]
  const spins = Number(key.get('spinCount'))
  if (!dataKey || !passwordKey) return 'unsupported'
  if (!Number.isInteger(spins) || spins < 0) return 'malformed'
  if (spins > mostSpins) return 'limit'
  const octets = (name: string) => Buffer.from(key.get(name) ?? '', 'base64')
  const password = {
    ...passwordKey,
    spins,
    verifierInput: octets('encryptedVerifierHashInput'),
    verifierValue: octets('encryptedVerifierHashValue'),
    packageKey: octets('encryptedKeyValue'),
  }
  return { data: dataKey, password }
}

/** AES in CBC mode is all that Office writes. */
function keyOf(attributes: ReadonlyMap<string, string>): AgileKey | undefined {
  const hashName = (attributes.get('hashAlgorithm') ?? '').toLowerCase().replace('-', '')
  const [keyBits, blockBytes] = [Number(attributes.get('keyBits')), Number(attributes.get('blockSize'))]
  const isAes = attributes.get('cipherAlgorithm') === 'AES' && attributes.get('cipherChaining') === 'ChainingModeCBC' && blockBytes === 16
  if (!isAes || ![128, 192, 256].includes(keyBits) || !['sha1', 'sha256', 'sha384', 'sha512'].includes(hashName) || !getHashes().includes(hashName)) return undefined
  return { hashName, keyBytes: keyBits / 8, blockBytes, salt: Buffer.from(attributes.get('saltValue') ?? '', 'base64') }
}

// ---- shared

type Spinning = { readonly salt: Buffer; readonly password: string; readonly times: number }

/** H(salt + password), then H(number + result) as often as the file says. */
function spin(hashName: string, { salt, password, times }: Spinning): Buffer {
  let spun = digest(hashName, Buffer.concat([salt, Buffer.from(password, 'utf16le')]))
  const block = Buffer.alloc(4 + spun.length)
  for (let number = 0; number < times; number++) {
    block.writeUInt32LE(number, 0)
    spun.copy(block, 4)
    spun = digest(hashName, block)
  }
  return spun
}

function digest(hashName: string, octets: Uint8Array): Buffer {
  return hash(hashName, octets, 'buffer')
}

function littleEndian(number: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32LE(number, 0)
  return octets
}

function wholeBlocks(encrypted: Buffer): Buffer {
  return encrypted.subarray(0, encrypted.length - (encrypted.length % 16))
}
