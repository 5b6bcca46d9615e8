/**
 * Words of a mail that look like the password of a file that came in another one (「パスワード：xxxx」, 「PW: …」,
 * 「解凍パスワードは…です」, full-width or half-width, on the same line or the next). Offered to a person, never tried.
 */
export type FoundPassword = { readonly candidate: string; /** Higher is likelier. */ readonly score: number }

const MOST_TEXT = 200_000
const MOST_FOUND = 20
const LONGEST_LINE = 1_000

/** Normalised (NFKC), so half-width kana and full-width letters are the same word. */
const KEYWORD = /パスワード|パスフレーズ|パス(?=[:は])|暗証番号|開封キー|解凍キー|ワンタイム|passwords?|passwd|passcode|passphrase|(?<![a-z])pass(?![a-z])|(?<![a-z])p\.?w\.?(?![a-z])/i
/** What it is for, before a colon. */
const OF_WHAT = /^(?:\s*(?:for|of|to)\s[^:]{0,60}|\s*\([^)]{0,40}\)\s*)(?=:)/i
/** What may stand between the word and the password. */
const BETWEEN = /^(?:\s|[:;=→⇒＞>\-|・]|は|が|以下|次|の通り|のとおり|になります|となります|です|、|。|is|are|following|below|】|」|』|\]|\))*/i
const TOKEN = /^[「『【["'(<]?([\x21-\x7e]{4,64}?)[」』】\]"')>]?(?=$|\s|です|でございます|になります|となります|と|を|。|、|」|』|】)/
/** About the file, rather than about an account somewhere. */
const OF_FILE = /解凍|展開|開封|復号|添付|zip|ファイル|圧縮|資料|attach|archive|file|unzip/i
const NOT_A_PASSWORD = /^(?:https?:|www\.|mailto:)|^[^\s@]+@[^\s@]+\.[a-z]+$|^[.\-=_*#~]+$|^(?:password|passwd|zip|file|mail|e-?mail)$/i

export function passwordsIn(text: string): readonly FoundPassword[] {
  const best = new Map<string, number>()
  const lines = text.slice(0, MOST_TEXT).split('\n').map(line => line.slice(0, LONGEST_LINE).normalize('NFKC').trim())
  for (const [index, line] of lines.entries()) {
    const keyword = KEYWORD.exec(line)
    if (!keyword) continue
    const rest = line.slice(keyword.index + keyword[0].length).replace(OF_WHAT, '').replace(BETWEEN, '')
    const here = tokenOf(rest)
    const found = here ?? (rest.length < 12 ? lineAlone(lines, index) : undefined)
    if (found === undefined) continue
    const near = lines.slice(Math.max(0, index - 3), index + 1).join(' ')
    const score = 1 + (here ? 2 : 0) + (OF_FILE.test(near) ? 2 : 0) + strength(found)
    best.set(found, Math.max(best.get(found) ?? 0, score))
  }
  const all = [...best].map(([candidate, score]) => ({ candidate, score }))
  return all.sort((a, b) => b.score - a.score).slice(0, MOST_FOUND)
}

function tokenOf(rest: string): string | undefined {
  const token = TOKEN.exec(rest)?.[1]
  return token !== undefined && !NOT_A_PASSWORD.test(token) ? token : undefined
}

/** The next line that is not empty, when it is nothing but one word. */
function lineAlone(lines: readonly string[], index: number): string | undefined {
  const next = lines.slice(index + 1, index + 4).find(line => line !== '')
  const token = next === undefined ? undefined : tokenOf(next.replace(/^[:>・\-\s]+/, ''))
  return token !== undefined && next!.length <= token.length + 6 ? token : undefined
}

/** Several kinds of characters are likelier a password than a word. */
function strength(token: string): number {
  return [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter(kind => kind.test(token)).length / 2
}
