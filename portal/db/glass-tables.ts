/** Break-glass: who asked to read which mail, why, who agreed, and until when. Names as they were on that day. */
export const GLASS_TABLES = `
  CREATE TABLE glass (
    glass_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    public_id TEXT NOT NULL,
    mailboxes TEXT NOT NULL,
    accepted_at_ms INTEGER NOT NULL,
    asker_id INTEGER NOT NULL,
    asker_login TEXT NOT NULL,
    asker_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_at_ms INTEGER NOT NULL,
    decider_id INTEGER,
    decider_login TEXT,
    decider_name TEXT,
    decided_at_ms INTEGER,
    until_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    ended_why TEXT CHECK (ended_why IN ('refused', 'ended')),
    readings INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX glass_asked ON glass (tenant, asked_at_ms);
`
