/** The OpenAPI 3.1 document of the portal's API, and its part of docs/api.md. */
import { DOCUMENT_OPERATION, type Json, openApiDocument } from '../../rest/openapi.ts'
import { type ProblemKind, problemRows } from '../../rest/problem.ts'
import type { ApiOperation } from './operation.ts'
import { SCHEMAS } from './schemas.ts'
import { SCOPES } from './scopes.ts'

export function portalDocument(version: string, operations: readonly ApiOperation[]): Json {
  const description = 'What is known about mail, requests, queue and audit, to be read by programs. Never contents, originals or decisions.'
  return openApiDocument({ title: 'Sekisho: portal', version, description }, [...operations, DOCUMENT_OPERATION], SCHEMAS)
}

export function portalReference(operations: readonly ApiOperation[]): string {
  const scopes = Object.entries(SCOPES).map(([scope, what]) => `| \`${scope}\` | ${what} |`)
  const paths = operations.map(({ path, scope, summary }) => `| \`GET ${path}\` | \`${scope}\` | ${summary} |`)
  const problems = [...new Set(operations.flatMap(each => each.problems))] as ProblemKind[]
  return `${INTRODUCTION}
| scope | what may be read |
| --- | --- |
${scopes.join('\n')}

| path | scope | what |
| --- | --- | --- |
${paths.join('\n')}

${CONVENTIONS}
| status | type | meaning |
| --- | --- | --- |
${problemRows(problems)}
`
}

const INTRODUCTION = `On the administration face (\`portal.admin\`), where only listed terminals connect: it tells of everybody's mail what administrators
see. \`portal.apiFaces\` moves or adds it to the inner face; never to the outer one, whose terminals are on the Internet's side.
Administrators make tokens on the page API (\`/tokens\`) or by \`sekisho token add\`; a token is shown once, has scopes, one tenant, an end, and
if wanted networks and a rate, and can be revoked at any time. Every use stands in the audit chain, two records a token and hour at most.

A token reads. It cannot approve, take, unlock or change anything, and no path gives an original, a file, a preview or a mail's text:
the type of these routes has neither bodies nor files, and their rooms have no vault.

\`\`\`sh
sekisho token add siem --scopes audit,health --networks 192.0.2.10 --days 365 --reason 'collector'
curl -H "Authorization: Bearer $TOKEN" 'https://kanri.town.example.jp/api/v1/messages?state=kept&limit=20'
\`\`\`
`

const CONVENTIONS = `Lists go on with \`after\`, which takes the \`next\` of the page before. Times are RFC 3339; a day alone is that day in Japan. A parameter
that is not known is refused. \`/audit/{chain}/export\` answers one record a line (\`application/jsonl\`).
`
