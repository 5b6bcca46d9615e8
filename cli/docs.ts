/**
 * `npm run docs`: writes every generated document, each printed from the one table that the code itself uses.
 * test/unit/docs.test.ts fails when a file is stale.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { configReference, exampleConfig } from '../config/reference.ts'
import { configJsonSchema } from '../config/settings.ts'
import { SHIPPED_PROFILES } from '../config/profiles.ts'
import { FAMILIES } from '../core/disarm/registry.ts'
import { FINDINGS } from '../core/finding.ts'
import { OBJECTS } from '../core/objects.ts'
import { REPLIES } from '../core/smtp/reply.ts'
import { REASONS } from '../core/text/reasons.ts'
import { filesReference } from '../files/http/openapi.ts'
import { EVENTS } from '../gateway/maillog-events.ts'
import { METRIC_PREFIX, METRICS } from '../gateway/metrics.ts'
import { portalReference } from '../portal/api/openapi.ts'
import { apiOperations } from '../portal/api/routes.ts'
import { RIGHTS_ROWS } from '../portal/rights/table.ts'
import { AUDIT_KINDS } from '../store/audit.ts'
import { fidelityScores, SCORE_HEAD, type Score } from './fidelity-scores.ts'
import { cliReference } from './reference.ts'

const ROOT = join(import.meta.dirname, '..')

export function docsCommand(): Command {
  return new Command('docs').description('write the generated documents').action(async () => {
    for (const [path, text] of await generatedFiles()) {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true })
      writeFileSync(join(ROOT, path), text)
    }
  })
}

/** Path from the root of the repository, and the whole text of the file. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/config.md', page(configReference())],
    ['docs/config.schema.json', JSON.stringify(configJsonSchema(), null, 2) + '\n'],
    ['config/sekisho.example.yaml', page(exampleConfig())],
    ['docs/replies.md', page(replies())],
    ['docs/maillog.md', page(maillog())],
    ['docs/metrics.md', page(metrics())],
    ['docs/findings.md', page(findings())],
    ['docs/policy.md', page(policies())],
    ['docs/disarm.md', page(await disarming())],
    ['docs/audit.md', page(audit())],
    ['docs/rights.md', page(rights())],
    ['docs/api.md', page(apis())],
    ['docs/cli.md', page(await cliReference())],
  ])
}

function page(text: string): string {
  return text.replace(/\n{3,}/g, '\n\n').trimEnd() + '\n'
}

function title(name: string, source: string, ...intro: readonly string[]): string {
  return [`# ${name}`, '', `Printed from \`${source}\` by \`npm run docs\`; do not edit.`, '', ...intro, '', ''].join(
    '\n',
  )
}

function markdownTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map(cell => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n') + '\n'
}

/** What the operations stand on is asked for when they answer, which none does here. */
function apis(): string {
  const portal = apiOperations({} as never)
  const both = '`GET /api/v1/openapi.json` gives the OpenAPI 3.1 document of each, without a token. Errors are `application/problem+json` (RFC 9457); with 429 and 503, `Retry-After` says how many seconds to wait. A token goes into `Authorization: Bearer …`; only its SHA-256 is kept.'
  return `${title('HTTP APIs', 'files/http/openapi.ts and portal/api/', 'Two, each on a listener of its own: files disarmed, and what is known about mail.', '', both)}## What is known about mail\n\n${portalReference(portal)}\n## Files disarmed\n\n${filesReference()}`
}

function replies(): string {
  const rows = Object.entries(REPLIES).map(([name, reply]) => [
    `\`${name}\``,
    reply.code,
    reply.status,
    reply.text,
    reply.when,
  ])
  return (
    title(
      'SMTP replies',
      'core/smtp/reply.ts',
      'Every reply of our own. 4xx: the client keeps the message and tries again. 5xx: it gives up and tells the sender.',
    ) + markdownTable(['name', 'code', 'status', 'text', 'when'], rows)
  )
}

function maillog(): string {
  const intro =
    'One line per event: time, queue id (`-` for the gateway itself), event, then `field=value`. Values with spaces, quotes or `=` are quoted; unprintable characters stand as `\\uXXXX`. With `maillog.format: json` each line is an object with `time`, `id`, `event` and the same fields. Addresses are those of the envelope, in `<>`.'
  const sections = Object.entries<{
    readonly when: string
    readonly fields: Readonly<Record<string, string>>
    readonly optional?: Readonly<Record<string, string>>
  }>(EVENTS).map(([name, { when, fields, optional = {} }]) => {
    const rows = [
      ...Object.entries(fields).map(([field, text]) => [`\`${field}\``, 'always', text]),
      ...Object.entries(optional).map(([field, text]) => [`\`${field}\``, '', text]),
    ]
    return `## ${name}\n\n${when}\n\n${markdownTable(['field', '', 'value'], rows)}`
  })
  return title('Mail log', 'gateway/maillog-events.ts', intro) + sections.join('\n')
}

function metrics(): string {
  const intro = `Served at \`/metrics\` of the admin address. No label holds anything that a sender chooses. Beside these, Node's own process metrics with the same prefix.`
  const rows = Object.entries<{ readonly kind: string; readonly help: string; readonly labels?: readonly string[] }>(
    METRICS,
  ).map(([name, metric]) => [`\`${METRIC_PREFIX}${name}\``, metric.kind, (metric.labels ?? []).join(', '), metric.help])
  return title('Metrics', 'gateway/metrics.ts', intro) + markdownTable(['name', 'kind', 'labels', 'what'], rows)
}

function findings(): string {
  const seen = Object.entries(FINDINGS).map(([code, { weight, text }]) => [`\`${code}\``, weight, text])
  const why = Object.entries(REASONS).map(
    ([
      key,
      {
        why: { ja, en },
      },
    ]) => [`\`${key}\``, ja, en],
  )
  return (
    title(
      'Findings and reasons',
      'core/finding.ts and core/text/reasons.ts',
      'A finding is a fact seen in a message. `note` is common in honest mail, `odd` is a liberty that another parser may take differently, `danger` is a shape that attacks use.',
    ) +
    markdownTable(['finding', 'weight', 'what was seen'], seen) +
    '\n## Reasons\n\nWhy a part was kept back or changed, as the notice says it.\n\n' +
    markdownTable(['reason', '日本語', 'English'], why)
  )
}

function policies(): string {
  const sections = Object.entries(SHIPPED_PROFILES).map(([name, { first, rest }]) => {
    const rows = [...first, ...rest].map(row => [
      `\`${row.id}\``,
      conditions(row.when),
      row.then,
      row.reason === '' ? '' : `\`${row.reason}\``,
      row.why,
    ])
    return `## ${name}\n\n${markdownTable(['row', 'when', 'then', 'reason', 'why'], rows)}\nOwn rows (\`policy.rows\`) stand after \`${first.at(-1)?.id}\`.\n`
  })
  return (
    title(
      'Shipped policies',
      'config/profiles.ts',
      'Read from the top; the first row that matches decides; no match is quarantine. Text of the mail itself becomes the body and is not in these tables.',
    ) + sections.join('\n')
  )
}

async function disarming(): Promise<string> {
  const scores = fidelityScores(ROOT)
  const sections = []
  for (const family of FAMILIES) {
    const { table } = await family.load()
    const rows = table.map(({ object, becomes, kind }) => [object, becomes, kind === undefined ? '' : `\`${kind}\``])
    const types = (list: readonly string[]) => list.map(type => `\`${type}\``).join(', ')
    sections.push(
      `## ${family.name}\n\nTakes ${types(family.mediaTypes)}. Makes ${types(family.makes)}.\n\n${markdownTable(['object', 'becomes', 'setting'], rows)}${fidelityOf(scores.get(family.name))}`,
    )
  }
  const kinds = Object.entries(OBJECTS).map(([kind, { en, ja, default: usual, allowed }]) => [`\`${kind}\``, en, ja, usual, allowed.join(', ')])
  return (
    title(
      'What becomes of what',
      'core/disarm/',
      'Every file that crosses was written anew from what was understood of it. What a table does not name was not understood and is left behind. `setting` is the key below `policy.objects` that decides. How much of good files is left was measured, by other programs than ours: the scores stand with each format.',
    ) +
    sections.join('\n') +
    `\n## Objects\n\nWhat may be said of each kind in \`policy.objects\`. What acts on its own cannot be kept.\n\n` +
    markdownTable(['setting', 'English', '日本語', 'usual', 'allowed'], kinds)
  )
}

function fidelityOf(scores: readonly Score[] | undefined): string {
  if (!scores) return ''
  return `\nWhat is left of good files (how this was measured: [fidelity](fidelity.md)):\n\n${markdownTable(SCORE_HEAD, scores.map(({ cells }) => cells))}`
}

function conditions(when: object): string {
  const all = Object.entries(when).map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : value}`)
  return all.length === 0 ? 'anything' : all.join('; ')
}

function audit(): string {
  return (
    title(
      'Audit records',
      'store/audit.ts',
      'Each record names tenant, actor, subject and detail, and carries the hash of the one before it.',
    ) +
    markdownTable(
      ['kind', 'what was done'],
      Object.entries(AUDIT_KINDS).map(([kind, text]) => [`\`${kind}\``, text]),
    )
  )
}

function rights(): string {
  return (
    title(
      'Who may do what in the portal',
      'portal/rights/table.ts',
      'An act is open to whoever stands to its object in one of the relations, or has one of the roles. What is not here may nobody do.',
      'Nothing crosses from one organisation (tenant) to another.',
    ) +
    markdownTable(
      ['act', 'what', 'relation', 'role', 'second factor again'],
      RIGHTS_ROWS.map(row => [`\`${row.act}\``, row.what, row.relations.join(', '), row.roles.join(', '), row.stepUp ? 'yes' : '']),
    )
  )
}
