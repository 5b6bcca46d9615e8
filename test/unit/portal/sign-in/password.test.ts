/** Passwords: argon2id as others compute it, and what is refused when one is set. */
import { describe, expect, test } from 'vitest'
import { PasswordHashing, TooBusy } from '../../../../portal/sign-in/password.ts'
import { passwordProblem } from '../../../../portal/sign-in/password-rules.ts'

const hashing = new PasswordHashing()
const quick = new PasswordHashing({ memoryKib: 64, passes: 1, parallelism: 1 })

test('a hash opens by its password only, and no two are the same', async () => {
  const phc = await hashing.hash('correct horse battery staple')
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(await hashing.check('correct horse battery staple', phc)).toBe(true)
  expect(await hashing.check('correct horse battery stapler', phc)).toBe(false)
  expect(await hashing.hash('correct horse battery staple')).not.toBe(phc)
})

/** RFC 9106 has no vector without secret and associated data; this one is of the reference program: argon2 saltsalt12345678 -id -t 2 -m 10 -p 1 -l 32 */
test('a hash that another program made opens', async () => {
  const foreign = '$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHQxMjM0NTY3OA$NYv9twiS0KYnJ+dnxMeZGhS8hFNyVRZS59MUdWKCc28'
  expect(await hashing.check('password', foreign)).toBe(true)
  expect(await hashing.check('passwore', foreign)).toBe(false)
})

test('full-width input is the same password', async () => {
  const phc = await hashing.hash('Ｓａｋａｍｉｃｈｉ　１２３')
  expect(await hashing.check('Sakamichi 123', phc)).toBe(true)
})

test.each(['', 'plain', '$argon2id$v=19$m=1,t=1,p=1$$', '$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA'])(
  'no PHC string of ours: %s',
  async phc => expect(await hashing.check('x', phc)).toBe(false),
)

test('older parameters still open and are called outdated', async () => {
  const phc = await quick.hash('x')
  expect(await hashing.check('x', phc)).toBe(true)
  expect(hashing.isOutdated(phc)).toBe(true)
  expect(hashing.isOutdated(await hashing.hash('x'))).toBe(false)
})

test('nobody never gets in, and a flood is turned away instead of filling the memory', async () => {
  expect(await quick.checkAgainstNobody('x')).toBe(false)
  const flood = await Promise.allSettled(Array.from({ length: 40 }, () => quick.checkAgainstNobody('x')))
  const turnedAway = flood.filter(each => each.status === 'rejected')
  expect(turnedAway.length).toBeGreaterThan(0)
  for (const each of turnedAway) expect(each.reason).toBeInstanceOf(TooBusy)
})

describe('what is refused', () => {
  const own = ['sato', '佐藤 花子', 'sato@town.example.jp']
  test.each([
    ['short', 'too-short'],
    ['12345678901', 'too-short'],
    ['a'.repeat(257), 'too-long'],
    ['password1234', 'too-common'],
    ['P@ssw0rd!2027', 'too-common'],
    ['passwordpassword', 'too-common'],
    ['123456789012', 'too-common'],
    ['qwertyuiop123', 'too-common'],
    ['1qaz2wsx3edc4rfv', 'too-common'],
    ['aaaaaaaaaaaaaa', 'too-common'],
    ['ababababababab', 'too-common'],
    ['abcabcabcabcabc', 'too-common'],
    ['Sekisho2027!!!', 'too-common'],
    ['satosatosato1', 'too-common'],
    ['佐藤花子佐藤花子佐藤花子', 'too-common'],
    ['パスワード12345678', 'too-common'],
    ['town.example.jp', 'too-common'],
    ['朝顔と三毛猫がならぶ縁側', undefined],
    ['correct horse battery', undefined],
    ['tulip-gravel-canoe', undefined],
    ['x7Q!mv2#Lp9w', undefined],
    ['password plus unusual words', undefined],
  ])('%s', (password, problem) => expect(passwordProblem(password, 12, own)).toBe(problem))

  test('characters are counted, not UTF-16 units', () => expect(passwordProblem('𠮷野家𩸽寿司🍣🍵', 12, [])).toBe('too-short'))
})
