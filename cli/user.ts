/**
 * `sekisho user`: people of the portal. The running portal is asked, since portal.db has one writer; the operating system's
 * user and the reason stand in its audit chain. No password is ever typed here: people choose theirs behind a link.
 */
import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ImportOutcome, UserRow } from '../portal/control.ts'
import { parseDay } from '../portal/people/day.ts'
import { GIVEN_ROLES } from '../portal/people/people.ts'
import { rpcClient } from '../rpc/client.ts'
import type { Act } from '../store/contract.ts'
import { CLIENT_EXIT_CODES, type CommonOptions, group, leaf, outputOf } from './command.ts'
import { readConfig } from './configured.ts'
import { act, asFailure } from './control-client.ts'
import { EXIT, Failure } from './exit.ts'
import { print, table } from './output.ts'
import { portalSocket } from './places.ts'

type Reasoned = CommonOptions & { readonly reason: string; readonly tenant: string }
type AddOptions = Reasoned & { readonly name: string; readonly mailbox?: string; readonly roles: readonly string[]; readonly department?: string; readonly post?: string; readonly approver?: boolean }
type ImportOptions = Reasoned & { readonly day: string; readonly apply?: boolean }

export function userCommand(): Command {
  return group('user', 'people of the portal', [
    withTenant(leaf('list', 'list people', CLIENT_EXIT_CODES)).option('--words <text>', 'only those with this in login, name or mailbox').action(list),
    reasoned(leaf('add', 'add a person; prints the link to choose a password with', CLIENT_EXIT_CODES))
      .argument('<login>', 'user ID')
      .requiredOption('--name <name>', 'name as on pages')
      .option('--mailbox <address>', 'inner mailbox')
      .addOption(new Option('--roles <roles>', `of ${GIVEN_ROLES.join(', ')}, separated by commas`).argParser(asRoles).default(['staff'], 'staff'))
      .option('--department <code>', 'department to belong to')
      .option('--post <text>', 'post there')
      .option('--approver', 'approves for that department')
      .action(add),
    reasoned(leaf('passwd', 'print a link with which a person chooses a new password', CLIENT_EXIT_CODES))
      .argument('<login>', 'user ID')
      .option('--reset-factors', 'also take away all second factors: for somebody who has lost them')
      .action(passwd),
    reasoned(leaf('disable', 'end all sessions of a person and let nobody in by that login', CLIENT_EXIT_CODES))
      .argument('<login>', 'user ID')
      .option('--undo', 'let the person in again')
      .action(disable),
    reasoned(leaf('import', 'a personnel change from a CSV file: shows what would change, or all that is wrong', CLIENT_EXIT_CODES))
      .argument('<file>', 'CSV file')
      .addOption(new Option('--day <day>', 'date of effect, like 2027-04-01').argParser(asDay).makeOptionMandatory())
      .option('--apply', 'plan it: it takes effect on its day')
      .action((file: string, options: ImportOptions) => importChange('people', file, options)),
    reasoned(leaf('reorganise', 'departments that are new, changed, merged or closed, from a CSV file: shows what would change, or all that is wrong', CLIENT_EXIT_CODES))
      .argument('<file>', 'CSV file')
      .addOption(new Option('--day <day>', 'date of effect, like 2027-04-01').argParser(asDay).makeOptionMandatory())
      .option('--apply', 'plan it: it takes effect on its day, before personnel changes of that day')
      .action((file: string, options: ImportOptions) => importChange('departments', file, options)),
    reasoned(leaf('book', 'aliases and lists of the mail server from CSV or LDIF, in place of those before', CLIENT_EXIT_CODES))
      .argument('<file>', 'CSV or LDIF file')
      .action(importBook),
  ])
}

function withTenant(command: Command): Command {
  return command.addOption(new Option('--tenant <id>', 'organisation').default('default'))
}

function reasoned(command: Command): Command {
  return withTenant(command).requiredOption('--reason <text>', 'why, for the audit log')
}

function asRoles(written: string): string[] {
  const roles = written.split(',')
  if (!roles.every(role => (GIVEN_ROLES as readonly string[]).includes(role))) throw new InvalidArgumentError(`must be of ${GIVEN_ROLES.join(', ')}`)
  return roles
}

function asDay(written: string): string {
  const day = parseDay(written)
  if (day === undefined) throw new InvalidArgumentError('must be a day like 2027-04-01')
  return day
}

function portal(options: CommonOptions) {
  const config = readConfig(options)
  const client = rpcClient(portalSocket(config))
  return {
    language: config.language,
    call: <T>(method: string, params: object) => client.call(method, params).catch(asFailure) as Promise<T>,
    exchange: async (method: string, params: object, file: Uint8Array) => (await client.exchange(method, params, [file]).catch(asFailure)).meta as ImportOutcome,
  }
}

const by = ({ reason }: Reasoned): Act => act(reason)

async function list(options: CommonOptions & { readonly tenant: string; readonly words?: string }): Promise<void> {
  const rows = await portal(options).call<readonly UserRow[]>('user.list', { tenant: options.tenant, words: options.words })
  const output = outputOf(options)
  const cells = ({ login, name, mailbox, roles, departments, factors, disabled, toDate }: UserRow) => [login, name, mailbox, roles.join(' '), departments.join(' / '), factors.join(' '), disabled ? 'disabled' : toDate ? `until ${toDate}` : '']
  print(output, rows, () => table(output, ['LOGIN', 'NAME', 'MAILBOX', 'ROLES', 'DEPARTMENTS', 'FACTORS', 'STATE'], rows.map(cells)))
}

async function add(login: string, options: AddOptions): Promise<void> {
  const { tenant, name, mailbox, roles, department, post, approver = false } = options
  if (approver && department === undefined) throw new Failure(EXIT.usage, '--approver needs --department')
  const { link } = await portal(options).call<{ readonly link: string }>('user.add', { tenant, login, name, mailbox, roles, department, post, approves: approver, by: by(options) })
  sayLink(options, login, link)
}

async function passwd(login: string, options: Reasoned & { readonly resetFactors?: boolean }): Promise<void> {
  const { tenant, resetFactors = false } = options
  const { link } = await portal(options).call<{ readonly link: string }>('user.invite', { tenant, login, resetFactors, by: by(options) })
  sayLink(options, login, link)
}

function sayLink(options: CommonOptions, login: string, link: string): void {
  print(outputOf(options), { login, link }, () => `Give this link to ${login}; it is good once:\n${link}`)
}

async function disable(login: string, options: Reasoned & { readonly undo?: boolean }): Promise<void> {
  const disabled = options.undo !== true
  await portal(options).call('user.disable', { tenant: options.tenant, login, disabled, by: by(options) })
  print(outputOf(options), { login, disabled }, () => `${login} ${disabled ? 'is disabled; all sessions ended' : 'may sign in again'}`)
}

async function importChange(about: 'people' | 'departments', file: string, options: ImportOptions): Promise<void> {
  const { tenant, day, apply = false } = options
  const { language, exchange } = portal(options)
  const outcome = await exchange('user.import', { about, tenant, day, apply, language, by: by(options) }, readFileSync(file))
  const end = outcome.planned ? `planned for ${day}` : `${outcome.lines.length} ${about} would change on ${day}; nothing was changed (--apply plans it)`
  tell(options, outcome, end)
}

async function importBook(file: string, options: Reasoned): Promise<void> {
  const { language, exchange } = portal(options)
  tell(options, await exchange('user.book', { tenant: options.tenant, language, by: by(options) }, readFileSync(file)), 'the address book was replaced')
}

function tell(options: CommonOptions, outcome: ImportOutcome, end: string): void {
  const output = outputOf(options)
  print(output, outcome, () => [...outcome.lines, outcome.ok ? end : 'nothing was changed'].join('\n'))
  if (!outcome.ok) process.exitCode = EXIT.failure
}
