/**
 * The tables of vault.db, append only. Nothing here is content: names and digests of rebuilt files, who may have what.
 * No password ever comes here; of tries only their number is kept, of
 * the numbers in letters only a digest.
 */
import { AUDIT_TABLES } from '../store/sqlite/chain.ts'

export const VAULT_MIGRATIONS: readonly string[] = [
  `${AUDIT_TABLES}
  CREATE TABLE shelf (
    shelf_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    actor TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    until_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX shelf_until ON shelf (until_ms);

  CREATE TABLE grants (
    grant_id TEXT PRIMARY KEY,
    request_id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    public_id TEXT NOT NULL,
    part_id TEXT NOT NULL,
    member TEXT NOT NULL,
    requester TEXT NOT NULL,
    approvers TEXT NOT NULL,
    valid_until_ms INTEGER NOT NULL,
    used_at_ms INTEGER,
    used_from TEXT,
    revoked_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX grants_request ON grants (request_id);

  CREATE TABLE tries (
    try_id INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    part TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX tries_part ON tries (actor, part, at_ms);
  CREATE INDEX tries_at ON tries (at_ms);

  CREATE TABLE work (
    public_id TEXT NOT NULL,
    part_id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (public_id, part_id)
  ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE approvers (
    tenant TEXT NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, login),
    UNIQUE (tenant, mailbox)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE proposals (
    proposal_id TEXT NOT NULL,
    registrar TEXT NOT NULL,
    tenant TEXT NOT NULL,
    people TEXT NOT NULL,
    code_digest TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (proposal_id, registrar)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE agreements (
    tenant TEXT NOT NULL,
    request_id TEXT NOT NULL,
    approver TEXT NOT NULL,
    public_id TEXT NOT NULL,
    part_ids TEXT NOT NULL,
    requester TEXT NOT NULL,
    needed INTEGER NOT NULL,
    code_digest TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    agreed_at_ms INTEGER,
    revoked_at_ms INTEGER,
    PRIMARY KEY (tenant, request_id, approver)
  ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE uploads (
    upload_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    actor TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    received INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`,
]
