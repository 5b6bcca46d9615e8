/** Tokens of the HTTP API came with bounds of their own, and lists of requests with an index for who asks for all of them. */
export const TOKEN_TABLES = `
  ALTER TABLE api_tokens ADD COLUMN networks TEXT NOT NULL DEFAULT '';
  ALTER TABLE api_tokens ADD COLUMN requests_per_minute INTEGER NOT NULL DEFAULT 60;
  ALTER TABLE api_tokens ADD COLUMN used_address TEXT NOT NULL DEFAULT '';
  CREATE INDEX api_tokens_tenant ON api_tokens (tenant, token_id);
  CREATE INDEX requests_tenant ON requests (tenant, filed_at_ms, request_id);`
