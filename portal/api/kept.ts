/** What waits for delivery, and which originals are kept sealed: lists of operators, to be read. */
import { count, list, object, oneOf, ref, text } from '../../rest/openapi.ts'
import { HELD_UNTIL_MS, type QuarantineRow, type QueueRow } from '../../store/contract.ts'
import { originalsOf } from '../admin/quarantine.ts'
import { MAIL_FILTERS, mailQuestionOf } from './messages.ts'
import { type ApiOperation, type ApiRooms, choiceOf, given, iso, isoOrNull, json, numberOf, operation, query, textOf } from './operation.ts'
import { jsonOf, pageOf } from './schemas.ts'

const QUEUE_LIMIT = { usual: 200, most: 10_000 }

export function keptOperations(rooms: ApiRooms): ApiOperation[] {
  return [
    operation(
      { path: '/queue', operationId: 'listQueue', scope: 'queue', summary: 'What waits for delivery, oldest first', parameters: [query('queueId', text()), query('sender', text()), query('recipient', text()), query('limit', { ...count(), minimum: 1, maximum: QUEUE_LIMIT.most })], answer: jsonOf(object({ entries: list(ref('QueueRow')) })) },
      async visit => {
        const filter = given({ queueId: textOf(visit, 'queueId'), sender: textOf(visit, 'sender'), recipient: textOf(visit, 'recipient') })
        return json({ entries: (await rooms.operations.queue({ ...filter, tenant: visit.token.tenant, limit: numberOf(visit, 'limit', QUEUE_LIMIT) })).map(queueRowOf) })
      },
    ),
    operation(
      { path: '/quarantine', operationId: 'listQuarantine', scope: 'quarantine', summary: 'Sealed originals, newest first', parameters: [...MAIL_FILTERS, query('which', oneOf(['kept', 'any'], 'Those of which a part was kept back (the default), or all.'))], answer: jsonOf(pageOf('originals', ref('QuarantineRow'))) },
      async visit => {
        const state = choiceOf(visit, 'which', ['kept', 'any'] as const) ?? 'kept'
        const { rows, next, searchedToMs } = await originalsOf(rooms, { ...mailQuestionOf(visit), state })
        return json({ originals: rows.map(originalOf), next: next ?? null, searchedTo: isoOrNull(searchedToMs) })
      },
    ),
  ]
}

function queueRowOf({ queueId, entryId, acceptedAtMs, reversePath, route, messageBytes, recipients }: QueueRow) {
  const waits = recipients.map(({ mailbox, state }) => (state.kind === 'scheduled' ? { mailbox, state: state.kind, due: state.dueAtMs >= HELD_UNTIL_MS ? null : iso(state.dueAtMs), attempts: state.attempts, lastReply: state.lastReply } : { mailbox, state: state.kind, due: null, attempts: 0, lastReply: '' }))
  return { queueId, entryId, acceptedAt: iso(acceptedAtMs), reversePath, route, bytes: messageBytes, isHeld: recipients.some(({ state }) => state.kind === 'scheduled' && state.dueAtMs >= HELD_UNTIL_MS), recipients: waits }
}

function originalOf({ queueId, acceptedAtMs, reversePath, subject, bytes, rawSha256, expiresAtMs, pinned, purged, parts }: QuarantineRow) {
  return { queueId, acceptedAt: iso(acceptedAtMs), reversePath, subject, bytes, rawSha256, until: pinned || purged ? null : iso(expiresAtMs), isPinned: pinned, isPurged: purged, parts: parts.map(({ id, name, detectedType, reason }) => ({ partId: id, name, detectedType, reason })) }
}
