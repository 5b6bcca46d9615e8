/** A mail.db of many messages, made by SQL in seconds: each accepted and delivered in the chain, a seventh with something kept back. */
import type { DatabaseSync } from 'node:sqlite'
import { REPORT } from '../../test/unit/store/sample.ts'

export type LargeStore = {
  readonly rows: number
  readonly firstMs: number
  readonly stepMs: number
  /** One of so many entries still waits; 0: none. */
  readonly waitingEvery: number
  /** A tenth of all mail comes to this mailbox. */
  readonly desk?: string
}

export const DESK = 'desk@town.example.jp'
/** Queue ids sort by time, as real ones do: rows of one time stand together in their index. */
const FIRST_NUMBER = 1_000_000_000

/** `index`: from 1. */
export function largeStoreId(index: number): string {
  return `q${FIRST_NUMBER + index}`
}

export function fillStore(database: DatabaseSync, { rows, firstMs, stepMs, waitingEvery, desk = DESK }: LargeStore): void {
  const report = JSON.stringify(REPORT).replaceAll("'", "''")
  const finished = waitingEvery === 0 ? '1' : `iif(i % ${waitingEvery} = 0, NULL, 1)`
  database.exec(`BEGIN;
    CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i FROM n;
    INSERT INTO messages (message_id, tenant, queue_id, accepted_at_ms, confirmed, pinned, expires_at_ms, purged_at_ms, payload_id, age_header, client_address, helo,
      reverse_path, dsn_allowed, smtp_utf8, raw_bytes, raw_sha256, dedup_key, message_header_id, subject, header_from)
      SELECT i, 'default', 'q' || (${FIRST_NUMBER} + i), ${firstMs} + i * ${stepMs}, 1, 0, ${firstMs} + i * ${stepMs} + 2592000000, NULL, i, zeroblob(200), '192.0.2.1', 'mx',
      'sender' || (i % 997) || '@d' || (i % 1499) || '.example', 0, 0, 48000, printf('%064x', i), '', '<' || i || '@x>', 'お知らせ ' || i, 'sender' || (i % 997) || '@example.net' FROM n;
    INSERT INTO entries (entry_id, tenant, queue_id, group_id, direction, route, claimed, due_at_ms, attempts, delay_warned, may_be_duplicate, finished_at_ms,
      message_bytes, retention_class, public_id, check_code, parts_kept, mail_state, file_names)
      SELECT i, 'default', 'q' || (${FIRST_NUMBER} + i), 'g', 'inward', 'r', 0, 0, 1, 0, 0, ${finished}, 48000, '', 'P' || i, '1234', i % 7 = 0, iif(i % 7 = 0, 'kept', 'clean'), '資料' || i || '.zip' FROM n;
    INSERT INTO recipients SELECT i, 0, 'default', iif(i % 10 = 0, '${desk}', 'user' || (i % 499) || '@town.example.jp'), 'delivered', 0, NULL, '{"kind":"delivered","atMs":1}' FROM n;
    INSERT INTO reports SELECT i, 'default', '${report}' FROM n;
    INSERT INTO part_digests SELECT printf('%064x', i % 5000), 'default', 'q' || (${FIRST_NUMBER} + i) FROM n;
    INSERT INTO audit SELECT 2 * i - 1, ${firstMs} + i * ${stepMs}, 'default', 'accept', 'system', 'q' || (${FIRST_NUMBER} + i), '{"client":"192.0.2.1","verdict":"relay"}', '', '' FROM n;
    INSERT INTO audit SELECT 2 * i, ${firstMs} + i * ${stepMs} + 900, 'default', 'deliver', 'system', 'q' || (${FIRST_NUMBER} + i), '{"recipient":"${desk}"}', '', '' FROM n;
    DROP TABLE n;
    COMMIT`)
}
