/**
 * What the gateway says to people: the mail log and the alarms. Everyone holds the same two functions for as long
 * as the process lives; what stands behind them changes with the configuration.
 */
import type { Config } from '../config/schema.ts'
import { createAlarms, type RaiseAlarm } from '../gateway/alarms.ts'
import { createMailLog, type LogSink, type MailLog, openLogSink } from '../gateway/maillog.ts'
import { ourHostname } from './wiring.ts'

type Words = { readonly sink: LogSink; readonly log: MailLog; readonly raise: RaiseAlarm }

export class Voice {
  readonly log: MailLog = { event: (name, id, fields) => this.#words.log.event(name, id, fields) }
  readonly raise: RaiseAlarm = (kind, text) => this.#words.raise(kind, text)
  #words: Words
  #droppedBefore = 0

  constructor(config: Config) {
    this.#words = wordsFor(config, openSink(config))
  }

  get droppedLines(): number {
    return this.#droppedBefore + this.#words.sink.droppedLines
  }

  /** The log's file is opened again in any case: logrotate may have moved it. */
  adopt(config: Config, old: Config): void {
    const { sink } = this.#words
    if (config.maillog.path === old.maillog.path) {
      sink.reopen()
      this.#words = wordsFor(config, sink)
      return
    }
    sink.flush()
    this.#droppedBefore += sink.droppedLines
    this.#words = wordsFor(config, openSink(config))
  }

  flush(): void {
    this.#words.sink.flush()
  }
}

function openSink({ maillog }: Config): LogSink {
  return openLogSink(maillog.path, error => process.stderr.write(`sekisho: mail log: ${error.message}\n`))
}

function wordsFor(config: Config, sink: LogSink): Words {
  return {
    sink,
    log: createMailLog({ format: config.maillog.format, write: line => sink.write(line), now: () => new Date() }),
    raise: createAlarms({
      webhook: config.alarms.webhook,
      repeatMs: config.alarms.repeatMinutes * 60_000,
      hostname: ourHostname(config),
      nowMs: Date.now,
      write: line => void process.stderr.write(line),
    }),
  }
}
