/**
 * Bech32, the text form of age recipients and identities.
 *
 * age uses BIP 173's checksum but not its limit of 90 characters. Upper and lower case may not be mixed.
 * Standards: BIP 173 (bech32), C2SP age.md "The X25519 recipient type".
 */

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const CHECKSUM_LENGTH = 6

/** `prefix` in lower case; the result is lower case too. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const data = regroup(bytes, 8, 5, true) ?? []
  const checksum = polymod([...expandPrefix(prefix), ...data, 0, 0, 0, 0, 0, 0]) ^ 1
  const tail = Array.from({ length: CHECKSUM_LENGTH }, (_, i) => (checksum >>> (5 * (5 - i))) & 31)
  return `${prefix}1${[...data, ...tail].map(value => CHARSET[value]).join('')}`
}

/** Returns the bytes, or undefined when the text is not bech32 with this prefix (any single case). */
export function decodeBech32(prefix: string, text: string): Uint8Array | undefined {
  const lower = text.toLowerCase()
  if (text !== lower && text !== text.toUpperCase()) return undefined
  if (lower.length > 200 || !lower.startsWith(`${prefix}1`)) return undefined

  const values = Array.from(lower.slice(prefix.length + 1), char => CHARSET.indexOf(char))
  if (values.includes(-1) || values.length < CHECKSUM_LENGTH) return undefined
  if (polymod([...expandPrefix(prefix), ...values]) !== 1) return undefined
  const bytes = regroup(values.slice(0, -CHECKSUM_LENGTH), 5, 8, false)
  return bytes && Uint8Array.from(bytes)
}

function expandPrefix(prefix: string): number[] {
  const codes = Array.from(prefix, char => char.charCodeAt(0))
  return [...codes.map(code => code >>> 5), 0, ...codes.map(code => code & 31)]
}

function polymod(values: readonly number[]): number {
  let checksum = 1
  for (const value of values) {
    const top = checksum >>> 25
    checksum = ((checksum & 0x1ffffff) << 5) ^ value
    GENERATOR.forEach((term, bit) => {
      if ((top >>> bit) & 1) checksum ^= term
    })
  }
  return checksum >>> 0
}

/** Regroups bits; without `pad`, left-over bits must be fewer than `from` and all zero. */
function regroup(values: Iterable<number>, from: number, to: number, pad: boolean): number[] | undefined {
  const groups: number[] = []
  let accumulator = 0
  let bits = 0
  for (const value of values) {
    accumulator = ((accumulator << from) | value) & 0xfff
    bits += from
    while (bits >= to) {
      bits -= to
      groups.push((accumulator >>> bits) & ((1 << to) - 1))
    }
  }
  const rest = (accumulator << (to - bits)) & ((1 << to) - 1)
  if (pad) return bits > 0 ? [...groups, rest] : groups
  return bits >= from || rest !== 0 ? undefined : groups
}
