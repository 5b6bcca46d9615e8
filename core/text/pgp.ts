/**
 * OpenPGP armour inside plain text: a signed text is unwrapped, an encrypted block becomes a part of its own.
 * Linear: one scan for armour lines. Standards: RFC 9580 §6 (armour), §7 (cleartext signatures).
 */

export type PgpSplit = {
  /** The text without armour; `[PGP]` lines stand where blocks were cut. */
  readonly text: string
  readonly signed: boolean
  readonly encryptedBlocks: readonly string[]
}

const ARMOUR = '-----BEGIN PGP '

/** Never throws; text without armour comes back as it is. */
export function splitPgp(text: string): PgpSplit {
  if (!text.includes(ARMOUR)) return { text, signed: false, encryptedBlocks: [] }
  const out: string[] = []
  const encryptedBlocks: string[] = []
  let state: 'text' | 'signed-header' | 'signed' | 'signature' | 'encrypted' = 'text'
  let block: string[] = []
  let signed = false
  for (const line of text.split('\n')) {
    const mark = line.trimEnd()
    if (state === 'signature' || state === 'encrypted') {
      block.push(line)
      if (!mark.startsWith('-----END PGP ')) continue
      if (state === 'encrypted') encryptedBlocks.push(block.join('\n'))
      block = []
      state = 'text'
    } else if (mark === '-----BEGIN PGP SIGNED MESSAGE-----') {
      signed = true
      state = 'signed-header'
    } else if (mark === '-----BEGIN PGP SIGNATURE-----' && (state === 'signed' || signed)) {
      state = 'signature'
    } else if (mark === '-----BEGIN PGP MESSAGE-----') {
      block = [line]
      out.push('[PGP]')
      state = 'encrypted'
    } else if (state === 'signed-header') {
      if (mark === '') state = 'signed'
    } else {
      out.push(state === 'signed' && line.startsWith('- ') ? line.slice(2) : line)
    }
  }
  if (state === 'encrypted') encryptedBlocks.push(block.join('\n'))
  return { text: out.join('\n'), signed, encryptedBlocks }
}
