/** Pages of requests and approvals: who may do what on which face, what they show, what leaves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Face } from '../../../../portal/http/route.ts'
import { approvalRoutes } from '../../../../portal/pages/approvals.ts'
import { requestRoutes } from '../../../../portal/pages/requests.ts'
import type { MailMessage } from '../../../../portal/ports.ts'
import { found, NOW_MS, type TestPortal, testPortal } from '../../../support/portal.ts'
import { DAY, houseOf, type Login, mail, part, PEOPLE, type Town, town } from '../../../support/requests.ts'
import { RIGHT_CODE } from '../../../support/fake-agreements.ts'

let here: Town
let portal: TestPortal
let count = 0
const mails: MailMessage[] = []

function fresh(publicId: string, parts = [part('2', '調査票.xlsm', { removed: [{ what: 'macros', count: 1 }] })], more: Partial<MailMessage> = {}): MailMessage {
  return mail(publicId, parts, { acceptedAtMs: NOW_MS - DAY, originalUntilMs: NOW_MS + 20 * DAY, ...more })
}
const SPECIAL = [
  fresh('ask'),
  fresh('program', [part('2', 'setup.exe')]),
  fresh('mixed', [part('2', 'setup.exe'), part('3', 'a.pdf', { detectedType: 'application/pdf' })]),
  fresh('hostile', [part('2', '<script>alert(1)</script>"\'>.xlsm')], { subject: '<img src=x onerror=alert(1)>', headerFrom: '"><svg onload=alert(1)> <a@b.example>' }),
  fresh('secret', [part('2', 'a.pdf', { detectedType: 'application/pdf' })], { subject: '【機密】名簿' }),
  fresh('elsewhere', undefined, { recipients: [{ mailbox: 'soto@town.example.jp', state: 'delivered', atMs: NOW_MS }] }),
]

beforeAll(async () => {
  here = await town({ openPerPerson: 1_000 })
  here.clock.nowMs = NOW_MS
  mails.push(...SPECIAL, ...Array.from({ length: 200 }, (_, index) => fresh(`m${index}`)))
  const house = houseOf(here, mails)
  const people = Object.values(PEOPLE).map(each => found(each, { steppedUpAtMs: NOW_MS - 60_000 }))
  portal = await testPortal([...requestRoutes(house), ...approvalRoutes(house)], [...people, found({ ...PEOPLE.tanaka, login: 'weak' })])
})
afterAll(async () => {
  expect(portal.errors).toEqual([])
  await portal.portal.close()
  await here.close()
})

type Stage = 'waiting' | 'approved'
function requested(stage: Stage): string {
  const filed = here.desk.file(PEOPLE.tanaka, mails.find(each => each.publicId === `m${count}`)!, { partKeys: ['2'], reason: '回答のため' })
  count++
  if (filed.kind === 'cannot') throw new Error(filed.why)
  if (stage === 'approved') here.desk.decide(filed.request.requestId, PEOPLE.kacho, { kind: 'approve' })
  return filed.request.requestId
}

const EVERYBODY = ['tanaka', 'suzuki', 'kacho', 'bucho', 'soto', 'kanri', 'kansa', undefined] as const satisfies readonly (Login | undefined)[]
type Row = { readonly act: string; readonly stage: Stage; readonly face: Face; readonly method: 'GET' | 'POST'; readonly path: (id: string) => string; readonly form?: Record<string, string>; readonly want: readonly number[] }

// Statuses in the order of EVERYBODY: requester, same mailbox, approver, level above, another department, administrator, auditor, nobody.
const TABLE: readonly Row[] = [
  { act: 'see the request', stage: 'waiting', face: 'inner', method: 'GET', path: id => `/requests/${id}`, want: [200, 404, 200, 404, 404, 403, 403, 303] },
  { act: 'withdraw', stage: 'waiting', face: 'inner', method: 'POST', path: id => `/requests/${id}/withdraw`, want: [303, 404, 403, 404, 404, 403, 403, 303] },
  { act: 'see it as an approver', stage: 'waiting', face: 'inner', method: 'GET', path: id => `/approvals/${id}`, want: [403, 403, 200, 404, 403, 403, 403, 303] },
  { act: 'have the number sent', stage: 'waiting', face: 'inner', method: 'POST', path: id => `/approvals/${id}/code`, want: [403, 403, 303, 404, 403, 403, 403, 303] },
  { act: 'approve', stage: 'waiting', face: 'inner', method: 'POST', path: id => `/approvals/${id}/approve`, form: { code: RIGHT_CODE }, want: [403, 403, 303, 404, 403, 403, 403, 303] },
  { act: 'refuse', stage: 'waiting', face: 'outer', method: 'POST', path: id => `/approvals/${id}/refuse`, form: { why: '不要' }, want: [403, 403, 303, 404, 403, 403, 403, 303] },
  { act: 'take, inner face', stage: 'approved', face: 'inner', method: 'POST', path: id => `/requests/${id}/parts/0/take`, want: [404, 404, 404, 404, 404, 404, 404, 404] },
  { act: 'take, administration', stage: 'approved', face: 'admin', method: 'POST', path: id => `/requests/${id}/parts/0/take`, want: [404, 404, 404, 404, 404, 404, 404, 404] },
  { act: 'take before approval', stage: 'waiting', face: 'outer', method: 'POST', path: id => `/requests/${id}/parts/0/take`, want: [409, 404, 403, 404, 404, 403, 403, 303] },
  { act: 'take', stage: 'approved', face: 'outer', method: 'POST', path: id => `/requests/${id}/parts/0/take`, want: [200, 404, 403, 404, 404, 403, 403, 303] },
  { act: 'take by a link', stage: 'approved', face: 'outer', method: 'GET', path: id => `/requests/${id}/parts/0/take`, want: [404, 404, 404, 404, 404, 404, 404, 404] },
  { act: 'take a part that was not asked for', stage: 'approved', face: 'outer', method: 'POST', path: id => `/requests/${id}/parts/7/take`, want: [404, 404, 403, 404, 404, 403, 403, 303] },
  { act: 'see the password of a ZIP', stage: 'approved', face: 'outer', method: 'POST', path: id => `/requests/${id}/parts/0/zip`, want: [200, 404, 403, 404, 404, 403, 403, 303] },
  { act: 'take a ZIP with a made-up ticket', stage: 'approved', face: 'outer', method: 'POST', path: id => `/requests/${id}/parts/0/zip-take`, form: { ticket: 'x' }, want: [422, 404, 403, 404, 404, 403, 403, 303] },
  { act: 'send it outside', stage: 'approved', face: 'outer', method: 'POST', path: id => `/requests/${id}/parts/0/mailbox`, want: [303, 404, 403, 404, 404, 403, 403, 303] },
  { act: 'the list of approvals', stage: 'waiting', face: 'inner', method: 'GET', path: () => '/approvals', want: [403, 403, 200, 200, 403, 403, 403, 303] },
  { act: 'the form, of a mail to a shared mailbox', stage: 'waiting', face: 'inner', method: 'GET', path: () => '/requests/new?m=ask', want: [200, 200, 200, 404, 404, 403, 403, 303] },
]

describe.each(TABLE)('$act ($face face, $stage)', ({ stage, face, method, path, form = {}, want }) => {
  test.each(EVERYBODY.map((login, index) => [login, want[index]!] as const))('%s → %i', async (login, status) => {
    const address = path(requested(stage))
    const reply = method === 'GET' ? await portal.get(face, address, login) : await portal.post(face, address, login, form)
    expect(reply.status).toBe(status)
    if (login === undefined && status === 303) expect(reply.headers.get('location')).toMatch(/^\/sign-in/)
  })
})

describe('asking', () => {
  const ask = (m: string, form: Record<string, string>) => portal.post('inner', '/requests/new', 'tanaka', { m, ...form })

  test('says who decides, until when, and that nothing is approved by itself', async () => {
    const page = await (await portal.get('inner', '/requests/new?m=ask&part=2', 'tanaka')).text()
    expect(page).toContain('佐藤課長さんが決めます。')
    expect(page).toContain('令和8年12月1日(火) 17:15までに決まらないと、上位の承認者に回ります。自動では承認されません。')
    expect(page).toContain('<strong>インターネット側の端末だけ</strong>')
    expect(page).toMatch(/name="part" value="2" checked/)
  })

  test('leads to the page of the request', async () => {
    const reply = await ask('ask', { part: '2', reason: '回答のため' })
    expect(reply.status).toBe(303)
    const page = await (await portal.get('inner', reply.headers.get('location')!, 'tanaka')).text()
    expect(page).toContain('承認待ち')
    expect(page).toContain('田中さんが申請しました。')
  })

  test.each([
    ['without a reason', 'm199', { part: '2', reason: '' }, '理由を書いてください。'],
    ['of nothing', 'm199', { reason: 'x' }, '取り出すファイルを選んでください。'],
    ['of a program', 'mixed', { part: '2', reason: 'x' }, 'プログラムなど危険な種類のファイルは渡せません。'],
  ])('not %s: what was written stays', async (_, m, form, text) => {
    const reply = await ask(m, form)
    const page = await reply.text()
    expect(reply.status).toBe(422)
    expect(page).toContain(text)
    expect(page).toContain(`>${form.reason}</textarea>`)
  })

  test('a program has no box and no button', async () => {
    const page = await (await portal.get('inner', '/requests/new?m=program', 'tanaka')).text()
    expect(page).toContain('プログラムなど危険な種類のファイルは渡せません。')
    expect(page).not.toContain('name="part"')
    expect(page).not.toContain('<textarea')
  })

  test('where there is one administrator, the page says so and has no form', async () => {
    here.directory.administratorLogins = ['kanri']
    const page = await (await portal.get('inner', '/requests/new?m=m199', 'tanaka')).text()
    here.directory.administratorLogins = ['kanri', 'kanri2']
    expect(page).toContain('管理者が1人しかいないため')
    expect(page).not.toContain('<textarea')
  })
})

describe('deciding', () => {
  test('shows the reason, the sender checks, the antivirus and the place', async () => {
    const page = await (await portal.get('inner', `/approvals/${requested('waiting')}`, 'kacho')).text()
    for (const text of ['調査票.xlsm（マクロあり）', 'なりすまし検査: 合格', '検出なし（安全の保証ではありません）', '回答のため', 'インターネット側の端末だけ', '自動では承認されません。']) expect(page).toContain(text)
  })

  test('a refusal without a reason is none', async () => {
    const id = requested('waiting')
    const reply = await portal.post('inner', `/approvals/${id}/refuse`, 'kacho', { why: ' ' })
    expect(reply.status).toBe(422)
    expect(await reply.text()).toContain('承認しない理由を書いてください。')
  })

  test('says in whose place', async () => {
    here.directory.levels = [['dairi for kacho'], ['bucho']]
    const id = requested('waiting')
    expect(await (await portal.get('inner', `/approvals/${id}`, 'dairi')).text()).toContain('佐藤課長さんの代わり（代決）として決めます。')
    await portal.post('inner', `/approvals/${id}/approve`, 'dairi', { code: RIGHT_CODE })
    here.directory.levels = [['kacho'], ['bucho']]
    expect(await (await portal.get('inner', `/requests/${id}`, 'tanaka')).text()).toContain('高橋さん（佐藤課長さんの代決）が承認しました。')
  })

  test('looks at the pages of what is asked for, where the class allows it, and only while deciding', async () => {
    const filed = here.desk.file(PEOPLE.tanaka, mails.find(each => each.publicId === 'mixed')!, { partKeys: ['3'], reason: 'x' })
    if (filed.kind === 'cannot') return expect.fail(filed.why)
    const at = `/approvals/${filed.request.requestId}`
    const viewer = await portal.get('inner', `${at}/parts/0/preview?page=2`, 'kacho')
    expect(await viewer.text()).toContain(`src="${at}/parts/0/picture?page=2"`)
    const picture = await portal.get('inner', `${at}/parts/0/picture?page=2`, 'kacho')
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png'])
    for (const path of [`${at}/parts/1/preview`, `${at}/parts/0/preview?page=0`, `${at}/parts/x/picture`]) expect((await portal.get('inner', path, 'kacho')).status).toBe(404)
    expect((await portal.get('inner', `${at}/parts/0/preview`, 'bucho')).status).toBe(404)
    await portal.post('inner', `${at}/refuse`, 'kacho', { why: 'x' })
    expect((await portal.get('inner', `${at}/parts/0/picture`, 'kacho')).status).toBe(404)
  })

  test('not of the highest class, and two must approve', async () => {
    const filed = here.desk.file(PEOPLE.tanaka, mails.find(each => each.publicId === 'secret')!, { partKeys: ['2'], reason: 'x' })
    if (filed.kind === 'cannot') return expect.fail(filed.why)
    const at = `/approvals/${filed.request.requestId}`
    const page = await (await portal.get('inner', at, 'kacho')).text()
    expect(page).toContain('この機密性では画像プレビューを使えません')
    expect(page).toContain('2人のうち0人が承認しました。')
    expect((await portal.get('inner', `${at}/parts/0/preview`, 'kacho')).status).toBe(404)
    await portal.post('inner', `${at}/approve`, 'kacho', { code: RIGHT_CODE })
    expect((await portal.post('inner', `${at}/approve`, 'kacho', { code: RIGHT_CODE })).status).toBe(422)
    expect((await portal.post('inner', `${at}/approve`, 'bucho', { code: RIGHT_CODE })).status).toBe(303)
  })
})

describe('taking', () => {
  test('the inner face says where to go and has no button', async () => {
    const id = requested('approved')
    const page = await (await portal.get('inner', `/requests/${id}`, 'tanaka')).text()
    expect(page).toContain('インターネット側の端末で申請の一覧を開き')
    expect(page).toContain(`https://outer.example/requests/${id}`)
    expect(page).not.toMatch(/parts\/0\/(?:take|zip)/)
  })

  test('the file comes as an attachment that can do nothing, once', async () => {
    const id = requested('approved')
    expect(await (await portal.get('outer', `/requests/${id}`, 'tanaka')).text()).toContain(`/requests/${id}/parts/0/take`)
    const reply = await portal.post('outer', `/requests/${id}/parts/0/take`, 'tanaka', {})
    expect(await reply.text()).toBe('octets of 2')
    expect(Object.fromEntries(['content-disposition', 'content-security-policy', 'content-type', 'x-content-type-options', 'cache-control', 'content-length'].map(name => [name, reply.headers.get(name)]))).toEqual({
      'content-disposition': expect.stringMatching(/^attachment;.*filename\*=UTF-8''%E8%AA%BF/),
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-length': '11',
    })
    const again = await portal.post('outer', `/requests/${id}/parts/0/take`, 'tanaka', {})
    expect(again.status).toBe(409)
    expect(await again.text()).not.toContain('octets of')
    expect(await (await portal.get('outer', `/requests/${id}`, 'tanaka')).text()).toContain('受け取り済み')
  })

  test('asks for the second factor first', async () => {
    const id = requested('approved')
    const reply = await portal.post('outer', `/requests/${id}/parts/0/take`, 'weak', {}, { referer: `${portal.origin('outer')}/requests/${id}` })
    expect([reply.status, reply.headers.get('location')]).toEqual([303, `/step-up?to=${encodeURIComponent(`/requests/${id}`)}`])
  })

  test('a ZIP: the password is shown once, the archive holds the file', async () => {
    const id = requested('approved')
    const page = await (await portal.post('outer', `/requests/${id}/parts/0/zip`, 'tanaka', {})).text()
    const ticket = /name="ticket" value="([\w-]+)"/.exec(page)![1]!
    expect(page).toMatch(/id="zip-password">(?:[a-z2-6]{4}-){4}[a-z2-6]{4}</)
    const reply = await portal.post('outer', `/requests/${id}/parts/0/zip-take`, 'tanaka', { ticket })
    expect(Buffer.from(await reply.arrayBuffer()).subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004')
    expect((await portal.post('outer', `/requests/${id}/parts/0/zip-take`, 'tanaka', { ticket })).status).toBe(422)
  })

  test('the mailbox of the Internet side is one\'s own, whatever is sent', async () => {
    const id = requested('approved')
    await portal.post('outer', `/requests/${id}/parts/0/mailbox`, 'tanaka', { mailbox: 'evil@evil.example', domain: 'evil.example' })
    expect(here.vault.sent.at(-1)).toBe('tanaka@internet.town.example.jp')
  })

  test.each([
    ['busy', 503],
    ['program', 422],
    ['malware', 422],
    ['gone', 410],
  ] as const)('what the vault refuses (%s) is said, and nothing leaves', async (reason, status) => {
    const id = requested('approved')
    here.vault.refusal = reason
    const reply = await portal.post('outer', `/requests/${id}/parts/0/take`, 'tanaka', {})
    here.vault.refusal = undefined
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-disposition')).toBeNull()
  })
})

test('what senders and people write is text on every page', async () => {
  const filed = here.desk.file(PEOPLE.tanaka, mails.find(each => each.publicId === 'hostile')!, { partKeys: ['2'], reason: '</dd><script>alert(2)</script>' })
  if (filed.kind === 'cannot') return expect.fail(filed.why)
  const { requestId } = filed.request
  const pages = await Promise.all([
    portal.get('inner', '/requests/new?m=hostile', 'tanaka'),
    portal.get('inner', '/requests', 'tanaka'),
    portal.get('inner', `/requests/${requestId}`, 'tanaka'),
    portal.get('inner', '/approvals', 'kacho'),
    portal.get('inner', `/approvals/${requestId}`, 'kacho'),
  ])
  for (const page of pages) expect(await page.text()).not.toMatch(/<script>|<img src=x|<svg|onerror=alert\(1\)>/)
  await portal.post('inner', `/approvals/${requestId}/refuse`, 'kacho', { why: '<script>alert(3)</script>' })
  expect(await (await portal.get('inner', `/requests/${requestId}`, 'tanaka')).text()).toContain('理由: &lt;script&gt;alert(3)')
})

test('lists go on by keyset', async () => {
  const page = await (await portal.get('inner', '/requests', 'tanaka')).text()
  expect(page.match(/<tr><th scope="row">/g)).toHaveLength(50)
  expect((await portal.get('inner', '/requests?before=x', 'tanaka')).status).toBe(404)
})
