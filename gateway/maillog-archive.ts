/**
 * The mail log's files by day, and how long they stay.
 *
 *   mail.log ──new day──▶ mail.log.2026-04-01 ──a week──▶ ….gz ──keepDays──▶ archive/….gz ──archiveDays──▶ deleted
 *
 * A file is its whole day and is compressed into a new file that is durable before the old one goes: a crash
 * leaves one day twice, never none. Days are Japan's. Whatever fails is told and tried again the next time.
 */
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { dayInJapan } from '../store/retention.ts'

export type ArchiveOptions = {
  /** The file that is written to. */
  readonly path: string
  readonly keepDays: number
  /** After `keepDays`, in the folder `archive` beside it. */
  readonly archiveDays: number
}

const COMPRESS_AFTER_DAYS = 7
const DAY_MS = 86_400_000

export class LogArchive {
  readonly #options: ArchiveOptions
  /** The day of what stands in the file now. */
  #day: string

  constructor(options: ArchiveOptions, nowMs: number) {
    this.#options = options
    this.#day = existsSync(options.path) ? dayInJapan(statSync(options.path).mtimeMs) : dayInJapan(nowMs)
  }

  /** Moves the file away when its day is over; true when it must be opened again. */
  async turn(nowMs: number): Promise<boolean> {
    const today = dayInJapan(nowMs)
    if (today === this.#day) return false
    const { path } = this.#options
    if (existsSync(path)) await rename(path, freeName(`${path}.${this.#day}`))
    this.#day = today
    return true
  }

  /** Compresses, archives and deletes what is due; answers with what could not be done. */
  async tidy(nowMs: number): Promise<readonly Error[]> {
    const folder = dirname(this.#options.path)
    const archive = join(folder, 'archive')
    const days = { now: nowMs, kept: this.#options.keepDays, archived: this.#options.keepDays + this.#options.archiveDays }
    const failures: Error[] = []
    const failed = (error: unknown) => {
      failures.push(error as Error)
      return []
    }
    for (const place of [folder, archive]) {
      const found = await this.#daysIn(place, days.now).catch(failed)
      for (const { name, ageDays } of found) await settleFile(join(place, name), { ageDays, archive, ...days }).catch(failed)
    }
    return failures
  }

  async #daysIn(folder: string, nowMs: number): Promise<{ readonly name: string; readonly ageDays: number }[]> {
    if (!existsSync(folder)) return []
    const prefix = `${basename(this.#options.path)}.`
    return (await readdir(folder)).flatMap(name => {
      const day = name.startsWith(prefix) ? DATED.exec(name.slice(prefix.length))?.[1] : undefined
      // Counted from the end of its day, in Japan.
      return day === undefined ? [] : [{ name, ageDays: (nowMs - Date.parse(`${day}T24:00:00+09:00`)) / DAY_MS }]
    })
  }
}

const DATED = /^(\d{4}-\d\d-\d\d)(?:-\d+)?(?:\.gz)?$/

type Due = { readonly ageDays: number; readonly archive: string; readonly kept: number; readonly archived: number }

async function settleFile(file: string, { ageDays, archive, kept, archived }: Due): Promise<void> {
  if (ageDays >= archived) return rm(file)
  const compressed = file.endsWith('.gz') ? file : ageDays >= Math.min(COMPRESS_AFTER_DAYS, kept) ? await compress(file) : undefined
  if (compressed === undefined || ageDays < kept || dirname(compressed) === archive) return
  await mkdir(archive, { recursive: true, mode: 0o700 })
  await rename(compressed, join(archive, basename(compressed)))
}

async function compress(file: string): Promise<string> {
  const [whole, unfinished] = [`${file}.gz`, `${file}.gz.part`]
  await pipeline(createReadStream(file), createGzip(), createWriteStream(unfinished, { mode: 0o600, flush: true }))
  await rename(unfinished, whole)
  await flushFolder(dirname(file))
  await rm(file)
  return whole
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** A clock that was set back meets a day that is put away already. */
function freeName(name: string): string {
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}-${number}`
    if (!existsSync(free) && !existsSync(`${free}.gz`)) return free
  }
}
