/**
 * Taking messages over: everything that `commit` promises, except flushing.
 *
 *   plan    find the copy of a message whose 250 was lost; check for room; seal; decide where bytes go
 *   write   (in the transaction) payload, message per tenant, entry per group, audit record
 */
import type { StatementSync } from 'node:sqlite'
import { type CommitResult, type QueueEntry, type SealedOriginal, StoreFull, type TenantId } from '../contract.ts'
import { originalExpiresAtMs } from '../retention.ts'
import type { Batch, Place } from './batch.ts'
import { EntryInserts } from './entry-inserts.ts'
import type { WireMessage } from './protocol.ts'
import { mayDeliver, type WriterState } from './state.ts'

type Committed = CommitResult & { readonly entries: readonly QueueEntry[] }
type PlacedOriginal = {
  readonly place: Place
  readonly headers: SealedOriginal['headers']
  /** Of an original that was sealed here. */
  readonly fileKey?: Uint8Array
}
type Plan = {
  readonly message: WireMessage
  readonly tenants: readonly TenantId[]
  readonly original: PlacedOriginal | undefined
  readonly copyFiles: readonly (string | undefined)[]
}

/** A reply is taken for lost only this long: afterwards the same octets are a new message. */
const DEDUP_WINDOW_MS = 48 * 60 * 60 * 1000
/** A composed message from this size on waits in a file of its own, not in the database. */
const COPY_FILE_BYTES = 64 * 1024

export class Acceptance {
  readonly #state: WriterState
  readonly #inserts: EntryInserts
  readonly #findDuplicate: StatementSync
  readonly #insertMessage: StatementSync
  readonly #insertDigest: StatementSync
  readonly #confirm: StatementSync
  /** Confirmations that wait for the next transaction. */
  readonly unconfirmed = new Set<string>()

  constructor(state: WriterState) {
    const { database } = state
    this.#state = state
    this.#inserts = new EntryInserts(database)
    this.#findDuplicate = database.prepare(
      'SELECT queue_id FROM messages WHERE tenant = ? AND dedup_key = ? AND confirmed = 0 AND accepted_at_ms > ?',
    )
    this.#insertMessage = database.prepare(
      `INSERT INTO messages (tenant, queue_id, accepted_at_ms, confirmed, pinned, expires_at_ms, payload_id, age_header, client_address,
       helo, reverse_path, dsn_allowed, smtp_utf8, raw_bytes, raw_sha256, dedup_key, message_header_id, subject, header_from)
       VALUES (?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#insertDigest = database.prepare('INSERT OR IGNORE INTO part_digests VALUES (?, ?, ?)')
    this.#confirm = database.prepare('UPDATE messages SET confirmed = 1 WHERE queue_id = ? AND confirmed = 0')
  }

  /** The queue id of the copy that is here already and whose client never heard our 250. */
  duplicateOf(message: WireMessage): string | undefined {
    const since = message.acceptedAtMs - DEDUP_WINDOW_MS
    const rows = this.#findDuplicate.all(tenantsOf(message)[0]!, message.dedupKey, since)
    return rows.map(row => String(row['queue_id'])).find(queueId => !this.unconfirmed.has(queueId))
  }

  /** @throws StoreFull, or an Error for what cannot be sealed: before anything is written. */
  plan(message: WireMessage, batch: Batch): Plan {
    this.#takeRoom(message, batch)
    const tenants = tenantsOf(message)
    const original = message.original && this.#placeOriginal(message, message.original, tenants, batch)
    const copyFiles = message.groups.map(group =>
      group.message.length < COPY_FILE_BYTES
        ? undefined
        : batch.writeFile('outgoing', message.queueId, [group.message]),
    )
    return { message, tenants, original, copyFiles }
  }

  /** Inside the transaction. The entries that the relay may start at once are written as claimed. */
  write({ message, tenants, original, copyFiles }: Plan): Committed {
    const { payloads, emergency } = this.#state
    const headers = new Map(original?.headers.map(({ tenant, ageHeader }) => [tenant, ageHeader]))
    const payloadId = original ? payloads.add(original.place, tenants.join(','), headers.size) : undefined
    for (const tenant of tenants) this.#writeMessage(message, tenant, payloadId, headers.get(tenant))

    const entries: QueueEntry[] = []
    for (const [index, group] of message.groups.entries()) {
      const claimed = mayDeliver(emergency, group.direction)
      const entry = this.#inserts.insert(message, group, { claimed, copyFile: copyFiles[index] })
      for (const digest of group.digests) this.#insertDigest.run(digest, group.tenant, message.queueId)
      if (claimed) entries.push(entry)
      const header = headers.get(group.tenant)
      if (original?.fileKey && header) this.#rememberKey(entry, group.retentionClass, { fileKey: original.fileKey, header })
    }
    return { kind: 'committed', entries }
  }

  #rememberKey({ entryId, queueId, acceptedAtMs }: QueueEntry, retentionClass: string, key: { readonly fileKey: Uint8Array; readonly header: Uint8Array }): void {
    const expiresAtMs = originalExpiresAtMs(this.#state.settings.retention, retentionClass, acceptedAtMs)
    this.#state.textKeys.remember(entryId, { ...key, queueId, originalExpiresAtMs: expiresAtMs })
  }

  writeDuplicate(message: WireMessage, of: string): Committed {
    const detail = {
      client: message.clientAddress,
      reversePath: message.reversePath ?? '',
      sha256: message.rawSha256,
      as: message.queueId,
    }
    const record = { tenant: tenantsOf(message)[0]!, kind: 'duplicate', actor: 'system', subject: of, detail }
    this.#state.chain.add(message.acceptedAtMs, record)
    return { kind: 'duplicate', of: of as WireMessage['queueId'], entries: [] }
  }

  /** Inside any transaction: confirmations need none of their own. */
  writeConfirmations(): void {
    for (const queueId of this.unconfirmed) this.#confirm.run(queueId)
    this.unconfirmed.clear()
  }

  /** What is taken counts at once: the disk is looked at once a second only, and a batch has many messages. */
  #takeRoom(message: WireMessage, batch: Batch): void {
    const { payloads, settings, freeBytes } = this.#state
    if (freeBytes < settings.minFreeBytes) throw new StoreFull('the disk is nearly full')
    const composedBytes = message.groups.reduce((sum, group) => sum + group.message.length, 0)
    // Ours has no original: a DSN must not fail because originals filled their quota.
    if (message.original && payloads.storedBytes + batch.takenBytes + message.rawBytes > settings.quotaBytes)
      throw new StoreFull('the quota of sealed originals is used up')
    if (message.original) batch.takenBytes += message.rawBytes
    this.#state.freeBytes -= message.rawBytes + composedBytes
  }

  #placeOriginal(
    message: WireMessage,
    original: SealedOriginal,
    tenants: readonly TenantId[],
    batch: Batch,
  ): PlacedOriginal {
    const { payload } = original
    if (payload.kind === 'file') return { place: batch.placeFile(message.queueId, payload), headers: original.headers }
    const sealed =
      payload.kind === 'plain'
        ? this.#state.sealing.seal(tenants, payload.bytes)
        : { headers: original.headers, payload: [payload.bytes], fileKey: undefined }
    const retentionClass = message.groups[0]?.retentionClass ?? ''
    const shelf = { tenants: tenants.join(','), retentionClass, atMs: message.acceptedAtMs, stem: message.queueId }
    const place = batch.placeSealed(shelf, sealed.payload)
    return { place, headers: sealed.headers, ...(sealed.fileKey ? { fileKey: sealed.fileKey } : {}) }
  }

  #writeMessage(
    message: WireMessage,
    tenant: TenantId,
    payloadId: number | undefined,
    header: Uint8Array | undefined,
  ): void {
    const { settings, chain } = this.#state
    const groups = message.groups.filter(group => group.tenant === tenant)
    const retentionClass = groups[0]?.retentionClass ?? ''
    this.#insertMessage.run(
      tenant,
      message.queueId,
      message.acceptedAtMs,
      originalExpiresAtMs(settings.retention, retentionClass, message.acceptedAtMs),
      header && payloadId !== undefined ? payloadId : null,
      header ?? null,
      message.clientAddress,
      message.helo,
      message.reversePath,
      Number(message.dsnAllowed),
      Number(message.smtpUtf8),
      message.rawBytes,
      message.rawSha256,
      message.dedupKey,
      message.summary.messageId,
      message.summary.subject,
      message.summary.from,
    )
    chain.add(message.acceptedAtMs, {
      tenant,
      kind: 'accept',
      actor: 'system',
      subject: message.queueId,
      detail: {
        client: message.clientAddress,
        reversePath: message.reversePath ?? '',
        recipients: groups.reduce((count, group) => count + group.recipients.length, 0),
        bytes: message.rawBytes,
        sha256: message.rawSha256,
        verdict: groups[0]?.verdict ?? '',
        profile: groups[0]?.profile ?? '',
        partsKeptBack: Math.max(0, ...groups.map(group => group.partsKeptBack)),
      },
    })
  }
}

/** Sorted, so that the same towns share the same segments; never empty. */
export function tenantsOf(message: WireMessage): readonly TenantId[] {
  const named = [
    ...message.groups.map(group => group.tenant),
    ...(message.original?.headers ?? []).map(header => header.tenant),
  ]
  return named.length > 0 ? [...new Set(named)].sort() : ['default']
}
