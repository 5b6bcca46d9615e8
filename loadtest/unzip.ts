/**
 * The files of a ZIP by its directory, enough to search them. What cannot be read has no content.
 * Standards: PKWARE APPNOTE 6.3.10 §4.3.
 */
import { inflateRawSync } from 'node:zlib'

export type ZipEntry = { readonly name: string; readonly encrypted: boolean; readonly content: Buffer | undefined }

const DIRECTORY_HEADER = 0x02014b50
const DIRECTORY_HEADER_BYTES = 46
const LOCAL_HEADER_BYTES = 30
const MOST_ENTRIES = 1000
const MOST_ENTRY_BYTES = 32 * 2 ** 20

export function* readZip(zip: Buffer): Generator<ZipEntry> {
  const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'))
  if (end === -1 || end + 22 > zip.length) return
  let at = zip.readUInt32LE(end + 16)
  for (
    let count = 0;
    count < MOST_ENTRIES && at + DIRECTORY_HEADER_BYTES <= zip.length && zip.readUInt32LE(at) === DIRECTORY_HEADER;
    count++
  ) {
    const [nameBytes, extraBytes, commentBytes] = [
      zip.readUInt16LE(at + 28),
      zip.readUInt16LE(at + 30),
      zip.readUInt16LE(at + 32),
    ]
    const encrypted = (zip.readUInt16LE(at + 8) & 1) === 1
    const name = zip.toString('latin1', at + DIRECTORY_HEADER_BYTES, at + DIRECTORY_HEADER_BYTES + nameBytes)
    yield { name, encrypted, content: encrypted ? undefined : contentOf(zip, at) }
    at += DIRECTORY_HEADER_BYTES + nameBytes + extraBytes + commentBytes
  }
}

function contentOf(zip: Buffer, directoryAt: number): Buffer | undefined {
  const method = zip.readUInt16LE(directoryAt + 10)
  const packedBytes = zip.readUInt32LE(directoryAt + 20)
  const local = zip.readUInt32LE(directoryAt + 42)
  if (local + LOCAL_HEADER_BYTES > zip.length) return undefined
  const from = local + LOCAL_HEADER_BYTES + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const packed = zip.subarray(from, from + packedBytes)
  if (method === 0) return packed
  try {
    return method === 8 ? inflateRawSync(packed, { maxOutputLength: MOST_ENTRY_BYTES }) : undefined
  } catch {
    return undefined
  }
}
