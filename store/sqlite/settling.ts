/**
 * Closing recipients: what became of each, and, when nobody of a group is left, sealing what was delivered
 * and erasing the plain copy. One Settling serves one batch.
 *
 *   add           checks that the entries are there (reads only)
 *   planFinished  seals the texts of groups that this batch finishes, before the flushes
 *   write…        inside the transaction
 */
import { readFileSync } from 'node:fs'
import type { StatementSync } from 'node:sqlite'
import type { AuditRecord, RecipientState, Settlement } from '../contract.ts'
import { textExpiresAtMs } from '../retention.ts'
import type { Batch, Place } from './batch.ts'
import type { WriterState } from './state.ts'

type Recipient = { readonly position: number; readonly mailbox: string; kind: RecipientState['kind'] }
type Touched = {
  readonly entryId: number
  readonly tenant: string
  readonly queueId: string
  readonly retentionClass: string
  readonly direction: string
  readonly copyFile: string | null
  readonly wasFinished: boolean
  readonly recipients: readonly Recipient[]
  attempts: number
  /** A deferred attempt may have delivered all the same. */
  mayBeDuplicate: boolean
  /** The copy was not there any more: nothing to seal, and something to look at. */
  copyMissing: boolean
  text: { readonly place: Place; readonly header: Uint8Array; readonly expiresAtMs: number } | undefined
}
type Change = {
  readonly touched: Touched
  readonly recipient: Recipient
  readonly settlement: Settlement
  readonly counts: boolean
}

const AUDIT_KIND = { delivered: 'deliver', failed: 'fail', dropped: 'drop' } as const

/** Prepared once for all batches. */
export type SettlingStatements = Readonly<
  Record<'entry' | 'recipients' | 'copy' | 'settle' | 'open' | 'reschedule' | 'finish' | 'erase', StatementSync>
>

export function prepareSettling({ database }: WriterState): SettlingStatements {
  return {
    entry: database.prepare(
      'SELECT tenant, queue_id, retention_class, direction, copy_file, finished_at_ms, attempts FROM entries WHERE entry_id = ?',
    ),
    recipients: database.prepare('SELECT position, mailbox, kind FROM recipients WHERE entry_id = ?'),
    copy: database.prepare('SELECT bytes FROM copies WHERE entry_id = ?'),
    settle: database.prepare(
      'UPDATE recipients SET kind = ?, claimed = 0, due_at_ms = ?, state = ? WHERE entry_id = ? AND position = ?',
    ),
    open: database.prepare(
      "SELECT min(due_at_ms) AS due, max(claimed) AS claimed FROM recipients WHERE entry_id = ? AND kind = 'scheduled'",
    ),
    reschedule: database.prepare(
      `UPDATE entries SET claimed = ?, due_at_ms = ?, attempts = ?, may_be_duplicate = max(may_be_duplicate, ?)
       WHERE entry_id = ?`,
    ),
    finish: database.prepare(
      `UPDATE entries SET claimed = 0, finished_at_ms = ?, copy_file = NULL, text_payload_id = ?, text_header = ?, text_expires_at_ms = ?
       WHERE entry_id = ?`,
    ),
    erase: database.prepare('DELETE FROM copies WHERE entry_id = ?'),
  }
}

export class Settling {
  readonly #state: WriterState
  readonly #statements: SettlingStatements
  readonly #touched = new Map<number, Touched>()

  constructor(state: WriterState, statements: SettlingStatements) {
    this.#state = state
    this.#statements = statements
  }

  /** Plans all of them or none. @throws for an entry or recipient that is not there. */
  add(settlements: readonly Settlement[]): Change[] {
    const found = settlements.flatMap(settlement => {
      const touched = this.#touch(settlement.entryId)
      const recipients = touched.recipients.filter(recipient => recipient.mailbox === settlement.recipient)
      if (recipients.length === 0) throw new Error(`entry ${settlement.entryId} has no such recipient`)
      return recipients.map(recipient => ({ touched, recipient, settlement }))
    })
    return found.map(({ touched, recipient, settlement: { state, possibleDuplicate }, settlement }) => {
      // What is final stays, except that a delivery is always the truth (dropped during the attempt).
      const counts = recipient.kind === 'scheduled' || state.kind === 'delivered'
      if (counts) recipient.kind = state.kind
      if (counts && state.kind === 'scheduled') touched.attempts = Math.max(touched.attempts, state.attempts)
      if (state.kind === 'scheduled' && possibleDuplicate) touched.mayBeDuplicate = true
      return { touched, recipient, settlement, counts }
    })
  }

  /** Seals the copies of groups in which everybody is final now. */
  planFinished(batch: Batch, nowMs: number): void {
    for (const touched of this.#touched.values()) {
      if (touched.wasFinished || !isFinal(touched)) continue
      touched.text = this.#sealText(touched, batch, nowMs)
      if (touched.copyFile) batch.obsolete.push(this.#state.layout.file('outgoing', touched.copyFile))
    }
  }

  writeChanges(changes: readonly Change[], nowMs: number): void {
    for (const { touched, recipient, settlement, counts } of changes) {
      if (!counts) continue
      const { state } = settlement
      const dueAtMs = state.kind === 'scheduled' ? state.dueAtMs : null
      this.#statements.settle.run(state.kind, dueAtMs, JSON.stringify(state), touched.entryId, recipient.position)
      if (state.kind !== 'scheduled') this.#state.chain.add(nowMs, auditOf(touched, settlement, state))
    }
  }

  /** Inside the transaction, after all changes. */
  writeEntries(nowMs: number): void {
    for (const touched of this.#touched.values()) {
      if (touched.wasFinished) continue
      if (isFinal(touched)) this.#finish(touched, nowMs)
      else this.#reschedule(touched)
    }
  }

  #finish({ entryId, tenant, queueId, text, copyMissing }: Touched, nowMs: number): void {
    if (copyMissing) {
      const detail = { problem: 'the composed copy was missing when its last recipient was settled' }
      this.#state.chain.add(nowMs, { tenant, kind: 'alarm', actor: 'system', subject: queueId, detail })
    }
    const payloadId = text ? this.#state.payloads.add(text.place, tenant, 1) : null
    this.#statements.finish.run(nowMs, payloadId, text?.header ?? null, text?.expiresAtMs ?? null, entryId)
    this.#statements.erase.run(entryId)
  }

  #reschedule({ entryId, attempts, mayBeDuplicate }: Touched): void {
    const open = this.#statements.open.get(entryId)
    const [claimed, dueAtMs] = [Number(open?.['claimed']), Number(open?.['due'])]
    this.#statements.reschedule.run(claimed, dueAtMs, attempts, Number(mayBeDuplicate), entryId)
  }

  #touch(entryId: number): Touched {
    const known = this.#touched.get(entryId)
    if (known) return known
    const row = this.#statements.entry.get(entryId)
    if (!row) throw new Error(`there is no entry ${entryId}`)
    const recipients = this.#statements.recipients.all(entryId).map(recipient => ({
      position: Number(recipient['position']),
      mailbox: String(recipient['mailbox']),
      kind: recipient['kind'] as RecipientState['kind'],
    }))
    const touched: Touched = {
      entryId,
      tenant: String(row['tenant']),
      queueId: String(row['queue_id']),
      retentionClass: String(row['retention_class']),
      direction: String(row['direction']),
      copyFile: row['copy_file'] as string | null,
      wasFinished: row['finished_at_ms'] !== null,
      recipients,
      attempts: Number(row['attempts']),
      mayBeDuplicate: false,
      copyMissing: false,
      text: undefined,
    }
    this.#touched.set(entryId, touched)
    return touched
  }

  /** Undefined when delivered text is not kept (what went outward never is), or cannot be sealed: the plain copy goes all the same. */
  #sealText(touched: Touched, batch: Batch, nowMs: number): Touched['text'] {
    const { tenant, retentionClass, queueId, direction } = touched
    const { settings, sealing } = this.#state
    const expiresAtMs = textExpiresAtMs(settings.retention, retentionClass, nowMs)
    if (direction === 'outward' || expiresAtMs <= nowMs || !sealing.canSealFor(tenant)) return undefined
    const copy = this.#readCopy(touched)
    touched.copyMissing = copy === undefined
    if (!copy) return undefined
    const { payload, header } = this.#seal(touched, copy, expiresAtMs)
    const shelf = { tenants: tenant, retentionClass: `text:${retentionClass}`, atMs: nowMs, stem: queueId }
    return { place: batch.placeSealed(shelf, payload), header, expiresAtMs }
  }

  #seal({ entryId, tenant, queueId }: Touched, copy: Uint8Array, expiresAtMs: number): { payload: readonly Uint8Array[]; header: Uint8Array } {
    const { sealing, textKeys } = this.#state
    const known = textKeys.take(entryId, { queueId, expiresAtMs })
    if (known) return { payload: sealing.sealUnderKey(known.fileKey, copy), header: known.header }
    const { payload, headers } = sealing.seal([tenant], copy)
    return { payload, header: headers[0]!.ageHeader }
  }

  #readCopy({ entryId, copyFile }: Touched): Uint8Array | undefined {
    if (copyFile === null) return this.#statements.copy.get(entryId)?.['bytes'] as Uint8Array | undefined
    try {
      return readFileSync(this.#state.layout.file('outgoing', copyFile))
    } catch {
      return undefined
    }
  }
}

function isFinal({ recipients }: Touched): boolean {
  return recipients.every(recipient => recipient.kind !== 'scheduled')
}

function auditOf(
  touched: Touched,
  settlement: Settlement,
  state: Exclude<RecipientState, { kind: 'scheduled' }>,
): AuditRecord {
  const { recipient, possibleDuplicate } = settlement
  const detail =
    state.kind === 'dropped'
      ? { recipient, reason: state.why }
      : { recipient, nextHop: state.nextHop, reply: state.reply, ...(possibleDuplicate ? { possibleDuplicate } : {}) }
  const actor = state.kind === 'dropped' ? state.by : 'system'
  return { tenant: touched.tenant, kind: AUDIT_KIND[state.kind], actor, subject: touched.queueId, detail }
}
