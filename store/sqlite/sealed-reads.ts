/**
 * Where sealed octets lie that the vault asks for, and what work is still to be done: reads only, in the reader thread.
 * Nothing is opened here: what leaves is an age file, or the copy of a mail of ours that is still in the queue.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Layout } from './layout.ts'
import { prepared } from './prepared.ts'
import type { OriginalKey, StoredBytes } from './protocol.ts'

export type LocatedOriginal = { readonly header: Uint8Array; readonly payload: StoredBytes }
/** Without a header the octets are not sealed yet. */
export type LocatedText = { readonly header: Uint8Array | undefined; readonly payload: StoredBytes }

export function locateOriginal(database: DatabaseSync, layout: Layout, { queueId, tenant }: OriginalKey): LocatedOriginal | undefined {
  const row = prepared(database, 'SELECT age_header, payload_id FROM messages WHERE queue_id = ? AND tenant = ?').get(queueId, tenant)
  if (!row || row['age_header'] === null) return undefined
  const payload = locatePayload(database, layout, Number(row['payload_id']))
  return payload && { header: row['age_header'] as Uint8Array, payload }
}

/** The message as it was composed for one group: sealed once everybody has it, before that as the relay has it. */
export function locateText(database: DatabaseSync, layout: Layout, publicId: string): LocatedText | undefined {
  const row = prepared(database, TEXT).get(publicId)
  if (!row) return undefined
  if (row['text_header'] !== null) {
    const payload = locatePayload(database, layout, Number(row['text_payload_id']))
    return payload && { header: row['text_header'] as Uint8Array, payload }
  }
  if (row['bytes'] !== null) return { header: undefined, payload: { kind: 'memory', bytes: row['bytes'] as Uint8Array } }
  if (row['copy_file'] === null) return undefined
  const path = layout.file('outgoing', String(row['copy_file']))
  return { header: undefined, payload: { kind: 'file', path, offset: 0, length: Number(row['message_bytes']) } }
}

const TEXT = `SELECT e.text_header, e.text_payload_id, e.copy_file, e.message_bytes, c.bytes
  FROM entries e LEFT JOIN copies c ON c.entry_id = e.entry_id WHERE e.public_id = ? AND e.direction = 'inward'`

function locatePayload(database: DatabaseSync, layout: Layout, payloadId: number): StoredBytes | undefined {
  const row = prepared(database, 'SELECT place, file, offset, length, bytes FROM payloads WHERE payload_id = ?').get(payloadId)
  if (!row) return undefined
  if (row['place'] === 'row') return { kind: 'memory', bytes: row['bytes'] as Uint8Array }
  const folder = row['place'] === 'segment' ? 'segments' : 'originals'
  return { kind: 'file', path: layout.file(folder, String(row['file'])), offset: Number(row['offset']), length: Number(row['length']) }
}

/** Oldest first. */
export function pendingMails(database: DatabaseSync, limit: number): readonly string[] {
  return prepared(database, "SELECT public_id FROM entries WHERE mail_state = 'pending' ORDER BY entry_id LIMIT ?")
    .all(limit)
    .map(row => String(row['public_id']))
}
