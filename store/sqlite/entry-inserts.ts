/**
 * Writes one group of a new message: its queue entry, recipients, plain composed copy and report.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { QueueEntry, RecipientState } from '../contract.ts'
import type { WireGroup, WireMessage } from './protocol.ts'

export class EntryInserts {
  readonly #entry: StatementSync
  readonly #copy: StatementSync
  readonly #report: StatementSync
  readonly #recipient: StatementSync

  constructor(database: DatabaseSync) {
    this.#entry = database.prepare(
      `INSERT INTO entries (tenant, queue_id, group_id, direction, route, claimed, due_at_ms, attempts, delay_warned, may_be_duplicate,
       message_bytes, retention_class, public_id, check_code, copy_file, parts_kept, mail_state, file_names)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#copy = database.prepare('INSERT INTO copies VALUES (?, ?, ?)')
    this.#report = database.prepare('INSERT INTO reports VALUES (?, ?, ?)')
    this.#recipient = database.prepare("INSERT INTO recipients VALUES (?, ?, ?, ?, 'scheduled', ?, ?, ?)")
  }

  insert(
    message: WireMessage,
    group: WireGroup,
    { claimed, copyFile }: { claimed: boolean; copyFile: string | undefined },
  ): QueueEntry {
    const { tenant } = group
    const dueAtMs = message.acceptedAtMs
    const { lastInsertRowid } = this.#entry.run(
      tenant,
      message.queueId,
      group.groupId,
      group.direction,
      group.route,
      Number(claimed),
      dueAtMs,
      group.message.length,
      group.retentionClass,
      group.publicId,
      group.checkCode,
      copyFile ?? null,
      group.partsKeptBack,
      group.mailState,
      group.fileNames,
    )
    const entryId = Number(lastInsertRowid)
    if (copyFile === undefined) this.#copy.run(entryId, tenant, group.message)
    this.#report.run(entryId, tenant, group.reportJson)
    const state = JSON.stringify({ kind: 'scheduled', dueAtMs, attempts: 0, lastReply: '' } satisfies RecipientState)
    for (const [position, mailbox] of group.recipients.entries()) {
      this.#recipient.run(entryId, position, tenant, mailbox, Number(claimed), dueAtMs, state)
    }
    return newEntry(entryId, message, group)
  }
}

function newEntry(entryId: number, message: WireMessage, group: WireGroup): QueueEntry {
  return {
    entryId,
    queueId: message.queueId,
    tenant: group.tenant,
    groupId: group.groupId,
    route: group.route,
    direction: group.direction,
    reversePath: message.reversePath,
    dsnAllowed: message.dsnAllowed,
    smtpUtf8: message.smtpUtf8,
    acceptedAtMs: message.acceptedAtMs,
    attempts: 0,
    recipients: group.recipients,
    messageBytes: group.message.length,
    delayWarned: false,
    mayBeDuplicate: false,
  }
}
