/** `sekisho emergency`: the switch for the bad day. Every move needs a reason and stands in the audit chain. */
import type { Command } from 'commander'
import type { Emergency } from '../store/contract.ts'
import { CLIENT_EXIT_CODES, type CommonOptions, group, leaf, outputOf } from './command.ts'
import { server } from './configured.ts'
import { act } from './control-client.ts'
import { print } from './output.ts'

const EFFECTS: Readonly<Record<Emergency, string>> = {
  none: 'normal operation: mail is accepted and delivered',
  hold: 'hold: mail is accepted and kept, nothing is delivered inward',
  isolate: 'isolate: mail gets 451, senders keep it; nothing is delivered',
}

export function emergencyCommand(): Command {
  return group('emergency', 'stop delivery or acceptance at once, and resume', [
    move('hold', 'hold', 'keep accepting, deliver nothing inward'),
    move('isolate', 'isolate', 'answer 451 to all mail, deliver nothing'),
    move('resume', 'none', 'back to normal operation'),
    leaf('show', 'show the state in force', CLIENT_EXIT_CODES).action(show),
  ])
}

function move(name: string, state: Emergency, summary: string): Command {
  return leaf(name, summary, CLIENT_EXIT_CODES)
    .requiredOption('--reason <text>', 'why, for the audit log')
    .action(async (options: CommonOptions & { readonly reason: string }) => {
      const now = await server(options).call('emergency.set', { state, by: act(options.reason) })
      print(outputOf(options), { state: now }, () => EFFECTS[now])
    })
}

async function show(options: CommonOptions): Promise<void> {
  const state = await server(options).call('emergency.get', {})
  print(outputOf(options), { state }, () => EFFECTS[state])
}
