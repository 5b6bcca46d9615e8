/**
 * How fast is Japanese text decoded, beside iconv-lite, which guesses nothing and notes nothing?
 *
 *   npm run bench -- charsets [rounds]
 *
 * 5 KB of a letter in each charset, declared rightly; the last case undeclared, where the charset is found out first.
 */
import iconv from 'iconv-lite'
import { decodeText } from '../core/text/charset.ts'
import { type Contest, hold } from './load/contest.ts'

const LETTER = 'お世話になっております。会議の資料をお送りします。ご確認をお願いいたします。ｶﾀｶﾅも少し。\r\n'.repeat(40)
const CHARSETS = ['utf-8', 'shift_jis', 'euc-jp', 'utf-16le'] as const

/** JIS X 0208 in seven bits, from EUC: the same two octets without their high bits. */
function inIso2022Jp(text: string): Buffer {
  const euc = iconv.encode(text.replace(/[ｦ-ﾟ]/g, 'カ'), 'euc-jp')
  const written: number[] = []
  let isKanji = false
  for (let at = 0; at < euc.length; at++) {
    const octet = euc[at]!
    if (octet >= 0x80 !== isKanji) written.push(...Buffer.from(octet >= 0x80 ? '\x1b$B' : '\x1b(B', 'latin1'))
    isKanji = octet >= 0x80
    written.push(octet & 0x7f)
    if (isKanji) written.push(euc[++at]! & 0x7f)
  }
  return Buffer.from(written)
}

const cases: Contest[] = CHARSETS.map(charset => {
  const octets = iconv.encode(LETTER, charset)
  return { name: charset, bytes: octets.length, contenders: { sekisho: () => decodeText(octets, charset), 'iconv-lite': () => iconv.decode(octets, charset) } }
})
const [seven, unlabelled] = [inIso2022Jp(LETTER), iconv.encode(LETTER, 'shift_jis')]
await hold([
  ...cases,
  { name: 'iso-2022-jp', bytes: seven.length, contenders: { sekisho: () => decodeText(seven, 'iso-2022-jp') } },
  { name: 'shift_jis, undeclared', bytes: unlabelled.length, contenders: { sekisho: () => decodeText(unlabelled, undefined) } },
])
