/** What every store engine must keep to, on the mail path. Each engine's own test calls this, then adds what is its own. */
import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Sealer } from '../../core/seal/age.ts'
import type { Mailbox } from '../../core/smtp/envelope.ts'
import type { Settlement } from '../../store/contract.ts'
import {
  ACCEPTED_AT_MS,
  BY,
  collect,
  delivered,
  group,
  IDENTITY,
  message,
  OTHER_IDENTITY,
  plainOriginal,
  unseal,
} from '../unit/store/sample.ts'
import { ALL, DAY_MS, engineForEachTest, mailboxes, type OpenEngine } from './engine.ts'

export function storeContract(name: string, openEngine: OpenEngine): void {
  describe(`${name} keeps the store contract`, () => {
    const now = engineForEachTest(openEngine)

    describe('commit', () => {
      test('hands the entries back already claimed, with all that the relay needs', async () => {
        const accepted = message()
        const entry = await now.commitOne(accepted)
        expect(entry).toEqual({
          entryId: expect.any(Number),
          queueId: accepted.queueId,
          tenant: 'default',
          groupId: 'g1',
          route: 'inner',
          direction: 'inward',
          reversePath: 'sender@example.net',
          dsnAllowed: true,
          smtpUtf8: false,
          acceptedAtMs: ACCEPTED_AT_MS,
          attempts: 0,
          recipients: mailboxes('a'),
          messageBytes: accepted.groups[0]!.message.length,
          delayWarned: false,
          mayBeDuplicate: false,
        })
        expect(await now.store.claimDue(ACCEPTED_AT_MS + DAY_MS, 10)).toEqual([])
      })

      test.for([
        { where: 'small', length: 500 },
        { where: 'middle', length: 200_000 },
        { where: 'large', length: 3_000_000 },
      ])('keeps a $where original sealed, and the composed copy until it is delivered', async ({ length }) => {
        const original = randomBytes(length)
        const composed = Buffer.alloc(length, 'composed text\r\n')
        const accepted = message({ original: plainOriginal(original), groups: [group({ message: composed })] })
        const entry = await now.commitOne(accepted)
        expect(Buffer.from(await now.store.readMessage(entry.entryId)).equals(composed)).toBe(true)
        const sealed = await collect(now.store.exportOriginal(accepted.queueId, 'default', BY))
        expect(Buffer.from(unseal(sealed)).equals(original)).toBe(true)
        await now.reopen()
        expect(Buffer.from(await now.store.readMessage(entry.entryId)).equals(composed)).toBe(true)
        expect(
          Buffer.from(await collect(now.store.exportOriginal(accepted.queueId, 'default', BY))).equals(
            Buffer.from(sealed),
          ),
        ).toBe(true)
      })

      test('takes over a file that was sealed while the message arrived', async () => {
        const plain = randomBytes(400_000)
        const sealer = new Sealer([[IDENTITY.recipient]], randomBytes)
        const payload = Buffer.concat([...sealer.push(plain), ...sealer.end()])
        const tempPath = now.store.incomingPath('arriving-1')
        writeFileSync(tempPath, payload)
        const headers = [{ tenant: 'default', ageHeader: sealer.headers[0]! }]
        const accepted = message({
          original: { headers, payload: { kind: 'file', tempPath, bytes: payload.length } },
        })
        await now.commitOne(accepted)
        expect(existsSync(tempPath)).toBe(false)
        expect(
          Buffer.from(unseal(await collect(now.store.exportOriginal(accepted.queueId, 'default', BY)))).equals(plain),
        ).toBe(true)
      })

      test('keeps payloads that came sealed as they are', async () => {
        const sealer = new Sealer([[IDENTITY.recipient]], randomBytes)
        const payload = Buffer.concat([...sealer.push(Buffer.from('sealed by the caller')), ...sealer.end()])
        const accepted = message({
          original: {
            headers: [{ tenant: 'default', ageHeader: sealer.headers[0]! }],
            payload: { kind: 'memory', bytes: payload },
          },
        })
        await now.commitOne(accepted)
        expect(
          Buffer.from(unseal(await collect(now.store.exportOriginal(accepted.queueId, 'default', BY)))).toString(),
        ).toBe('sealed by the caller')
      })

      test('leaves the octets of the caller alone', async () => {
        const accepted = message()
        await now.store.commit(accepted)
        expect(Buffer.from(accepted.groups[0]!.message).toString()).toContain('Subject: hello')
      })

      test('seals a message of two tenants once for each, and opens for neither with the key of the other', async () => {
        const accepted = message({
          groups: [group(), group({ groupId: 'g2', tenant: 'kita', recipients: mailboxes('k') })],
        })
        const { entries } = await now.store.commit(accepted)
        expect(entries.map(entry => entry.tenant)).toEqual(['default', 'kita'])
        const forKita = await collect(now.store.exportOriginal(accepted.queueId, 'kita', BY))
        expect(Buffer.from(unseal(forKita, OTHER_IDENTITY)).toString()).toBe('original octets')
        expect(() => unseal(forKita, IDENTITY)).toThrow()
      })

      test('refuses a message that it could not seal, and keeps nothing of it', async () => {
        const accepted = message({ groups: [group({ tenant: 'unknown-town' })] })
        await expect(now.store.commit(accepted)).rejects.toThrow('no sealing key')
        expect(await now.store.listQueue(ALL)).toEqual([])
      })

      test('a queue id that is there already fails that message alone', async () => {
        const first = message()
        await now.store.commit(first)
        const [again, other] = await Promise.allSettled([
          now.store.commit({ ...message(), queueId: first.queueId }),
          now.store.commit(message()),
        ])
        expect(again.status).toBe('rejected')
        expect(other.status).toBe('fulfilled')
        expect(await now.store.verifyAudit()).toMatchObject({ ok: true })
      })

      test('many at once are all there afterwards', async () => {
        const accepted = Array.from({ length: 200 }, (_, i) =>
          message({ original: plainOriginal(randomBytes(i % 10 === 0 ? 100_000 : 300)) }),
        )
        await Promise.all(accepted.map(one => now.store.commit(one)))
        await now.reopen()
        const queued = await now.store.listQueue({ limit: 1000 })
        expect(new Set(queued.map(row => row.queueId))).toEqual(new Set(accepted.map(one => one.queueId)))
      })

      test('above the quota it is StoreFull, and nothing is kept; our own messages still pass', async () => {
        await now.reopen({ quotaBytes: 1000 })
        await expect(now.store.commit(message({ rawBytes: 2000 }))).rejects.toMatchObject({ name: 'StoreFull' })
        await expect(now.store.commit(message({ rawBytes: 2000, original: undefined }))).resolves.toMatchObject({
          kind: 'committed',
        })
      })
    })

    describe('a lost 250', () => {
      test('the same message within 48 hours is not taken twice', async () => {
        const first = message({ dedupKey: 'same' })
        await now.store.commit(first)
        const again = message({ dedupKey: 'same', acceptedAtMs: ACCEPTED_AT_MS + DAY_MS })
        expect(await now.store.commit(again)).toEqual({ kind: 'duplicate', of: first.queueId, entries: [] })
        const [life] = await now.store.trace({ ...ALL, queueId: first.queueId })
        expect(life?.steps.map(step => step.kind)).toEqual(['accept', 'duplicate'])
      })

      test('nor when both come at the same time', async () => {
        const results = await Promise.all(
          [message({ dedupKey: 'same' }), message({ dedupKey: 'same' })].map(one => now.store.commit(one)),
        )
        expect(results.map(result => result.kind).sort()).toEqual(['committed', 'duplicate'])
        expect(await now.store.listQueue(ALL)).toHaveLength(1)
      })

      test('also after a restart', async () => {
        await now.store.commit(message({ dedupKey: 'same' }))
        await now.reopen()
        expect((await now.store.commit(message({ dedupKey: 'same' }))).kind).toBe('duplicate')
      })

      test('after the client went on, it is a new message', async () => {
        const first = message({ dedupKey: 'same' })
        await now.store.commit(first)
        now.store.confirmReply(first.queueId)
        expect((await now.store.commit(message({ dedupKey: 'same' }))).kind).toBe('committed')
      })

      test('after 48 hours, it is a new message', async () => {
        await now.store.commit(message({ dedupKey: 'same' }))
        const late = message({ dedupKey: 'same', acceptedAtMs: ACCEPTED_AT_MS + 2 * DAY_MS })
        expect((await now.store.commit(late)).kind).toBe('committed')
      })
    })

    describe('settle', () => {
      const scheduled = (entryId: number, recipient: Mailbox, dueAtMs: number, attempts = 1): Settlement => ({
        entryId,
        recipient,
        state: { kind: 'scheduled', dueAtMs, attempts, lastReply: '451 later' },
        possibleDuplicate: false,
      })

      test('a deferred recipient comes back when due, the delivered one does not', async () => {
        const entry = await now.commitOne(message({ groups: [group({ recipients: mailboxes('a', 'b') })] }))
        const dueAtMs = ACCEPTED_AT_MS + 60_000
        await now.store.settle([
          delivered(entry.entryId, 'a@town.example.jp'),
          scheduled(entry.entryId, mailboxes('b')[0]!, dueAtMs),
        ])
        expect(await now.store.claimDue(dueAtMs - 1, 10)).toEqual([])
        const [due] = await now.store.claimDue(dueAtMs, 10)
        expect(due).toMatchObject({
          entryId: entry.entryId,
          recipients: mailboxes('b'),
          attempts: 1,
          mayBeDuplicate: false,
        })
        expect(await now.store.claimDue(dueAtMs, 10)).toEqual([])
      })

      test('while one recipient is still under way, the entry stays claimed', async () => {
        const entry = await now.commitOne(message({ groups: [group({ recipients: mailboxes('a', 'b') })] }))
        await now.store.settle([scheduled(entry.entryId, mailboxes('a')[0]!, ACCEPTED_AT_MS)])
        expect(await now.store.claimDue(ACCEPTED_AT_MS + 1, 10)).toEqual([])
        await now.store.settle([delivered(entry.entryId, 'b@town.example.jp')])
        expect((await now.store.claimDue(ACCEPTED_AT_MS + 1, 10)).map(due => due.recipients)).toEqual([mailboxes('a')])
      })

      test('when everybody is final the plain copy is gone, and the queue is empty', async () => {
        const entry = await now.commitOne(message({ groups: [group({ recipients: mailboxes('a', 'b') })] }))
        const failed = { kind: 'failed', atMs: 1, nextHop: 'mail.inner', reply: '550 no', status: '5.1.1' } as const
        await now.store.settle([
          delivered(entry.entryId),
          { entryId: entry.entryId, recipient: mailboxes('b')[0]!, state: failed, possibleDuplicate: true },
        ])
        await expect(now.store.readMessage(entry.entryId)).rejects.toThrow('not in the queue')
        expect(await now.store.listQueue(ALL)).toEqual([])
        const [life] = await now.store.trace({ ...ALL, queueId: entry.queueId })
        expect(life?.steps.map(step => step.kind)).toEqual(['accept', 'deliver', 'fail'])
        expect(life?.steps[2]?.detail).toMatchObject({ recipient: 'b@town.example.jp', possibleDuplicate: true })
      })

      test('all or none: a settlement for nobody changes nothing', async () => {
        const entry = await now.commitOne(message())
        await expect(
          now.store.settle([delivered(entry.entryId), delivered(entry.entryId, 'nobody@town.example.jp')]),
        ).rejects.toThrow('no such recipient')
        expect(await now.store.listQueue(ALL)).toMatchObject([{ recipients: [{ state: { kind: 'scheduled' } }] }])
      })

      test('a delay warning is remembered', async () => {
        const entry = await now.commitOne(message())
        await now.store.markDelayWarned(entry.entryId)
        await now.store.settle([scheduled(entry.entryId, mailboxes('a')[0]!, ACCEPTED_AT_MS)])
        expect(await now.store.claimDue(ACCEPTED_AT_MS, 1)).toMatchObject([{ delayWarned: true }])
      })

      test('oldest first, no more than asked for', async () => {
        const entries = await Promise.all([message(), message(), message()].map(now.commitOne))
        await now.store.settle(
          entries.map((entry, i) => scheduled(entry.entryId, mailboxes('a')[0]!, ACCEPTED_AT_MS + 100 - i)),
        )
        const due = await now.store.claimDue(ACCEPTED_AT_MS + 200, 2)
        expect(due.map(entry => entry.entryId)).toEqual([entries[2]!.entryId, entries[1]!.entryId])
      })
    })

    test('deferred although it may have been delivered: every later claim says so', async () => {
      const entry = await now.commitOne(message())
      const later = { kind: 'scheduled', dueAtMs: ACCEPTED_AT_MS + 5, attempts: 1, lastReply: '' } as const
      for (const possibleDuplicate of [true, false]) {
        await now.store.settle([{ entryId: entry.entryId, recipient: mailboxes('a')[0]!, state: later, possibleDuplicate }])
        expect(await now.store.claimDue(ACCEPTED_AT_MS + DAY_MS, 10)).toMatchObject([{ mayBeDuplicate: true }])
      }
    })

    test('after a restart what was under way is due again, and says that it may be the second time', async () => {
      const [underWay, waiting] = [await now.commitOne(message()), await now.commitOne(message())]
      const later = { kind: 'scheduled', dueAtMs: ACCEPTED_AT_MS + 5, attempts: 1, lastReply: '' } as const
      await now.store.settle([
        { entryId: waiting.entryId, recipient: mailboxes('a')[0]!, state: later, possibleDuplicate: false },
      ])
      await now.reopen()
      const due = await now.store.claimDue(ACCEPTED_AT_MS + DAY_MS, 10)
      expect(due.map(entry => [entry.entryId, entry.mayBeDuplicate])).toEqual([
        [underWay.entryId, true],
        [waiting.entryId, false],
      ])
    })
  })
}
