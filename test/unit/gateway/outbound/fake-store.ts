/** A Store in memory that keeps the contract as far as the relay sees it, and refuses what would break it. */
import type { Mailbox, QueueId } from '../../../../core/smtp/envelope.ts'
import type { AcceptedMessage, CommitResult, QueueEntry, RecipientState, Settlement, Store, StoreSpace } from '../../../../store/contract.ts'

type Row = {
  entry: QueueEntry
  message: Uint8Array
  states: Map<Mailbox, RecipientState>
  claimed: boolean
}

export class FakeStore implements Store {
  readonly rows = new Map<number, Row>()
  readonly settlements: Settlement[] = []
  readonly accepted: AcceptedMessage[] = []
  readonly claims: number[] = []
  readonly dedupKeys = new Map<string, QueueId>()
  /** Thrown by the next calls of that name. */
  failures: Partial<Record<'commit' | 'settle' | 'readMessage' | 'claimDue', Error>> = {}
  #nextId = 1

  /** Puts an entry into the queue, due at once and not claimed. */
  add(entry: Partial<QueueEntry> & { recipients: readonly Mailbox[] }, message: Uint8Array): QueueEntry {
    const entryId = this.#nextId++
    const full: QueueEntry = {
      entryId, queueId: `q${entryId}` as QueueId, tenant: 'default', groupId: 'g1', route: 'inner', direction: 'inward',
      reversePath: 'sender@outside.example' as Mailbox, dsnAllowed: true, smtpUtf8: false, acceptedAtMs: Date.UTC(2026, 2, 1, 0, 30), attempts: 0,
      messageBytes: message.length, delayWarned: false, mayBeDuplicate: false, ...entry,
    }
    const states = new Map(full.recipients.map(recipient => [recipient, { kind: 'scheduled', dueAtMs: 0, attempts: 0, lastReply: '' } as RecipientState]))
    this.rows.set(entryId, { entry: full, message, states, claimed: false })
    return full
  }

  /** As `add`, but handed out already, as `commit` does. */
  addClaimed(entry: Partial<QueueEntry> & { recipients: readonly Mailbox[] }, message: Uint8Array): QueueEntry {
    const full = this.add(entry, message)
    this.rows.get(full.entryId)!.claimed = true
    return full
  }

  async commit(message: AcceptedMessage): Promise<CommitResult & { entries: readonly QueueEntry[] }> {
    this.#failIfTold('commit')
    const of = this.dedupKeys.get(message.dedupKey)
    if (of !== undefined) return { kind: 'duplicate', of, entries: [] }
    this.dedupKeys.set(message.dedupKey, message.queueId)
    this.accepted.push(message)
    const { queueId, reversePath, dsnAllowed, smtpUtf8, acceptedAtMs } = message
    const entries = message.groups.map(({ tenant, groupId, route, direction, recipients, message: bytes }) =>
      this.addClaimed({ queueId, reversePath, dsnAllowed, smtpUtf8, acceptedAtMs, tenant, groupId, route, direction, recipients }, bytes))
    return { kind: 'committed', entries }
  }

  confirmReply(): void {}

  async claimDue(nowMs: number, limit: number): Promise<readonly QueueEntry[]> {
    this.#failIfTold('claimDue')
    if (!(limit > 0)) throw new Error('claim of nothing')
    const due: QueueEntry[] = []
    for (const row of this.rows.values()) {
      const recipients = [...row.states].filter(([, state]) => state.kind === 'scheduled' && state.dueAtMs <= nowMs).map(([recipient]) => recipient)
      if (row.claimed || recipients.length === 0 || due.length === limit) continue
      row.claimed = true
      const attempts = Math.max(...recipients.map(recipient => (row.states.get(recipient) as { attempts: number }).attempts))
      due.push({ ...row.entry, recipients, attempts })
    }
    this.claims.push(due.length)
    return due
  }

  async readMessage(entryId: number): Promise<Uint8Array> {
    this.#failIfTold('readMessage')
    return this.rows.get(entryId)!.message
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    this.#failIfTold('settle')
    for (const settlement of settlements) {
      const row = this.rows.get(settlement.entryId)!
      if (!row.claimed) throw new Error(`entry ${settlement.entryId} settled without a claim`)
      if (row.states.get(settlement.recipient)?.kind !== 'scheduled') throw new Error(`${settlement.recipient} settled twice`)
      row.states.set(settlement.recipient, settlement.state)
    }
    for (const { entryId } of settlements) this.rows.get(entryId)!.claimed = false
    this.settlements.push(...settlements)
  }

  async markDelayWarned(entryId: number): Promise<void> {
    const row = this.rows.get(entryId)!
    row.entry = { ...row.entry, delayWarned: true }
  }

  state(entry: QueueEntry, recipient: string): RecipientState | undefined {
    return this.rows.get(entry.entryId)?.states.get(recipient as Mailbox)
  }

  incomingPath(name: string): string {
    return name
  }

  async space(): Promise<StoreSpace> {
    return { freeBytes: 0, originalBytes: 0, quotaBytes: 0, queuedMessages: this.rows.size, oldestDueAtMs: undefined }
  }

  async audit(): Promise<void> {}
  async close(): Promise<void> {}

  #failIfTold(name: keyof FakeStore['failures']): void {
    const failure = this.failures[name]
    if (failure !== undefined) throw failure
  }
}
