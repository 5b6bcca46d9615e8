/**
 * A hot folder: what is put into IN is sanitized, results and reports appear in OUT.
 *
 *   IN/a.docx ─▶ IN/.work/a.docx ─▶ OUT/a.docx.sanitized.docx, OUT/a.docx.report.json ─▶ original: IN/.done/DAY/a.docx
 *                       │                                                                      or deleted
 *                       └─ unreadable ─▶ OUT/failed/a.docx.error.json                      ─▶ IN/.failed/a.docx
 *
 * An original never goes to OUT, which may be the inner side. Nothing is lost: a file is moved, never copied and
 * deleted; what is in .work at a start is worked on again under the same name, and of an original that was not
 * passed whole nothing is deleted. One watcher per folder, by a lock.
 *
 * Picked up is what has been left alone for a while: size and times stayed the same between two looks, and are old
 * enough. Programs that write under another name and rename are safe whatever their speed; dot files and the names
 * that programs use for unfinished files are left alone.
 */
import { existsSync, type FSWatcher, mkdirSync, watch } from 'node:fs'
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { type Brought, type Sanitized, Unavailable } from './desk.ts'
import { readRegularFile } from './regular-file.ts'
import { type Written, writeResult } from './results.ts'

export type HotFolderOptions = {
  readonly inDir: string
  readonly outDir: string
  /** `keep` moves originals to IN/.done; `delete` deletes those that passed. */
  readonly originals: 'keep' | 'delete'
  readonly settleMs: number
  readonly pollMs: number
  readonly atOnce: number
  readonly sanitize: (brought: Brought) => Promise<Sanitized>
  readonly onDone: (line: HotFolderLine) => void
}

export type HotFolderLine =
  | ({ readonly file: string; readonly outcome: 'done' } & Written)
  | { readonly file: string; readonly outcome: 'failed' | 'later'; readonly why: string }

/** Two watchers would take each other's files. */
export class Locked extends Error {
  override readonly name = 'Locked'
}

const UNFINISHED = /^[.~]|~$|\.(?:tmp|temp|part|partial|crdownload|download|filepart|swp)$/i
/** Room for `.sanitized.` and an extension within the 255 octets of a file name. */
const MOST_NAME_BYTES = 200
const RETRY_MS = 30_000

export class HotFolder {
  readonly #options: HotFolderOptions
  readonly #work: string
  readonly #inWork = new Set<string>()
  readonly #notBeforeMs = new Map<string, number>()
  #seen = new Map<string, string>()
  #watcher: FSWatcher | undefined
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  /** More was ready than could be taken. */
  #more = false
  #stopped = false

  constructor(options: HotFolderOptions) {
    this.#options = options
    this.#work = join(options.inDir, '.work')
  }

  /** Runs until `stop`. @throws Locked when another watcher has the folder. */
  async start(): Promise<void> {
    const { inDir, outDir, pollMs } = this.#options
    for (const folder of [this.#work, join(inDir, '.done'), join(inDir, '.failed'), join(outDir, 'failed')]) mkdirSync(folder, { recursive: true })
    await this.#lock()
    this.#timer = setInterval(() => void this.look(), pollMs)
    // Only makes it quicker: polling finds everything, also where nobody tells of changes (network shares).
    this.#watcher = watch(inDir, () => void this.look()).on('error', () => {})
    await this.look()
  }

  /** What is in work is finished; what waits stays for the next start. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#watcher?.close()
    await this.#looking
    while (this.#inWork.size > 0) await new Promise(resolve => setTimeout(resolve, 20))
    await rm(this.#lockPath, { force: true })
  }

  /** Nothing in work and nothing left to take up at once. */
  get idle(): boolean {
    return this.#inWork.size === 0 && this.#looking === undefined && !this.#more
  }

  /** Takes up what is ready. Looks do not overlap. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #look(): Promise<void> {
    this.#more = false
    // What was in work when the reading began may be done and gone by its end.
    const inWork = new Set(this.#inWork)
    for (const name of await filesIn(this.#work)) if (!inWork.has(name)) this.#begin(name)
    for (const name of await this.#settled()) {
      if (this.#stopped || this.#isFull) {
        this.#more = true
        return
      }
      const taken = await this.#takeUp(name)
      if (taken !== undefined) this.#begin(taken)
    }
  }

  /** Names of IN that have been left alone since the look before and for `settleMs`. */
  async #settled(): Promise<string[]> {
    const { inDir, settleMs } = this.#options
    const seen = new Map<string, string>()
    const settled: string[] = []
    for (const name of await filesIn(inDir)) {
      const facts = await lstat(join(inDir, name)).catch(() => undefined)
      if (!facts?.isFile()) continue
      const state = `${facts.size} ${facts.mtimeMs} ${facts.ctimeMs} ${facts.ino}`
      seen.set(name, state)
      if (this.#seen.get(name) === state && Date.now() - facts.ctimeMs >= settleMs) settled.push(name)
    }
    this.#seen = seen
    return settled
  }

  /** By renaming, so that a file is in one place at every moment. Its new name is free in OUT too. */
  async #takeUp(name: string): Promise<string | undefined> {
    const { inDir, outDir } = this.#options
    const taken = freeName(name, each => existsSync(join(this.#work, each)) || existsSync(join(outDir, `${each}.report.json`)))
    try {
      await rename(join(inDir, name), join(this.#work, taken))
      return taken
    } catch {
      // Gone again, or held by another program: the next look sees.
      return undefined
    }
  }

  get #isFull(): boolean {
    return this.#inWork.size >= this.#options.atOnce
  }

  #begin(name: string): void {
    if (this.#stopped || this.#inWork.has(name) || (this.#notBeforeMs.get(name) ?? 0) > Date.now()) return
    if (this.#isFull) {
      this.#more = true
      return
    }
    this.#inWork.add(name)
    void this.#run(name).finally(() => {
      this.#inWork.delete(name)
      if (!this.#stopped) void this.look()
    })
  }

  async #run(name: string): Promise<void> {
    const path = join(this.#work, name)
    try {
      const sanitized = await this.#options.sanitize({ untrustedName: name, untrustedType: '', open: () => readRegularFile(path) })
      const written = writeResult(this.#options.outDir, name, sanitized)
      this.#notBeforeMs.delete(name)
      await this.#putAway(name, written)
      this.#options.onDone({ file: name, outcome: 'done', ...written })
    } catch (error) {
      await this.#failed(name, error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Only an original of which everything passed may be deleted. */
  async #putAway(name: string, { kept, written }: Written): Promise<void> {
    const path = join(this.#work, name)
    if (this.#options.originals === 'delete' && kept === 0 && written !== '') return rm(path)
    const day = join(this.#options.inDir, '.done', new Date().toISOString().slice(0, 10))
    await mkdir(day, { recursive: true })
    await moveTo(path, day, name)
  }

  /** Full or sick is nobody's fault: it stays where it is and is tried again. */
  async #failed(name: string, { message, name: kind }: Error): Promise<void> {
    if (kind === Unavailable.name) {
      this.#notBeforeMs.set(name, Date.now() + RETRY_MS)
      return this.#options.onDone({ file: name, outcome: 'later', why: message })
    }
    try {
      await writeFile(join(this.#options.outDir, 'failed', `${name}.error.json`), `${JSON.stringify({ file: name, error: message }, null, 2)}\n`)
      await moveTo(join(this.#work, name), join(this.#options.inDir, '.failed'), name)
    } catch {
      // OUT cannot be written either: the file stays in .work, its place in every trouble.
      this.#notBeforeMs.set(name, Date.now() + RETRY_MS)
    }
    this.#options.onDone({ file: name, outcome: 'failed', why: message })
  }

  get #lockPath(): string {
    return join(this.#work, '.lock')
  }

  /** A lock of a process that is no more is taken over. */
  async #lock(): Promise<void> {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        return await writeFile(this.#lockPath, String(process.pid), { flag: 'wx' })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = Number(await readFile(this.#lockPath, 'latin1').catch(() => ''))
      if (isAlive(holder)) throw new Locked(`process ${holder} watches ${this.#options.inDir} already (${this.#lockPath})`)
      await rm(this.#lockPath, { force: true })
    }
    throw new Locked(`${this.#lockPath} cannot be taken`)
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && !UNFINISHED.test(entry.name))
    .map(entry => entry.name)
    .sort()
}

/** `a.docx`, `a~2.docx`, `a~3.docx` … */
function freeName(name: string, isTaken: (name: string) => boolean): string {
  const { name: stem, ext } = parse(shortened(name))
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? `${stem}${ext}` : `${stem}~${number}${ext}`
    if (!isTaken(candidate)) return candidate
  }
}

function shortened(name: string): string {
  const { name: stem, ext } = parse(name)
  let short = stem
  while (Buffer.byteLength(short + ext) > MOST_NAME_BYTES && short.length > 1) short = Array.from(short).slice(0, -1).join('')
  return short + ext
}

async function moveTo(path: string, dir: string, name: string): Promise<void> {
  await rename(path, join(dir, freeName(name, each => existsSync(join(dir, each)))))
}
