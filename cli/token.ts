/**
 * `sekisho token`: tokens of the portal's HTTP API. The running portal is asked, since portal.db has one writer. A secret
 * is printed once, by the command that made it; afterwards nobody can show it.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { TokenAdded } from '../portal/api/control.ts'
import { isScope, SCOPE_NAMES } from '../portal/api/scopes.ts'
import { networksOfText, type TokenRecord } from '../portal/api/tokens.ts'
import { rpcClient } from '../rpc/client.ts'
import { asCount, CLIENT_EXIT_CODES, type CommonOptions, group, leaf, outputOf } from './command.ts'
import { readConfig } from './configured.ts'
import { act, asFailure } from './control-client.ts'
import { EXIT, Failure } from './exit.ts'
import { print, table } from './output.ts'
import { portalSocket } from './places.ts'

type TenantOptions = CommonOptions & { readonly tenant: string }
type AddOptions = TenantOptions & { readonly scopes: readonly string[]; readonly networks: readonly string[]; readonly days: number; readonly rate: number; readonly reason: string }

export function tokenCommand(): Command {
  return group('token', 'tokens of the HTTP API', [
    withTenant(leaf('list', 'list tokens, with their last use', CLIENT_EXIT_CODES)).action(list),
    withTenant(leaf('add', 'make a token; prints its secret, once', CLIENT_EXIT_CODES))
      .argument('<name>', 'who or what will use it')
      .addOption(new Option('--scopes <scopes>', `of ${SCOPE_NAMES.join(', ')}, separated by commas`).argParser(asScopes).makeOptionMandatory())
      .addOption(new Option('--networks <networks>', 'from where alone it may be used, separated by commas').argParser(networksOfText).default([], 'anywhere'))
      .addOption(new Option('--days <n>', 'how long it is good').argParser(asCount).default(365))
      .addOption(new Option('--rate <n>', 'requests a minute').argParser(asCount).default(60))
      .requiredOption('--reason <text>', 'why, for the audit log')
      .action(add),
    withTenant(leaf('revoke', 'end a token at once', CLIENT_EXIT_CODES)).argument('<id>', 'its number', asCount).requiredOption('--reason <text>', 'why, for the audit log').action(revoke),
  ])
}

function withTenant(command: Command): Command {
  return command.addOption(new Option('--tenant <id>', 'organisation').default('default'))
}

function asScopes(written: string): string[] {
  const scopes = written.split(',')
  if (!scopes.every(isScope)) throw new InvalidArgumentError(`must be of ${SCOPE_NAMES.join(', ')}`)
  return scopes
}

function call<T>(options: CommonOptions, method: string, params: object): Promise<T> {
  return rpcClient(portalSocket(readConfig(options))).call(method, params).catch(asFailure) as Promise<T>
}

async function list(options: TenantOptions): Promise<void> {
  const rows = await call<readonly TokenRecord[]>(options, 'token.list', { tenant: options.tenant })
  const output = outputOf(options)
  const day = (atMs: number | undefined) => (atMs === undefined ? '' : new Date(atMs).toISOString().slice(0, 16).replace('T', ' '))
  const cells = ({ tokenId, name, scopes, networks, usedAtMs, usedFrom, untilMs, revokedAtMs }: TokenRecord) => [String(tokenId), name, scopes.join(' '), networks.join(' '), `${day(usedAtMs)} ${usedFrom}`.trim(), revokedAtMs === undefined ? `until ${day(untilMs)}` : 'revoked']
  print(output, rows, () => table(output, ['ID', 'NAME', 'SCOPES', 'NETWORKS', 'LAST USE (UTC)', 'STATE'], rows.map(cells)))
}

async function add(name: string, options: AddOptions): Promise<void> {
  const { tenant, scopes, networks, days, rate, reason } = options
  const { token, secret } = await call<TokenAdded>(options, 'token.add', { tenant, name, scopes, networks, days, requestsPerMinute: rate, by: act(reason) })
  print(outputOf(options), { tokenId: token.tokenId, name, secret }, () => `Token ${token.tokenId}; it is shown this once:\n${secret}`)
}

async function revoke(tokenId: number, options: TenantOptions & { readonly reason: string }): Promise<void> {
  const done = await call<boolean>(options, 'token.revoke', { tenant: options.tenant, tokenId, by: act(options.reason) })
  if (!done) throw new Failure(EXIT.failure, `there is no token ${tokenId} in force`)
  print(outputOf(options), { tokenId, revoked: true }, () => `token ${tokenId} is revoked`)
}
