/** Requests for originals and how they were decided: to be read. No route here decides, and none takes anything. */
import { count, oneOf, ref, text } from '../../rest/openapi.ts'
import { Problem } from '../../rest/problem.ts'
import type { KeptRequest } from '../requests/records.ts'
import type { RequestEvent, RequestState } from '../requests/request.ts'
import { type ApiOperation, type ApiRooms, choiceOf, given, iso, json, numberOf, operation, query, textOf } from './operation.ts'
import { jsonOf, pageOf } from './schemas.ts'

const LIMIT = { usual: 50, most: 200 }
const STAGES = ['waiting', 'approved'] as const

export function requestOperations({ requests }: ApiRooms): ApiOperation[] {
  return [
    operation(
      { path: '/requests', operationId: 'listRequests', scope: 'requests', summary: 'Requests for originals, newest first', parameters: [query('stage', oneOf(STAGES)), query('after', text('`next` of the page before.')), query('limit', { ...count(), minimum: 1, maximum: LIMIT.most })], answer: jsonOf(pageOf('requests', ref('RequestRow'))) },
      async visit => {
        const limit = numberOf(visit, 'limit', LIMIT)
        const rows = requests.page(visit.token.tenant, { limit: limit + 1, ...given({ stage: choiceOf(visit, 'stage', STAGES), after: textOf(visit, 'after') }) })
        return json({ requests: rows.slice(0, limit).map(rowOf), next: rows.length > limit ? rows[limit - 1]!.requestId : null })
      },
    ),
    operation({ path: '/requests/{requestId}', operationId: 'getRequest', scope: 'requests', summary: 'One request with its decisions and history', answer: jsonOf(ref('Request')) }, async visit => {
      const request = requests.byId(visit.params['requestId']!)
      if (request?.tenant !== visit.token.tenant) throw new Problem('not-found')
      return json(requestOf(request))
    }),
  ]
}

function rowOf(request: KeptRequest) {
  const { requestId, filedAtMs, facts, state } = request
  return { requestId, messageId: facts.publicId, filedAt: iso(filedAtMs), requester: state.requester.login, department: facts.department, ...stageOf(state), classification: facts.classification, parts: facts.parts.length }
}

function stageOf({ stage }: RequestState) {
  if (stage.kind === 'closed') return { stage: stage.why, due: null }
  return { stage: stage.kind, due: iso(stage.kind === 'waiting' ? stage.dueAtMs : stage.untilMs) }
}

function requestOf(request: KeptRequest) {
  const { facts, state, events } = request
  return {
    ...rowOf(request),
    queueId: facts.queueId,
    approvalsNeeded: state.steps,
    reason: facts.reason,
    parts: facts.parts.map(({ partId, name, detectedType, bytes, sha256, reason }, index) => ({ partId, name, detectedType, bytes, sha256, reason, stage: state.parts[index]?.kind ?? 'ready' })),
    approvals: state.approvals.map(({ by, inPlaceOf }) => ({ by: by.login, inPlaceOf: inPlaceOf?.login ?? null })),
    history: events.map(eventOf),
  }
}

function eventOf(event: RequestEvent) {
  const by = 'by' in event ? event.by.login : event.kind === 'revoked' ? event.actor : null
  const inPlaceOf = 'inPlaceOf' in event ? (event.inPlaceOf?.login ?? null) : null
  return { at: iso(event.atMs), event: event.kind, by, inPlaceOf, why: 'why' in event ? event.why : null, part: 'part' in event ? event.part : null }
}
