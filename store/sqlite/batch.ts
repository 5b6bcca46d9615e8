/**
 * What one group commit does besides its transaction: files to flush and rename, bytes to append to segments,
 * files that no row will name afterwards. A batch is planned in full before anything is written.
 *
 * The functions here are the steps; their order stands in writer.ts alone.
 */
import { sealedLength } from '../../core/seal/age.ts'
import { dayInJapan } from '../retention.ts'
import type { FileOps, OpenFile } from './files.ts'
import { type Folder, freshName, type Layout, segmentName } from './layout.ts'

/** A sealed payload up to this size stands in its row: one write, no file. */
const ROW_BYTES = 64 * 1024
/** Up to this size it is appended to a segment; larger ones are files, whose space returns at once. */
const SEGMENT_BYTES = 1024 * 1024

const OPEN_SEGMENTS = 16

/** Where a payload stands, as its row says. */
export type Place =
  | { readonly kind: 'row'; readonly bytes: Uint8Array; readonly length: number }
  | { readonly kind: 'segment'; readonly file: string; readonly offset: number; readonly length: number }
  | { readonly kind: 'file'; readonly file: string; readonly length: number }

/** Whose payload, for how long: what shares a segment. */
export type Shelf = {
  readonly tenants: string
  readonly retentionClass: string
  readonly atMs: number
  readonly stem: string
}

/** `pieces` is undefined when somebody else has written the file already. */
type NewFile = {
  readonly tempPath: string
  readonly pieces: readonly Uint8Array[] | undefined
  readonly folder: Folder
  readonly name: string
}
type Append = {
  readonly start: number
  readonly pieces: Uint8Array[]
  end: number
  readonly tenants: string
  readonly day: string
}

/** Segments that this process appends to. Their ends are those of the committed rows. */
export class Segments {
  readonly ends: Map<string, number>
  readonly open = new Map<string, OpenFile>()

  constructor(ends: Iterable<readonly [string, number]>) {
    this.ends = new Map(ends)
  }

  /** Closes files that this batch did not write to, once there are many: yesterday's are not needed again. */
  async trim(batch: Batch): Promise<void> {
    if (this.open.size <= OPEN_SEGMENTS) return
    const idle = [...this.open].filter(([name]) => !batch.appends.has(name))
    for (const [name] of idle) this.open.delete(name)
    for (const [, file] of idle) await file.close()
  }

  async close(): Promise<void> {
    const files = [...this.open.values()]
    this.open.clear()
    await Promise.all(files.map(file => file.close()))
  }
}

export class Batch {
  /** Octets of originals that this batch takes, before they count as stored. */
  takenBytes = 0
  readonly newFiles: NewFile[] = []
  readonly appends = new Map<string, Append>()
  /** Paths that are removed after the commit. */
  readonly obsolete: string[] = []
  readonly folders = new Set<Folder>()
  readonly #layout: Layout
  readonly #segments: Segments

  constructor(layout: Layout, segments: Segments) {
    this.#layout = layout
    this.#segments = segments
  }

  /** Decides where sealed bytes, given in pieces, go, and takes note of what must be written for that. */
  placeSealed(shelf: Shelf, sealed: readonly Uint8Array[]): Place {
    const length = sealed.reduce((sum, piece) => sum + piece.length, 0)
    if (length <= sealedLength(ROW_BYTES)) return { kind: 'row', bytes: Buffer.concat(sealed, length), length }
    if (length > SEGMENT_BYTES) return { kind: 'file', file: this.writeFile('originals', shelf.stem, sealed), length }
    return this.#appendTo(shelf, sealed, length)
  }

  /** Takes a temporary file over that was written while the message arrived. */
  placeFile(stem: string, temp: { readonly tempPath: string; readonly bytes: number }): Place {
    const name = freshName(stem, 'payload')
    this.newFiles.push({ tempPath: temp.tempPath, pieces: undefined, folder: 'originals', name })
    this.folders.add('originals')
    return { kind: 'file', file: name, length: temp.bytes }
  }

  /** A new file of its own; returns its name. */
  writeFile(folder: Folder, stem: string, pieces: readonly Uint8Array[]): string {
    const name = freshName(stem, folder === 'outgoing' ? 'eml' : 'payload')
    this.newFiles.push({ tempPath: this.#layout.file('incoming', name), pieces, folder, name })
    this.folders.add(folder)
    return name
  }

  #appendTo(shelf: Shelf, sealed: readonly Uint8Array[], length: number): Place {
    const day = dayInJapan(shelf.atMs)
    const file = segmentName(day, shelf.tenants, shelf.retentionClass)
    const start = this.#segments.ends.get(file) ?? 0
    const append = this.appends.get(file) ?? { start, end: start, pieces: [], tenants: shelf.tenants, day }
    this.appends.set(file, append)
    const offset = append.end
    append.pieces.push(...sealed)
    append.end += length
    // A segment that does not exist yet needs its name flushed, too.
    if (!this.#segments.ends.has(file)) this.folders.add('segments')
    return { kind: 'segment', file, offset, length }
  }
}

/** Step 1: every new file is on the disk, under its temporary name. The flushes run side by side. */
export async function flushNewFiles(files: FileOps, batch: Batch): Promise<void> {
  await allDone(
    batch.newFiles.map(async ({ tempPath, pieces }) => {
      const file = await files.open(tempPath)
      try {
        if (pieces) await file.write(pieces, 0)
        await file.sync()
      } finally {
        await file.close()
      }
    }),
  )
}

/** Step 2: appended bytes are on the disk; one flush for each segment, however many messages went into it. */
export async function appendToSegments(
  files: FileOps,
  layout: Layout,
  segments: Segments,
  batch: Batch,
): Promise<void> {
  await allDone(
    [...batch.appends].map(async ([name, { pieces, start }]) => {
      const file = segments.open.get(name) ?? (await files.open(layout.file('segments', name)))
      segments.open.set(name, file)
      await file.write(pieces, start)
      await file.sync()
    }),
  )
}

/** Step 3: files get the names that the rows will say. */
export async function renameIntoPlace(files: FileOps, layout: Layout, batch: Batch): Promise<void> {
  for (const { tempPath, folder, name } of batch.newFiles) await files.rename(tempPath, layout.file(folder, name))
}

/** Step 4: so do the directories. */
export async function syncFolders(files: FileOps, layout: Layout, batch: Batch): Promise<void> {
  await allDone([...batch.folders].map(folder => files.syncDirectory(layout.folder(folder))))
}

/** Step 6, after the commit: what no row names any more. Start-up does it, should we not come to it. */
export async function removeObsolete(files: FileOps, batch: Batch): Promise<void> {
  for (const path of batch.obsolete) await files.unlink(path)
}

/** Like Promise.all, but nothing is still under way on the disk when it rejects. */
export async function allDone(works: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(works)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
