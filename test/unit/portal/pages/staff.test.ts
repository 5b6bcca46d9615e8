/** Pages of staff over fakes of gateway and vault: who may read what, what stands on a page, what a press does. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { staffRoutes } from '../../../../portal/pages/staff.ts'
import { found, NOW_MS, person, type TestPortal, testPortal } from '../../../support/portal.ts'
import { DAY_MS, type FakeHouse, type FakeMail, fakeHouse, memberOf, partOf } from '../../../support/portal-fakes.ts'

const TANAKA = 'tanaka@town.example.jp'
const ZEIMU = 'zeimu@town.example.jp'
const HOSTILE = '"><img src=x onerror=alert(1)>\u202e</script>.pdf'
const ZIP = 'application/zip'

const MAILS: readonly FakeMail[] = [
  {
    publicId: 'LOCKED',
    to: [TANAKA, 'himitsu@town.example.jp'],
    subject: '資料送付',
    text: '資料を送ります。',
    parts: [
      partOf('1', { outcome: 'body', detectedType: 'text/plain' }),
      partOf('2', { name: '資料.zip', detectedType: ZIP, outcome: 'quarantined', reason: 'encrypted' }),
      partOf('3', { name: '図面.zip', detectedType: ZIP, outcome: 'quarantined', reason: 'encrypted' }),
    ],
    passwords: { 2: 'himitsu-no-aikotoba', 3: 'betsu-no-kagi' },
    names: { 2: ['予算<1>.xlsx', '名簿.docx'] },
  },
  { publicId: 'LATER', to: [TANAKA], subject: 'Re: 資料送付', atMs: NOW_MS - 60_000, text: 'パスワードは himitsu-no-aikotoba です', candidates: ['himitsu-no-aikotoba'] },
  { publicId: 'ELSEWHERE', to: ['suzuki@town.example.jp'], subject: 'Re: 資料送付', candidates: ['suzuki-dake'] },
  {
    publicId: 'REBUILT',
    to: [TANAKA],
    subject: HOSTILE,
    from: `${HOSTILE} <a@evil.example>`,
    text: `本文 ${HOSTILE}`,
    files: [{ index: 0, name: HOSTILE, mediaType: 'application/pdf', bytes: 10 }],
    parts: [
      partOf('2', {
        name: HOSTILE,
        deliveredName: HOSTILE,
        detectedType: 'application/pdf',
        removed: [{ what: 'scripts', count: 2 }, { what: 'signatures', count: 1 }],
        members: [memberOf(HOSTILE, { outcome: 'quarantined', reason: 'dangerous-type' })],
      }),
    ],
  },
  { publicId: 'SHARED', to: [ZEIMU], subject: '照会', text: '照会です' },
  { publicId: 'OTHERTOWN', to: [TANAKA], more: { tenant: 'other' } },
  { publicId: 'OLD', to: [TANAKA], subject: '古い', parts: [partOf('2', { name: '表.pdf', detectedType: 'application/pdf' })], more: { originalUntilMs: undefined, textUntilMs: undefined } },
  ...Array.from({ length: 30 }, (_, n): FakeMail => ({ publicId: `BULK${n}`, to: [TANAKA], subject: `通知 ${n}`, atMs: NOW_MS - (n + 2) * DAY_MS })),
]
const own = (address: string) => ({ address, name: '', kind: 'own' as const })

let house: FakeHouse
let portal: TestPortal
beforeAll(async () => {
  house = await fakeHouse(MAILS, {
    tanaka: [own(TANAKA), { address: ZEIMU, name: '税務課', kind: 'shared' }],
    suzuki: [own('suzuki@town.example.jp')],
    sato: [{ address: ZEIMU, name: '税務課', kind: 'shared' }],
  })
  portal = await testPortal(staffRoutes(house), [
    found(person('tanaka', ['staff'], { personId: 1, departments: [1] })),
    found(person('suzuki', ['staff'], { personId: 2, departments: [1] })),
    found(person('sato', ['staff'], { personId: 3, departments: [2], mailbox: '', language: 'en' })),
    found(person('kansa', ['auditor'], { personId: 4 })),
  ])
})
afterAll(async () => {
  await portal.portal.close()
  house.close()
})
beforeEach(() => {
  house.asked.length = 0
  house.refusals.clear()
})

const page = async (path: string, login = 'tanaka', face: 'inner' | 'outer' = 'inner') => (await portal.get(face, path, login)).text()
const asked = () => house.asked.map(({ what, about }) => `${what} ${about}`)
const audited = (kind: string) => house.db.all('SELECT actor, subject FROM audit WHERE kind = ? ORDER BY seq', kind).map(row => `${row['actor']} ${row['subject']}`)

describe('whose mail is whose', () => {
  test('it is the same page as for a mail that was never there, and says whom to ask', async () => {
    const [other, none] = [await page('/m/REBUILT', 'suzuki'), await page('/m/NOTHING', 'suzuki')]
    expect(other).toBe(none)
    expect(other).toContain('転送で受け取ったときは')
    expect(other).toContain('情報政策課 内線123')
  })
  test('other recipients are not shown', async () => expect(await page('/m/LOCKED')).not.toContain('himitsu@'))
})

describe('the list', () => {
  test('shows own and shared mail, with states and what is unread', async () => {
    const shown = await page('/')
    expect(shown).toContain('/m/LOCKED')
    expect(shown).toContain('保管 2件')
    expect(shown).toContain('税務課')
    expect(shown).not.toContain('/m/ELSEWHERE')
    // One was opened by a test above.
    expect(shown.match(/class="tag new"/g)).toHaveLength(24)
  })
  test('goes on by the key of the last row, with the search', async () => {
    const first = await page(`/?subject=${encodeURIComponent('通知')}`)
    const next = /href="(\/\?[^"]*after=[^"]*)"/.exec(first)![1]!.replaceAll('&amp;', '&')
    expect(next).toContain('subject=')
    const second = await page(next)
    expect(second.match(/\/m\/BULK/g)).toHaveLength(5)
    expect(second).not.toContain('after=')
  })
  test.each([
    ['sender=evil.example', ['REBUILT']],
    ['subject=%E7%85%A7%E4%BC%9A', ['SHARED']],
    ['file=%E5%9B%B3%E9%9D%A2', ['LOCKED']],
    ['state=kept&subject=%E8%B3%87%E6%96%99', ['LOCKED']],
    ['since=2026-11-26&subject=%E8%B3%87%E6%96%99', ['LATER', 'LOCKED']],
    ['until=2026-11-01', ['BULK23', 'BULK24', 'BULK25', 'BULK26', 'BULK27', 'BULK28', 'BULK29']],
    [`box=${ZEIMU}`, ['SHARED']],
    ['box=suzuki%40town.example.jp&subject=%E7%85%A7%E4%BC%9A', ['SHARED']],
  ])('finds by %s', async (query, want) => {
    const rows = [...(await page(`/?${query}`)).matchAll(/href="\/m\/(\w+)"/g)].map(match => match[1])
    expect(rows).toEqual(want)
  })
  test.each([
    ['/?subject=nothing-like-this', 'tanaka', '条件に合うメールはありません'],
    ['/?box=shared-with-me', 'suzuki', '課内で共有されたメールはありません'],
    ['/', 'kansa2', ''],
    ['/?since=2026-13-45', 'tanaka', '日付が読み取れない'],
  ])('%s for %s says %s', async (path, login, text) => expect(await page(path, login)).toContain(text))
})

describe('a mail', () => {
  test('text of senders is text wherever it stands', async () => {
    for (const path of ['/', '/m/REBUILT', '/m/REBUILT/preview/2']) expect(await page(path), path).not.toMatch(/<img src=x|<\/script>\.pdf|onerror=alert\(1\)>"/)
  })
  test('says what was removed, why, and who is to be asked; the program inside has no button', async () => {
    const shown = await page('/m/REBUILT')
    expect(shown).toContain('スクリプト 2')
    expect(shown).toContain('電子署名が外れました')
    expect(shown).toContain('href="/m/REBUILT/files/0"')
    expect(shown).not.toContain('/requests/new')
    expect(shown).toContain('元のファイルは渡せません')
  })
  test('is read once it was opened, which stands in the audit log once', async () => {
    await page('/m/SHARED', 'sato')
    await page('/m/SHARED', 'sato')
    expect(audited('view').filter(each => each.startsWith('user:sato'))).toEqual(['user:sato SHARED'])
    expect(await page('/', 'sato')).not.toContain('class="tag new"')
    await portal.post('inner', '/m/SHARED/unread', 'sato', {})
    expect(await page('/', 'sato')).toContain('class="tag new"')
  })
  test('its file is an attachment', async () => {
    const reply = await portal.get('outer', '/m/REBUILT/files/0', 'tanaka')
    expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename\*=UTF-8''%22%3E/)
    expect(await reply.text()).toBe('disarmed')
    expect((await portal.get('outer', '/m/REBUILT/files/9', 'tanaka')).status).toBe(410)
    expect((await portal.get('outer', '/m/REBUILT/files/x', 'tanaka')).status).toBe(404)
  })
  test('without its octets offers nothing', async () => {
    const shown = await page('/m/OLD')
    expect(shown).toContain('元のファイルの保管は終わりました')
    expect(shown).not.toMatch(/\/parts\/|\/preview\/|\/requests\/new/)
  })
  test.each([
    ['busy', '混み合っていて、本文を表示できません'],
    ['gone', '届けた本文の保管は終わりました'],
  ] as const)('the text when the vault is %s', async (reason, text) => {
    house.refusals.set('deliveredText', { kind: 'cannot', reason })
    expect(await page('/m/LOCKED')).toContain(text)
  })
  test('what has no button cannot be pressed', async () => {
    expect((await portal.post('inner', '/m/LOCKED/parts/2/mail', 'tanaka', {})).status).toBe(403)
    expect((await portal.post('inner', '/m/REBUILT/parts/2-0/again', 'tanaka', {})).status).toBe(403)
    expect((await portal.post('inner', '/m/REBUILT/parts/7/mail', 'tanaka', {})).status).toBe(404)
    expect((await portal.post('inner', '/m/REBUILT/parts/..%2f2/mail', 'tanaka', {})).status).toBe(404)
    expect(asked()).toEqual([])
  })
  test('a copy goes to the own mailbox', async () => {
    expect((await portal.post('inner', '/m/REBUILT/parts/2/mail', 'tanaka', {})).headers.get('location')).toBe('/m/REBUILT')
    expect(asked()).toEqual(['again REBUILT 2', `mailInward 1 ${TANAKA} REBUILT`])
  })
})

describe('a shared mailbox', () => {
  test('has one person in care of a mail; the second one is told', async () => {
    expect(await page('/m/SHARED')).toContain('担当はまだ決まっていません')
    expect((await portal.post('inner', '/m/SHARED/care', 'tanaka', { act: 'take', seen: '' })).status).toBe(303)
    expect((await portal.post('inner', '/m/SHARED/care', 'sato', { act: 'take', seen: '' })).status).toBe(409)
    expect(await page('/', 'sato')).toContain('In care of tanakaさん')
    expect((await portal.post('inner', '/m/SHARED/care', 'sato', { act: 'done', seen: 'taken-1' })).status).toBe(303)
    expect(await page('/m/SHARED')).toContain('対応済み: satoさん')
    expect(audited('care')).toEqual(['user:tanaka SHARED', 'user:sato SHARED'])
  })
  test('an own mail has no such thing', async () => expect((await portal.post('inner', '/m/LOCKED/care', 'tanaka', { act: 'take', seen: '' })).status).toBe(403))
})

describe('a mail that was forwarded', () => {
  test('opens after a recipient shared it with the section, and cannot be shared on or asked for', async () => {
    expect((await portal.get('inner', '/m/LOCKED', 'suzuki')).status).toBe(404)
    expect((await portal.post('inner', '/m/LOCKED/share', 'tanaka', { act: 'share', department: '7' })).status).toBe(400)
    expect((await portal.post('inner', '/m/LOCKED/share', 'tanaka', { act: 'share', department: '1' })).status).toBe(303)
    const shown = await page('/m/LOCKED', 'suzuki')
    expect(shown).toContain('tanakaさんが課内で共有したメールです')
    expect(shown).not.toMatch(/requests\/new|\/share"/)
    expect((await portal.post('inner', '/m/LOCKED/share', 'suzuki', { act: 'end' })).status).toBe(403)
    expect(await page('/?box=shared-with-me', 'suzuki')).toContain('/m/LOCKED')
    await portal.post('inner', '/m/LOCKED/share', 'tanaka', { act: 'end' })
    expect((await portal.get('inner', '/m/LOCKED', 'suzuki')).status).toBe(404)
  })
})

describe('pictures of pages', () => {
  test('come one by one, with name and time in them, and with their text', async () => {
    const shown = await page('/m/REBUILT/preview/2?page=3')
    expect(shown).toContain('3／3ページ')
    expect(shown).toContain('文字 3ページ目 &lt;b&gt;')
    const picture = await portal.get('inner', '/m/REBUILT/preview/2/picture?page=3', 'tanaka')
    expect(picture.headers.get('content-type')).toBe('image/png')
    expect(asked()).toEqual(['preview REBUILT 2 3 tanakaさん tanaka 2026年11月26日(木) 10:00'])
  })
  test.each(['0', '-1', 'x', '1e9', '2.5'])('page %s is none', async n => expect((await portal.get('inner', `/m/REBUILT/preview/2?page=${n}`, 'tanaka')).status).toBe(404))
  test('a file without pictures says what else there is', async () => {
    house.refusals.set('preview', { kind: 'cannot', reason: 'no-preview' })
    expect(await page('/m/REBUILT/preview/2?page=2')).toContain('このファイルは画像にできません')
  })
})

describe('what is brought in', () => {
  const send = async (files: readonly (readonly [name: string, octets: Blob])[], face: 'inner' | 'outer' = 'outer') => {
    const form = new FormData()
    for (const [name, octets] of files) form.append('files', octets, name)
    const headers = { origin: portal.origin(face), cookie: `sekisho-${face}=tanaka` }
    return fetch(`${portal.origin(face)}/upload?_token=token-tanaka`, { method: 'POST', headers, body: form, redirect: 'manual' })
  }
  test('waits on the shelf of whoever brought it, on both faces, and of nobody else', async () => {
    const reply = await send([['見積.pdf', new Blob(['x'])], ['../../etc/passwd\u202e.txt', new Blob(['y'])], ['a.exe', new Blob(['MZ'])], ['big.bin', new Blob([Buffer.alloc((1 << 20) + 1)])]])
    expect(portal.errors).toEqual([])
    const done = await page(reply.headers.get('location')!, 'tanaka', 'outer')
    expect(done).toContain('見積.pdf')
    expect(done).toContain('プログラムなど危険な種類')
    expect(done).toContain('ファイルが大きすぎます')
    const [id] = /\/shelf\/([0-9a-f]{32})\/file/.exec(done)!.slice(1)
    expect(await page('/shelf', 'tanaka', 'inner')).toContain(`/shelf/${id}/file`)
    expect(await page('/shelf', 'suzuki')).toContain('受け取れるファイルはありません')
    expect((await portal.post('inner', `/shelf/${id}/file`, 'suzuki', {})).status).toBe(404)
    const file = await portal.post('inner', `/shelf/${id}/file`, 'tanaka', {})
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; /)
    expect(await page('/shelf')).toContain('受け取り済み')
    expect((await portal.post('inner', `/shelf/${id}/mail`, 'tanaka', {})).status).toBe(303)
    expect(asked()).toContain(`mailInward 1 ${TANAKA} `)
  })
  test('is nothing without a file', async () => expect((await send([['', new Blob([])]])).status).toBe(422))
  test('has no way in on the inner face', async () => expect((await send([['a.pdf', new Blob(['x'])]], 'inner')).status).toBe(404))
  test('needs the token of the session', async () => {
    const reply = await fetch(`${portal.origin('outer')}/upload?_token=wrong`, { method: 'POST', headers: { origin: portal.origin('outer'), cookie: 'sekisho-outer=tanaka' }, body: new FormData() })
    expect(reply.status).toBe(403)
  })
})
