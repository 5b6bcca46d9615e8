/** The operations of the API as rows of the route table, and the document that describes them. */
import { DOCUMENT_OPERATION } from '../../rest/openapi.ts'
import { Problem } from '../../rest/problem.ts'
import type { API_PATH, OpenRoute, TokenRoute, TokenVisit } from '../http/route.ts'
import { figureOperations } from './figures.ts'
import { keptOperations } from './kept.ts'
import { messageOperations } from './messages.ts'
import { portalDocument } from './openapi.ts'
import type { ApiOperation, ApiRooms } from './operation.ts'
import { recordOperations } from './records.ts'
import { requestOperations } from './requests.ts'

export function apiOperations(rooms: ApiRooms): ApiOperation[] {
  return [messageOperations, requestOperations, keptOperations, figureOperations, recordOperations].flatMap(family => family(rooms))
}

export function apiRoutes(rooms: ApiRooms): (TokenRoute | OpenRoute)[] {
  const operations = apiOperations(rooms)
  const document = portalDocument(rooms.version, operations)
  return [
    ...operations.map(each => routeOf(each, rooms)),
    { method: 'GET', path: DOCUMENT_OPERATION.path, faces: rooms.apiFaces, who: 'anyone', isSessionless: true, handle: () => ({ kind: 'json', value: document }) },
  ]
}

function routeOf(operation: ApiOperation, { apiFaces: faces }: ApiRooms): TokenRoute {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1') as `${typeof API_PATH}${string}`
  const known = new Set(operation.parameters.filter(({ in: place }) => place === 'query').map(({ name }) => name))
  const handle: TokenRoute['handle'] = async visit => {
    refuseUnknown(visit, known)
    return operation.read(visit)
  }
  return { method: 'GET', path, faces, who: 'token', scope: operation.scope, operation: operation.operationId, handle }
}

/** A filter that was misspelt must not find everything. @throws Problem */
function refuseUnknown({ query: { names } }: TokenVisit, known: ReadonlySet<string>): void {
  const unknown = names.find(name => !known.has(name))
  if (unknown !== undefined) throw new Problem('bad-request', `unknown parameter ${unknown.slice(0, 50)}`)
}
