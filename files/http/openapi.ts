/** The OpenAPI 3.1 document, and docs/api.md from the same tables. */
import { DISPOSITIONS, OUTCOMES } from '../../core/verdict.ts'
import { USABLE_WORDS } from '../lock.ts'
import { PROBLEMS, type ProblemKind } from './problem.ts'

type Json = Readonly<Record<string, unknown>>

const text = (description: string): Json => ({ type: 'string', description })
const count = (description: string): Json => ({ type: 'integer', minimum: 0, description })
const list = (items: Json): Json => ({ type: 'array', items })
const object = (properties: Json, required: readonly string[] = Object.keys(properties)): Json => ({ type: 'object', properties, required })
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

const finding = object({ code: text('What was seen (docs/findings.md).'), detail: text('') }, ['code'])
const removed = object({ what: text('Kind of object (docs/policy.md).'), count: count('How many.') })
const part = object(
  {
    id: text('Place in the file or mail.'),
    name: text('Name as it came, made visible.'),
    detectedType: text('What it is.'),
    bytes: count('Size.'),
    sha256: text('Digest in hex.'),
    disposition: { type: 'string', enum: DISPOSITIONS },
    rule: text('Row of the policy that decided.'),
    outcome: { type: 'string', enum: OUTCOMES },
    reason: text('Why it was kept back (docs/findings.md).'),
    removed: list(removed),
    findings: list(finding),
  },
  ['id', 'name', 'detectedType', 'bytes', 'sha256', 'disposition', 'rule', 'outcome', 'removed', 'findings'],
)

const SCHEMAS: Json = {
  Report: object({ verdict: { type: 'string', enum: ['relay', 'reject'] }, profile: text('Profile of the token.'), policyVersion: text(''), parts: list(part), findings: list(finding) }),
  Answer: object({
    requestId: text('Also in X-Request-Id.'),
    report: ref('Report'),
    result: {
      description: 'null when nothing may leave: the report says why.',
      oneOf: [
        { type: 'null' },
        object(
          {
            name: text('Name of the rebuilt file.'),
            mediaType: text(''),
            bytes: count(''),
            sha256: text(''),
            url: text('Where to fetch the file, once. Not in a multipart/mixed answer.'),
            expires: text('Until when.'),
          },
          ['name', 'mediaType', 'bytes', 'sha256'],
        ),
      ],
    },
  }),
  Problem: object({ type: text('urn:sekisho:problem:KIND'), title: text(''), status: count(''), detail: text(''), instance: text('') }, ['type', 'title', 'status', 'instance']),
}

const SANITIZE_PROBLEMS: readonly ProblemKind[] = ['bad-request', 'unauthorized', 'too-large', 'idempotency-conflict', 'too-many-requests', 'internal', 'unavailable']
const RESULT_PROBLEMS: readonly ProblemKind[] = ['unauthorized', 'result-gone', 'too-many-requests']
const OCTETS: Json = { schema: { type: 'string', format: 'binary' } }

export function openApi(version: string): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Sekisho: files disarmed', version },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths: {
      '/api/v1/sanitize': { post: sanitizeOperation() },
      '/api/v1/results/{id}': { get: resultOperation() },
      '/api/v1/openapi.json': { get: { summary: 'This document', operationId: 'openapi', security: [], responses: { '200': { description: 'OpenAPI 3.1' } } } },
    },
    components: { schemas: SCHEMAS, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }
}

const FORM = object(
  {
    file: { type: 'string', format: 'binary' },
    password: { ...list(text('')), maxItems: 10, description: 'Tried on the file and on what is inside it. Never stored, never repeated.' },
    lockPassword: text(`The rebuilt file comes in a ZIP that is locked with it (AES-256): ${USABLE_WORDS}.`),
  },
  ['file'],
)

function sanitizeOperation(): Json {
  return {
    operationId: 'sanitize',
    summary: 'Disarm one file or mail',
    parameters: [
      { name: 'name', in: 'query', required: false, schema: text('Name of the file, where the body has none.') },
      { name: 'Idempotency-Key', in: 'header', required: false, schema: text('The same key and file get the same answer for 24 hours, as long as memory lasts.') },
    ],
    requestBody: {
      required: true,
      content: {
        'application/octet-stream': OCTETS,
        'multipart/form-data': { schema: FORM },
      },
    },
    responses: {
      '200': {
        description: 'The report, and the rebuilt file if something may leave. `Accept: multipart/mixed` gets both in one answer.',
        content: { 'application/json': { schema: ref('Answer') }, 'multipart/mixed': OCTETS },
      },
      ...problems(SANITIZE_PROBLEMS),
    },
  }
}

function resultOperation(): Json {
  return {
    operationId: 'result',
    summary: 'Fetch a rebuilt file, once, with the token that sent the original',
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[0-9a-f]{32}$' } }],
    responses: { '200': { description: 'The rebuilt file', content: { '*/*': OCTETS } }, ...problems(RESULT_PROBLEMS) },
  }
}

function problems(kinds: readonly ProblemKind[]): Json {
  const content = { 'application/problem+json': { schema: ref('Problem') } }
  return Object.fromEntries(kinds.map(kind => [String(PROBLEMS[kind].status), { description: PROBLEMS[kind].title, content }]))
}

/** The body of docs/api.md below its title. */
export function apiReference(): string {
  const rows = Object.entries(PROBLEMS).map(([kind, { status, title }]) => `| ${status} | \`urn:sekisho:problem:${kind}\` | ${title} |`)
  return `${EXAMPLES}
## Problems

Errors are \`application/problem+json\` (RFC 9457). With 429 and 503, \`Retry-After\` says how many seconds to wait.

| status | type | meaning |
| --- | --- | --- |
${rows.join('\n')}

## Document

\`GET /api/v1/openapi.json\` gives the OpenAPI 3.1 document, without a token. \`GET /health\` answers while the process lives;
\`GET /metrics\` answers to this host only.
`
}

const EXAMPLES = `Off by default; settings: \`api\` in [config.md](config.md). A token is any secret text; the configuration has only its digest:

\`\`\`sh
TOKEN=$(openssl rand -hex 32); printf %s "$TOKEN" | sha256sum
\`\`\`

\`\`\`yaml
api:
  enabled: true
  tokens:
    - { name: filebox, sha256: …, profile: disarm, requestsPerMinute: 60, maxBytes: 33554432 }
\`\`\`

Send a file, get the report; fetch the rebuilt file by its URL, once:

\`\`\`sh
curl -H "Authorization: Bearer $TOKEN" --data-binary @a.docx -H 'Content-Type: application/octet-stream' \\
  'http://127.0.0.1:8090/api/v1/sanitize?name=a.docx'
curl -H "Authorization: Bearer $TOKEN" -OJ http://127.0.0.1:8090/api/v1/results/…
\`\`\`

A form works too (\`-F file=@a.docx\`), and only a form takes passwords: \`password\`, up to ten, for what is locked; \`lockPassword\`,
one, and the rebuilt file comes in a ZIP that is locked with it (AES-256; its name stays readable):

\`\`\`sh
curl -H "Authorization: Bearer $TOKEN" -F file=@a.zip -F 'password=<its-password.txt' -F 'lockPassword=<new-password.txt' \\
  http://127.0.0.1:8090/api/v1/sanitize
\`\`\`

 \`Accept: multipart/mixed\` gets report and file in one answer. With an
\`Idempotency-Key\` a request may be repeated after a lost answer; with another file under the same key it is refused.

Originals are held in memory while they are worked on, are never written to disk and are in no answer. Results are held in
memory until they are fetched or expire, and are lost with a restart. Mails (.eml) are taken as files, too.
`
