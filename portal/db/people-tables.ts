/**
 * Tables of people. Days are text like 2027-04-01; `to_date` is the last day, null while no end is known. What depends on
 * the day (memberships, absence, deputies, delegation) is dated, so a change can be written before it takes effect.
 */

export const PEOPLE_TABLES = `
  CREATE TABLE persons (
    person_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    login TEXT NOT NULL,
    staff_number TEXT,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('ja', 'en')),
    digest TEXT NOT NULL CHECK (digest IN ('at-once', 'daily', 'never')),
    from_date TEXT NOT NULL,
    to_date TEXT,
    disabled_at_ms INTEGER,
    session_epoch INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX persons_login ON persons (tenant, login);
  CREATE UNIQUE INDEX persons_staff_number ON persons (tenant, staff_number) WHERE staff_number IS NOT NULL;

  CREATE TABLE departments (
    department_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    parent_id INTEGER,
    classification INTEGER CHECK (classification BETWEEN 1 AND 3),
    from_date TEXT NOT NULL,
    to_date TEXT
  ) STRICT;
  CREATE UNIQUE INDEX departments_code ON departments (tenant, code);

  CREATE TABLE memberships (
    membership_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    department_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('main', 'concurrent')),
    post TEXT NOT NULL,
    approves INTEGER NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT
  ) STRICT;
  CREATE INDEX memberships_person ON memberships (person_id);
  CREATE INDEX memberships_department ON memberships (department_id);

  CREATE TABLE absences (
    absence_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('away', 'leave')),
    from_date TEXT NOT NULL,
    to_date TEXT
  ) STRICT;
  CREATE INDEX absences_person ON absences (person_id);

  CREATE TABLE deputies (
    deputy_row INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    principal_id INTEGER NOT NULL,
    deputy_id INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT
  ) STRICT;
  CREATE INDEX deputies_principal ON deputies (principal_id);
  CREATE INDEX deputies_deputy ON deputies (deputy_id);

  CREATE TABLE mailboxes (
    mailbox_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    person_id INTEGER,
    classification INTEGER CHECK (classification BETWEEN 1 AND 3)
  ) STRICT;
  CREATE UNIQUE INDEX mailboxes_address ON mailboxes (tenant, address);
  CREATE UNIQUE INDEX mailboxes_person ON mailboxes (person_id) WHERE person_id IS NOT NULL;

  CREATE TABLE mailbox_holders (
    holder_row INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    mailbox_id INTEGER NOT NULL,
    person_id INTEGER,
    department_id INTEGER,
    from_date TEXT NOT NULL,
    to_date TEXT,
    CHECK ((person_id IS NULL) <> (department_id IS NULL))
  ) STRICT;
  CREATE INDEX mailbox_holders_mailbox ON mailbox_holders (mailbox_id);
  CREATE INDEX mailbox_holders_person ON mailbox_holders (person_id) WHERE person_id IS NOT NULL;
  CREATE INDEX mailbox_holders_department ON mailbox_holders (department_id) WHERE department_id IS NOT NULL;

  CREATE TABLE delegations (
    delegation_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    owner_id INTEGER NOT NULL,
    delegate_id INTEGER NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT NOT NULL
  ) STRICT;
  CREATE INDEX delegations_delegate ON delegations (delegate_id);
  CREATE INDEX delegations_owner ON delegations (owner_id);

  CREATE TABLE book_entries (
    tenant TEXT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('alias', 'list')),
    name TEXT NOT NULL,
    PRIMARY KEY (tenant, address)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE book_targets (
    tenant TEXT NOT NULL,
    address TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (tenant, address, target)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX book_targets_target ON book_targets (tenant, target);
  CREATE TABLE book_imports (
    import_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    entries INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE personnel_changes (
    change_id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    effective_date TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'in-force', 'withdrawn')),
    planned_at_ms INTEGER NOT NULL,
    planned_by TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    rows TEXT NOT NULL
  ) STRICT;
  CREATE INDEX personnel_changes_due ON personnel_changes (state, effective_date);
`

/** Reorganisations beside personnel changes, files that were read and wait for the second press, and who shares the mail of the department above. */
export const REORGANISATION_TABLES = `
  ALTER TABLE departments ADD COLUMN shares_above INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE personnel_changes ADD COLUMN kind TEXT NOT NULL DEFAULT 'people' CHECK (kind IN ('people', 'departments'));
  CREATE INDEX departments_parent ON departments (parent_id) WHERE parent_id IS NOT NULL;
  CREATE TABLE file_drafts (
    draft_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    content TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`
