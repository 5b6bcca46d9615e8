/** The options that choose messages: the same for queue, quarantine and trace. */
import type { Command } from 'commander'
import type { MessageFilter } from '../store/contract.ts'
import { asCount, asDuration, asTenant } from './command.ts'

export type FilterOptions = {
  readonly id?: string
  readonly sha256?: string
  readonly sender?: string
  readonly recipient?: string
  readonly tenant?: string
  readonly since?: number
  readonly limit?: number
}

const DEFAULT_LIMIT = 100

export function withFilter(command: Command): Command {
  return command
    .option('--id <queue-id>', 'the message with this queue id')
    .option('--sha256 <hex>', 'messages whose original or one of its parts has this digest')
    .option('--sender <address>', 'messages from this reverse-path')
    .option('--recipient <address>', 'messages for this recipient')
    .option('--tenant <id>', 'messages of this tenant', asTenant)
    .option('--since <duration>', 'accepted in the last 90m, 12h, 30d …', asDuration)
    .option('--limit <n>', 'at most so many', asCount, DEFAULT_LIMIT)
}

export function filterOf(options: FilterOptions, nowMs: number = Date.now()): MessageFilter {
  return {
    ...(options.id === undefined ? {} : { queueId: options.id }),
    ...(options.sha256 === undefined ? {} : { sha256: options.sha256.toLowerCase() }),
    ...(options.sender === undefined ? {} : { sender: options.sender }),
    ...(options.recipient === undefined ? {} : { recipient: options.recipient }),
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...(options.since === undefined ? {} : { sinceMs: nowMs - options.since }),
    limit: options.limit ?? DEFAULT_LIMIT,
  }
}

/** Whether anything but the tenant and the limits narrows the choice. */
export function isNarrow({ id, sha256, sender, recipient }: FilterOptions): boolean {
  return [id, sha256, sender, recipient].some(given => given !== undefined)
}
