/** Tables of what the portal remembers of the work of staff: nothing of a sender's but names and reports. */

export const STAFF_TABLES = `
  CREATE TABLE read_marks (
    tenant TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    public_id TEXT NOT NULL,
    read_at_ms INTEGER NOT NULL,
    PRIMARY KEY (person_id, public_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX read_marks_age ON read_marks (read_at_ms);

  CREATE TABLE cares (
    tenant TEXT NOT NULL,
    public_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('taken', 'done')),
    person_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, public_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX cares_age ON cares (at_ms);

  CREATE TABLE shares (
    tenant TEXT NOT NULL,
    public_id TEXT NOT NULL,
    department_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, public_id, department_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX shares_department ON shares (department_id, at_ms);
  CREATE INDEX shares_age ON shares (at_ms);

  CREATE TABLE results (
    result_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('unlocked', 'again', 'brought')),
    public_id TEXT,
    part_key TEXT NOT NULL,
    name TEXT NOT NULL,
    shelf_id TEXT,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    report TEXT,
    refusal TEXT,
    made_at_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    taken_at_ms INTEGER,
    mailed_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX results_person ON results (person_id, made_at_ms);
  CREATE INDEX results_age ON results (until_ms);

  CREATE TABLE waits (
    tenant TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    public_id TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    looked_to_ms INTEGER NOT NULL,
    PRIMARY KEY (person_id, public_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE digests (
    person_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    told_to_ms INTEGER NOT NULL
  ) STRICT;
`
