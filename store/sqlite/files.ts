/**
 * Everything the store does to the disk, as an interface: so that a test can stop between any two steps,
 * fail any of them, or lose what was not flushed.
 *
 * `commit` stands here too: the database commit is one step in the same order.
 */
import { mkdir, open, readdir, rename, stat, statfs, truncate, unlink } from 'node:fs/promises'
import { writePieces } from '../write-pieces.ts'

export interface OpenFile {
  /** Writes all pieces, one after another, from `position` on. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>
  /** Resolves when what was written is on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface FileOps {
  /** Opens for writing, created when missing (0600). */
  open(path: string): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  /** Makes names in a directory (created, renamed, removed) durable. */
  syncDirectory(path: string): Promise<void>
  /** A file that is gone already is no error. */
  unlink(path: string): Promise<void>
  truncate(path: string, bytes: number): Promise<void>
  makeDirectory(path: string): Promise<void>
  /** Names in a directory. */
  list(path: string): Promise<readonly string[]>
  size(path: string): Promise<number>
  /** What is left for us; 0 when names (inodes) run out, since without them no byte can be had either. */
  freeBytes(path: string, minFreeFiles: number): Promise<number>
  /** Runs the function that ends in COMMIT. */
  commit(run: () => void): void
}

export const realFiles: FileOps = {
  open: openForWriting,
  rename,
  syncDirectory,
  unlink: unlinkIfThere,
  truncate,
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 })
  },
  list: path => readdir(path),
  size: async path => (await stat(path)).size,
  async freeBytes(path, minFreeFiles) {
    const { bavail, bsize, files, ffree } = await statfs(path)
    // File systems without a fixed number of inodes say that they have none at all.
    return files > 0 && ffree < minFreeFiles ? 0 : bavail * bsize
  },
  commit: run => run(),
}

async function openForWriting(path: string): Promise<OpenFile> {
  const file = await openCreating(path)
  return {
    write: (pieces, position) => writePieces(file, pieces, position),
    // fdatasync flushes the length too, and spares the time stamps.
    sync: () => file.datasync(),
    close: () => file.close(),
  }
}

/** Not truncating: a segment is opened again for every process that appends to it. */
async function openCreating(path: string) {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return open(path, 'wx+', 0o600)
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
