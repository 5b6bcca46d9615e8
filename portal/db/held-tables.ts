/** Files that were brought in and wait for somebody's approval: with the request for it, once there is one. */
export const HELD_TABLES = `
  CREATE TABLE held_results (
    result_id TEXT PRIMARY KEY,
    request_id TEXT
  ) STRICT, WITHOUT ROWID;
`
