/**
 * Which recipients are taken at RCPT: a listed domain, then (each optional) the recipient file, then a call-ahead
 * to the next hop. Answered at RCPT, because a refusal later would make the client, or us, write a DSN to a
 * forged sender.
 *
 * The file has one mailbox in a line, `@domain` for all of a domain, `#` for a comment. Local parts are compared
 * without regard to case. `postmaster` of a listed domain is always taken (RFC 5321 §4.5.1).
 */
import { readFileSync, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Mailbox } from '../../core/smtp/envelope.ts'
import { domainOf } from '../../core/smtp/mailbox.ts'
import type { ReplyName } from '../../core/smtp/reply.ts'
import type { CallAhead } from './call-ahead.ts'

/** How old our knowledge of the file's time stamp may be before it is looked at again. */
const STAT_AFTER_MS = 2000

/** Undefined means the recipient is taken. */
export type RecipientAnswer = ReplyName | undefined

export type RecipientRules = {
  /** Domains of all tenants, lower-case A-labels. Exact match: a subdomain is another domain. */
  readonly domains: readonly string[]
  readonly file?: RecipientFile
  readonly callAhead?: CallAhead
}

export type RecipientCheck = (mailbox: Mailbox) => RecipientAnswer | Promise<RecipientAnswer>

export function recipientCheck(rules: RecipientRules): RecipientCheck {
  const domains = new Set(rules.domains.map(domain => domain.toLowerCase()))
  return mailbox => {
    if (!domains.has(domainOf(mailbox))) return 'notListed'
    if (mailbox.toLowerCase().startsWith('postmaster@')) return undefined
    if (rules.file && !rules.file.has(mailbox)) return 'recipientUnknown'
    return rules.callAhead && askAhead(rules.callAhead, mailbox)
  }
}

async function askAhead(callAhead: CallAhead, mailbox: Mailbox): Promise<RecipientAnswer> {
  const existence = await callAhead.ask(mailbox)
  if (existence === 'ok') return undefined
  return existence === 'unknown' ? 'recipientUnknown' : 'recipientUnknownYet'
}

/** The recipient file, read again when it has changed. A file that cannot be read leaves the old list in force. */
export class RecipientFile {
  readonly #path: string
  readonly #nowMs: () => number
  readonly #onError: (error: unknown) => void
  #entries = new Set<string>()
  #stamp = ''
  #lookedAtMs = 0

  /** Throws when the file cannot be read: starting without it would accept or refuse everybody. */
  constructor(path: string, nowMs: () => number, onError: (error: unknown) => void) {
    this.#path = path
    this.#nowMs = nowMs
    this.#onError = onError
    this.#load()
  }

  has(mailbox: Mailbox): boolean {
    if (this.#nowMs() - this.#lookedAtMs > STAT_AFTER_MS) void this.#lookAgain()
    return this.#entries.has(mailbox.toLowerCase()) || this.#entries.has(`@${domainOf(mailbox)}`)
  }

  /** For SIGHUP. */
  reload(): void {
    try {
      this.#load()
    } catch (error) {
      this.#onError(error)
    }
  }

  async #lookAgain(): Promise<void> {
    this.#lookedAtMs = this.#nowMs()
    try {
      if (stampOf(await stat(this.#path)) !== this.#stamp) this.#load()
    } catch (error) {
      this.#onError(error)
    }
  }

  #load(): void {
    this.#lookedAtMs = this.#nowMs()
    const stamp = stampOf(statSync(this.#path))
    this.#entries = parseRecipients(readFileSync(this.#path, 'utf8'))
    this.#stamp = stamp
  }
}

function stampOf(stats: { readonly mtimeMs: number; readonly size: number; readonly ino: number }): string {
  return `${stats.mtimeMs}/${stats.size}/${stats.ino}`
}

function parseRecipients(text: string): Set<string> {
  const lines = text.split(/\r?\n/).map(line => line.replace(/#.*/, '').trim().toLowerCase())
  return new Set(lines.filter(line => line !== ''))
}
