import { describe, expect, test } from 'vitest'
import { readComposed } from '../../../core/mime/composed.ts'
import { composeOwnLetter } from '../../../core/own-mail.ts'
import { verifyComposed } from '../../../core/mime/verify.ts'
import type { Mailbox, QueueId } from '../../../core/smtp/envelope.ts'
import { type LetterDeps, notifyStaff, submitOutside, submitOwnMail } from '../../../gateway/own-mail.ts'
import { type AcceptedMessage, StoreFull } from '../../../store/contract.ts'

const STAFF = 'staff@town.example.jp'
const LETTER = { tenant: 'default', to: STAFF, subject: '【承認のお願い】\r\nBcc: x@y', text: '理由: 確認のため\n\u202eevil\n', key: 'r1' }
const OWN = { queueId: 'Q1', tenant: 'default', mailbox: STAFF, subject: 's', messageId: '<Q1.own@gate>', onceKey: 'k' }

function deps(over: Partial<LetterDeps> = {}): LetterDeps & { readonly committed: AcceptedMessage[] } {
  const committed: AcceptedMessage[] = []
  return {
    committed,
    store: {
      commit: async message => {
        committed.push(message)
        return { kind: 'committed', entries: [] }
      },
    },
    hostname: 'gate.town.example.jp',
    from: 'sekisho@gate.town.example.jp',
    checkRecipient: mailbox => (mailbox.endsWith('@town.example.jp') ? undefined : 'notListed'),
    policyFor: () => ({ tenant: 'default', route: 'inner', retentionClass: 'default' }) as never,
    offer: () => undefined,
    nowMs: () => Date.UTC(2026, 3, 1),
    newQueueId: () => 'Q7' as QueueId,
    newSeed: () => 'ab'.repeat(16),
    senderOf: () => '無害化ゲートウェイ',
    verify: async ({ message, manifest }) => verifyComposed(message, manifest, new Set()),
    ...over,
  }
}

function letter(queueId = 'Q1'): Uint8Array {
  const words = { sender: '', subject: 's', text: 't', files: [], nowMs: 0, seed: 'cd'.repeat(16) }
  return composeOwnLetter({ ...words, queueId: queueId as QueueId, hostname: 'gate', to: STAFF as Mailbox }).message
}

describe('a mail of ours', () => {
  test('is committed inward, without an original and without a way back', async () => {
    const given = deps()
    expect(await submitOwnMail(OWN, letter(), given)).toEqual({ kind: 'queued', queueId: 'Q1' })
    expect(given.committed[0]).toMatchObject({ reversePath: null, dsnAllowed: false, original: undefined, groups: [{ direction: 'inward', recipients: [STAFF] }] })
  })

  test.for<[string, object, Uint8Array, string]>([
    ['to somebody outside', { mailbox: 'x@elsewhere.example' }, letter(), 'not-inward'],
    ['to what is no mailbox', { mailbox: 'a b' }, letter(), 'not-inward'],
    ['of another tenant', { tenant: 'kita' }, letter(), 'not-inward'],
    ['with the queue id of another one', {}, letter('Q2'), 'faulty'],
    ['with octets that are not canonical', {}, Buffer.concat([letter(), Buffer.from('a\nb\r\n')]), 'faulty'],
  ])('%s is not', async ([, over, octets, reason]) => {
    const given = deps()
    expect(await submitOwnMail({ ...OWN, ...over }, octets, given)).toMatchObject({ kind: 'refused', reason })
    expect(given.committed).toEqual([])
  })

  test('waits when there is no room', async () => {
    const store = { commit: () => Promise.reject(new StoreFull('full')) }
    expect(await submitOwnMail(OWN, letter(), deps({ store }))).toMatchObject({ kind: 'refused', reason: 'busy' })
  })
})

describe('words to the staff', () => {
  test('are made harmless, composed and verified', async () => {
    const given = deps()
    expect(await notifyStaff(LETTER, given)).toEqual({ kind: 'queued', queueId: 'Q7' })
    const composed = Buffer.from(given.committed[0]!.groups[0]!.message)
    expect(composed.toString('latin1')).not.toMatch(/^Bcc:/m)
    expect(readComposed(composed).text).toContain('理由: 確認のため')
    expect(readComposed(composed).text).not.toContain('\u202e')
  })

  test('have a key by which they are sent once', async () => {
    const given = deps()
    await notifyStaff(LETTER, given)
    await notifyStaff(LETTER, given)
    await notifyStaff({ ...LETTER, key: 'r2' }, given)
    const keys = given.committed.map(({ dedupKey }) => dedupKey)
    expect([keys[0] === keys[1], keys[0] === keys[2]]).toEqual([true, false])
  })

  test('wait while nobody can verify them, and never leave when they differ', async () => {
    expect(await notifyStaff(LETTER, deps({ verify: async () => undefined }))).toEqual({ kind: 'cannot', reason: 'busy' })
    const given = deps({ verify: async () => ['subject differs'] })
    await expect(notifyStaff(LETTER, given)).rejects.toThrow('not verified')
    expect(given.committed).toEqual([])
  })
})

describe('a mail with an approved original', () => {
  const OUT = 'staff@internet.town.example.jp'
  const outsideDeps = (over: object = {}) => ({ ...deps(), outsideFor: (mailbox: string) => (mailbox.endsWith('@internet.town.example.jp') ? { route: 'outside', retentionClass: 'default' } : undefined), ...over })
  const outside = (over: object = {}) => ({ ...OWN, mailbox: OUT, ...over })

  test('is committed outward, and by no other way', async () => {
    const given = outsideDeps()
    expect(await submitOutside(outside(), letter(), given)).toEqual({ kind: 'queued', queueId: 'Q1' })
    expect(given.committed[0]).toMatchObject({ reversePath: null, dsnAllowed: false, original: undefined, groups: [{ direction: 'outward', route: 'outside', recipients: [OUT] }] })
  })

  test.for<[string, object, Uint8Array, string]>([
    ['to one of ours, whatever the routes say', { mailbox: STAFF }, letter(), 'not-outward'],
    ['to somebody else outside', { mailbox: 'x@elsewhere.example' }, letter(), 'not-outward'],
    ['to what is no mailbox', { mailbox: 'a b' }, letter(), 'not-outward'],
    ['with the queue id of another one', {}, letter('Q2'), 'faulty'],
    ['with octets that are not canonical', {}, Buffer.concat([letter(), Buffer.from('a\nb\r\n')]), 'faulty'],
  ])('%s is not', async ([, over, octets, reason]) => {
    const given = outsideDeps({ outsideFor: (mailbox: string) => (mailbox.endsWith('elsewhere.example') ? undefined : { route: 'outside', retentionClass: '' }) })
    expect(await submitOutside(outside(over), octets, given)).toMatchObject({ kind: 'refused', reason })
    expect(given.committed).toEqual([])
  })

  test('handed in as a mail to the inner side is refused there', async () => {
    const given = outsideDeps()
    expect(await submitOwnMail(outside(), letter(), given)).toMatchObject({ kind: 'refused', reason: 'not-inward' })
    expect(given.committed).toEqual([])
  })
})
