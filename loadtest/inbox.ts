/**
 * Where the mails must arrive: our own sink, or a Maildir that somebody else delivers into.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type SinkChild, startSink } from './children.ts'
import { monotonicMs } from './clock.ts'
import type { Rule } from './look.ts'
import type { RunId } from './mark.ts'
import { type Arrival, arrivalOf } from './sink.ts'

export type Inbox = {
  readonly source: 'sink' | 'maildir'
  readonly where: string
  reset(run: RunId): Promise<void>
  /** Arrivals since the last time. */
  take(): Promise<readonly Arrival[]>
  end(): void
}

export async function sinkInbox(
  { host, port }: { readonly host: string; readonly port: number },
  look: readonly Rule[],
): Promise<Inbox> {
  const sink: SinkChild = await startSink({ host, port, look })
  return {
    source: 'sink',
    where: `${host}:${sink.port}`,
    reset: run => sink.reset(run),
    take: () => sink.take(),
    end: () => sink.end(),
  }
}

/** What was there before does not count; files are read and left alone. Times are those of the files. */
export function maildirInbox(folder: string, look: readonly Rule[]): Inbox {
  const known = new Set(filesIn(folder).map(idOf))
  let run: RunId = ''
  return {
    source: 'maildir',
    where: folder,
    reset: async newRun => void (run = newRun),
    take: async () => {
      const fresh = filesIn(folder).filter(path => !known.has(idOf(path)))
      return fresh.flatMap(path => {
        const arrival = readArrival(path, run, look)
        if (arrival) known.add(idOf(path))
        return arrival ? [arrival] : []
      })
    },
    end: () => undefined,
  }
}

function filesIn(folder: string): string[] {
  return ['new', 'cur'].flatMap(each => {
    try {
      return readdirSync(join(folder, each)).map(name => join(folder, each, name))
    } catch (error) {
      // The first mail makes the folders.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}

/** Flags behind the colon come and go with the mail program. */
function idOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/:2,.*$/, '')
}

/** Undefined when the file moved on between two looks: the next one finds it. */
function readArrival(path: string, run: RunId, look: readonly Rule[]): Arrival | undefined {
  try {
    const atMs = monotonicMs() - (Date.now() - statSync(path).mtimeMs)
    return arrivalOf(withCrlf(readFileSync(path)), { run, look, atMs, recipients: undefined })
  } catch {
    return undefined
  }
}

function withCrlf(octets: Buffer): Buffer {
  const newline = octets.indexOf(0x0a)
  if (newline <= 0 || octets[newline - 1] === 0x0d) return octets
  return Buffer.from(octets.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
}
