/** 7z and RAR with a password, locked names too: unpacked by 7-Zip, packed again as a plain ZIP. */
import type { ArchiveContents } from '../disarm/archive/entry.ts'
import { openPacked } from '../disarm/archive/open-packed.ts'
import type { SevenZipProblem } from '../disarm/archive/seven-zip.ts'
import { writeZip, type ZipFile } from '../disarm/zip-write.ts'
import type { Unlocked, UnlockLimits } from '../unlock.ts'

export async function unlockPacked(untrustedBytes: Uint8Array, passwords: readonly string[], limits: UnlockLimits & { readonly detectedType: string }): Promise<Unlocked> {
  const { detectedType, entries, outputBytes } = limits
  for (const password of passwords) {
    const opened = await openPacked({ untrustedBytes, detectedType, password }, { entries, bytes: outputBytes })
    if (opened.kind === 'contents') return packAgain(opened, outputBytes)
    const reason = reasonOf(opened)
    if (reason !== undefined) return { kind: 'cannot', reason }
  }
  return { kind: 'cannot', reason: 'wrong-password' }
}

/** Undefined: the next candidate may fit. Old RAR files do not know whether a password is right, only that all is damaged. */
function reasonOf({ reason }: SevenZipProblem): Extract<Unlocked, { kind: 'cannot' }>['reason'] | undefined {
  return reason === 'limit' || reason === 'unsupported' ? reason : undefined
}

async function packAgain({ entries }: ArchiveContents, limitBytes: number): Promise<Unlocked> {
  const files: ZipFile[] = []
  let bytesLeft = limitBytes
  for (const { untrustedPath, kind, read } of entries) {
    if (kind === 'link') continue
    const content = kind === 'folder' ? new Uint8Array(0) : await read(bytesLeft)
    if (typeof content === 'string') return { kind: 'cannot', reason: content === 'limit' ? 'limit' : 'malformed' }
    bytesLeft -= content.length
    files.push({ name: kind === 'folder' ? `${untrustedPath.replace(/[\\/]+$/, '')}/` : untrustedPath, bytes: content, stored: true })
  }
  const bytes = writeZip(files, Number.POSITIVE_INFINITY)
  return bytes ? { kind: 'unlocked', bytes } : { kind: 'cannot', reason: 'limit' }
}
