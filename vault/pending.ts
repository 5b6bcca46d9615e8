/**
 * Parts that were not ready when their mail went on: worked on here with a longer limit, then mailed to who had the mail,
 * and their outcome recorded with the message.
 *
 *   gateway's list ──▶ part ──▶ [rebuilt, with time] ──▶ one mail per recipient ──▶ outcome recorded
 *
 * The order is fixed, and each step may be done again: a crash in between never loses a part, and the gateway knows a
 * mail that it has already, so it goes out once. A part over which this process dies again and again is kept back.
 */
import { createHash } from 'node:crypto'
import type { Asker } from '../core/purposes.ts'
import type { PartReport } from '../core/verdict.ts'
import type { MailMessage, PartOutcome } from '../store/contract.ts'
import { loosePart } from '../workers/loose-report.ts'
import type { LooseResult } from '../workers/contract.ts'
import { isRefusal } from './entrance.ts'
import type { House } from './house.ts'
import { sendLetter } from './letters.ts'
import { looseFile, rulesOf } from './looks.ts'
import type { Rebuilt } from './shelf.ts'
import { rebuiltFiles } from './unlocking.ts'

const AT_ONCE = 20
const MOST_ATTEMPTS = 3

type Done = { readonly part: PartReport; readonly outcome: PartOutcome; readonly files: readonly Rebuilt[] }

export class PendingWork {
  readonly #house: House
  #running: Promise<void> | undefined
  #closed = false

  constructor(house: House) {
    this.#house = house
  }

  /** One round at a time. Rejects when the gateway cannot be asked. */
  run(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#running?.catch(() => undefined)
  }

  async #round(): Promise<void> {
    for (const publicId of await this.#house.gateway.pending(AT_ONCE)) {
      if (this.#closed) return
      const message = await this.#house.gateway.message(publicId)
      if (message) await this.#finish(message)
    }
  }

  async #finish(message: MailMessage): Promise<void> {
    const done: Done[] = []
    for (const part of message.report.parts.filter(each => each.outcome === 'pending')) {
      const each = this.#closed ? undefined : await this.#workOn(message, part)
      if (each) done.push(each)
    }
    if (done.length === 0 || !(await this.#mail(message, done))) return
    const by = { actor: 'system', reason: 'late parts' }
    for (const { part, outcome } of done) {
      await this.#house.gateway.amend({ publicId: message.publicId, partId: part.id, outcome, by })
      this.#house.database.write(() => this.#house.database.run('DELETE FROM work WHERE public_id = ? AND part_id = ?', message.publicId, part.id))
    }
  }

  /** Undefined: not now, the next round tries again. */
  async #workOn(message: MailMessage, part: PartReport): Promise<Done | undefined> {
    const { entrance, unsealing, workshop } = this.#house
    if (this.#attempt(message, part) > MOST_ATTEMPTS) return kept(part, 'time-limit')
    const found = await entrance.part('pending', { publicId: message.publicId, partId: part.id, member: [] }, systemOf(message))
    if (isRefusal(found)) return undefined
    try {
      const octets = await unsealing.part(message, part)
      return doneOf(part, await workshop.rebuild(looseFile(octets, found), rulesOf(this.#house, found)))
    } catch (error) {
      if (error instanceof Error && error.name === 'Gone') return kept(part, 'time-limit')
      throw error
    }
  }

  /** Counted before the work, so that what kills this process counts too. */
  #attempt({ publicId }: MailMessage, part: PartReport): number {
    const { database } = this.#house
    return database.write(() => {
      database.run('INSERT INTO work VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET attempts = attempts + 1', publicId, part.id)
      return Number(database.get('SELECT attempts FROM work WHERE public_id = ? AND part_id = ?', publicId, part.id)?.['attempts'])
    })
  }

  /** False when a mail could not be queued: nothing is recorded then, and all of it is done again. */
  async #mail(message: MailMessage, done: readonly Done[]): Promise<boolean> {
    const files = done.flatMap(each => each.files)
    if (files.length === 0) return true
    const parts = createHash('sha256').update(JSON.stringify(done.map(({ part }) => part.id))).digest('hex')
    for (const { mailbox } of message.recipients) {
      const onceKey = `finished ${message.publicId} ${parts} ${mailbox}`
      const sent = await sendLetter({ kind: 'finished', mailbox, files, about: message, onceKey }, message, this.#house.letters)
      // A mailbox that has no way any more must not hold up the others.
      if (isRefusal(sent) && sent.reason !== 'not-inward') return false
    }
    return true
  }
}

function systemOf({ tenant }: MailMessage): Asker {
  return { actor: 'system', tenant, address: '' }
}

function doneOf(part: PartReport, result: LooseResult): Done | undefined {
  if (result.kind === 'busy') return undefined
  const { outcome, reason, deliveredName, besideName, object, removed, findings, members } = loosePart(result, part)
  const ours = findings.map(finding => ({ ...finding, partId: part.id }))
  const told: PartOutcome = {
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(deliveredName === undefined ? {} : { deliveredName }),
    ...(besideName === undefined ? {} : { besideName }),
    ...(object === undefined ? {} : { object }),
    removed,
    findings: [...part.findings, ...ours],
    ...(members === undefined ? {} : { members }),
  }
  const rebuilt = result.kind === 'judged' && result.file.rebuilt.kind === 'rebuilt' ? result.file.rebuilt.file : undefined
  return { part, outcome: told, files: rebuilt ? rebuiltFiles(part.name, rebuilt) : [] }
}

function kept(part: PartReport, reason: 'time-limit'): Done {
  return { part, outcome: { outcome: 'quarantined', reason, removed: [], findings: part.findings }, files: [] }
}
