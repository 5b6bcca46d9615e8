/** Locks old Office files as Office 2003 does (RC4 CryptoAPI, 128 bits) or by XOR obfuscation, so that there is something to open. */
import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { readCompound } from '../../core/disarm/ole/cfb.ts'
import { writeCompound } from '../../core/disarm/ole/cfb-write.ts'
import { Rc4 } from '../../core/unlock/rc4.ts'

const SALT = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const u32 = (...numbers: number[]) => Buffer.concat(numbers.map(number => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32LE(number >>> 0)
  return octets
}))
const sha1 = (...parts: Uint8Array[]) => hash('sha1', Buffer.concat(parts), 'buffer')

type Lock = { readonly info: Buffer; readonly cipher: (block: number) => Rc4 }

/** MS-OFFCRYPTO §2.3.5.1: version, flags, header, verifier. */
function lockOf(password: string): Lock {
  const base = sha1(SALT, Buffer.from(password, 'utf16le'))
  const cipher = (block: number) => new Rc4(sha1(base, u32(block)).subarray(0, 16))
  const header = Buffer.concat([u32(4, 0, 0x6801, 0x8004, 128, 1, 0, 0), Buffer.from('Microsoft Enhanced Cryptographic Provider v1.0\0', 'utf16le')])
  const verifier = Buffer.from('verifier of 16 o')
  const proof = cipher(0).apply(Buffer.concat([verifier, sha1(verifier)]))
  return { cipher, info: Buffer.concat([Buffer.from([2, 0, 2, 0]), u32(4, header.length), header, u32(16), SALT, proof.subarray(0, 16), u32(20), proof.subarray(16)]) }
}

function encrypted(stream: Buffer, { cipher }: Lock, blockBytes: number): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at < stream.length; at += blockBytes) blocks.push(cipher(at / blockBytes).apply(stream.subarray(at, at + blockBytes)))
  return Buffer.concat(blocks)
}

function rewrite(plain: Uint8Array, change: (stream: (name: string) => Buffer) => Readonly<Record<string, Buffer>>): Uint8Array {
  const root = readCompound(plain)!
  const streams = change(name => Buffer.from(root.streams.get(name)!))
  return writeCompound({ ...root, streams: new Map([...root.streams, ...Object.entries(streams)]) })!
}

/** The table moves behind the description of the lock: its places in the main stream with it. */
export function lockDoc(plain: Uint8Array, password: string): Uint8Array {
  return rewrite(plain, stream => {
    const lock = lockOf(password)
    const main = stream('WordDocument')
    const name = main.readUInt16LE(10) & 0x200 ? '1Table' : '0Table'
    for (let at = 154; at + 8 <= 154 + 93 * 8; at += 8) if (main.readUInt32LE(at + 4) > 0) main.writeUInt32LE(main.readUInt32LE(at) + lock.info.length, at)
    main.writeUInt16LE(main.readUInt16LE(10) | 0x100, 10)
    main.writeUInt32LE(lock.info.length, 14)
    const table = encrypted(Buffer.concat([lock.info, stream(name)]), lock, 512)
    lock.info.copy(table)
    return { WordDocument: Buffer.concat([main.subarray(0, 68), encrypted(main, lock, 512).subarray(68)]), [name]: table }
  })
}

type Heads = readonly (readonly [type: number, from: number, to: number])[]

/** FilePass goes behind the first record; the places of sheets move by its size. */
function lockBook(plain: Uint8Array, passData: Buffer, encrypt: (open: Buffer, heads: Heads) => Buffer): Uint8Array {
  return rewrite(plain, stream => {
    const book = stream('Workbook')
    const first = 4 + book.readUInt16LE(2)
    const pass = Buffer.concat([Buffer.from([0x2f, 0, passData.length, 0]), passData])
    const open = Buffer.concat([book.subarray(0, first), pass, book.subarray(first)])
    const heads: [number, number, number][] = []
    for (let at = 0; at + 4 <= open.length; at += 4 + open.readUInt16LE(at + 2)) heads.push([open.readUInt16LE(at), at + 4, at + 4 + open.readUInt16LE(at + 2)])
    for (const [type, from] of heads) if (type === 0x85) open.writeUInt32LE(open.readUInt32LE(from) + pass.length, from)
    const locked = encrypt(open, heads)
    for (const [type, from, to] of heads) {
      open.copy(locked, from - 4, from - 4, from)
      if ([0x809, 0x2f, 0xe1].includes(type)) open.copy(locked, from, from, to)
      if (type === 0x85) open.copy(locked, from, from, from + 4)
    }
    return { Workbook: locked }
  })
}

export function lockXls(plain: Uint8Array, password: string): Uint8Array {
  const lock = lockOf(password)
  return lockBook(plain, Buffer.concat([Buffer.from([1, 0]), lock.info]), open => encrypted(open, lock, 1024))
}

/**
 * MS-OFFCRYPTO §2.3.7.2 by its tables, for one password: the key of InitialCode[length - 1] and a row of XorMatrix per
 * character, `XorRor` for the array.
 */
export type XorSecret = { readonly password: string; readonly key: number; readonly verifier: number }
export const DEFAULT_SECRET: XorSecret = { password: 'VelvetSweatshop', key: 0xb359, verifier: 0x9a0a }

const PAD = [0xbb, 0xff, 0xff, 0xba, 0xff, 0xff, 0xb9, 0x80, 0, 0xbe, 0x0f, 0, 0xbf, 0x0f, 0]

function xorArray({ password, key }: XorSecret): number[] {
  const octets = [...Buffer.from(password, 'latin1'), ...PAD].slice(0, 16)
  return octets.map((octet, at) => octet ^ (at % 2 ? key >> 8 : key & 0xff)).map(mixed => (mixed >> 1) | ((mixed & 1) << 7))
}

/** §2.3.7.3: each octet turned left by five and laid over the array, which begins at place plus length. */
export function xorXls(plain: Uint8Array, secret: XorSecret): Uint8Array {
  const array = xorArray(secret)
  const pass = Buffer.from([0, 0, secret.key & 255, secret.key >> 8, secret.verifier & 255, secret.verifier >> 8])
  return lockBook(plain, pass, (open, heads) => {
    const out = Buffer.from(open)
    for (const [, from, to] of heads) for (let at = from; at < to; at++) out[at] = (((open[at]! << 5) | (open[at]! >> 3)) & 255) ^ array[(at - from + to) % 16]!
    return out
  })
}

/** §2.3.7.6: zeros, and what would become one, stay. */
export function xorDoc(plain: Uint8Array, secret: XorSecret): Uint8Array {
  const array = xorArray(secret)
  const apply = (stream: Buffer) => Buffer.from(stream.map((octet, at) => (octet === 0 || octet === array[at % 16] ? octet : octet ^ array[at % 16]!)))
  return rewrite(plain, stream => {
    const main = stream('WordDocument')
    const name = main.readUInt16LE(10) & 0x200 ? '1Table' : '0Table'
    main.writeUInt16LE(main.readUInt16LE(10) | 0x8100, 10)
    main.writeUInt16LE(secret.verifier, 14)
    main.writeUInt16LE(secret.key, 16)
    return { WordDocument: Buffer.concat([main.subarray(0, 68), apply(main).subarray(68)]), [name]: apply(stream(name)) }
  })
}

/** A further save lists all objects and the lock, which stands behind them. */
export function lockPpt(plain: Uint8Array, password: string): Uint8Array {
  return rewrite(plain, stream => {
    const lock = lockOf(password)
    const [slides, user] = [stream('PowerPoint Document'), stream('Current User')]
    const save = user.readUInt32LE(16)
    const directory = slides.readUInt32LE(save + 8 + 12)
    const places: number[] = []
    const head = slides.readUInt32LE(directory + 8)
    for (let index = 0; index < head >>> 20; index++) places[(head & 0xfffff) + index] = slides.readUInt32LE(directory + 12 + 4 * index)
    for (const [id, at] of places.entries()) if (at !== undefined) lock.cipher(id).apply(slides.subarray(at, at + 8 + slides.readUInt32LE(at + 4))).copy(slides, at)
    const atom = (type: number, data: Buffer, version = 0) => Buffer.concat([Buffer.from([version, 0, type & 255, type >> 8]), u32(data.length), data])
    const session = atom(0x2f14, lock.info, 0x0f)
    const ids = places.length
    const listed = atom(0x1772, Buffer.concat([u32(((ids - 1) << 20) | 1), u32(...places.slice(1).map(at => at ?? 0)), u32((1 << 20) | ids), u32(slides.length)]))
    const old = slides.subarray(save + 8, save + 8 + 28)
    const edit = Buffer.concat([old.subarray(0, 8), u32(0), u32(slides.length + session.length), old.subarray(16, 28), u32(ids)])
    user.writeUInt32LE(0xf3d1c4df, 12)
    user.writeUInt32LE(slides.length + session.length + listed.length, 16)
    return { 'PowerPoint Document': Buffer.concat([slides, session, listed, atom(0x0ff5, edit)]), 'Current User': user }
  })
}
