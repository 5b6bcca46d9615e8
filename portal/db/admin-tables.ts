/** Tables of administrators: self-inspections, attestations, clauses of the own rules, tokens of the HTTP API. */
export const ADMIN_TABLES = `
  CREATE TABLE inspections (
    run_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    results TEXT NOT NULL
  ) STRICT;
  CREATE INDEX inspections_tenant ON inspections (tenant, run_id);

  CREATE TABLE attestations (
    attestation_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    point_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL
  ) STRICT;
  CREATE INDEX attestations_point ON attestations (tenant, point_id, attestation_id);

  CREATE TABLE inspection_clauses (
    tenant TEXT NOT NULL,
    point_id TEXT NOT NULL,
    clause TEXT NOT NULL,
    PRIMARY KEY (tenant, point_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE api_tokens (
    token_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    used_at_ms INTEGER,
    revoked_at_ms INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX api_tokens_sha256 ON api_tokens (sha256);`
