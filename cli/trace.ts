/** `sekisho trace`: the whole life of the messages it finds: who got what, when, and what was done with the original. */
import type { Command } from 'commander'
import type { TraceResult } from '../store/contract.ts'
import { CLIENT_EXIT_CODES, type CommonOptions, leaf, outputOf } from './command.ts'
import { server } from './configured.ts'
import { EXIT, Failure } from './exit.ts'
import { type FilterOptions, filterOf, isNarrow, withFilter } from './filter.ts'
import { fields, type Output, print, table, when } from './output.ts'

export function traceCommand(): Command {
  return withFilter(
    leaf('trace', 'the whole life of messages, by id, digest, sender or recipient', CLIENT_EXIT_CODES),
  ).action(trace)
}

async function trace(options: CommonOptions & FilterOptions): Promise<void> {
  if (!isNarrow(options)) throw new Failure(EXIT.usage, 'say which messages: --id, --sha256, --sender or --recipient')
  const results = await server(options).call('trace', { filter: filterOf(options) })
  const output = outputOf(options)
  print(output, results, () =>
    results.length === 0 ? 'nothing found' : results.map(result => life(output, result)).join('\n'),
  )
  if (results.length === 0) process.exitCode = EXIT.failure
}

function life(output: Output, result: TraceResult): string {
  const head = fields(output, [
    ['ID', result.queueId],
    ['Tenant', result.tenant],
    ['From', `<${result.reversePath ?? ''}>`],
    ['To', result.recipients.map(to => `<${to}>`).join(' ')],
    ['Subject', result.subject],
    ['SHA-256', result.rawSha256],
  ])
  return (
    head +
    table(
      output,
      ['WHEN', 'WHAT', 'BY', 'DETAIL'],
      result.steps.map(step => [when(step.atMs), step.kind, step.actor, details(step.detail)]),
    )
  )
}

function details(detail: Readonly<Record<string, unknown>>): string {
  return Object.entries(detail)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
