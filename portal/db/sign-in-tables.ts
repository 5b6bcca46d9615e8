/**
 * Tables of sign-in. Nothing in them lets their reader sign in: passwords are argon2id, cookies, recovery codes and links
 * are hashes of random numbers, TOTP secrets are encrypted with a key that lies beside.
 */

export const SIGN_IN_TABLES = `
  CREATE TABLE passwords (
    person_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    phc TEXT NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    must_change INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE totp_secrets (
    person_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    sealed BLOB NOT NULL,
    confirmed_at_ms INTEGER,
    last_step INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE recovery_codes (
    person_id INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    hash TEXT NOT NULL,
    used_at_ms INTEGER,
    PRIMARY KEY (person_id, hash)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE webauthn_credentials (
    credential_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    counter INTEGER NOT NULL,
    transports TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX webauthn_credentials_person ON webauthn_credentials (person_id);

  CREATE TABLE identities (
    tenant TEXT NOT NULL,
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, provider, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX identities_person ON identities (person_id);

  CREATE TABLE sign_in_failures (
    key TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sign_in_failures_last ON sign_in_failures (last_at_ms);

  CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    token_hash TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('second-factor', 'enrol', 'new-password', 'open')),
    method TEXT NOT NULL,
    factors TEXT NOT NULL CHECK (factors IN ('one', 'two')),
    challenge TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    stepped_up_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
  CREATE INDEX sessions_person ON sessions (person_id);
  CREATE INDEX sessions_started ON sessions (started_at_ms);

  CREATE TABLE links (
    hash TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    person_id INTEGER,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;
`
