/**
 * The tables of mail.db and their versions.
 *
 * The tenant stands in every row that belongs to one. What changes often (entries, recipients) is apart from
 * what is large (copies, reports, payloads): an update rewrites the whole row.
 *   messages   one row per message and tenant      payloads   sealed bytes, shared by the rows that hold a header
 *   entries    one row per group: relay's unit     copies     plain composed message while queued
 *   recipients their states                        reports    what was done to the message for that group
 * Never on a network file system (WAL). Standards: sqlite.org/wal.html, sqlite.org/stricttables.html.
 */
import { DatabaseSync } from 'node:sqlite'
import { AUDIT_TABLES } from './chain.ts'
import { harden, openDatabase } from './database.ts'

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE payloads (
    payload_id INTEGER PRIMARY KEY,
    tenants TEXT NOT NULL,
    headers INTEGER NOT NULL,
    place TEXT NOT NULL CHECK (place IN ('row', 'segment', 'file')),
    file TEXT,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BLOB
  ) STRICT;
  CREATE INDEX payloads_file ON payloads (file) WHERE file IS NOT NULL;

  CREATE TABLE segments (
    name TEXT PRIMARY KEY,
    tenants TEXT NOT NULL,
    day TEXT NOT NULL,
    committed_bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE messages (
    message_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    accepted_at_ms INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    pinned INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    purged_at_ms INTEGER,
    payload_id INTEGER,
    age_header BLOB,
    client_address TEXT NOT NULL,
    helo TEXT NOT NULL,
    reverse_path TEXT,
    dsn_allowed INTEGER NOT NULL,
    smtp_utf8 INTEGER NOT NULL,
    raw_bytes INTEGER NOT NULL,
    raw_sha256 TEXT NOT NULL,
    dedup_key TEXT NOT NULL,
    message_header_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    header_from TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX messages_queue_id ON messages (queue_id, tenant);
  CREATE INDEX messages_dedup ON messages (tenant, dedup_key) WHERE confirmed = 0;
  CREATE INDEX messages_expiry ON messages (expires_at_ms) WHERE age_header IS NOT NULL;
  CREATE INDEX messages_accepted ON messages (accepted_at_ms);
  CREATE INDEX messages_sha256 ON messages (raw_sha256);

  CREATE TABLE entries (
    entry_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('inward', 'outward')),
    route TEXT NOT NULL,
    claimed INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    delay_warned INTEGER NOT NULL,
    may_be_duplicate INTEGER NOT NULL,
    finished_at_ms INTEGER,
    message_bytes INTEGER NOT NULL,
    retention_class TEXT NOT NULL,
    public_id TEXT NOT NULL,
    check_code TEXT NOT NULL,
    copy_file TEXT,
    text_payload_id INTEGER,
    text_header BLOB,
    text_expires_at_ms INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX entries_group ON entries (queue_id, tenant, group_id);
  CREATE INDEX entries_due ON entries (direction, claimed, due_at_ms) WHERE finished_at_ms IS NULL;
  CREATE INDEX entries_public ON entries (public_id);
  CREATE INDEX entries_text ON entries (text_expires_at_ms) WHERE text_header IS NOT NULL;

  CREATE TABLE copies (entry_id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE reports (entry_id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, report TEXT NOT NULL) STRICT;

  CREATE TABLE recipients (
    entry_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('scheduled', 'delivered', 'failed', 'dropped')),
    claimed INTEGER NOT NULL,
    due_at_ms INTEGER,
    state TEXT NOT NULL,
    PRIMARY KEY (entry_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX recipients_mailbox ON recipients (mailbox);

  CREATE TABLE part_digests (
    sha256 TEXT NOT NULL,
    tenant TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    PRIMARY KEY (sha256, tenant, queue_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX part_digests_queue_id ON part_digests (queue_id);

  ${AUDIT_TABLES}  `,
  // In JSON of ours a quotation mark inside a text is escaped: what stands here can only be the field.
  `
  ALTER TABLE entries ADD COLUMN parts_kept INTEGER NOT NULL DEFAULT 0;
  UPDATE entries SET parts_kept = 1 WHERE entry_id IN (SELECT entry_id FROM reports
    WHERE instr(report, '"outcome":"quarantined"') > 0 OR instr(report, '"outcome":"pending"') > 0);
  `,
  // Lists of people's mail (mails.ts) walk one mailbox's mails from the newest, whatever the case of its letters, and
  // look up each by entry_id; work that is still to be done is found without a walk.
  `
  ALTER TABLE entries ADD COLUMN mail_state TEXT NOT NULL DEFAULT 'clean';
  ALTER TABLE entries ADD COLUMN file_names TEXT NOT NULL DEFAULT '';
  UPDATE entries SET
    mail_state = (SELECT CASE WHEN instr(report, '"outcome":"pending"') > 0 THEN 'pending'
      WHEN instr(report, '"outcome":"quarantined"') > 0 THEN 'kept'
      WHEN instr(report, '"removed":[{') > 0 THEN 'changed' ELSE 'clean' END FROM reports r WHERE r.entry_id = entries.entry_id),
    file_names = (SELECT coalesce(group_concat(json_extract(value, '$.name'), char(10)), '')
      FROM reports r, json_each(r.report, '$.parts') WHERE r.entry_id = entries.entry_id AND json_extract(value, '$.name') <> '')
    WHERE entry_id IN (SELECT entry_id FROM reports);
  DROP INDEX recipients_mailbox;
  CREATE INDEX recipients_mailbox ON recipients (mailbox COLLATE NOCASE, entry_id);
  CREATE INDEX entries_pending ON entries (entry_id) WHERE mail_state = 'pending';
  `,
  // Nobody read it: each chunk of a sealed payload proves itself when it is opened.
  `
  ALTER TABLE payloads DROP COLUMN sha256;
  `,
]

/** Opens for the one writer: creates, migrates. Throws when the file is from a newer version of this program. */
export function openForWriting(path: string): DatabaseSync {
  return openDatabase(path, MIGRATIONS)
}

export function openForReading(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000, readOnly: true })
  harden(database)
  return database
}
