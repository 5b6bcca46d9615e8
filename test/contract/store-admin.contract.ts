/** What every store engine must keep to, towards operators: queue, quarantine, trace, retention, audit. */
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Mailbox } from '../../core/smtp/envelope.ts'
import type { AcceptedMessage } from '../../store/contract.ts'
import {
  ACCEPTED_AT_MS,
  BY,
  collect,
  delivered,
  group,
  message,
  plainOriginal,
  quarantinedPart,
  REPORT,
  unseal,
} from '../unit/store/sample.ts'
import { ALL, DAY_MS, engineForEachTest, mailboxes, type OpenEngine } from './engine.ts'

export function storeAdminContract(name: string, openEngine: OpenEngine): void {
  describe(`${name} keeps the operators' contract`, () => {
    const now = engineForEachTest(openEngine)

    describe('operators', () => {
      test('hold: accepted, but nothing inward is handed out until resumed; DSNs go', async () => {
        await now.store.setEmergency('hold', BY)
        expect(await now.store.emergency()).toBe('hold')
        const { entries } = await now.store.commit(
          message({ groups: [group(), group({ groupId: 'dsn', direction: 'outward', route: 'out' })] }),
        )
        expect(entries.map(entry => entry.direction)).toEqual(['outward'])
        expect(await now.store.claimDue(ACCEPTED_AT_MS + DAY_MS, 10)).toEqual([])
        await now.reopen()
        expect(await now.store.emergency()).toBe('hold')
        await now.store.setEmergency('none', BY)
        expect((await now.store.claimDue(ACCEPTED_AT_MS + DAY_MS, 10)).map(entry => entry.direction)).toContain(
          'inward',
        )
      })

      test('drop takes the recipient out, with who and why in the trace', async () => {
        const entry = await now.commitOne(message({ groups: [group({ recipients: mailboxes('a', 'b') })] }))
        expect(await now.store.drop({ ...ALL, recipient: 'b@town.example.jp' }, BY)).toBe(1)
        expect((await now.store.listQueue(ALL))[0]?.recipients.map(one => one.state.kind)).toEqual([
          'scheduled',
          'dropped',
        ])
        const [life] = await now.store.trace({ ...ALL, queueId: entry.queueId })
        expect(life?.steps.at(-1)).toMatchObject({ kind: 'drop', actor: 'os:root', detail: { reason: 'test' } })
      })

      test('a delivery that was under way when dropped is recorded as what it was', async () => {
        const entry = await now.commitOne(message())
        await now.store.drop(ALL, BY)
        await now.store.settle([delivered(entry.entryId)])
        const [life] = await now.store.trace(ALL)
        expect(life?.steps.map(step => step.kind)).toEqual(['accept', 'drop', 'deliver'])
      })

      test('retry makes waiting mail due', async () => {
        const entry = await now.commitOne(message())
        const far = { kind: 'scheduled', dueAtMs: Date.now() + DAY_MS, attempts: 3, lastReply: '' } as const
        await now.store.settle([
          { entryId: entry.entryId, recipient: mailboxes('a')[0]!, state: far, possibleDuplicate: false },
        ])
        expect(await now.store.retry({ ...ALL, queueId: entry.queueId }, BY)).toBe(1)
        expect(await now.store.claimDue(Date.now() + 1000, 10)).toHaveLength(1)
      })

      test('the quarantine lists what was kept back', async () => {
        const accepted = message()
        await now.store.commit(accepted)
        expect(await now.store.listQuarantine(ALL)).toEqual([
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
        expect(await now.store.report(accepted.queueId, 'default')).toEqual([REPORT])
      })

      test('what was delivered whole stands in the quarantine only when everything is asked for', async () => {
        const whole = message({ groups: [group({ report: { ...REPORT, parts: [] } })] })
        const pending = { ...quarantinedPart('ee'.repeat(32)), outcome: 'pending' as const }
        const late = message({ groups: [group({ report: { ...REPORT, parts: [pending] } })] }, Buffer.from('late'))
        for (const each of [whole, late, message({}, Buffer.from('kept'))]) await now.store.commit(each)
        expect(await now.store.listQuarantine(ALL)).toHaveLength(3)
        await now.reopen()
        const kept = await now.store.listQuarantine({ ...ALL, keptOnly: true })
        expect(kept).toHaveLength(2)
        expect(kept.map(row => row.queueId)).not.toContain(whole.queueId)
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
        await now.store.commit(message({ groups: [group(), group({ groupId: 'k', tenant: 'kita' })] }))
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
        await now.store.commit(wanted)
        const found = await now.store.trace({ ...ALL, ...filter(wanted) })
        expect(found.map(one => [one.queueId, one.tenant, one.recipients])).toEqual([
          [wanted.queueId, 'kita', mailboxes('b')],
        ])
      })

      test('purge makes the original unreadable for that tenant only, and says so in the trace', async () => {
        const accepted = message({ groups: [group(), group({ groupId: 'g2', tenant: 'kita' })] })
        await now.store.commit(accepted)
        expect(await now.store.purge({ ...ALL, tenant: 'kita' }, BY, true)).toMatchObject({ messages: 1 })
        await collect(now.store.exportOriginal(accepted.queueId, 'kita', BY))
        expect(await now.store.purge({ ...ALL, tenant: 'kita' }, BY, false)).toMatchObject({ messages: 1 })
        await expect(collect(now.store.exportOriginal(accepted.queueId, 'kita', BY))).rejects.toThrow('purged')
        expect(
          Buffer.from(unseal(await collect(now.store.exportOriginal(accepted.queueId, 'default', BY)))).toString(),
        ).toBe('original octets')
        const kinds = (await now.store.trace({ ...ALL, tenant: 'kita' }))[0]?.steps.map(step => step.kind)
        expect(kinds).toEqual(['accept', 'export', 'purge'])
      })

      test('what is pinned survives purge and retention', async () => {
        const accepted = message()
        await now.store.commit(accepted)
        expect(await now.store.pin(accepted.queueId, 'default', true, BY)).toBe(true)
        expect(await now.store.purge(ALL, BY, false)).toMatchObject({ messages: 0 })
        expect(await now.store.retain(ACCEPTED_AT_MS + 400 * DAY_MS)).toMatchObject({ originals: 0 })
        expect(await now.store.listQuarantine(ALL)).toMatchObject([{ pinned: true, purged: false }])
        await now.store.pin(accepted.queueId, 'default', false, BY)
        expect(await now.store.purge(ALL, BY, false)).toMatchObject({ messages: 1 })
      })
    })

    describe('retention', () => {
      test('originals after 30 days, not before; what is queued stays queued', async () => {
        const accepted = message({ original: plainOriginal(randomBytes(100_000)) })
        const entry = await now.commitOne(accepted)
        expect(await now.store.retain(ACCEPTED_AT_MS + 30 * DAY_MS - 1)).toEqual({ originals: 0, texts: 0, log: 0 })
        expect((await now.store.space()).originalBytes).toBeGreaterThan(100_000)
        expect(await now.store.retain(ACCEPTED_AT_MS + 31 * DAY_MS)).toEqual({ originals: 1, texts: 0, log: 0 })
        await expect(collect(now.store.exportOriginal(accepted.queueId, 'default', BY))).rejects.toThrow('purged')
        expect(await now.store.readMessage(entry.entryId)).toHaveLength(entry.messageBytes)
        expect(await now.store.retain(ACCEPTED_AT_MS + 800 * DAY_MS)).toMatchObject({ log: 0 })
      })

      test('originals of a class with days of its own after these; a pin holds them, and their end is on record', async () => {
        const commit = async (retentionClass: string) => {
          const accepted = message({ groups: [group({ retentionClass })] })
          await now.store.commit(accepted)
          return accepted.queueId
        }
        const [short, pinned] = [await commit('default/3'), await commit('default/3')]
        await commit('default')
        await now.store.pin(pinned, 'default', true, BY)
        expect(await now.store.retain(ACCEPTED_AT_MS + 7 * DAY_MS - 1)).toMatchObject({ originals: 0 })
        expect(await now.store.retain(ACCEPTED_AT_MS + 8 * DAY_MS)).toMatchObject({ originals: 1 })
        const purged = (await now.store.trace({ ...ALL, queueId: short }))[0]?.steps.find(step => step.kind === 'purge')
        expect(purged).toMatchObject({ actor: 'system' })
        await now.store.pin(pinned, 'default', false, BY)
        expect(await now.store.retain(ACCEPTED_AT_MS + 8 * DAY_MS)).toMatchObject({ originals: 1 })
        expect(await now.store.retain(ACCEPTED_AT_MS + 31 * DAY_MS)).toMatchObject({ originals: 1 })
      })

      test('delivered text after 7 days, log rows after a year', async () => {
        const entry = await now.commitOne(message())
        await now.store.settle([delivered(entry.entryId)])
        const finishedAtMs = Date.now()
        expect(await now.store.retain(finishedAtMs + 6 * DAY_MS)).toMatchObject({ texts: 0 })
        expect(await now.store.retain(finishedAtMs + 8 * DAY_MS)).toMatchObject({ texts: 1, log: 0 })
        expect(await now.store.trace(ALL)).toHaveLength(1)
        expect(await now.store.retain(finishedAtMs + 400 * DAY_MS)).toMatchObject({ log: 1 })
        expect(await now.store.trace(ALL)).toEqual([])
      })

      test('more than one slice at once', async () => {
        await Promise.all(Array.from({ length: 450 }, () => now.store.commit(message())))
        expect(await now.store.retain(ACCEPTED_AT_MS + 31 * DAY_MS)).toMatchObject({ originals: 450 })
        expect((await now.store.space()).originalBytes).toBe(0)
      })
    })

    describe('audit', () => {
      test('export gives every record once, from the one asked for', async () => {
        for (let i = 0; i < 3; i++) await now.store.commit(message())
        const lines: string[] = []
        for await (const line of now.store.exportAudit(2)) lines.push(line)
        expect(lines.map(line => JSON.parse(line).seq)).toEqual([2, 3, 4])
      })

      test('an anchor is met again after more was written, and after a restart', async () => {
        const anchor = await now.store.checkpoint()
        await now.store.commit(message())
        await now.reopen()
        expect(await now.store.verifyAudit(anchor)).toMatchObject({ ok: true })
      })

      test('a record of one’s own, of a known kind only', async () => {
        const record = {
          tenant: 'default',
          kind: 'config',
          actor: 'os:root',
          subject: 'smtp.size',
          detail: { from: 1, to: 2 },
        }
        await now.store.audit(record)
        await expect(now.store.audit({ ...record, kind: 'invented' })).rejects.toThrow('unknown audit kind')
        expect(await now.store.verifyAudit()).toMatchObject({ ok: true, records: 2 })
      })
    })

    test('space tells what is queued and since when', async () => {
      await now.store.commit(message())
      expect(await now.store.space()).toMatchObject({
        queuedMessages: 1,
        oldestDueAtMs: ACCEPTED_AT_MS,
        freeBytes: expect.any(Number),
      })
    })
  })
}
