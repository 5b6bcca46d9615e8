/** Ichitaro documents for tests: a compound file with the text stream that is read of them. */
import { Buffer } from 'node:buffer'
import { writeCompound } from '../../core/disarm/ole/cfb-write.ts'
import { lzhOf } from './archives.ts'

export const compound = (streams: Readonly<Record<string, Uint8Array>>) =>
  writeCompound({ classId: '', streams: new Map(Object.entries(streams)), storages: new Map() })!

/** Units as numbers, or characters of a string. */
export function jtd(...pieces: readonly (number | string)[]): Uint8Array {
  const units = pieces.flatMap(piece => (typeof piece === 'number' ? [piece] : [...piece].map(each => each.charCodeAt(0))))
  const bytes = Buffer.alloc(32 + 2 * units.length)
  bytes.write('SsmgV.01', 0, 'latin1')
  bytes.write('TextV.01', 20, 'latin1')
  bytes.writeUInt32BE(units.length, 28)
  for (const [at, unit] of units.entries()) bytes.writeUInt16BE(unit, 32 + 2 * at)
  return compound({ DocumentText: bytes, '\x05SummaryInformation': new Uint8Array(10) })
}

/** The same packed, as .jtdc has it (observations published with the rjtd project): a head of 38 octets, then one member of an LZH archive. */
export function jtdc(document: Uint8Array): Uint8Array {
  const head = Buffer.alloc(36)
  head.write('\x26\0JustCompressedDocument', 0, 'latin1')
  const member = lzhOf([{ name: 'document', content: document, level: 1 }])
  return compound({ JSCompDocument: new Uint8Array(Buffer.concat([head, member])), '\x04JSRV_SegmentInformation': new Uint8Array(10) })
}
