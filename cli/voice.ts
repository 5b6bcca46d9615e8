/**
 * What the gateway says to people: the mail log and the alarms. Everyone holds the same functions for as long as
 * the process lives; what stands behind them changes with the configuration.
 */
import type { Config } from '../config/schema.ts'
import { type Alarms, createAlarms, type RaiseAlarm } from '../gateway/alarms.ts'
import { createMailLog, type LogSink, type MailLog, openLogSink } from '../gateway/maillog.ts'
import { LogArchive } from '../gateway/maillog-archive.ts'
import { openSyslog } from '../gateway/syslog.ts'
import type { Emergency } from '../store/contract.ts'
import { ourHostname } from './wiring.ts'

export type Heartbeat = { readonly ready: boolean; readonly queue: number; readonly emergency: Emergency }

type Words = {
  readonly sink: LogSink
  readonly log: MailLog
  readonly alarms: Alarms
  readonly archive: LogArchive | undefined
}

const LOOK_EVERY_MS = 10_000
const TIDY_EVERY_MS = 6 * 3_600_000

export class Voice {
  readonly log: MailLog = { event: (name, id, fields) => this.#words.log.event(name, id, fields) }
  readonly raise: RaiseAlarm = (kind, text) => this.#words.alarms.raise(kind, text)
  #words: Words
  #droppedBefore = 0
  #droppedTold = 0
  #tidiedAtMs = Number.NEGATIVE_INFINITY
  #upkeep: NodeJS.Timeout | undefined

  constructor(config: Config) {
    this.#words = this.#wordsFor(config, this.#openSink(config))
  }

  get droppedLines(): number {
    return this.#droppedBefore + this.#words.sink.droppedLines
  }

  /** The log's file is opened again in any case: logrotate may have moved it. */
  adopt(config: Config, old: Config): void {
    const { sink } = this.#words
    if (config.maillog.path === old.maillog.path) {
      sink.reopen()
      this.#words = this.#wordsFor(config, sink)
      return
    }
    sink.flush()
    this.#droppedBefore += sink.droppedLines
    this.#words = this.#wordsFor(config, this.#openSink(config))
  }

  beat({ ready, queue, emergency }: Heartbeat): void {
    this.log.event('heartbeat', '-', { ready, queue, emergency: emergency === 'none' ? undefined : emergency })
    this.#words.alarms.beat(`heartbeat ready=${ready} queue=${queue} emergency=${emergency}`)
  }

  /** From now on days are put away, and lost lines are told. */
  startUpkeep(): void {
    this.#upkeep = setInterval(() => void this.#keepUp(), LOOK_EVERY_MS).unref()
    void this.#keepUp()
  }

  flush(): void {
    this.#words.sink.flush()
  }

  close(): void {
    clearInterval(this.#upkeep)
    this.flush()
  }

  async #keepUp(nowMs = Date.now()): Promise<void> {
    if (this.droppedLines > this.#droppedTold) {
      this.raise('maillog', `${this.droppedLines - this.#droppedTold} lines are lost: nobody takes them`)
      this.#droppedTold = this.droppedLines
    }
    const { archive, sink } = this.#words
    if (archive === undefined) return
    try {
      if (await archive.turn(nowMs)) sink.reopen()
      if (nowMs - this.#tidiedAtMs < TIDY_EVERY_MS) return
      this.#tidiedAtMs = nowMs
      for (const failure of await archive.tidy(nowMs)) this.raise('maillog-archive', failure.message)
    } catch (error) {
      this.raise('maillog-archive', error instanceof Error ? error.message : String(error))
    }
  }

  #openSink({ maillog }: Config): LogSink {
    return openLogSink(maillog.path, error => this.raise('maillog', `the mail log cannot be written: ${error.message}`))
  }

  #wordsFor(config: Config, sink: LogSink): Words {
    const { format, path, rotate, keepDays, archiveDays } = config.maillog
    return {
      sink,
      log: createMailLog({ format, write: line => sink.write(line), now: () => new Date() }),
      alarms: alarmsFor(config),
      archive: path !== 'stdout' && rotate ? new LogArchive({ path, keepDays, archiveDays }, Date.now()) : undefined,
    }
  }
}

function alarmsFor(config: Config): Alarms {
  const { webhook, syslog, contacts, repeatMinutes } = config.alarms
  const hostname = ourHostname(config)
  return createAlarms({
    webhook,
    syslog: syslog === '' ? undefined : openSyslog(syslog, hostname),
    contacts,
    repeatMs: repeatMinutes * 60_000,
    hostname,
    nowMs: Date.now,
    write: line => void process.stderr.write(line),
  })
}
