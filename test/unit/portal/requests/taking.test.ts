/** The way out: once, to one person, in the minutes of a grant, and nothing of it after it was taken back. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openArchive } from '../../../../core/disarm/zip.ts'
import type { Person } from '../../../../portal/people/person.ts'
import type { Claim, Given } from '../../../../portal/requests/taking.ts'
import { mail, MINUTE, part, PEOPLE, type Town, town } from '../../../support/requests.ts'

const { tanaka, suzuki, kacho } = PEOPLE
let here: Town
let requestId: string
beforeEach(async () => {
  here = await town()
  const filed = here.desk.file(tanaka, mail('m1', [part('2', '調査票.xlsm'), part('3', '図面.jww')]), { partKeys: ['2', '3'], reason: '回答のため' })
  if (filed.kind === 'cannot') throw new Error(filed.why)
  requestId = filed.request.requestId
})
afterEach(() => here.close())

const claim = (number = 0, more: Partial<Claim> & { readonly person?: Person } = {}): Claim => ({ requestId, part: number, person: tanaka, by: { actor: 'user:tanaka', tenant: 'default', address: '192.0.2.9' }, steppedUpAtMs: here.clock.nowMs - MINUTE, ...more })
const approve = () => here.desk.decide(requestId, kacho, { kind: 'approve' })
const parts = () => here.desk.records.byId(requestId)!.state.parts.map(each => each.kind)

async function read(given: Given): Promise<string> {
  if (given.kind === 'cannot') return given.why
  const pieces: Uint8Array[] = []
  for await (const piece of given.bytes) pieces.push(piece as Uint8Array)
  await new Promise(resolve => setImmediate(resolve))
  return Buffer.concat(pieces).toString('latin1')
}

describe('a file', () => {
  test('goes out once', async () => {
    approve()
    expect(await read(await here.taking.file(claim()))).toBe('octets of 2')
    expect(parts()).toEqual(['taken', 'ready'])
    expect(await read(await here.taking.file(claim()))).toBe('used')
    expect(here.audit().map(each => [each['kind'], each['act'], each['part']])).toEqual([['request', 'filed', undefined], ['decision', 'approved', undefined], ['grant', 'granted', 0], ['release', 'taken', 0]].map(([kind, act, number]) => [kind, act, number]))
  })

  test('goes out once of two windows at the same time', async () => {
    approve()
    const both = await Promise.all([here.taking.file(claim()), here.taking.file(claim())])
    expect((await Promise.all(both.map(read))).toSorted()).toEqual(['octets of 2', 'used'])
    expect(here.vault.asked).toHaveLength(1)
  })

  test('the vault is told who asked, who approved and until when', async () => {
    approve()
    await read(await here.taking.file(claim()))
    expect(here.vault.asked).toMatchObject([{ requester: 'tanaka', approvers: ['kacho'], validUntilMs: here.clock.nowMs + 14 * MINUTE }])
  })

  test.for<{ name: string; approved?: false; before?: () => void; more?: () => Partial<Claim>; why: string }>([
    { name: 'before it is approved', approved: false, why: 'order' },
    { name: 'by somebody else', more: () => ({ person: suzuki }), why: 'not-yours' },
    { name: 'by who approved it', more: () => ({ person: kacho }), why: 'not-yours' },
    { name: 'of a part that was not asked for', more: () => ({ part: 2 }), why: 'no-part' },
    { name: 'of a request that is not there', more: () => ({ requestId: 'x' }), why: 'order' },
    { name: 'when the minutes since the second factor are over', more: () => ({ steppedUpAtMs: here.clock.nowMs - 15 * MINUTE }), why: 'late' },
    {
      name: 'when the approval is over',
      before: () => {
        here.clock.nowMs = Date.parse('2026-04-10T17:15:00+09:00')
      },
      why: 'late',
    },
    { name: 'after it was taken back', before: () => void here.desk.revoke('all', { actor: 'user:kanri', reason: 'x' }), why: 'order' },
  ])('not $name', async ({ approved = true, before, more, why }) => {
    if (approved) approve()
    before?.()
    expect(await read(await here.taking.file(claim(0, more?.())))).toBe(why)
    expect(here.vault.asked).toHaveLength(0)
  })

  test('that broke off may be begun again, in the minutes of the first try only', async () => {
    approve()
    const given = await here.taking.file(claim())
    if (given.kind === 'cannot') return expect.fail(given.why)
    given.bytes.destroy()
    await expect.poll(parts).toEqual(['broken', 'ready'])
    here.clock.nowMs += 13 * MINUTE
    const again = await here.taking.file(claim(0, { steppedUpAtMs: here.clock.nowMs }))
    expect(here.vault.asked[1]!.validUntilMs).toBe(here.vault.asked[0]!.validUntilMs)
    if (again.kind === 'cannot') return expect.fail(again.why)
    again.bytes.destroy()
    await expect.poll(parts).toEqual(['broken', 'ready'])
    here.clock.nowMs += MINUTE
    expect(await read(await here.taking.file(claim(0, { steppedUpAtMs: here.clock.nowMs })))).toBe('used')
  })

  test('that came short is not taken', async () => {
    approve()
    here.vault.octets = async function* () {
      yield Buffer.from('oct')
    }
    const given = await here.taking.file(claim())
    if (given.kind === 'cannot') return expect.fail(given.why)
    await expect(given.bytes.toArray()).rejects.toThrow('came short')
    await expect.poll(parts).toEqual(['broken', 'ready'])
  })

  test('that the vault refuses is not taken, and says why', async () => {
    approve()
    here.vault.refusal = 'program'
    expect(await read(await here.taking.file(claim()))).toBe('program')
    expect(here.audit().at(-1)).toMatchObject({ kind: 'grant', act: 'broken', why: 'program' })
  })

  test('all taken: the request is over', async () => {
    approve()
    await read(await here.taking.file(claim(0)))
    await read(await here.taking.file(claim(1)))
    expect(here.desk.records.byId(requestId)!.state.stage).toEqual({ kind: 'closed', why: 'taken' })
  })
})

describe('on the bad day', () => {
  test('what is leaving is cut off, and grants are burned', async () => {
    approve()
    here.vault.octets = async function* () {
      for (;;) {
        yield Buffer.from('o')
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    }
    const given = await here.taking.file(claim())
    if (given.kind === 'cannot') return expect.fail(given.why)
    given.bytes.resume()
    await here.taking.revoke('all', { actor: 'user:kanri', reason: '隔離' }, { actor: 'user:kanri', tenant: 'default', address: '' })
    await expect.poll(() => given.bytes.destroyed).toBe(true)
    await expect.poll(() => here.audit().map(each => each['act']).at(-1)).toBe('broken')
    expect(here.vault.grants.size).toBe(0)
    expect(await read(await here.taking.file(claim()))).toBe('order')
  })
})

describe('a locked ZIP', () => {
  test('opens with the password that was shown, once', async () => {
    approve()
    const ticket = here.taking.zipTicket(claim())
    if (ticket.kind === 'cannot') return expect.fail(ticket.why)
    expect(ticket.password).toMatch(/^(?:[a-z2-6]{4}-){4}[a-z2-6]{4}$/)
    expect(here.vault.asked, 'nothing is granted for a look at the password').toHaveLength(0)
    const given = await here.taking.zip(claim(), ticket.ticket)
    if (given.kind === 'cannot') return expect.fail(given.why)
    expect([given.name, given.mediaType]).toEqual(['調査票.xlsm.zip', 'application/zip'])
    const archive = await openArchive(Buffer.concat(await given.bytes.toArray()), { reading: 'strict', entries: 9 })
    if (archive.kind === 'cannot') return expect.fail(archive.reason)
    const content = await archive.entries[0]!.read(1000, Buffer.from(ticket.password))
    expect(content.kind === 'content' && content.bytes.toString()).toBe('octets of 2')
    await expect.poll(parts).toEqual(['taken', 'ready'])
    expect(await read(await here.taking.zip(claim(), ticket.ticket))).toBe('expired')
  })

  test.for<{ name: string; laterMs?: number; how: (ticket: string) => [Claim, string] }>([
    { name: 'a made-up ticket', how: () => [claim(), 'x'] },
    { name: 'another person', how: ticket => [claim(0, { person: suzuki }), ticket] },
    { name: 'another part', how: ticket => [claim(1), ticket] },
    { name: 'a ticket whose minutes are over', laterMs: 15 * MINUTE, how: ticket => [claim(), ticket] },
  ])('not for $name', async ({ how, laterMs = 0 }) => {
    approve()
    const ticket = here.taking.zipTicket(claim())
    if (ticket.kind === 'cannot') return expect.fail(ticket.why)
    here.clock.nowMs += laterMs
    expect(await read(await here.taking.zip(...how(ticket.ticket)))).toBe('expired')
    expect(parts()).toEqual(['ready', 'ready'])
  })

  test('no ticket for what is not one\'s own, or not approved', () => {
    expect(here.taking.zipTicket(claim())).toEqual({ kind: 'cannot', why: 'used' })
    approve()
    expect(here.taking.zipTicket(claim(0, { person: suzuki }))).toEqual({ kind: 'cannot', why: 'not-asked' })
    expect(here.taking.zipTicket(claim(7))).toEqual({ kind: 'cannot', why: 'no-part' })
  })
})

describe('the mailbox of the Internet side', () => {
  test('gets it, where its domain is set', async () => {
    approve()
    expect(await here.taking.toMailbox(claim(), 'tanaka@internet.town.example.jp')).toEqual({ kind: 'sent' })
    expect([here.vault.sent, parts()]).toEqual([['tanaka@internet.town.example.jp'], ['taken', 'ready']])
  })

  test.each(['tanaka@town.example.jp', 'x@evil.example', 'a@b@internet.town.example.jp', '', 'a\r\nb@internet.town.example.jp'])('not %j', async mailbox => {
    approve()
    expect(await here.taking.toMailbox(claim(), mailbox)).toEqual({ kind: 'cannot', why: 'outside' })
    expect(parts()).toEqual(['ready', 'ready'])
  })
})
