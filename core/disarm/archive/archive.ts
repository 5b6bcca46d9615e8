/**
 * Archives of every usual kind become a ZIP of rebuilt files.
 *
 *   archive ──▶ open (zip.js │ 7-Zip │ own readers) ──▶ repack ──▶ ZIP
 */
import type { Cannot, Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { type ArchiveContents, type ArchiveLimits, cannot } from './entry.ts'
import { openMbox, openWinmail } from '../mail/open-mails.ts'
import { openLzh, openPacked } from './open-packed.ts'
import { openStream, openTar } from './open-stream.ts'
import { openZip } from './open-zip.ts'
import { repack } from './repack.ts'
import { readySevenZip } from './seven-zip.ts'

const STREAMS: ReadonlySet<string> = new Set(['application/gzip', 'application/zstd', 'application/x-bzip2', 'application/x-xz'])

export { readySevenZip }

export const archiveDisarmer: Disarmer = {
  table: [
    { object: 'files inside', becomes: 'rebuilt' },
    { object: 'folders and file names, as UTF-8 or CP932 (policy.files.zipNames)', becomes: 'rebuilt' },
    { object: 'files that may not pass (a text file says why)', becomes: 'removed', kind: 'archiveMembers' },
    { object: 'symbolic and hard links, devices', becomes: 'removed', kind: 'archiveMembers' },
    { object: 'paths that lead out of the archive', becomes: 'removed' },
    { object: 'comments, dates, owners, extra fields', becomes: 'removed' },
    { object: 'files of the file system (.DS_Store, __MACOSX, Thumbs.db)', becomes: 'removed', kind: 'customData' },
    { object: 'octets behind the archive', becomes: 'removed', kind: 'trailingData' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const opened = await openContents(input, { entries: input.limits.entries, bytes: input.limits.outputBytes })
    return opened.kind === 'cannot' ? opened : repack(opened, input)
  },
}

async function openContents({ untrustedBytes, detectedType, name }: DisarmInput, limits: ArchiveLimits): Promise<ArchiveContents | Cannot> {
  if (detectedType === 'application/zip') return openZip(untrustedBytes, limits)
  if (detectedType === 'application/x-tar') return openTar(untrustedBytes, limits)
  if (detectedType === 'application/x-lzh-compressed') return openLzh(untrustedBytes, limits)
  if (detectedType === 'application/mbox') return openMbox(untrustedBytes, limits)
  if (detectedType === 'application/ms-tnef') return openWinmail(untrustedBytes)
  if (STREAMS.has(detectedType)) return openStream({ untrustedBytes, detectedType, name }, limits)
  const opened = await openPacked({ untrustedBytes, detectedType }, limits)
  if (opened.kind === 'contents') return opened
  return cannot(opened.reason === 'password' ? 'encrypted' : opened.reason)
}
