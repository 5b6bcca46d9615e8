/**
 * Tables of requests for originals, and of mails that wait for the gateway. What happened is in `request_events`, append
 * only; the columns of `requests` repeat what lists and clocks look for.
 */

export const REQUEST_TABLES = `
  CREATE TABLE requests (
    request_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    public_id TEXT NOT NULL,
    requester_id INTEGER NOT NULL,
    filed_at_ms INTEGER NOT NULL,
    facts TEXT NOT NULL,
    stage TEXT NOT NULL,
    due_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX requests_requester ON requests (tenant, requester_id, filed_at_ms);
  CREATE INDEX requests_stage ON requests (tenant, stage, filed_at_ms);
  CREATE INDEX requests_due ON requests (due_at_ms) WHERE due_at_ms IS NOT NULL;
  CREATE INDEX requests_message ON requests (tenant, public_id);

  CREATE TABLE request_events (
    request_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (request_id, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE request_people (
    person_id INTEGER NOT NULL,
    filed_at_ms INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    relation TEXT NOT NULL CHECK (relation IN ('requester', 'decided')),
    PRIMARY KEY (person_id, relation, filed_at_ms, request_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox (
    mail_key TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER,
    tries INTEGER NOT NULL,
    answer TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX outbox_due ON outbox (due_at_ms) WHERE due_at_ms IS NOT NULL;
`
