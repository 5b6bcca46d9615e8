import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { approvalRoutes } from '../../../../portal/pages/approvals.ts'
import { requestRoutes } from '../../../../portal/pages/requests.ts'
import { shelfRoutes } from '../../../../portal/pages/shelf.ts'
import type { House } from '../../../../portal/house.ts'
import type { Result } from '../../../../portal/keeping/results.ts'
import { found, type TestPortal, testPortal } from '../../../support/portal.ts'
import { reportOf } from '../../../support/portal-fakes.ts'
import { DAY, houseOf, part, PEOPLE, type Town, town } from '../../../support/requests.ts'

const { tanaka, kacho, soto, suzuki } = PEOPLE
let here: Town
let house: House

beforeEach(async () => {
  here = await town({ bringApproval: ['zei'], defaultClass: 1 })
  const base = houseOf(here, [])
  const shelf: House['vault']['shelf'] = async id => ({ kind: 'file', file: { id, name: '名簿.csv', mediaType: 'text/csv', bytes: 3, sha256: '', untilMs: 0 }, bytes: Buffer.from('abc') })
  house = { ...base, vault: { ...base.vault, shelf, mailInward: async () => ({ kind: 'queued', queueId: 'Q1' }) } }
})
afterEach(() => here.close())

function brought(person = tanaka): Result {
  const file = { id: 'f'.repeat(32), name: '名簿.csv', mediaType: 'text/csv', bytes: 3, sha256: 's', untilMs: here.clock.nowMs + 7 * DAY }
  const resultId = house.keeping.results.add(person, { origin: 'brought', publicId: undefined, partKey: '', report: reportOf([part('1', '名簿.csv')]), file })
  here.bringing.hold(person, resultId, 'text/csv')
  return house.keeping.results.one(person, resultId)!
}
const asked = (result: Result) => {
  const answer = here.bringing.ask(tanaka, result, '調査の集計に使うため')
  return answer.kind === 'filed' ? answer.request : expect.fail(answer.kind)
}
const letters = async () => {
  await here.outbox.send()
  return here.sent.splice(0)
}

describe('what was brought in', () => {
  test('waits where the department asks for an approval, and nowhere else', () => {
    expect(here.bringing.stateOf(brought(soto)).kind).toBe('free')
    expect(here.bringing.stateOf(brought()).kind).toBe('ask')
    here.rules = { ...here.rules, bringApproval: ['*'] }
    expect(here.bringing.stateOf(brought(soto)).kind).toBe('ask')
  })

  test.each([
    ['its kind', { detected: ['image/*', 'text/csv'] }, 'text/csv', true],
    ['another kind', { detected: ['image/*'] }, 'text/csv', false],
    ['its kind in another department', { departments: ['soumu'], detected: ['*'] }, 'text/csv', false],
    ['its kind in this department', { departments: ['zei'], detected: ['*'] }, 'application/pdf', true],
    ['a class that this department reaches', { classification: 2 }, 'text/csv', true],
    ['a higher class than this department has', { classification: 3 }, 'text/csv', false],
    ['nothing: everything', {}, 'text/csv', true],
  ] as const)('waits by a row that names %s: %o', (_name, row, detectedType, waits) => {
    here.directory.classes.set(1, 2)
    here.rules = { ...here.rules, bringApproval: [], bringApprovalWhen: [{ departments: [], detected: [], classification: 1, ...row }] }
    expect(here.desk.needsApprovalToBring(tanaka, detectedType)).toBe(waits)
  })

  test('is asked for with a reason, approved by somebody else, and told in letters of its own', async () => {
    const result = brought()
    expect(here.bringing.ask(tanaka, result, ' ')).toEqual({ kind: 'cannot', why: 'no-reason' })
    const request = asked(result)
    const [letter] = await letters()
    expect([letter?.to, letter?.subject]).toEqual(['kacho@town.example.jp', '【承認のお願い】持ち込んだファイルの受け取り（税務課）'])
    expect(letter?.text).toContain('調査の集計に使うため')
    expect(letter?.text).not.toContain('元のファイル')
    expect(here.bringing.ask(tanaka, result, 'もう一度')).toEqual({ kind: 'nothing' })
    expect(here.bringing.stateOf(result).kind).toBe('waiting')
    expect(here.desk.decide(request.requestId, tanaka, { kind: 'approve' }).kind).toBe('cannot')
    here.desk.decide(request.requestId, kacho, { kind: 'approve' })
    expect(here.bringing.stateOf(result)).toEqual({ kind: 'free' })
    expect((await letters()).map(({ to, subject }) => `${to} ${subject}`)).toEqual(['tanaka@town.example.jp 【承認されました】持ち込んだファイルの受け取り'])
  })

  test('stays free once it was taken, and is closed when the approval runs out before', () => {
    const [one, other] = [brought(), brought()]
    for (const each of [one, other]) here.desk.decide(asked(each).requestId, kacho, { kind: 'approve' })
    here.bringing.taken(tanaka, one)
    here.bringing.taken(tanaka, one)
    here.clock.nowMs += 6 * DAY
    here.desk.tick()
    expect([here.bringing.stateOf(one).kind, here.bringing.stateOf(other).kind]).toEqual(['free', 'ask'])
  })

  test('can be asked for again after a refusal', () => {
    const result = brought()
    here.desk.decide(asked(result).requestId, kacho, { kind: 'refuse', why: '出どころが分からない' })
    expect(here.bringing.stateOf(result).kind).toBe('ask')
    expect(asked(result).state.stage.kind).toBe('waiting')
  })

  test('ends with its person, and passes on to nobody', () => {
    const request = asked(brought())
    here.directory.gone.add('tanaka')
    here.desk.peopleChanged(new Map([[tanaka.personId, suzuki.personId]]), { actor: 'system', reason: '異動' })
    expect(here.desk.records.byId(request.requestId)?.state.stage).toEqual({ kind: 'closed', why: 'revoked' })
  })

  test('is no original: the vault is asked for none', async () => {
    const request = asked(brought())
    here.desk.decide(request.requestId, kacho, { kind: 'approve' })
    const claim = { requestId: request.requestId, part: 0, person: tanaka, by: { actor: 'user:tanaka', tenant: 'default', address: '' }, steppedUpAtMs: here.clock.nowMs }
    expect(await here.taking.file(claim)).toEqual({ kind: 'cannot', why: 'no-part' })
    expect(here.taking.zipTicket(claim)).toMatchObject({ kind: 'cannot' })
    expect(here.vault.asked).toEqual([])
  })
})

describe('the approver’s look at it', () => {
  const PDF = 'application/pdf'
  const file = (mediaType: string) => ({ id: 'e'.repeat(32), name: '図面.pdf', mediaType, bytes: 3, sha256: 's', untilMs: here.clock.nowMs + 7 * DAY })
  const requestOf = (mediaType: string) => {
    const resultId = house.keeping.results.add(tanaka, { origin: 'brought', publicId: undefined, partKey: '', report: reportOf([part('1', '図面.pdf')]), file: file(mediaType) })
    here.bringing.hold(tanaka, resultId, mediaType)
    return asked(house.keeping.results.one(tanaka, resultId)!).requestId
  }
  let portal: TestPortal
  beforeEach(async () => {
    portal = await testPortal(approvalRoutes(house), [tanaka, kacho, suzuki].map(each => found(each, { steppedUpAtMs: 0 })))
  })
  afterEach(() => portal.portal.close())

  test('shows pages of what was disarmed, with the approver’s name in them, and to nobody else', async () => {
    const at = `/approvals/${requestOf(PDF)}`
    expect(await (await portal.get('inner', at, 'kacho')).text()).toContain(`${at}/parts/0/preview`)
    expect(await (await portal.get('inner', `${at}/parts/0/preview?page=2`, 'kacho')).text()).toContain(`${at}/parts/0/picture?page=2`)
    expect((await portal.get('inner', `${at}/parts/0/picture?page=2`, 'kacho')).headers.get('content-type')).toBe('image/png')
    expect(here.vault.looked).toEqual([expect.stringMatching(/^e{32} 2 佐藤課長 kacho /)])
    for (const login of ['tanaka', 'suzuki']) for (const what of ['preview', 'picture']) expect((await portal.get('inner', `${at}/parts/0/${what}`, login)).status).not.toBe(200)
    expect(here.vault.looked).toHaveLength(1)
  })

  test.each([
    ['its form has no picture', 'application/zip', 1],
    ['the class shows none', PDF, 3],
  ] as const)('is not there where %s', async (_name, mediaType, classification) => {
    here.directory.classes.set(1, classification)
    const at = `/approvals/${requestOf(mediaType)}`
    expect(await (await portal.get('inner', at, 'kacho')).text()).not.toContain('/preview')
    expect((await portal.get('inner', `${at}/parts/0/preview`, 'kacho')).status).toBe(404)
  })

  test('ends with the shelf', async () => {
    const at = `/approvals/${requestOf(PDF)}`
    house.keeping.results.forget(here.clock.nowMs + 30 * DAY)
    expect((await portal.get('inner', `${at}/parts/0/preview`, 'kacho')).status).toBe(404)
  })
})

describe('the pages', () => {
  let portal: TestPortal
  beforeEach(async () => {
    portal = await testPortal([...shelfRoutes(house), ...requestRoutes(house), ...approvalRoutes(house)], [tanaka, kacho, suzuki].map(each => found(each, { steppedUpAtMs: 0 })))
  })
  afterEach(() => portal.portal.close())
  const body = async (response: Promise<Response>) => (await response).text()

  test('give nothing before it was approved, and then as always', async () => {
    const { resultId } = brought()
    const card = await body(portal.get('inner', '/shelf', 'tanaka'))
    expect(card).toContain(`/shelf/${resultId}/ask`)
    expect(card).not.toContain(`/shelf/${resultId}/file`)
    for (const act of ['file', 'mail']) expect((await portal.post('inner', `/shelf/${resultId}/${act}`, 'tanaka', {})).status).toBe(403)
    expect((await portal.post('inner', `/shelf/${resultId}/ask`, 'tanaka', { reason: '' })).status).toBe(422)
    expect((await portal.post('inner', `/shelf/${resultId}/ask`, 'suzuki', { reason: 'x' })).status).toBe(404)
    const to = (await portal.post('inner', `/shelf/${resultId}/ask`, 'tanaka', { reason: '集計のため' })).headers.get('location')!
    const decide = to.replace('/requests/', '/approvals/')
    const page = await body(portal.get('inner', decide, 'kacho'))
    for (const each of ['持ち込んだファイルの受け取りの承認', '集計のため', '名簿.csv']) expect(page).toContain(each)
    expect(page).not.toContain('name="code"')
    expect((await portal.post('inner', `${decide}/code`, 'kacho', {})).status).toBe(409)
    expect((await portal.post('inner', `${decide}/approve`, 'kacho', {})).headers.get('location')).toBe('/approvals')
    const request = await body(portal.get('outer', to, 'tanaka'))
    expect(request).toContain('href="/shelf"')
    expect(request).not.toContain('/take')
    expect(await body(portal.post('inner', `/shelf/${resultId}/file`, 'tanaka', {}))).toBe('abc')
    expect((await portal.post('inner', `/shelf/${resultId}/mail`, 'tanaka', {})).status).toBe(303)
  })
})
