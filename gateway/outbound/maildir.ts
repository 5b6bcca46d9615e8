/**
 * A Maildir as next hop: what the embedded default delivers to, and a way to look at the result.
 *
 * One file per entry, whatever the number of its recipients, with exactly the composed bytes: no Return-Path
 * or Delivered-To, since what lies there is what an SMTP hop would have got.
 *   tmp/NAME written ▸ flushed ▸ renamed to new/NAME ▸ new/ flushed ▸ delivered
 * Deliveries that finish while new/ is being flushed share the next flush. A failed flush is not tried again
 * on the same file: the recipients are deferred, and a later attempt writes another one.
 */
import { mkdir, open, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type HopReply, ownReply } from './hop-reply.ts'
import { all, type Transport } from './outcome.ts'

/** Bounds the messages in memory; more at once than Node has threads for files would gain nothing. */
const WRITES_AT_ONCE = 8

export type MaildirNaming = { readonly clock: () => number; readonly random: () => number; readonly hostname: string }

export function maildirTransport(path: string, naming: MaildirNaming): Transport {
  const newFolder = join(path, 'new')
  const flushNew = grouped(() => flushFolder(newFolder))
  const inTurn = slots(WRITES_AT_ONCE)
  let prepared: Promise<void> | undefined
  let counter = 0

  const uniqueName = () => {
    const atMs = naming.clock()
    const randomPart = Math.floor(naming.random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0')
    const host = naming.hostname.replace(/[^A-Za-z0-9.-]/g, '_')
    return `${Math.floor(atMs / 1000)}.M${(atMs % 1000) * 1000}P${process.pid}Q${++counter}R${randomPart}.${host}`
  }

  /** Into new/, not yet durable there. Undefined, or what went wrong. */
  const write = async (name: string, message: Uint8Array): Promise<unknown> => {
    const temporary = join(path, 'tmp', name)
    try {
      await (prepared ??= prepare(path))
      await writeFlushed(temporary, message)
      return await rename(temporary, join(newFolder, name))
    } catch (error) {
      prepared = undefined
      await unlink(temporary).catch(() => undefined)
      return error
    }
  }

  return {
    async deliver({ recipients, load }) {
      const name = uniqueName()
      const failure = await inTurn(async () => write(name, await load()))
      if (failure !== undefined) return all(recipients, 'deferred', localFailure(failure))
      try {
        await flushNew()
        return all(recipients, 'delivered', ownReply(250, '2.0.0', `written as ${name}`))
      } catch (error) {
        return all(recipients, 'deferred', localFailure(error), true)
      }
    },
  }
}

function localFailure(error: unknown): HopReply {
  return ownReply(451, '4.3.0', error instanceof Error ? error.message : String(error))
}

async function prepare(path: string): Promise<void> {
  for (const folder of ['tmp', 'new', 'cur']) await mkdir(join(path, folder), { recursive: true, mode: 0o700 })
  await flushFolder(path)
}

/** Fails when the file exists already: a name is never used twice. */
async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Runs `work` once for all callers that came while the run before was under way. */
export function grouped(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const start = (): Promise<void> => {
    const run = work().finally(() => {
      if (running === run) running = undefined
    })
    running = run
    return run
  }
  return () => {
    if (running === undefined) return start()
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return start()
      })
    return next
  }
}

/** Runs at most `count` at once, the others in the order in which they came. */
export function slots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = count
  return async work => {
    if (free > 0) free--
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
