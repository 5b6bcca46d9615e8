/**
 * Which passwords are refused when one is set: too short, too long, or among the first that anybody would try. No rules of
 * composition and no expiry (NIST SP 800-63B §5.1.1.2). The list is small on purpose: what is left after common words, the
 * person's own names, years, runs of keys and repetitions are taken away must still be something.
 */
import { LONGEST_PASSWORD, normalized } from './password.ts'

/** `same`: the one that was to be replaced. */
export type PasswordProblem = 'too-short' | 'too-long' | 'too-common' | 'same'

/** What must remain, in characters, after everything common was taken away. */
const LEAST_OWN = 5

const COMMON_WORDS = [
  ...['password', 'passwd', 'passphrase', 'passcode', 'pass', 'secret', 'admin', 'administrator', 'root', 'user', 'guest', 'login', 'logon', 'signin'],
  ...['welcome', 'hello', 'letmein', 'changeme', 'change', 'initial', 'default', 'temp', 'temporary', 'test', 'testing', 'demo', 'sample', 'example'],
  ...['system', 'server', 'windows', 'microsoft', 'office', 'computer', 'internet', 'network', 'security', 'master', 'manager', 'staff', 'mail', 'portal'],
  ...['sekisho', 'lgwan', 'japan', 'nippon', 'nihon', 'tokyo', 'osaka', 'kyoto', 'yakusho', 'shiyakusho', 'yakuba', 'machi', 'town', 'city', 'pref', 'kencho', 'jichitai'],
  ...['sakura', 'fujisan', 'arigato', 'konnichiwa', 'ohayou', 'himitsu', 'anshin', 'anzen', 'kanri', 'kanrisha', 'shokuin', 'somu', 'joho', 'jouhou', 'zaisei', 'zeimu'],
  ...['doraemon', 'pikachu', 'pokemon', 'totoro', 'naruto', 'baseball', 'football', 'soccer', 'dragon', 'monkey', 'shadow', 'sunshine', 'princess', 'iloveyou', 'love'],
  ...['superman', 'batman', 'starwars', 'trustno1', 'whatever', 'freedom', 'michael', 'jordan', 'summer', 'winter', 'spring', 'autumn', 'january', 'april', 'monday'],
  ...['reiwa', 'heisei', 'showa', 'パスワード', 'ぱすわーど', '管理者', '役場', '市役所', '町役場', '秘密', 'さくら', '関所', 'テスト', '職員'],
]

const RUNS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p', '1q2w3e4r5t6y7u8i9o0p', 'あいうえおかきくけこ', 'いろはにほへとちりぬるを']
const LEAST_RUN = 3

const LOOKALIKES: Readonly<Record<string, string>> = { '@': 'a', '4': 'a', '3': 'e', '1': 'i', '!': 'i', '0': 'o', $: 's', '5': 's', '7': 't' }

/** `ownWords`: login, name, organisation. Undefined when there is nothing against it. */
export function passwordProblem(password: string, minLength: number, ownWords: readonly string[]): PasswordProblem | undefined {
  const text = normalized(password)
  if (password.length > LONGEST_PASSWORD) return 'too-long'
  if ([...text].length < minLength) return 'too-short'
  const plain = text.toLowerCase().replace(/(?:19|20)\d\d/g, ' ')
  const words = [...ownWords.flatMap(partsOf), ...COMMON_WORDS].sort((a, b) => b.length - a.length)
  return [plain, unmasked(plain)].some(each => restOf(each, words) < LEAST_OWN) ? 'too-common' : undefined
}

function partsOf(ownWord: string): string[] {
  return normalized(ownWord)
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    // Two characters of Japanese are a name, two of Latin are nothing yet.
    .filter(part => part.length >= (/[^\x00-\x7f]/.test(part) ? 2 : 3))
}

function unmasked(text: string): string {
  return text.replace(/[@43!10$57]/g, character => LOOKALIKES[character]!)
}

/** How many different characters are left that belong to nothing common. */
function restOf(text: string, words: readonly string[]): number {
  let rest = text
  for (const word of words) rest = rest.replaceAll(word, ' ')
  rest = rest.replace(/(.)\1{2,}/gu, ' ')
  for (const run of RUNS) rest = withoutRuns(withoutRuns(rest, run), [...run].reverse().join(''))
  // A short piece again and again is that piece.
  return new Set(rest.replace(/[\s\p{P}\p{S}]/gu, '')).size
}

function withoutRuns(text: string, run: string): string {
  let rest = text
  for (let length = run.length; length >= LEAST_RUN; length--) {
    for (let start = 0; start + length <= run.length; start++) rest = rest.replaceAll(run.slice(start, start + length), ' ')
  }
  return rest
}
