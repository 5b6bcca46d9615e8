/** A file system of a few megabytes of our own, to be filled: in memory, or ext4 in a file by a loop device. Needs root. */
import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export class SmallDisk {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static mount(path: string, { bytes, files }: { readonly bytes: number; readonly files: number }): SmallDisk {
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},nr_inodes=${files}`, 'tmpfs', path])
    return new SmallDisk(path)
  }

  /** A real one: it keeps blocks for itself, allocates late, and writes a journal. `image` is the file that it lies in. */
  static mountExt4(path: string, image: string, { bytes, files }: { readonly bytes: number; readonly files: number }): SmallDisk {
    mkdirSync(path, { recursive: true })
    const file = openSync(image, 'w')
    ftruncateSync(file, bytes)
    closeSync(file)
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', '-N', String(files), image])
    execFileSync('mount', ['-o', 'loop', image, path])
    return new SmallDisk(path)
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path)
    return bavail * bsize
  }

  get freeFiles(): number {
    return statfsSync(this.path).ffree
  }

  /** As another program would: takes all that is free. */
  fill(): void {
    const piece = Buffer.alloc(64 * 1024)
    try {
      for (;;) writeFileSync(this.#ballast, piece, { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true })
  }

  unmount(): void {
    execFileSync('umount', [this.path])
  }

  get #ballast(): string {
    return join(this.path, 'ballast')
  }
}
