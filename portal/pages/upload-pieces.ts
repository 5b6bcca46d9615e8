/**
 * Large files piece by piece, for portal.js: what broke off goes on where it stopped. Without script a file comes in one go
 * (upload.ts). The portal holds one piece at a time, on its way to the vault, which seals it.
 *
 *   POST /upload/pieces ─▶ { id, received }   GET …/:uploadId   POST …/:uploadId?offset=n (octets)   POST …/:uploadId/done ─▶ { result }
 */
import type { House } from '../house.ts'
import { type Answer, Refused, type Route, type SignedVisit } from '../http/route.ts'
import type { PiecesState, Refusal } from '../ports.ts'
import { askerOf, STAFF } from './reading.ts'
import { nameOf, newResultOf } from './upload.ts'

const OUTER = { ...STAFF, faces: ['outer'] } as const

export function uploadPieceRoutes(house: House): Route[] {
  return [
    { ...OUTER, method: 'POST', path: '/upload/pieces', handle: (visit: SignedVisit) => begin(house, visit) },
    { ...OUTER, method: 'GET', path: '/upload/pieces/:uploadId', handle: (visit: SignedVisit) => state(house, visit) },
    { ...OUTER, method: 'POST', path: '/upload/pieces/:uploadId', body: 'octets', handle: (visit: SignedVisit) => add(house, visit) },
    { ...OUTER, method: 'POST', path: '/upload/pieces/:uploadId/done', handle: (visit: SignedVisit) => finish(house, visit) },
  ]
}

async function begin({ vault, uploadBytes }: House, visit: SignedVisit): Promise<Answer> {
  const size = Number(visit.form.get('size'))
  if (!Number.isSafeInteger(size) || size < 1 || size > uploadBytes) return told({ kind: 'cannot', reason: 'too-large' })
  return told(await vault.beginPieces({ name: nameOf(visit.form.get('name')), mediaType: visit.form.get('type').slice(0, 200), size }, askerOf(visit)))
}

async function state({ vault }: House, visit: SignedVisit): Promise<Answer> {
  return told(await vault.piecesState(visit.params['uploadId']!, askerOf(visit)))
}

async function add({ vault }: House, visit: SignedVisit): Promise<Answer> {
  const offset = Number(visit.query.get('offset') || 'none')
  if (!Number.isSafeInteger(offset) || offset < 0) return told({ kind: 'cannot', reason: 'gone' })
  return told(await vault.addPiece(visit.params['uploadId']!, offset, visit.octets(), askerOf(visit)))
}

/** What can be asked again is: anything else is a result, as it is of a file that came in one go. */
async function finish(house: House, visit: SignedVisit): Promise<Answer> {
  const { uploadId = '' } = visit.params
  const name = nameOf(visit.form.get('name'))
  const state = await house.vault.piecesState(uploadId, askerOf(visit))
  if (state.kind === 'cannot') return told(state)
  if (state.received !== state.size) throw new Refused('conflict')
  const answer = await house.vault.finishPieces(uploadId, visit.person.mailbox, askerOf(visit))
  if (answer.kind === 'cannot' && (answer.reason === 'busy' || answer.reason === 'gone')) return told(answer)
  return { kind: 'json', value: { result: newResultOf(house, visit, answer, name) } }
}

function told(answer: PiecesState | Refusal): Answer {
  if (answer.kind === 'pieces') return { kind: 'json', value: { id: answer.uploadId, received: answer.received, size: answer.size } }
  const status = answer.reason === 'gone' ? 404 : answer.reason === 'too-large' ? 413 : answer.reason === 'rate' ? 429 : 503
  return { kind: 'json', status, value: { reason: answer.reason } }
}
