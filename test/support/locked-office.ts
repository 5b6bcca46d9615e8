/** Locks OOXML packages as Office does, written from the specification's side of the encrypting program. */
import { Buffer } from 'node:buffer'
import { createCipheriv, hash } from 'node:crypto'
import { writeCompound } from '../../core/disarm/ole/cfb-write.ts'

const number = (value: number) => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32LE(value)
  return octets
}
const padded = (data: Buffer) => Buffer.concat([data, Buffer.alloc((16 - (data.length % 16)) % 16)])

function compound(info: Buffer, size: number, encrypted: Buffer): Uint8Array {
  const streams = new Map<string, Uint8Array>([
    ['EncryptionInfo', info],
    ['EncryptedPackage', Buffer.concat([number(size), number(0), encrypted])],
  ])
  return writeCompound({ classId: '', streams, storages: new Map() })!
}

/** MS-OFFCRYPTO §2.3.4.5–9: AES-128, SHA-1, as Office 2007 writes it. */
export function standard(content: Uint8Array, password: string): Uint8Array {
  const salt = Buffer.alloc(16, 7)
  const sha1 = (...pieces: Uint8Array[]) => hash('sha1', Buffer.concat(pieces), 'buffer')
  let spun = sha1(salt, Buffer.from(password, 'utf16le'))
  for (let spin = 0; spin < 50_000; spin++) spun = sha1(number(spin), spun)
  const last = sha1(spun, number(0))
  const key = sha1(Buffer.from(Uint8Array.from({ length: 64 }, (_, at) => 0x36 ^ (last[at] ?? 0)))).subarray(0, 16)
  const encrypt = (data: Buffer) => {
    const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
    return Buffer.concat([cipher.update(padded(data)), cipher.final()])
  }
  const header = Buffer.concat([...[0x24, 0, 0x660e, 0x8004, 128, 0x18, 0, 0].map(number), Buffer.from('Microsoft Enhanced RSA and AES Cryptographic Provider\0', 'utf16le')])
  const verifier = Buffer.from('verifier of 16 o')
  const proof = [number(16), salt, encrypt(verifier), number(20), encrypt(sha1(verifier))]
  return compound(Buffer.concat([Buffer.from('0300020024000000', 'hex'), number(header.length), header, ...proof]), content.length, encrypt(Buffer.from(content)))
}

type Spins = { readonly spins?: number; readonly claimedSpins?: number }
/** MS-OFFCRYPTO §2.3.4.10–15: AES-256, SHA-512, as Office 2010 and later write it. */
export function agile(content: Uint8Array, password: string, { spins = 1000, claimedSpins = spins }: Spins = {}): Uint8Array {
  const [keySalt, dataSalt, packageKey, verifier] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2), Buffer.alloc(32, 3), Buffer.alloc(16, 4)]
  const sha = (...pieces: Uint8Array[]) => hash('sha512', Buffer.concat(pieces), 'buffer')
  const encrypt = (key: Buffer, iv: Buffer, data: Buffer) => {
    const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
    return Buffer.concat([cipher.update(padded(data)), cipher.final()])
  }
  let spun = sha(keySalt, Buffer.from(password, 'utf16le'))
  for (let spin = 0; spin < spins; spin++) spun = sha(number(spin), spun)
  const lock = (blockKey: string, data: Buffer) => encrypt(sha(spun, Buffer.from(blockKey, 'hex')).subarray(0, 32), keySalt, data).toString('base64')
  const cipher = 'saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512"'
  const xml = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData ${cipher} saltValue="${dataSalt.toString('base64')}"/><keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount="${claimedSpins}" ${cipher} saltValue="${keySalt.toString('base64')}" encryptedVerifierHashInput="${lock('fea7d2763b4b9e79', verifier)}" encryptedVerifierHashValue="${lock('d7aa0f6d3061344e', sha(verifier))}" encryptedKeyValue="${lock('146e0be7abacd0d6', packageKey)}"/></keyEncryptor></keyEncryptors></encryption>`
  const segments: Buffer[] = []
  for (let at = 0; at < content.length; at += 4096) {
    segments.push(encrypt(packageKey, sha(dataSalt, number(at / 4096)).subarray(0, 16), Buffer.from(content.subarray(at, at + 4096))))
  }
  return compound(Buffer.concat([Buffer.from('0400040040000000', 'hex'), Buffer.from(xml)]), content.length, Buffer.concat(segments))
}
