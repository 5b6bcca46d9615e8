/**
 * ZIP archives as entries: strictly where that is possible, as most programs would read them otherwise.
 *
 * An archive that two programs could read in two ways, or an entry of one, is rebuilt from the usual reading, and a
 * finding says so; entries that share octets are refused in both.
 * Standards: PKWARE APPNOTE §4.3, §4.4.4 (flag 11), §4.6.9; Info-ZIP Unicode path.
 */
import type { Finding } from '../../finding.ts'
import type { Cannot } from '../contract.ts'
import { unpackLimit } from '../unpack-limit.ts'
import { type ArchiveProblem, type OpenArchive, openArchive, type ArchiveEntry as ZipEntry } from '../zip.ts'
import { type ArchiveContents, type ArchiveEntry, type ArchiveLimits, cannot, contents, otherEntry } from './entry.ts'
import { decodeNames } from './paths.ts'

export async function openZip(untrustedBytes: Uint8Array, limits: ArchiveLimits): Promise<ArchiveContents | Cannot> {
  const archive = new TwoReadings(untrustedBytes, limits.entries)
  const open = await archive.open()
  if (open.kind === 'cannot') return cannot(reasonOf(open))
  if (open.entries.some(entry => entry.isEncrypted)) return cannot('encrypted')
  const declared = open.entries.reduce((sum, entry) => sum + entry.declaredBytes, 0)
  if (declared > unpackLimit(untrustedBytes.length, limits.bytes)) return cannot('limit')
  const names = zipNames(open.entries)
  const entries = open.entries.map((entry, index) => entryOf(entry, names[index]!, limitBytes => archive.read(index, limitBytes)))
  return contents(entries, { findings: archive.findings })
}

export function zipNames(entries: readonly ZipEntry[]): string[] {
  const decoded = decodeNames(entries.map(({ untrustedRawName, nameIsUtf8 }) => ({ bytes: untrustedRawName, isUtf8: nameIsUtf8 })))
  return entries.map(({ untrustedUnicodeName }, index) => untrustedUnicodeName ?? decoded[index]!)
}

/** The strict reading, and the lenient one from where that fails. */
class TwoReadings {
  /** Grows while entries are read. */
  readonly findings: Omit<Finding, 'partId'>[] = []
  readonly #untrustedBytes: Uint8Array
  readonly #mostEntries: number
  #strict: OpenArchive | ArchiveProblem | undefined
  #lenient: Promise<OpenArchive | ArchiveProblem> | undefined

  constructor(untrustedBytes: Uint8Array, mostEntries: number) {
    this.#untrustedBytes = untrustedBytes
    this.#mostEntries = mostEntries
  }

  async open(): Promise<OpenArchive | ArchiveProblem> {
    this.#strict = await openArchive(this.#untrustedBytes, { reading: 'strict', entries: this.#mostEntries })
    return isMalformed(this.#strict) ? this.#openLenient() : this.#strict
  }

  async read(index: number, limitBytes: number): Promise<Uint8Array | Cannot['reason']> {
    const strictly = await readEntry(this.#strict, index, limitBytes)
    if (strictly !== 'malformed') return strictly
    return readEntry(await this.#openLenient(), index, limitBytes)
  }

  #openLenient(): Promise<OpenArchive | ArchiveProblem> {
    if (!this.#lenient) this.findings.push({ code: 'archive.ambiguous' })
    return (this.#lenient ??= openArchive(this.#untrustedBytes, { reading: 'lenient', entries: this.#mostEntries }))
  }
}

function isMalformed(opened: OpenArchive | ArchiveProblem): boolean {
  return opened.kind === 'cannot' && opened.reason === 'malformed'
}

async function readEntry(opened: OpenArchive | ArchiveProblem | undefined, index: number, limitBytes: number): Promise<Uint8Array | Cannot['reason']> {
  const entry = opened?.kind === 'open' ? opened.entries[index] : undefined
  if (!entry) return 'malformed'
  const content = await entry.read(limitBytes)
  return content.kind === 'content' ? content.bytes : reasonOf(content)
}

function entryOf(entry: ZipEntry, untrustedPath: string, read: ArchiveEntry['read']): ArchiveEntry {
  // Old programs of Windows write folders with a backslash at the end.
  if (entry.isFolder || (entry.declaredBytes === 0 && /[\\/]$/.test(untrustedPath))) return otherEntry(untrustedPath, 'folder')
  return entry.isLink ? otherEntry(untrustedPath, 'link') : { untrustedPath, kind: 'file', read }
}

function reasonOf({ reason }: ArchiveProblem): Cannot['reason'] {
  return reason === 'password' ? 'encrypted' : reason
}
