/**
 * What may leave, in a ZIP that only the holder of a password opens (AES-256): for files that must not travel in the clear
 * after their own password was taken off.
 *
 *   rebuilt files + password ──▶ [lock] ──▶ NAME.zip with the files in it
 *
 * The password stands in memory only. It is visible ASCII, since programs disagree on the octets of any other. The name
 * of the file stays readable, as in every ZIP.
 */
import { renamed, safeFileName } from '../core/media/filename.ts'
import type { Leaving } from './desk.ts'

const USABLE = /^[\x21-\x7e]{8,128}$/
/** For whoever gave one that is not. */
export const USABLE_WORDS = '8 to 128 visible ASCII characters'

export function isUsable(password: string): boolean {
  return USABLE.test(password)
}

export async function lock(files: readonly Leaving[], untrustedName: string, password: string): Promise<Leaving> {
  // Code for archives is loaded by whoever locks something.
  const { lockedZip } = await import('../core/disarm/zip.ts')
  const named = files.map(({ extension, bytes }) => {
    const { name } = safeFileName(untrustedName, { fallback: `file.${extension}` })
    const octets = (async function* () {
      yield bytes
    })()
    return { name: renamed(name, extension), octets }
  })
  const pieces = await Array.fromAsync(lockedZip(named, password))
  return { extension: 'zip', mediaType: 'application/zip', bytes: Buffer.concat(pieces) }
}
