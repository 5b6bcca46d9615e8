/**
 * A disk that loses power: file operations that can be stopped before, or fail at, any step, and that forget
 * whatever was not flushed by then (contents without sync, names without a directory sync).
 *
 * What the step list leaves out or puts in the wrong order shows as a row whose bytes are gone.
 */
import { existsSync, readdirSync, renameSync, statSync, truncateSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FileOps, OpenFile } from '../../../store/sqlite/files.ts'
import { realFiles } from '../../../store/sqlite/files.ts'

/** 'stop': this step and all later ones do not happen. 'fail': this one fails, as a bad disk would. */
export type Fault = { readonly atStep: number; readonly mode: 'stop' | 'fail' }

type Name = { readonly folder: string; readonly undo: () => void }

export class PowerLossFiles implements FileOps {
  /** Names of the steps taken, in order. */
  readonly steps: string[] = []
  /** Set after opening, so that start-up itself is not counted. */
  fault: Fault | undefined
  #counting = false
  #dead = false
  readonly #flushed = new Map<string, number>()
  #names: Name[] = []

  constructor(directory: string) {
    for (const folder of ['originals', 'segments', 'outgoing']) {
      const path = join(directory, folder)
      if (existsSync(path))
        for (const name of readdirSync(path)) this.#flushed.set(join(path, name), statSync(join(path, name)).size)
    }
  }

  /** From here on steps count. */
  arm(fault?: Fault): void {
    this.#counting = true
    this.fault = fault
  }

  /** Takes away what a power cut would: call when the store has been let go. */
  losePower(): void {
    for (const { undo } of this.#names.reverse()) undo()
    for (const [path, bytes] of this.#flushed)
      if (existsSync(path) && statSync(path).size > bytes) truncateSync(path, bytes)
    this.#names = []
  }

  async open(path: string): Promise<OpenFile> {
    this.#step(`open ${folderOf(path)}`)
    const isNew = !existsSync(path)
    if (isNew) this.#names.push({ folder: dirname(path), undo: () => existsSync(path) && unlinkSync(path) })
    // A file that somebody else has written (the arriving original) is not flushed yet.
    if (!this.#flushed.has(path)) this.#flushed.set(path, 0)
    const file = await realFiles.open(path)
    return {
      write: async (pieces, position) => {
        this.#step(`write ${folderOf(path)}`)
        await file.write(pieces, position)
      },
      sync: async () => {
        this.#step(`sync ${folderOf(path)}`)
        await file.sync()
        this.#flushed.set(path, statSync(path).size)
      },
      close: () => file.close(),
    }
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step(`rename to ${folderOf(to)}`)
    await realFiles.rename(from, to)
    this.#flushed.set(to, this.#flushed.get(from) ?? 0)
    this.#flushed.delete(from)
    // The name in incoming/ was never flushed either: neither name survives.
    this.#names.push({ folder: dirname(to), undo: () => existsSync(to) && renameSync(to, from) })
  }

  async syncDirectory(path: string): Promise<void> {
    this.#step(`sync directory ${path.split('/').at(-1)}`)
    await realFiles.syncDirectory(path)
    this.#names = this.#names.filter(name => name.folder !== path)
  }

  async unlink(path: string): Promise<void> {
    this.#step(`unlink in ${folderOf(path)}`)
    await realFiles.unlink(path)
  }

  async truncate(path: string, bytes: number): Promise<void> {
    this.#step(`truncate ${folderOf(path)}`)
    await realFiles.truncate(path, bytes)
  }

  makeDirectory(path: string): Promise<void> {
    return realFiles.makeDirectory(path)
  }

  list(path: string): Promise<readonly string[]> {
    return realFiles.list(path)
  }

  size(path: string): Promise<number> {
    return realFiles.size(path)
  }

  freeBytes(path: string): Promise<number> {
    return realFiles.freeBytes(path, 0)
  }

  commit(run: () => void): void {
    this.#step('commit')
    run()
  }

  #step(name: string): void {
    if (!this.#counting) return
    if (this.#dead) throw new Error('the power is out')
    const due = this.steps.length === this.fault?.atStep
    this.steps.push(name)
    if (!due) return
    this.#dead = this.fault?.mode === 'stop'
    throw new Error(`EIO: ${name}`)
  }
}

function folderOf(path: string): string {
  return dirname(path).split('/').at(-1) ?? ''
}
