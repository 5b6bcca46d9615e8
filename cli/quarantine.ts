/**
 * `sekisho quarantine`: the sealed originals. `export` writes the age file as it is: opening it needs the
 * identity, which neither this command nor the server that answers can read.
 */
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { QuarantineRow } from '../store/contract.ts'
import { asDuration, asTenant, CLIENT_EXIT_CODES, type CommonOptions, group, leaf, outputOf } from './command.ts'
import { server } from './configured.ts'
import { act } from './control-client.ts'
import { EXIT, Failure } from './exit.ts'
import { type FilterOptions, filterOf, isNarrow, withFilter } from './filter.ts'
import { fields, type Output, print, size, table, when } from './output.ts'

type TenantOptions = CommonOptions & { readonly tenant: string }
type ExportOptions = TenantOptions & { readonly out?: string; readonly reason: string }
type PurgeOptions = CommonOptions &
  FilterOptions & { readonly olderThan?: number; readonly reason: string; readonly yes?: boolean }

export function quarantineCommand(): Command {
  return group('quarantine', 'sealed originals of messages', [
    withFilter(leaf('list', 'list messages of which something was kept back', CLIENT_EXIT_CODES))
      .option('--all', 'every stored original, those that were delivered whole too (an --id is always found)')
      .action(list),
    withTenant(
      leaf('show', 'show what was kept back of one message, and why', CLIENT_EXIT_CODES).argument('<queue-id>'),
    ).action(show),
    withTenant(leaf('export', 'write the sealed original as an age file', CLIENT_EXIT_CODES).argument('<queue-id>'))
      .option('-o, --out <file>', 'file to write (default: standard output)')
      .requiredOption('--reason <text>', 'why, for the audit log')
      .action(exportOriginal),
    pin('pin', true, 'keep an original past its retention and from any purge'),
    pin('unpin', false, 'let retention and purge have an original again'),
    withFilter(
      leaf('purge', 'make originals unreadable for ever; only counts them unless --yes is given', CLIENT_EXIT_CODES),
    )
      .option('--older-than <duration>', 'accepted longer ago than 90m, 12h, 30d …', asDuration)
      .requiredOption('--reason <text>', 'why, for the audit log')
      .option('--yes', 'really do it')
      .action(purge),
  ])
}

function withTenant(command: Command): Command {
  return command.option('--tenant <id>', 'tenant', asTenant, 'default')
}

async function list(options: CommonOptions & FilterOptions & { readonly all?: boolean }): Promise<void> {
  const keptOnly = options.all !== true && options.id === undefined
  const rows = await server(options).call('quarantine.list', { filter: { ...filterOf(options), keptOnly } })
  const output = outputOf(options)
  const nothing = keptOnly ? 'nothing was kept back (--all lists every stored original)' : 'no original is stored'
  print(output, rows, () => (rows.length === 0 ? nothing : quarantineTable(output, rows)))
}

function quarantineTable(output: Output, rows: readonly QuarantineRow[]): string {
  const lines = rows.map(row => [
    row.queueId,
    row.tenant,
    when(row.acceptedAtMs),
    size(row.bytes),
    `<${row.reversePath ?? ''}>`,
    row.parts.length,
    state(row),
    row.subject,
  ])
  return table(output, ['ID', 'TENANT', 'ACCEPTED', 'SIZE', 'FROM', 'PARTS', 'KEPT', 'SUBJECT'], lines)
}

function state({ purged, pinned, expiresAtMs }: QuarantineRow): string {
  return purged ? 'purged' : pinned ? 'pinned' : `until ${when(expiresAtMs).slice(0, 10)}`
}

async function show(queueId: string, options: TenantOptions): Promise<void> {
  const client = server(options)
  const [row] = await client.call('quarantine.list', { filter: { queueId, tenant: options.tenant, limit: 1 } })
  if (row === undefined) throw new Failure(EXIT.failure, `no original of ${queueId} for tenant ${options.tenant}`)
  const reports = await client.call('report', { queueId, tenant: options.tenant })
  const output = outputOf(options)
  print(output, { ...row, reports }, () => describe(output, row))
}

function describe(output: Output, row: QuarantineRow): string {
  const head = fields(output, [
    ['ID', row.queueId],
    ['Tenant', row.tenant],
    ['Accepted', when(row.acceptedAtMs)],
    ['From', `<${row.reversePath ?? ''}>`],
    ['Subject', row.subject],
    ['Size', size(row.bytes)],
    ['SHA-256', row.rawSha256],
    ['Kept', state(row)],
  ])
  return `${head}\n${table(
    output,
    ['PART', 'TYPE', 'REASON', 'NAME'],
    row.parts.map(part => [part.id, part.detectedType, part.reason, part.name]),
  )}`
}

/** A file appears under its name only when it is whole. */
async function exportOriginal(queueId: string, options: ExportOptions): Promise<void> {
  const params = { queueId, tenant: options.tenant, by: act(options.reason) }
  if (options.out === undefined && process.stdout.isTTY)
    throw new Failure(EXIT.usage, 'an age file is binary: use --out FILE, or send it into a pipe')
  const bytes = await server(options).stream('quarantine.export', params)
  if (options.out === undefined) return pipeline(bytes, process.stdout, { end: false })
  const unfinished = `${options.out}.part`
  try {
    await pipeline(bytes, createWriteStream(unfinished, { mode: 0o600, flags: 'wx' }))
    await rename(unfinished, options.out)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(unfinished, { force: true })
    throw error
  }
  print(
    outputOf(options),
    { file: options.out },
    () => `${options.out} written; open it with: age --decrypt --identity <identity file> ${options.out}`,
  )
}

function pin(name: string, pinned: boolean, summary: string): Command {
  return withTenant(leaf(name, summary, CLIENT_EXIT_CODES).argument('<queue-id>'))
    .requiredOption('--reason <text>', 'why, for the audit log')
    .action(async (queueId: string, options: TenantOptions & { readonly reason: string }) => {
      const found = await server(options).call('quarantine.pin', {
        queueId,
        tenant: options.tenant,
        pinned,
        by: act(options.reason),
      })
      if (!found) throw new Failure(EXIT.failure, `no original of ${queueId} for tenant ${options.tenant}`)
      print(outputOf(options), { queueId, pinned }, () => `${queueId} is ${pinned ? 'pinned' : 'not pinned any more'}`)
    })
}

async function purge(options: PurgeOptions): Promise<void> {
  if (!isNarrow(options) && options.olderThan === undefined)
    throw new Failure(EXIT.usage, 'say which originals: --id, --sha256, --sender, --recipient or --older-than')
  const dryRun = options.yes !== true
  const filter = {
    ...filterOf(options),
    ...(options.olderThan === undefined ? {} : { olderThanMs: Date.now() - options.olderThan }),
  }
  const done = await server(options).call('quarantine.purge', { filter, by: act(options.reason), dryRun })
  print(outputOf(options), { ...done, dryRun }, () =>
    dryRun
      ? `would purge ${done.messages} originals (${size(done.bytes)}); add --yes to do it`
      : `${done.messages} originals (${size(done.bytes)}) are unreadable now`,
  )
}
