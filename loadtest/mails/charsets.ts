/** Text in the charsets of Japanese mail. Characters that a charset does not have become 〓 before it is written. */
import { encodeIso2022Jp } from '../../core/text/iso2022jp-encode.ts'
import { encodeCp932 } from '../../core/text/cp932-encode.ts'

export const CHARSETS = ['utf-8', 'iso-2022-jp', 'shift_jis', 'euc-jp'] as const
export type Charset = (typeof CHARSETS)[number]

export function encodeText(text: string, charset: Charset): Buffer {
  if (charset === 'utf-8') return Buffer.from(text)
  const writable = Array.from(text, each => (encodeCp932(each) && encodeIso2022Jp(each) ? each : '〓')).join('')
  if (charset === 'shift_jis') return Buffer.from(encodeCp932(writable)!)
  const jis = Buffer.from(encodeIso2022Jp(writable)!)
  return charset === 'iso-2022-jp' ? jis : eucFromJis(jis)
}

/** The same codes with their eighth bit set, without the switches (RFC 1468; JIS X 0208 is code set 1 of EUC-JP). */
function eucFromJis(jis: Buffer): Buffer {
  const euc: number[] = []
  let isDouble = false
  for (let at = 0; at < jis.length; at++) {
    if (jis[at] === 0x1b) {
      isDouble = jis[at + 1] === 0x24
      at += 2
    } else euc.push(isDouble ? jis[at]! | 0x80 : jis[at]!)
  }
  return Buffer.from(euc)
}
