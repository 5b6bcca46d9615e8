/** `sekisho queue`: what waits for delivery, and what an operator can do about it. */
import type { Command } from 'commander'
import type { QueueRow, RecipientState } from '../store/contract.ts'
import { CLIENT_EXIT_CODES, type CommonOptions, group, leaf, outputOf } from './command.ts'
import { server } from './configured.ts'
import { act } from './control-client.ts'
import { EXIT, Failure } from './exit.ts'
import { type FilterOptions, filterOf, isNarrow, withFilter } from './filter.ts'
import { type Output, print, size, table, when } from './output.ts'

type ActOptions = CommonOptions & FilterOptions & { readonly reason: string }

export function queueCommand(): Command {
  return group('queue', 'messages that wait for delivery', [
    withFilter(leaf('list', 'list waiting messages, one line per recipient', CLIENT_EXIT_CODES)).action(list),
    leaf('show', 'show one message and the state of each recipient', CLIENT_EXIT_CODES)
      .argument('<queue-id>')
      .action(show),
    withFilter(leaf('retry', 'try again now', CLIENT_EXIT_CODES))
      .option('--reason <text>', 'why, for the audit log', 'retry by operator')
      .action(retry),
    withFilter(leaf('drop', 'take messages out of the queue; the sender is not told', CLIENT_EXIT_CODES))
      .requiredOption('--reason <text>', 'why, for the audit log')
      .action(drop),
  ])
}

async function list(options: CommonOptions & FilterOptions): Promise<void> {
  const rows = await server(options).call('queue.list', { filter: filterOf(options) })
  const output = outputOf(options)
  print(output, rows, () => (rows.length === 0 ? 'the queue is empty' : queueTable(output, rows)))
}

async function show(queueId: string, options: CommonOptions): Promise<void> {
  const rows = await server(options).call('queue.list', { filter: { queueId, limit: 1_000 } })
  if (rows.length === 0)
    throw new Failure(EXIT.failure, `no message ${queueId} in the queue; try: sekisho trace --id ${queueId}`)
  const output = outputOf(options)
  print(output, rows, () => queueTable(output, rows))
}

async function retry(options: ActOptions): Promise<void> {
  const count = await server(options).call('queue.retry', { filter: filterOf(options), by: act(options.reason) })
  print(outputOf(options), { retried: count }, () => `${count} entries are tried again now`)
}

async function drop(options: ActOptions): Promise<void> {
  if (!isNarrow(options)) throw new Failure(EXIT.usage, 'say which messages: --id, --sha256, --sender or --recipient')
  const count = await server(options).call('queue.drop', { filter: filterOf(options), by: act(options.reason) })
  print(
    outputOf(options),
    { dropped: count },
    () => `${count} entries dropped; their originals stay in quarantine until they expire`,
  )
}

function queueTable(output: Output, rows: readonly QueueRow[]): string {
  const lines = rows.flatMap(row =>
    row.recipients.map(({ mailbox, state }) => [
      row.queueId,
      when(row.acceptedAtMs),
      size(row.messageBytes),
      `<${row.reversePath ?? ''}>`,
      `<${mailbox}>`,
      row.route,
      stateText(state),
    ]),
  )
  return table(output, ['ID', 'ACCEPTED', 'SIZE', 'FROM', 'TO', 'ROUTE', 'STATE'], lines)
}

export function stateText(state: RecipientState): string {
  switch (state.kind) {
    case 'scheduled':
      return `due ${when(state.dueAtMs)}${state.attempts > 0 ? `, ${state.attempts} attempts: ${state.lastReply}` : ''}`
    case 'delivered':
      return `delivered ${when(state.atMs)} to ${state.nextHop}`
    case 'failed':
      return `failed ${when(state.atMs)}: ${state.reply}`
    case 'dropped':
      return `dropped ${when(state.atMs)} by ${state.by}: ${state.why}`
  }
}
