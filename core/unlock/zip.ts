/**
 * ZIP with ZipCrypto or AES: each entry opened by whichever candidate fits, written again without encryption.
 *
 * A password is octets to ZIP. Windows programs take those of CP932, others of UTF-8: both are tried.
 * Standards: PKWARE APPNOTE §6.1 (traditional encryption); WinZip AE-1 and AE-2.
 */
import { Buffer } from 'node:buffer'
import { zipNames } from '../disarm/archive/open-zip.ts'
import { unpackLimit } from '../disarm/unpack-limit.ts'
import { type ArchiveEntry, openArchive } from '../disarm/zip.ts'
import { writeZip, type ZipFile } from '../disarm/zip-write.ts'
import { encodeCp932 } from '../text/cp932-encode.ts'
import type { Unlocked, UnlockLimits } from '../unlock.ts'

export async function unlockZip(untrustedBytes: Uint8Array, passwords: readonly string[], limits: UnlockLimits): Promise<Unlocked> {
  const open = await openArchive(untrustedBytes, { reading: 'lenient', entries: limits.entries })
  if (open.kind === 'cannot') return cannot(open.reason === 'limit' || open.reason === 'unsupported' ? open.reason : 'malformed')
  const names = zipNames(open.entries)
  const candidates = new Candidates(passwords)
  const files: ZipFile[] = []
  let bytesLeft = unpackLimit(untrustedBytes.length, limits.outputBytes)
  for (const [index, entry] of open.entries.entries()) {
    const content = entry.isFolder ? Buffer.alloc(0) : await candidates.read(entry, bytesLeft)
    if (typeof content === 'string') return cannot(content)
    bytesLeft -= content.length
    files.push({ name: names[index]!, bytes: content, stored: true })
  }
  const bytes = writeZip(files, Number.POSITIVE_INFINITY)
  return bytes ? { kind: 'unlocked', bytes } : cannot('limit')
}

/** Names in an archive that is still locked: its directory is in the clear. Empty when it cannot be read. */
export async function lockedNames(untrustedBytes: Uint8Array, mostEntries: number): Promise<string[]> {
  const open = await openArchive(untrustedBytes, { reading: 'lenient', entries: mostEntries })
  return open.kind === 'open' ? zipNames(open.entries) : []
}

type CannotReason = Extract<Unlocked, { kind: 'cannot' }>['reason']

/** The one that fitted last is tried first: an archive with two passwords is rare. */
class Candidates {
  #octets: Uint8Array[]

  constructor(passwords: readonly string[]) {
    this.#octets = passwords.flatMap(octetsOf)
  }

  async read(entry: ArchiveEntry, limitBytes: number): Promise<Buffer | CannotReason> {
    if (!entry.isEncrypted) return contentOf(await entry.read(limitBytes))
    let reason: CannotReason = 'wrong-password'
    for (const octets of this.#octets) {
      const content = await entry.read(limitBytes, octets)
      if (content.kind === 'content') {
        this.#octets = [octets, ...this.#octets.filter(each => each !== octets)]
        return content.bytes
      }
      // ZipCrypto takes one wrong password in 256 for a right one; then the content is damaged.
      if (content.reason === 'limit' || content.reason === 'unsupported') return content.reason
      if (content.reason === 'malformed' && reason === 'wrong-password') reason = this.#octets.length === 1 ? 'malformed' : reason
    }
    return reason
  }
}

function contentOf(content: Awaited<ReturnType<ArchiveEntry['read']>>): Buffer | CannotReason {
  if (content.kind === 'content') return content.bytes
  return content.reason === 'limit' || content.reason === 'unsupported' ? content.reason : 'malformed'
}

function octetsOf(password: string): Uint8Array[] {
  const utf8 = Buffer.from(password)
  const cp932 = encodeCp932(password)
  return cp932 && !utf8.equals(cp932) ? [utf8, cp932] : [utf8]
}

function cannot(reason: CannotReason): Unlocked {
  return { kind: 'cannot', reason }
}
