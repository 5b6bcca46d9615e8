/** What every store engine must keep to. Each engine's own test calls this, then adds what is its own. */
import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Sealer } from '../../core/seal/age.ts'
import type { Mailbox } from '../../core/smtp/envelope.ts'
import type { AcceptedMessage, QueueEntry, Settlement, Store, StoreAdmin } from '../../store/contract.ts'
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
  quarantinedPart,
  REPORT,
  scratchDirectory,
  unseal,
} from '../unit/store/sample.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const ALL = { limit: 100 }
const mailboxes = (...names: string[]) => names.map(name => `${name}@town.example.jp` as Mailbox)

type Engine = Store & StoreAdmin
/** Opens the engine in a directory; `quotaBytes` when the test is about it. */
type Open = (directory: string, over?: { readonly quotaBytes: number }) => Promise<Engine>

export function storeContract(name: string, openEngine: Open): void {
  describe(`${name} keeps the store contract`, () => {
    let directory: string
    let store: Engine
    beforeEach(async () => {
      directory = scratchDirectory()
      store = await openEngine(directory)
    })
    afterEach(async () => {
      await store.close().catch(() => {})
      rmSync(directory, { recursive: true })
    })
    const reopen = async () => {
      await store.close()
      store = await openEngine(directory)
    }
    const commitOne = async (accepted: AcceptedMessage): Promise<QueueEntry> => {
      const result = await store.commit(accepted)
      expect(result.kind).toBe('committed')
      return result.entries[0]!
    }

    describe('commit', () => {
      test('hands the entries back already claimed, with all that the relay needs', async () => {
        const accepted = message()
        const entry = await commitOne(accepted)
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
        expect(await store.claimDue(ACCEPTED_AT_MS + DAY_MS, 10)).toEqual([])
      })

      test.for([
        { where: 'small', length: 500 },
        { where: 'middle', length: 200_000 },
        { where: 'large', length: 3_000_000 },
      ])('keeps a $where original sealed, and the composed copy until it is delivered', async ({ length }) => {
        const original = randomBytes(length)
        const composed = Buffer.alloc(length, 'composed text\r\n')
        const accepted = message({ original: plainOriginal(original), groups: [group({ message: composed })] })
        const entry = await commitOne(accepted)
        expect(Buffer.from(await store.readMessage(entry.entryId)).equals(composed)).toBe(true)
        const sealed = await collect(store.exportOriginal(accepted.queueId, 'default', BY))
        expect(Buffer.from(unseal(sealed)).equals(original)).toBe(true)
        await reopen()
        expect(Buffer.from(await store.readMessage(entry.entryId)).equals(composed)).toBe(true)
        expect(
          Buffer.from(await collect(store.exportOriginal(accepted.queueId, 'default', BY))).equals(Buffer.from(sealed)),
        ).toBe(true)
      })

      test('takes over a file that was sealed while the message arrived', async () => {
        const plain = randomBytes(400_000)
        const sealer = new Sealer([[IDENTITY.recipient]], randomBytes)
        const payload = Buffer.concat([...sealer.push(plain), ...sealer.end()])
        const tempPath = store.incomingPath('arriving-1')
        writeFileSync(tempPath, payload)
        const headers = [{ tenant: 'default', ageHeader: sealer.headers[0]! }]
        const accepted = message({
          original: { headers, payload: { kind: 'file', tempPath, bytes: payload.length, sha256: 'ab' } },
        })
        await commitOne(accepted)
        expect(existsSync(tempPath)).toBe(false)
        expect(
          Buffer.from(unseal(await collect(store.exportOriginal(accepted.queueId, 'default', BY)))).equals(plain),
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
        await commitOne(accepted)
        expect(
          Buffer.from(unseal(await collect(store.exportOriginal(accepted.queueId, 'default', BY)))).toString(),
        ).toBe('sealed by the caller')
      })

      test('leaves the octets of the caller alone', async () => {
        const accepted = message()
        await store.commit(accepted)
        expect(Buffer.from(accepted.groups[0]!.message).toString()).toContain('Subject: hello')
      })

      test('seals a message of two tenants once for each, and opens for neither with the key of the other', async () => {
        const accepted = message({
          groups: [group(), group({ groupId: 'g2', tenant: 'kita', recipients: mailboxes('k') })],
        })
        const { entries } = await store.commit(accepted)
        expect(entries.map(entry => entry.tenant)).toEqual(['default', 'kita'])
        const forKita = await collect(store.exportOriginal(accepted.queueId, 'kita', BY))
        expect(Buffer.from(unseal(forKita, OTHER_IDENTITY)).toString()).toBe('original octets')
        expect(() => unseal(forKita, IDENTITY)).toThrow()
      })

      test('refuses a message that it could not seal, and keeps nothing of it', async () => {
        const accepted = message({ groups: [group({ tenant: 'unknown-town' })] })
        await expect(store.commit(accepted)).rejects.toThrow('no sealing key')
        expect(await store.listQueue(ALL)).toEqual([])
      })

      test('a queue id that is there already fails that message alone', async () => {
        const first = message()
        await store.commit(first)
        const [again, other] = await Promise.allSettled([
          store.commit({ ...message(), queueId: first.queueId }),
          store.commit(message()),
        ])
        expect(again.status).toBe('rejected')
        expect(other.status).toBe('fulfilled')
        expect(await store.verifyAudit()).toMatchObject({ ok: true })
      })

      test('many at once are all there afterwards', async () => {
        const accepted = Array.from({ length: 200 }, (_, i) =>
          message({ original: plainOriginal(randomBytes(i % 10 === 0 ? 100_000 : 300)) }),
        )
        await Promise.all(accepted.map(one => store.commit(one)))
        await reopen()
        const queued = await store.listQueue({ limit: 1000 })
        expect(new Set(queued.map(row => row.queueId))).toEqual(new Set(accepted.map(one => one.queueId)))
      })

      test('above the quota it is StoreFull, and nothing is kept; our own messages still pass', async () => {
        await store.close()
        store = await openEngine(directory, { quotaBytes: 1000 })
        await expect(store.commit(message({ rawBytes: 2000 }))).rejects.toMatchObject({ name: 'StoreFull' })
        await expect(store.commit(message({ rawBytes: 2000, original: undefined }))).resolves.toMatchObject({
          kind: 'committed',
        })
      })
    })

    describe('a lost 250', () => {
      test('the same message within 48 hours is not taken twice', async () => {
        const first = message({ dedupKey: 'same' })
        await store.commit(first)
        const again = message({ dedupKey: 'same', acceptedAtMs: ACCEPTED_AT_MS + DAY_MS })
        expect(await store.commit(again)).toEqual({ kind: 'duplicate', of: first.queueId, entries: [] })
        const [life] = await store.trace({ ...ALL, queueId: first.queueId })
        expect(life?.steps.map(step => step.kind)).toEqual(['accept', 'duplicate'])
      })

      test('nor when both come at the same time', async () => {
        const results = await Promise.all(
          [message({ dedupKey: 'same' }), message({ dedupKey: 'same' })].map(one => store.commit(one)),
        )
        expect(results.map(result => result.kind).sort()).toEqual(['committed', 'duplicate'])
        expect(await store.listQueue(ALL)).toHaveLength(1)
      })

      test('also after a restart', async () => {
        await store.commit(message({ dedupKey: 'same' }))
        await reopen()
        expect((await store.commit(message({ dedupKey: 'same' }))).kind).toBe('duplicate')
      })

      test('after the client went on, it is a new message', async () => {
        const first = message({ dedupKey: 'same' })
        await store.commit(first)
        store.confirmReply(first.queueId)
        expect((await store.commit(message({ dedupKey: 'same' }))).kind).toBe('committed')
      })

      test('after 48 hours, it is a new message', async () => {
        await store.commit(message({ dedupKey: 'same' }))
        const late = message({ dedupKey: 'same', acceptedAtMs: ACCEPTED_AT_MS + 2 * DAY_MS })
        expect((await store.commit(late)).kind).toBe('committed')
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
        const entry = await commitOne(message({ groups: [group({ recipients: mailboxes('a', 'b') })] }))
        const dueAtMs = ACCEPTED_AT_MS + 60_000
        await store.settle([
          delivered(entry.entryId, 'a@town.example.jp'),
          scheduled(entry.entryId, mailboxes('b')[0]!, dueAtMs),
        ])
        expect(await store.claimDue(dueAtMs - 1, 10)).toEqual([])
        const [due] = await store.claimDue(dueAtMs, 10)
        expect(due).toMatchObject({
          entryId: entry.entryId,
          recipients: mailboxes('b'),
          attempts: 1,
          mayBeDuplicate: false,
        })
        expect(await store.claimDue(dueAtMs, 10)).toEqual([])
      })

      test('while one recipient is still under way, the entry stays claimed', async () => {
        const entry = await commitOne(message({ groups: [group({ recipients: mailboxes('a', 'b') })] }))
        await store.settle([scheduled(entry.entryId, mailboxes('a')[0]!, ACCEPTED_AT_MS)])
        expect(await store.claimDue(ACCEPTED_AT_MS + 1, 10)).toEqual([])
        await store.settle([delivered(entry.entryId, 'b@town.example.jp')])
        expect((await store.claimDue(ACCEPTED_AT_MS + 1, 10)).map(due => due.recipients)).toEqual([mailboxes('a')])
      })

      test('when everybody is final the plain copy is gone, and the queue is empty', async () => {
        const entry = await commitOne(message({ groups: [group({ recipients: mailboxes('a', 'b') })] }))
        const failed = { kind: 'failed', atMs: 1, nextHop: 'mail.inner', reply: '550 no', status: '5.1.1' } as const
        await store.settle([
          delivered(entry.entryId),
          { entryId: entry.entryId, recipient: mailboxes('b')[0]!, state: failed, possibleDuplicate: true },
        ])
        await expect(store.readMessage(entry.entryId)).rejects.toThrow('not in the queue')
        expect(await store.listQueue(ALL)).toEqual([])
        const [life] = await store.trace({ ...ALL, queueId: entry.queueId })
        expect(life?.steps.map(step => step.kind)).toEqual(['accept', 'deliver', 'fail'])
        expect(life?.steps[2]?.detail).toMatchObject({ recipient: 'b@town.example.jp', possibleDuplicate: true })
      })

      test('all or none: a settlement for nobody changes nothing', async () => {
        const entry = await commitOne(message())
        await expect(
          store.settle([delivered(entry.entryId), delivered(entry.entryId, 'nobody@town.example.jp')]),
        ).rejects.toThrow('no such recipient')
        expect(await store.listQueue(ALL)).toMatchObject([{ recipients: [{ state: { kind: 'scheduled' } }] }])
      })

      test('a delay warning is remembered', async () => {
        const entry = await commitOne(message())
        await store.markDelayWarned(entry.entryId)
        await store.settle([scheduled(entry.entryId, mailboxes('a')[0]!, ACCEPTED_AT_MS)])
        expect(await store.claimDue(ACCEPTED_AT_MS, 1)).toMatchObject([{ delayWarned: true }])
      })

      test('oldest first, no more than asked for', async () => {
        const entries = await Promise.all([message(), message(), message()].map(commitOne))
        await store.settle(
          entries.map((entry, i) => scheduled(entry.entryId, mailboxes('a')[0]!, ACCEPTED_AT_MS + 100 - i)),
        )
        const due = await store.claimDue(ACCEPTED_AT_MS + 200, 2)
        expect(due.map(entry => entry.entryId)).toEqual([entries[2]!.entryId, entries[1]!.entryId])
      })
    })

    test('after a restart what was under way is due again, and says that it may be the second time', async () => {
      const [underWay, waiting] = [await commitOne(message()), await commitOne(message())]
      const later = { kind: 'scheduled', dueAtMs: ACCEPTED_AT_MS + 5, attempts: 1, lastReply: '' } as const
      await store.settle([
        { entryId: waiting.entryId, recipient: mailboxes('a')[0]!, state: later, possibleDuplicate: false },
      ])
      await reopen()
      const due = await store.claimDue(ACCEPTED_AT_MS + DAY_MS, 10)
      expect(due.map(entry => [entry.entryId, entry.mayBeDuplicate])).toEqual([
        [underWay.entryId, true],
        [waiting.entryId, false],
      ])
    })

    describe('operators', () => {
      test('hold: accepted, but nothing inward is handed out until resumed; DSNs go', async () => {
        await store.setEmergency('hold', BY)
        expect(await store.emergency()).toBe('hold')
        const { entries } = await store.commit(
          message({ groups: [group(), group({ groupId: 'dsn', direction: 'outward', route: 'out' })] }),
        )
        expect(entries.map(entry => entry.direction)).toEqual(['outward'])
        expect(await store.claimDue(ACCEPTED_AT_MS + DAY_MS, 10)).toEqual([])
        await reopen()
        expect(await store.emergency()).toBe('hold')
        await store.setEmergency('none', BY)
        expect((await store.claimDue(ACCEPTED_AT_MS + DAY_MS, 10)).map(entry => entry.direction)).toContain('inward')
      })

      test('drop takes the recipient out, with who and why in the trace', async () => {
        const entry = await commitOne(message({ groups: [group({ recipients: mailboxes('a', 'b') })] }))
        expect(await store.drop({ ...ALL, recipient: 'b@town.example.jp' }, BY)).toBe(1)
        expect((await store.listQueue(ALL))[0]?.recipients.map(one => one.state.kind)).toEqual(['scheduled', 'dropped'])
        const [life] = await store.trace({ ...ALL, queueId: entry.queueId })
        expect(life?.steps.at(-1)).toMatchObject({ kind: 'drop', actor: 'os:root', detail: { reason: 'test' } })
      })

      test('a delivery that was under way when dropped is recorded as what it was', async () => {
        const entry = await commitOne(message())
        await store.drop(ALL, BY)
        await store.settle([delivered(entry.entryId)])
        const [life] = await store.trace(ALL)
        expect(life?.steps.map(step => step.kind)).toEqual(['accept', 'drop', 'deliver'])
      })

      test('retry makes waiting mail due', async () => {
        const entry = await commitOne(message())
        const far = { kind: 'scheduled', dueAtMs: Date.now() + DAY_MS, attempts: 3, lastReply: '' } as const
        await store.settle([
          { entryId: entry.entryId, recipient: mailboxes('a')[0]!, state: far, possibleDuplicate: false },
        ])
        expect(await store.retry({ ...ALL, queueId: entry.queueId }, BY)).toBe(1)
        expect(await store.claimDue(Date.now() + 1000, 10)).toHaveLength(1)
      })

      test('the quarantine lists what was kept back', async () => {
        const accepted = message()
        await store.commit(accepted)
        expect(await store.listQuarantine(ALL)).toEqual([
          {
            queueId: accepted.queueId,
            tenant: 'default',
            acceptedAtMs: ACCEPTED_AT_MS,
            reversePath: 'sender@example.net',
            subject: 'hello',
            bytes: accepted.rawBytes,
            rawSha256: accepted.rawSha256,
            expiresAtMs: ACCEPTED_AT_MS + 30 * DAY_MS,
            pinned: false,
            purged: false,
            parts: [{ id: '2', name: '資料.zip', detectedType: 'application/zip', reason: 'encrypted' }],
          },
        ])
        expect(await store.report(accepted.queueId, 'default')).toEqual([REPORT])
      })

      test.for([
        { by: 'queueId', filter: (one: AcceptedMessage) => ({ queueId: one.queueId }) },
        { by: 'raw digest', filter: (one: AcceptedMessage) => ({ sha256: one.rawSha256.toUpperCase() }) },
        { by: 'digest of a part', filter: () => ({ sha256: 'cd'.repeat(32) }) },
        { by: 'reverse-path', filter: () => ({ sender: 'Evil@example.org' }) },
        { by: 'From', filter: () => ({ sender: 'boss@example.com' }) },
        { by: 'recipient', filter: () => ({ recipient: 'b@town.example.jp' }) },
        { by: 'tenant and time', filter: () => ({ tenant: 'kita', sinceMs: ACCEPTED_AT_MS + 1 }) },
      ])('trace finds by $by', async ({ filter }) => {
        await store.commit(message({ groups: [group(), group({ groupId: 'k', tenant: 'kita' })] }))
        const wanted = message(
          {
            acceptedAtMs: ACCEPTED_AT_MS + 5,
            reversePath: 'evil@example.org' as Mailbox,
            summary: {
              messageId: '',
              subject: 'pay now',
              from: 'Boss <boss@example.com>',
              receivedCount: 0,
              loopMarks: [],
            },
            groups: [
              group({
                tenant: 'kita',
                recipients: mailboxes('b'),
                report: { ...REPORT, parts: [quarantinedPart('cd'.repeat(32))] },
              }),
            ],
          },
          Buffer.from('other octets'),
        )
        await store.commit(wanted)
        const found = await store.trace({ ...ALL, ...filter(wanted) })
        expect(found.map(one => [one.queueId, one.tenant, one.recipients])).toEqual([
          [wanted.queueId, 'kita', mailboxes('b')],
        ])
      })

      test('purge makes the original unreadable for that tenant only, and says so in the trace', async () => {
        const accepted = message({ groups: [group(), group({ groupId: 'g2', tenant: 'kita' })] })
        await store.commit(accepted)
        expect(await store.purge({ ...ALL, tenant: 'kita' }, BY, true)).toMatchObject({ messages: 1 })
        await collect(store.exportOriginal(accepted.queueId, 'kita', BY))
        expect(await store.purge({ ...ALL, tenant: 'kita' }, BY, false)).toMatchObject({ messages: 1 })
        await expect(collect(store.exportOriginal(accepted.queueId, 'kita', BY))).rejects.toThrow('purged')
        expect(
          Buffer.from(unseal(await collect(store.exportOriginal(accepted.queueId, 'default', BY)))).toString(),
        ).toBe('original octets')
        const kinds = (await store.trace({ ...ALL, tenant: 'kita' }))[0]?.steps.map(step => step.kind)
        expect(kinds).toEqual(['accept', 'export', 'purge'])
      })

      test('what is pinned survives purge and retention', async () => {
        const accepted = message()
        await store.commit(accepted)
        expect(await store.pin(accepted.queueId, 'default', true, BY)).toBe(true)
        expect(await store.purge(ALL, BY, false)).toMatchObject({ messages: 0 })
        expect(await store.retain(ACCEPTED_AT_MS + 400 * DAY_MS)).toMatchObject({ originals: 0 })
        expect(await store.listQuarantine(ALL)).toMatchObject([{ pinned: true, purged: false }])
        await store.pin(accepted.queueId, 'default', false, BY)
        expect(await store.purge(ALL, BY, false)).toMatchObject({ messages: 1 })
      })
    })

    describe('retention', () => {
      test('originals after 30 days, not before; what is queued stays queued', async () => {
        const accepted = message({ original: plainOriginal(randomBytes(100_000)) })
        const entry = await commitOne(accepted)
        expect(await store.retain(ACCEPTED_AT_MS + 30 * DAY_MS - 1)).toEqual({ originals: 0, texts: 0, log: 0 })
        expect((await store.space()).originalBytes).toBeGreaterThan(100_000)
        expect(await store.retain(ACCEPTED_AT_MS + 31 * DAY_MS)).toEqual({ originals: 1, texts: 0, log: 0 })
        await expect(collect(store.exportOriginal(accepted.queueId, 'default', BY))).rejects.toThrow('purged')
        expect(await store.readMessage(entry.entryId)).toHaveLength(entry.messageBytes)
        expect(await store.retain(ACCEPTED_AT_MS + 800 * DAY_MS)).toMatchObject({ log: 0 })
      })

      test('delivered text after 7 days, log rows after a year', async () => {
        const entry = await commitOne(message())
        await store.settle([delivered(entry.entryId)])
        const finishedAtMs = Date.now()
        expect(await store.retain(finishedAtMs + 6 * DAY_MS)).toMatchObject({ texts: 0 })
        expect(await store.retain(finishedAtMs + 8 * DAY_MS)).toMatchObject({ texts: 1, log: 0 })
        expect(await store.trace(ALL)).toHaveLength(1)
        expect(await store.retain(finishedAtMs + 400 * DAY_MS)).toMatchObject({ log: 1 })
        expect(await store.trace(ALL)).toEqual([])
      })

      test('more than one slice at once', async () => {
        await Promise.all(Array.from({ length: 450 }, () => store.commit(message())))
        expect(await store.retain(ACCEPTED_AT_MS + 31 * DAY_MS)).toMatchObject({ originals: 450 })
        expect((await store.space()).originalBytes).toBe(0)
      })
    })

    describe('audit', () => {
      test('export gives every record once, from the one asked for', async () => {
        for (let i = 0; i < 3; i++) await store.commit(message())
        const lines: string[] = []
        for await (const line of store.exportAudit(2)) lines.push(line)
        expect(lines.map(line => JSON.parse(line).seq)).toEqual([2, 3, 4])
      })

      test('an anchor is met again after more was written, and after a restart', async () => {
        const anchor = await store.checkpoint()
        await store.commit(message())
        await reopen()
        expect(await store.verifyAudit(anchor)).toMatchObject({ ok: true })
      })

      test('a record of one’s own, of a known kind only', async () => {
        const record = {
          tenant: 'default',
          kind: 'config',
          actor: 'os:root',
          subject: 'smtp.size',
          detail: { from: 1, to: 2 },
        }
        await store.audit(record)
        await expect(store.audit({ ...record, kind: 'invented' })).rejects.toThrow('unknown audit kind')
        expect(await store.verifyAudit()).toMatchObject({ ok: true, records: 2 })
      })
    })

    test('space tells what is queued and since when', async () => {
      await store.commit(message())
      expect(await store.space()).toMatchObject({
        queuedMessages: 1,
        oldestDueAtMs: ACCEPTED_AT_MS,
        freeBytes: expect.any(Number),
      })
    })
  })
}
