/**
 * `sekisho serve`: runs the gateway, or one role of it.
 *
 *   all       (default) makes keys at first start, starts and supervises the roles on this host
 *   gateway   the mail-facing process; starts nothing and cannot read the vault's keys
 *   api       files over HTTP; no rights to mail, originals or keys
 *   vault     opens what is sealed, for a recorded purpose; no network
 *   portal    pages for people; no rights to mail, originals or keys
 *   workers   starts sanitizer and verifier processes for a gateway on this host
 *   office    starts boxes with LibreOffice for a vault on this host
 */
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { configPath, leaf } from './command.ts'
import { readSource } from './config-source.ts'
import { EXIT, Failure } from './exit.ts'

export type Role = 'all' | 'gateway' | 'api' | 'vault' | 'portal' | 'workers' | 'office'

type ServeOptions = { readonly config?: string; readonly role: Role }

export function serveCommand(): Command {
  return leaf('serve', 'run the gateway', [EXIT.ok, EXIT.failure, EXIT.usage])
    .addOption(new Option('--role <role>', 'run one process only').choices(['all', 'gateway', 'api', 'vault', 'portal', 'workers', 'office']).default('all'))
    .action(async (options: ServeOptions) => {
      const path = configPath(options)
      const currentDir = process.cwd()
      // As it was given: that is how its problems name it.
      const read = await readSource({ path, currentDir })
      if ('problems' in read) throw new Failure(EXIT.failure, read.problems.join('\n'))
      const { config } = read
      const source = { path: path && resolve(path), currentDir }
      if (options.role === 'gateway') return (await import('./gateway-role.ts')).runGateway(config, source)
      if (options.role === 'api') return (await import('./api-role.ts')).runApi(config)
      if (options.role === 'vault') return (await import('./vault-role.ts')).runVault(config, source)
      if (options.role === 'portal') return (await import('./portal-role.ts')).runPortal(config, source)
      if (options.role === 'workers') return (await import('./workers-role.ts')).runWorkers(config)
      if (options.role === 'office') return (await import('./workers-role.ts')).runOffice(config)
      return (await import('./supervisor.ts')).supervise(config, source)
    })
}
