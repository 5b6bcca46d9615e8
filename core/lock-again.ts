/**
 * What was rebuilt, locked again with the password that it came with: for files that must not lie about in the clear after
 * their lock was taken off.
 *
 *   rebuilt file ──▶ ZIP, AES-256, with the file in it
 *   rebuilt archive ──▶ the same files in a ZIP, AES-256: nobody unpacks twice
 *
 * Runs in the sealed process that has the password already. The password is the sender's, short ones too; it must be visible ASCII, since
 * programs disagree on the octets of any other: what cannot be locked is kept back, never handed out open.
 */
import { zipNames } from './disarm/archive/open-zip.ts'
import { lockedZip, openArchive } from './disarm/zip.ts'
import { isLockable } from './lock-password.ts'
import { detect } from './media/detect.ts'
import { renamed, safeFileName } from './media/filename.ts'
import type { JudgedFile, RebuiltFile } from './rebuild.ts'
import { unlock, type UnlockLimits } from './unlock.ts'

const ZIP = 'application/zip'

export type Lock = {
  readonly passwords: readonly string[]
  readonly limits: UnlockLimits
  /** What came, as it came. */
  readonly untrustedName: string
  readonly untrustedBytes: Uint8Array
}

/** Never rejects. What was not locked when it came is left as it is. */
export async function lockAgain(judged: JudgedFile, lock: Lock): Promise<JudgedFile> {
  const { report, rebuilt } = judged
  if (rebuilt.kind === 'kept' || lock.passwords.length === 0) return judged
  const locked = await lockedFile(rebuilt.file, lock).catch(() => undefined)
  const { deliveredName: _, ...plain } = report
  if (!locked) return { report: { ...plain, outcome: 'quarantined', reason: 'cannot-lock', removed: [] }, rebuilt: { kind: 'kept', reason: 'cannot-lock', members: rebuilt.file.members } }
  return { report: { ...report, deliveredName: renamed(nameOf(rebuilt.file, lock), 'zip') }, rebuilt: { kind: 'rebuilt', file: locked } }
}

async function lockedFile(file: RebuiltFile, lock: Lock): Promise<RebuiltFile | undefined> {
  const password = await fittingPassword(lock)
  const files = password !== undefined && isLockable(password) ? await contentsOf(file, lock) : undefined
  if (password === undefined || !files) return undefined
  const { beside: _, ...rest } = file
  return { ...rest, bytes: Buffer.concat(await Array.fromAsync(lockedZip(files, password))), mediaType: ZIP, extension: 'zip' }
}

/** The one that opens it; where each opens a part of it, or something inside, the one that was entered first. */
async function fittingPassword({ passwords, limits, untrustedName, untrustedBytes }: Lock): Promise<string | undefined> {
  const facts = { size: untrustedBytes.length, name: untrustedName, claimedType: '', tail: untrustedBytes.subarray(-1024) }
  const { type: detectedType } = await detect(untrustedBytes, facts)
  for (const password of passwords.length > 1 ? passwords : []) {
    if ((await unlock(untrustedBytes, detectedType, [password], limits)).kind === 'unlocked') return password
  }
  return passwords[0]
}

async function contentsOf(file: RebuiltFile, lock: Lock): Promise<Parameters<typeof lockedZip>[0] | undefined> {
  const all = file.beside ? [file, file.beside] : [file]
  if (file.mediaType !== ZIP) return all.map(each => ({ name: renamed(nameOf(each, lock), each.extension), octets: only(each.bytes) }))
  const open = await openArchive(file.bytes, { reading: 'strict', entries: lock.limits.entries + 1 })
  if (open.kind === 'cannot') return undefined
  const names = zipNames(open.entries)
  const files: Parameters<typeof lockedZip>[0][number][] = []
  for (const [index, entry] of open.entries.entries()) {
    const content = await entry.read(Number.MAX_SAFE_INTEGER)
    if (content.kind === 'cannot') return undefined
    files.push({ name: names[index]!, octets: only(content.bytes) })
  }
  return files
}

function nameOf({ extension }: Pick<RebuiltFile, 'extension'>, { untrustedName }: Lock): string {
  return safeFileName(untrustedName, { fallback: `file.${extension}` }).name
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
