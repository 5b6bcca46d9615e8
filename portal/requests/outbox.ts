/**
 * Mails of the portal to staff, on their way to the gateway: written down with what they are about in one transaction, asked
 * of the gateway until it has queued them. A key is written down once, and the gateway queues a key once, so nobody gets
 * the same mail twice, whichever side stopped in between.
 */
import type { PortalDb } from '../db/open.ts'
import type { Mail, StaffMail } from '../ports.ts'

const AT_ONCE = 50
const FIRST_RETRY_MS = 15_000
const LONGEST_RETRY_MS = 15 * 60_000

export class Outbox {
  readonly #db: PortalDb
  readonly #mail: Pick<Mail, 'notify'>
  #running: Promise<number> | undefined
  #wanted = false

  constructor(db: PortalDb, mail: Pick<Mail, 'notify'>) {
    this.#db = db
    this.#mail = mail
  }

  /** Best inside of the `write` that it tells of. Nothing is written for who has no mailbox. */
  add({ key, tenant, to, subject, text }: StaffMail): void {
    if (to === '') return
    const nowMs = this.#db.nowMs()
    this.#db.write(() => this.#db.run("INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, 0, '')", key, tenant, to, subject, text, nowMs, nowMs))
  }

  /** Sends what is due; returns how many were queued. One run at a time; what was added meanwhile goes with it. */
  send(): Promise<number> {
    this.#wanted = true
    this.#running ??= Promise.resolve().then(() => this.#sendWanted())
    return this.#running
  }

  async #sendWanted(): Promise<number> {
    let queued = 0
    try {
      while (this.#wanted) {
        this.#wanted = false
        queued += await this.#sendDue()
      }
      return queued
    } finally {
      this.#running = undefined
    }
  }

  async #sendDue(): Promise<number> {
    let queued = 0
    for (const row of this.#db.all('SELECT * FROM outbox WHERE due_at_ms IS NOT NULL AND due_at_ms <= ? ORDER BY due_at_ms LIMIT ?', this.#db.nowMs(), AT_ONCE)) {
      const [key, tries] = [String(row['mail_key']), Number(row['tries'])]
      const mail: StaffMail = { key, tenant: String(row['tenant']), to: String(row['mailbox']), subject: String(row['subject']), text: String(row['text']) }
      const answer = await this.#mail.notify(mail).catch(() => ({ kind: 'cannot', reason: 'busy' }) as const)
      if (answer.kind === 'queued') queued++
      const isOver = answer.kind === 'queued' || answer.reason === 'not-inward'
      const dueAtMs = isOver ? null : this.#db.nowMs() + Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries, 10), LONGEST_RETRY_MS)
      // The text has done its work: who opens portal.db later finds that a mail went out, not what it said.
      this.#db.write(() => this.#db.run("UPDATE outbox SET due_at_ms = ?, tries = ?, answer = ?, text = CASE WHEN ? IS NULL THEN '' ELSE text END WHERE mail_key = ?", dueAtMs, tries + 1, answer.kind === 'queued' ? answer.queueId : answer.reason, dueAtMs, key))
    }
    return queued
  }
}
