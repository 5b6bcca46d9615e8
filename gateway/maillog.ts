/**
 * The mail log: one line per event in a message's life, for people with grep and for machines.
 *
 * It is an interface: the events and their fields are the closed table in maillog-events.ts, printed as
 * docs/maillog.md; changing one is a breaking change. One queue id runs through all lines of a message.
 *
 *   2026-03-01T09:30:00.000Z 4gK2pQ7x received from=<a@x.example> to=2 bytes=48213 client=192.0.2.7
 *   2026-03-01T09:30:00.212Z 4gK2pQ7x part part=1.2 type=application/pdf outcome=quarantined rule=no-disarmer
 *
 * Invariant: whatever a client says, an event is one line, and no value can pass for another field.
 */
import { pino } from 'pino'
import type { EVENTS, EventName } from './maillog-events.ts'

export type FieldValue = string | number | boolean | readonly string[]
type FieldsOf<E extends EventName> = (typeof EVENTS)[E] extends { fields: infer F }
  ? { readonly [K in keyof F]: FieldValue }
  : unknown
type OptionalFieldsOf<E extends EventName> = (typeof EVENTS)[E] extends { optional: infer F }
  ? { readonly [K in keyof F]?: FieldValue | undefined }
  : unknown
export type EventFields<E extends EventName> = FieldsOf<E> & OptionalFieldsOf<E>

/** What the wings hold: they say what happened, never how it is written. */
export interface MailLog {
  /** `id` is the queue id, or '-' for events of the gateway itself. Never throws, never waits. */
  event<E extends EventName>(name: E, id: string, fields: EventFields<E>): void
}

export type MailLogFormat = 'text' | 'json'
export type MailLogOptions = {
  readonly format: MailLogFormat
  readonly write: (line: string) => void
  readonly now: () => Date
}

export function createMailLog({ format, write, now }: MailLogOptions): MailLog {
  const line = format === 'json' ? jsonLine : textLine
  return {
    event: (name, id, fields) =>
      write(line(now(), id, name, fields as Readonly<Record<string, FieldValue | undefined>>)),
  }
}

type Fields = Readonly<Record<string, FieldValue | undefined>>

function textLine(time: Date, id: string, name: string, fields: Fields): string {
  let line = `${time.toISOString()} ${bare(id) || '-'} ${name}`
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined)
      line += ` ${key}=${typeof value === 'string' ? shown(value) : Array.isArray(value) ? shown(value.join(',')) : String(value)}`
  }
  return line + '\n'
}

function jsonLine(time: Date, id: string, name: string, fields: Fields): string {
  const json = JSON.stringify({ time: time.toISOString(), event: name, id: id || '-', ...fields })
  return json.replace(UNPRINTABLE, escaped) + '\n'
}

/** An envelope address as the log writes it; the null reverse-path is `<>`. */
export function angled(path: string | null): string {
  return `<${path ?? ''}>`
}

/** Controls, format characters (bidirectional overrides among them), separators, unassigned and private use. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu
const PLAIN = /^[^\s"\\=\p{C}]+$/u

/** Text as one word: quoted when it holds anything that could end it, unprintable characters as \uXXXX. */
function shown(untrusted: string): string {
  const text = untrusted.length > 1000 ? `${untrusted.slice(0, 1000)}…` : untrusted
  if (PLAIN.test(text)) return text
  return `"${text
    .replace(/["\\]/g, '\\$&')
    .replace(UNPRINTABLE, escaped)
    .replace(/\p{Zs}/gu, ' ')}"`
}

function bare(id: string): string {
  return id.replace(/[^\w.-]/g, '')
}

/** UTF-16 code units, so that what is printed is what JSON reads back. */
function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('')
}

const LARGEST_BACKLOG_BYTES = 16 * 2 ** 20
const TOGETHER_CHARS = 8 * 1024
const TOGETHER_MS = 50

export interface LogSink {
  write(line: string): void
  /** Opens the file again, after logrotate moved it away. */
  reopen(): void
  /** Writes what is still waiting. */
  flush(): void
  /** Lines lost since the start. */
  readonly droppedLines: number
}

/**
 * Where lines go, written in the background by pino's writer: lines of a moment leave together, since a write of
 * its own for each was a fifth of the gateway's work; a process that is killed loses that moment, which the audit
 * chain does not. Logging costs the mail no waiting. Over LARGEST_BACKLOG_BYTES (a reader of
 * stdout that stands still) lines are dropped and counted, rather than filling the memory.
 *
 * `path` is 'stdout' or a file that lines are added to. `onError` hears of a disk that will not take them.
 */
export function openLogSink(path: string, onError: (error: Error) => void): LogSink {
  const isFile = path !== 'stdout'
  const stream = pino.destination({
    dest: isFile ? path : 1,
    sync: false,
    mkdir: true,
    append: true,
    maxLength: LARGEST_BACKLOG_BYTES,
  })
  let droppedLines = 0
  const drop = (lines: string) => {
    droppedLines += lines.split('\n').length - 1
  }
  stream.on('drop', drop)
  stream.on('error', onError)
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  const hand = () => {
    const lines = waiting
    waiting = ''
    clearTimeout(timer)
    timer = undefined
    try {
      if (lines !== '') stream.write(lines)
    } catch (error) {
      // The writer throws when its file could not be opened: the log is lost then, the mail goes on.
      drop(lines)
      onError(error as Error)
    }
  }
  const flush = () => {
    try {
      hand()
      stream.flushSync()
    } catch (error) {
      onError(error as Error)
    }
  }
  return {
    write: line => {
      waiting += line
      if (waiting.length >= TOGETHER_CHARS) hand()
      else timer ??= setTimeout(hand, TOGETHER_MS).unref()
    },
    reopen: () => {
      if (!isFile) return
      // What was said before the file was moved away belongs into it.
      flush()
      stream.reopen()
    },
    flush,
    get droppedLines() {
      return droppedLines
    },
  }
}
