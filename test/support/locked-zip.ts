/** An encrypted ZIP as people send them, made by a library that is not ours. */
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js'

export async function lockedZip(files: Readonly<Record<string, Uint8Array | string>>, password: string, zipCrypto = true): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { password, zipCrypto, useWebWorkers: false })
  for (const [name, content] of Object.entries(files)) await writer.add(name, new Uint8ArrayReader(new Uint8Array(Buffer.from(content))))
  return writer.close()
}
