/** What the readers of archives have in common: entries that are unpacked when they are asked for. */
import type { Finding } from '../../finding.ts'
import type { Removed } from '../../objects.ts'
import type { Cannot } from '../contract.ts'

export type ArchiveEntry = {
  /** Decoded, otherwise as the archive gives it: folders, backslashes, dots and all. */
  readonly untrustedPath: string
  readonly kind: 'file' | 'folder' | 'link'
  /** At most `limitBytes`; a reason instead when it cannot be read. Never rejects. For files only. */
  read(limitBytes: number): Promise<Uint8Array | Cannot['reason']>
}

export type ArchiveContents = {
  readonly kind: 'contents'
  readonly entries: readonly ArchiveEntry[]
  readonly removed: readonly Removed[]
  readonly findings: readonly Omit<Finding, 'partId'>[]
}

export type ArchiveLimits = {
  readonly entries: number
  /** All that may be unpacked. */
  readonly bytes: number
}

export function contents(entries: readonly ArchiveEntry[], rest: Partial<Pick<ArchiveContents, 'removed' | 'findings'>> = {}): ArchiveContents {
  return { kind: 'contents', entries, removed: [], findings: [], ...rest }
}

export function cannot(reason: Cannot['reason']): Cannot {
  return { kind: 'cannot', reason }
}

/** An entry whose content is there already. */
export function fileEntry(untrustedPath: string, bytes: Uint8Array): ArchiveEntry {
  return { untrustedPath, kind: 'file', read: async limitBytes => (bytes.length > limitBytes ? 'limit' : bytes) }
}

export function otherEntry(untrustedPath: string, kind: 'folder' | 'link'): ArchiveEntry {
  return { untrustedPath, kind, read: async () => 'malformed' }
}
