/**
 * What a compound file has beside its document: macros, embedded objects, controls, properties. None of it is ever
 * read further; here it is only counted, so that the reader of the notice learns what stayed behind.
 *
 * Standards: MS-OVBA §2.2.1 (VBA storages), MS-OLEDS §2.2 (embedded objects), MS-OLEPS §2.1 (property sets).
 */
import type { ObjectKind, Removed } from '../../objects.ts'
import type { Storage } from './cfb.ts'

const STORAGES: readonly (readonly [RegExp, ObjectKind])[] = [
  [/^(?:_VBA_PROJECT_CUR|Macros|VBA|_VBA_PROJECT)$/i, 'macros'],
  [/^(?:MBD[0-9A-F]+|LNK[0-9A-F]+|_\d+)$/i, 'oleObjects'],
  [/^_SX_DB_CUR$/i, 'dataConnections'],
  [/^(?:_xmlsignatures|_signatures)$/i, 'signatures'],
  [/^(?:MsoDataStore|\x06DataSpaces)$/i, 'customData'],
]
const STREAMS: readonly (readonly [RegExp, ObjectKind])[] = [
  [/^\x05(?:Document)?SummaryInformation$/i, 'metadata'],
  [/^(?:Ctls|\x03ObjInfo|OCXNAME|contents)$/i, 'controls'],
  [/^(?:\x01Ole10Native|Equation Native|Package)$/i, 'oleObjects'],
  [/^(?:User Names|Revision Log)$/i, 'revisions'],
  [/^_signatures$/i, 'signatures'],
]
/** Written by the programs for themselves, or a note of which program made the file. */
const OWN = /^(?:WordDocument|[01]Table|Data|Workbook|Book|PowerPoint Document|Current User|Pictures|\x01CompObj|\x01Ole)$/i

/** Lines for everything at the root that is no part of the document itself. */
export function oleBaggage(root: Storage): Removed[] {
  const counts = new Map<ObjectKind, number>()
  const add = (what: ObjectKind, count = 1) => void counts.set(what, (counts.get(what) ?? 0) + count)
  for (const [name, storage] of root.storages) {
    // Word keeps all of its embedded objects in one folder.
    if (/^ObjectPool$/i.test(name)) add('oleObjects', Math.max(1, storage.storages.size))
    else add(kindOf(name, STORAGES) ?? 'unknownParts')
  }
  for (const name of root.streams.keys()) if (!OWN.test(name)) add(kindOf(name, STREAMS) ?? 'unknownParts')
  return [...counts].map(([what, count]) => ({ what, count }))
}

function kindOf(name: string, table: readonly (readonly [RegExp, ObjectKind])[]): ObjectKind | undefined {
  return table.find(([pattern]) => pattern.test(name))?.[1]
}
