/** Passwords: one press for all files, tries that are told, candidates by one press, and no trace of a password anywhere. */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { staffRoutes } from '../../../../portal/pages/staff.ts'
import { found, NOW_MS, person, type TestPortal, testPortal } from '../../../support/portal.ts'
import { type FakeHouse, fakeHouse, memberOf, partOf } from '../../../support/portal-fakes.ts'

const TANAKA = 'tanaka@town.example.jp'
const ZIP = 'application/zip'
const SECRET = 'himitsu-no-aikotoba'
const locked = { detectedType: ZIP, outcome: 'quarantined', reason: 'encrypted' } as const

let house: FakeHouse
let portal: TestPortal
beforeAll(async () => {
  const parts = [
    partOf('2', { name: '資料.zip', ...locked }),
    partOf('3', { name: '図面.zip', ...locked }),
    partOf('4', { name: '外.zip', detectedType: ZIP, members: [memberOf('内.zip', locked)] }),
    partOf('5', { name: '文書.pdf', detectedType: 'application/pdf', outcome: 'quarantined', reason: 'encrypted' }),
  ]
  house = await fakeHouse(
    [
      { publicId: 'LOCKED', to: [TANAKA], subject: '資料送付', text: 'x', parts, passwords: { 2: SECRET, 3: 'betsu', '4-0': SECRET, 5: 'pdf' }, names: { 2: ['予算<1>.xlsx'] } },
      { publicId: 'LATER', to: [TANAKA], subject: 'パスワード', atMs: NOW_MS - 60_000, candidates: ['chigau', SECRET] },
      { publicId: 'OTHERDOMAIN', to: [TANAKA], subject: 'Re: 資料送付', from: 'noreply@pass.example.com', candidates: ['thread-no-kagi'] },
      { publicId: 'UNRELATED', to: [TANAKA], subject: '別件', from: 'x@example.org', candidates: ['kankei-nai'] },
      { publicId: 'LOOKALIKE', to: [TANAKA], subject: '別件', from: 'x@example.go.jp.evil.example', candidates: ['nisemono'] },
      { publicId: 'NOTMINE', to: ['suzuki@town.example.jp'], subject: 'Re: 資料送付', candidates: ['suzuki-dake'] },
    ],
    { tanaka: [{ address: TANAKA, name: '', kind: 'own' }] },
  )
  portal = await testPortal(staffRoutes(house), [found(person('tanaka', ['staff'], { personId: 1 }))])
})
afterAll(async () => {
  await portal.portal.close()
  house.close()
})
beforeEach(() => {
  house.db.write(() => house.db.connection.exec('DELETE FROM results; DELETE FROM waits'))
  house.asked.length = 0
  house.refusals.clear()
  house.tries.clear()
})

const press = (form: Readonly<Record<string, string>>) => portal.post('inner', '/m/LOCKED/unlock', 'tanaka', form)
const asked = (what: string) => house.asked.filter(each => each.what === what).map(({ about }) => about)

describe('one press', () => {
  test('opens every file that the password fits, and says that others are left', async () => {
    const reply = await press({ password: SECRET, then: 'take' })
    expect(reply.headers.get('location')).toBe('/m/LOCKED/results')
    expect(asked('unlock')).toEqual(['LOCKED 2', 'LOCKED 3', 'LOCKED 4-0', 'LOCKED 5'])
    expect(reply.headers.getSetCookie().join()).toContain('opened-some')
    const results = await (await portal.get('inner', '/m/LOCKED/results', 'tanaka')).text()
    expect(results).toContain('2.zip')
    expect(results).toContain('4-0.zip')
    expect(results).toContain('「図面.zip」')
    expect(results).not.toContain('「資料.zip」')
  })
  test('does not ask again for what is open', async () => {
    await press({ password: SECRET, then: 'take' })
    house.asked.length = 0
    await press({ password: 'betsu', then: 'take' })
    expect(asked('unlock')).toEqual(['LOCKED 3', 'LOCKED 5'])
  })
  test('may mail it inward at once, all files in one mail', async () => {
    expect((await press({ password: SECRET, then: 'mail' })).headers.getSetCookie().join()).toContain('opened-some')
    expect(asked('mailInward')).toEqual([`2 ${TANAKA} LOCKED`])
    expect(await (await portal.get('inner', '/shelf', 'tanaka')).text()).toContain('業務メールへ送信済み')
  })
  test('that cannot be mailed leaves it on the shelf', async () => {
    house.refusals.set('mailInward', { kind: 'cannot', reason: 'busy' })
    expect((await press({ password: SECRET, then: 'mail' })).status).toBe(303)
    expect(await (await portal.get('inner', '/shelf', 'tanaka')).text()).not.toContain('業務メールへ送信済み')
  })
})

describe('locked again', () => {
  test('where the reader ticks it, as the settings offer it', async () => {
    const page = await (await portal.get('inner', '/m/LOCKED/unlock', 'tanaka')).text()
    expect(page).toContain('同じパスワードで暗号化して受け取る')
    await press({ password: 'betsu', then: 'take', lock: 'again' })
    await press({ password: SECRET, then: 'take' })
    expect(asked('unlock')).toEqual(['LOCKED 2 again', 'LOCKED 3 again', 'LOCKED 4-0 again', 'LOCKED 5 again', 'LOCKED 2', 'LOCKED 4-0', 'LOCKED 5'])
  })
  test('a password that cannot lock says what to do', async () => {
    house.refusals.set('unlock', { kind: 'cannot', reason: 'cannot-lock' })
    expect(await (await press({ password: 'ひみつ', lock: 'again' })).text()).toContain('暗号化せずに受け取ってください')
  })
})

describe('a wrong password', () => {
  test('says so with the tries that are left, and is not shown again', async () => {
    const reply = await press({ password: 'machigai-desu' })
    const page = await reply.text()
    expect(reply.status).toBe(422)
    expect(page).toContain('パスワードが違います。大文字と小文字を確かめてください（あと4回）。')
    expect(page).toContain('aria-invalid="true"')
    expect(page).not.toContain('machigai-desu')
  })
  test('too often closes the form for a while', async () => {
    for (let n = 0; n < 5; n++) await press({ password: 'x' })
    expect(await (await press({ password: SECRET })).text()).toContain('1時間ほど受け付けを止めています')
  })
  test('none at all is asked for', async () => {
    expect(await (await press({ password: '' })).text()).toContain('パスワードを入力してください。')
    expect(asked('unlock')).toEqual([])
  })
  test('a damaged file says what to do instead', async () => {
    house.refusals.set('unlock', { kind: 'cannot', reason: 'malformed' })
    expect(await (await press({ password: SECRET })).text()).toContain('ファイルが壊れていて無害化できないため')
  })
})

describe('candidates', () => {
  test('come from mails of the same domain or thread that this person may read', async () => {
    const page = await (await portal.get('inner', '/m/LOCKED/unlock', 'tanaka')).text()
    expect([...page.matchAll(/<code>([^<]*)<\/code>/g)].map(match => match[1]).sort()).toEqual(['chigau', SECRET, 'thread-no-kagi'])
    expect(asked('unlock')).toEqual([])
  })
  test('are named by their place, not by themselves', async () => {
    const page = await (await portal.get('inner', '/m/LOCKED/unlock', 'tanaka')).text()
    expect(page).not.toMatch(/value="[^"]*(?:himitsu|chigau)/)
    expect(page).toContain('value="LATER:1"')
    expect((await press({ candidate: 'LATER:1', then: 'take' })).headers.get('location')).toBe('/m/LOCKED/results')
  })
  test.each(['NOTMINE:0', 'LATER:9', 'LATER', '../x:0', ''])('%j is none', async candidate => {
    expect((await press({ candidate, then: 'take' })).status).toBe(422)
    expect(asked('unlock')).toEqual([])
  })
})

test('names inside are listed before, as text', async () => expect(await (await portal.get('inner', '/m/LOCKED/unlock', 'tanaka')).text()).toContain('<li>予算&lt;1&gt;.xlsx</li>'))

test('「届いたら知らせる」 is kept, can be taken back, and ends when a file is open', async () => {
  const page = async () => (await portal.get('inner', '/m/LOCKED/unlock', 'tanaka')).text()
  await portal.post('inner', '/m/LOCKED/wait', 'tanaka', { act: 'start' })
  expect(await page()).toContain('知らせるのをやめる')
  await portal.post('inner', '/m/LOCKED/wait', 'tanaka', { act: 'end' })
  expect(await page()).toContain('届いたら知らせる')
  await portal.post('inner', '/m/LOCKED/wait', 'tanaka', { act: 'start' })
  await press({ password: SECRET, then: 'take' })
  expect(house.keeping.waits.all(9)).toEqual([])
})

describe('pictures of a locked file', () => {
  test('ask for its password, and remember it for this session alone', async () => {
    expect(await (await portal.get('inner', '/m/LOCKED/preview/5', 'tanaka')).text()).toContain('name="password"')
    expect(asked('preview')).toEqual([])
    expect(await (await portal.post('inner', '/m/LOCKED/preview/5', 'tanaka', { password: 'no' })).text()).toContain('あと4回')
    const to = (await portal.post('inner', '/m/LOCKED/preview/5', 'tanaka', { password: 'pdf' })).headers.get('location')!
    expect(to).toMatch(/^\/m\/LOCKED\/preview\/5\?view=[0-9a-f]{32}$/)
    expect(await (await portal.get('inner', `${to}&page=2`, 'tanaka')).text()).toContain('2／3ページ')
    expect(await (await portal.get('inner', `/m/LOCKED/preview/5?view=${'0'.repeat(32)}`, 'tanaka')).text()).toContain('name="password"')
  })
})

test('no password is in an address, a log line, a page or portal.db', async () => {
  await press({ password: 'machigai-desu' })
  const pages = [await (await press({ password: SECRET, then: 'mail' })).text(), await (await portal.get('inner', '/m/LOCKED/results', 'tanaka')).text()]
  const folder = dirname(String(house.db.get('PRAGMA database_list')?.['file']))
  const files = readdirSync(folder).map(name => readFileSync(join(folder, name)).toString('latin1'))
  expect(files.length).toBeGreaterThan(1)
  for (const text of [...pages, ...files, JSON.stringify(portal.lines)]) expect(text).not.toMatch(/himitsu-no|machigai-desu/)
})
