/** The vault's side of files that come in pieces, in memory, for tests of pages. */
import type { PiecesState, Refusal, Vault } from '../../core/purposes.ts'

export type FakePieces = Pick<Vault, 'beginPieces' | 'piecesState' | 'addPiece' | 'finishPieces'>

export function fakePieces(bring: Vault['bring']): FakePieces {
  const uploads = new Map<string, { readonly actor: string; readonly name: string; readonly mediaType: string; readonly size: number; octets: Buffer }>()
  const gone: Refusal = { kind: 'cannot', reason: 'gone' }
  const stateOf = (uploadId: string, actor: string): PiecesState | Refusal => {
    const found = uploads.get(uploadId)
    return found?.actor === actor ? { kind: 'pieces', uploadId, received: found.octets.length, size: found.size } : gone
  }
  return {
    beginPieces: async (file, { actor }) => {
      const uploadId = String(uploads.size).padStart(32, '0')
      uploads.set(uploadId, { ...file, actor, octets: Buffer.alloc(0) })
      return stateOf(uploadId, actor)
    },
    piecesState: async (uploadId, { actor }) => stateOf(uploadId, actor),
    addPiece: async (uploadId, offset, bytes, { actor }) => {
      const octets = Buffer.concat(await Array.fromAsync(bytes))
      const found = uploads.get(uploadId)
      if (found?.actor === actor && found.octets.length === offset) found.octets = Buffer.concat([found.octets, octets])
      return stateOf(uploadId, actor)
    },
    finishPieces: async (uploadId, mailbox, by) => {
      const found = uploads.get(uploadId)
      if (found?.actor !== by.actor || found.octets.length !== found.size) return gone
      uploads.delete(uploadId)
      return bring({ ...found, mailbox, bytes: (async function* () { yield found.octets })() }, by)
    },
  }
}
