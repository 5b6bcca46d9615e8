/**
 * Paths in archives: from octets in nobody knows which charset to folders and a name that are harmless everywhere.
 *
 * Names without a mark are read together: one archive was made by one program on one system, and all its names give
 * a better guess than each for itself. They are decoded before they are taken apart, because the second octet of
 * many CP932 characters (ソ, 表, 能) is a backslash.
 * Invariant: a placed path is relative, has no empty segment, no dots, no drive, and each segment is a safe file name.
 */
import { Buffer, isAscii } from 'node:buffer'
import { safeFileName } from '../../media/filename.ts'
import { bestOf, sureEncoding } from '../../text/detect-charset.ts'

/** `isUtf8`: the archive says so. */
export type RawName = { readonly bytes: Uint8Array; readonly isUtf8: boolean }

export type Place = {
  readonly folders: readonly string[]
  readonly untrustedName: string
  /** The path tried to leave the folder that it is unpacked into. */
  readonly escapes: boolean
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const MOST_FOLDERS = 32

export function decodeNames(names: readonly RawName[]): string[] {
  const unmarked = names.filter(({ bytes, isUtf8 }) => !isUtf8 && !isAscii(bytes)).map(({ bytes }) => bytes)
  const decoder = decoderFor(unmarked)
  return names.map(({ bytes, isUtf8 }) => (isUtf8 ? utf8 : decoder).decode(bytes))
}

function decoderFor(unmarked: readonly Uint8Array[]): TextDecoder {
  if (unmarked.length === 0) return utf8
  const all = Buffer.concat(unmarked.flatMap(bytes => [bytes, Buffer.from('\n')]))
  const encoding = sureEncoding(all) ?? bestOf(all, 'shift_jis').encoding
  try {
    return new TextDecoder(encoding, { ignoreBOM: true })
  } catch {
    return new TextDecoder('shift_jis')
  }
}

/** Where a file or folder belongs; `untrustedName` is '' when nothing is left of the path. */
export function placeOf(untrustedPath: string): Place {
  const isAbsolute = /^(?:[A-Za-z]:|[\\/])/.test(untrustedPath)
  const segments = untrustedPath.replace(/^[A-Za-z]:(?=[\\/]|$)/, '').split(/[\\/]+/)
  const kept = segments.filter(segment => segment !== '' && !/^[.\s]+$/.test(segment))
  const untrustedName = kept.at(-1) ?? ''
  return {
    folders: kept.slice(0, -1).slice(0, MOST_FOLDERS).map(safeFolder),
    untrustedName,
    escapes: isAbsolute || segments.some(segment => segment.trim() === '..'),
  }
}

export function safeFolder(untrustedName: string): string {
  return safeFileName(untrustedName, { fallback: 'folder' }).name
}

/** What the file system of some computer put there for itself; nobody misses it. */
export function isSystemFile({ folders, untrustedName }: Place): boolean {
  return folders[0] === '__MACOSX' || /^(?:\.DS_Store|Thumbs\.db|desktop\.ini)$/i.test(untrustedName)
}
