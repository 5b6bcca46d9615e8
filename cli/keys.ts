/** `sekisho keys`: makes the key pairs that are missing. `serve` does it by itself; with one unit per role the vault's user does. */
import type { Command } from 'commander'
import { type CommonOptions, leaf, outputOf } from './command.ts'
import { readConfig } from './configured.ts'
import { EXIT } from './exit.ts'
import { print, table } from './output.ts'
import { makeVaultKeys } from './vault-keys.ts'

export function keysCommand(): Command {
  return leaf('keys', 'make the key pairs of tenants that have none, and list them', [EXIT.ok, EXIT.failure, EXIT.usage]).action(async (options: CommonOptions) => {
    const keys = await makeVaultKeys(readConfig(options))
    const output = outputOf(options)
    print(output, keys, () => table(output, ['tenant', 'recipient', 'made'], keys.map(({ tenant, recipient, created }) => [tenant, recipient, created ? 'now' : 'before'])))
  })
}
