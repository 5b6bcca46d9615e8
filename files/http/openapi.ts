/** The OpenAPI 3.1 document of the files API, and its part of docs/api.md from the same tables. */
import { DISPOSITIONS, OUTCOMES } from '../../core/verdict.ts'
import { count, DOCUMENT_OPERATION, type Json, list, object, oneOf, openApiDocument, type Operation, ref, text } from '../../rest/openapi.ts'
import { type ProblemKind, problemRows } from '../../rest/problem.ts'
import { USABLE_WORDS } from '../lock.ts'

const finding = object({ code: text('What was seen (docs/findings.md).'), detail: text('') }, ['detail'])
const removed = object({ what: text('Kind of object (docs/policy.md).'), count: count('How many.') })
const part = object(
  {
    id: text('Place in the file or mail.'),
    name: text('Name as it came, made visible.'),
    detectedType: text('What it is.'),
    bytes: count('Size.'),
    sha256: text('Digest in hex.'),
    disposition: oneOf(DISPOSITIONS),
    rule: text('Row of the policy that decided.'),
    outcome: oneOf(OUTCOMES),
    reason: text('Why it was kept back (docs/findings.md).'),
    removed: list(removed),
    findings: list(finding),
  },
  ['reason'],
)

const SCHEMAS: Json = {
  Report: object({ verdict: oneOf(['relay', 'reject']), profile: text('Profile of the token.'), policyVersion: text(''), parts: list(part), findings: list(finding) }),
  Answer: object({
    requestId: text('Also in X-Request-Id.'),
    report: ref('Report'),
    result: { description: 'null when nothing may leave: the report says why.', oneOf: [{ type: 'null' }, ref('Result')] },
    beside: { description: 'Left out but where words go with a PDF of pictures of their pages.', allOf: [ref('Result')] },
  }, ['beside']),
  Result: object(
    {
      name: text('Name of the rebuilt file.'),
      mediaType: text(''),
      bytes: count(''),
      sha256: text(''),
      url: text('Where to fetch the file, once. Not in a multipart/mixed answer.'),
      expires: text('Until when.'),
    },
    ['url', 'expires'],
  ),
}

const SANITIZE_PROBLEMS: readonly ProblemKind[] = ['bad-request', 'unauthorized', 'too-large', 'idempotency-conflict', 'too-many-requests', 'internal', 'unavailable']
const RESULT_PROBLEMS: readonly ProblemKind[] = ['unauthorized', 'result-gone', 'too-many-requests']
const OCTETS: Json = { schema: { type: 'string', format: 'binary' } }

const FORM = object(
  {
    file: { type: 'string', format: 'binary' },
    password: { ...list(text('')), maxItems: 10, description: 'Tried on the file and on what is inside it. Never stored, never repeated.' },
    lockPassword: text(`The rebuilt file comes in a ZIP that is locked with it (AES-256): ${USABLE_WORDS}.`),
  },
  ['password', 'lockPassword'],
)

const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/api/v1/sanitize',
    operationId: 'sanitize',
    summary: 'Disarm one file or mail',
    parameters: [
      { name: 'name', in: 'query', schema: text('Name of the file, where the body has none.') },
      { name: 'Idempotency-Key', in: 'header', schema: text('The same key and file get the same answer for 24 hours, as long as memory lasts.') },
    ],
    requestBody: { required: true, content: { 'application/octet-stream': OCTETS, 'multipart/form-data': { schema: FORM } } },
    answer: {
      description: 'The report, and the rebuilt file if something may leave. `Accept: multipart/mixed` gets both in one answer.',
      content: { 'application/json': { schema: ref('Answer') }, 'multipart/mixed': OCTETS },
    },
    problems: SANITIZE_PROBLEMS,
  },
  {
    method: 'get',
    path: '/api/v1/results/{id}',
    operationId: 'result',
    summary: 'Fetch a rebuilt file, once, with the token that sent the original',
    parameters: [{ name: 'id', in: 'path', schema: { type: 'string', pattern: '^[0-9a-f]{32}$' } }],
    answer: { description: 'The rebuilt file', content: { '*/*': OCTETS } },
    problems: RESULT_PROBLEMS,
  },
  DOCUMENT_OPERATION,
]

export function openApi(version: string): Json {
  return openApiDocument({ title: 'Sekisho: files disarmed', version, description: 'Send a file, get the report and the rebuilt file.' }, OPERATIONS, SCHEMAS)
}

/** Its part of docs/api.md. */
export function filesReference(): string {
  const kinds = new Set([...SANITIZE_PROBLEMS, ...RESULT_PROBLEMS, 'not-found'] as const)
  return `${EXAMPLES}
| status | type | meaning |
| --- | --- | --- |
${problemRows([...kinds])}

\`GET /health\` answers while the process lives; \`GET /metrics\` answers to this host only.
`
}

const EXAMPLES = `Off by default; settings: \`api\` in [config.md](config.md). The configuration has only the digest of a token:

\`\`\`sh
TOKEN=sekisho_$(openssl rand -hex 32); printf %s "$TOKEN" | sha256sum
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
