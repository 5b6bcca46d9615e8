/**
 * XOR obfuscation, the oldest lock of Excel and Word: sixteen octets made of the password lie over the file again and again.
 *
 *   password ──▶ octets ▸ [xorLockFor] ──▶ open(octets of a stream, where they stand)
 *
 * It hides nothing from anybody; it is here to open what people still send. The key of a password is a cyclic redundancy
 * check of it (x^16+x^12+x^5+1), which the standard gives as two tables. A password is octets of the code page of its
 * Windows, fifteen at most.
 * Standards: MS-OFFCRYPTO §2.3.7.1 (verifier), §2.3.7.2 (key and array), §2.3.7.3 (Excel), §2.3.7.4–6 (Word).
 */
import { Buffer } from 'node:buffer'
import { encodeCp932 } from '../text/cp932-encode.ts'

const ARRAY_BYTES = 16
const MOST_OCTETS = 15
const PADDING = Buffer.from('bbffffbaffffb98000be0f00bf0f0000', 'hex')

/** What a file says of its password: two numbers of sixteen bits, in whichever order. */
export type XorFacts = { readonly program: 'excel' | 'word'; readonly numbers: readonly [number, number] }

/** Opens octets that stand at `at`: of Excel the place of a record's data plus its length, of Word that in the stream. */
export type XorLock = (octets: Uint8Array, at: number) => Buffer

/** Undefined when the password is wrong. */
export function xorLockFor(password: string, { program, numbers }: XorFacts): XorLock | undefined {
  for (const octets of octetsOf(password)) {
    const [key, verifier] = [keyOf(octets), verifierOf(octets)]
    if ((numbers[0] === key && numbers[1] === verifier) || (numbers[0] === verifier && numbers[1] === key)) {
      return program === 'excel' ? excelLock(arrayOf(octets, key, 2)) : wordLock(arrayOf(octets, key, 7))
    }
  }
  return undefined
}

/** In CP932, and as programs do that take the lower half of each character. */
function octetsOf(password: string): Uint8Array[] {
  const halves = Uint8Array.from(password, character => (character.charCodeAt(0) & 0xff) || character.charCodeAt(0) >> 8)
  return [encodeCp932(password), halves].flatMap(octets => (octets === undefined || octets.length === 0 ? [] : [octets.subarray(0, MOST_OCTETS)]))
}

/** The bits of the last octet first, seven of each; beside it a run of as many bits over ones (§2.3.7.2). */
export function keyOf(octets: Uint8Array): number {
  let key = 0
  let base = 0x8000
  let start = 0xffff
  for (const octet of octets.toReversed()) {
    for (let bit = 0; bit < 8; bit++) {
      base = shifted(base)
      start = shifted(start)
      if ((octet & 0x7f) & (1 << bit)) key ^= base
    }
  }
  return key ^ start
}

function shifted(value: number): number {
  return ((value << 1) & 0xffff) ^ (value & 0x8000 ? 0x1021 : 0)
}

/** Fifteen bits that turn, from the last octet to the first, then the length (§2.3.7.1). */
export function verifierOf(octets: Uint8Array): number {
  const turned = [...octets.toReversed(), octets.length].reduce((verifier, octet) => (((verifier >> 14) & 1) | ((verifier << 1) & 0x7fff)) ^ octet, 0)
  return turned ^ 0xce4b
}

function arrayOf(octets: Uint8Array, key: number, turns: number): Uint8Array {
  const filled = Buffer.concat([octets, PADDING]).subarray(0, ARRAY_BYTES)
  return Uint8Array.from(filled, (octet, at) => rotated(octet ^ (at & 1 ? key >> 8 : key & 0xff), turns))
}

function rotated(octet: number, turns: number): number {
  return ((octet << turns) | (octet >> (8 - turns))) & 0xff
}

function excelLock(array: Uint8Array): XorLock {
  return (octets, at) => Buffer.from(octets.map((octet, index) => rotated(octet, 3) ^ array[(at + index) & 15]!))
}

/** Word leaves zeros, and what would become one, as they are. */
function wordLock(array: Uint8Array): XorLock {
  return (octets, at) => Buffer.from(octets.map((octet, index) => (octet === 0 ? 0 : octet ^ array[(at + index) & 15]! || octet)))
}
