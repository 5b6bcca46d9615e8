/**
 * What all commands share: options, where the configuration is, output.
 * A command module exports one function that returns its commander Command; cli/main.ts wires them.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { EXIT, EXIT_MEANINGS } from './exit.ts'
import type { Output } from './output.ts'

export type CommonOptions = { readonly config?: string; readonly json?: boolean }

/** A command that only holds others. */
export function group(name: string, summary: string, commands: readonly Command[]): Command {
  return commands.reduce((parent, command) => parent.addCommand(command), new Command(name).description(summary))
}

/** A command that does something: has --config and --json, and says its exit codes at the end of --help. */
export function leaf(name: string, summary: string, exitCodes: readonly number[]): Command {
  return withExitCodes(new Command(name), exitCodes)
    .description(summary)
    .addOption(
      new Option('-c, --config <file>', 'configuration file (default: $SEKISHO_CONFIG, else built-in defaults)'),
    )
    .addOption(new Option('--json', 'print JSON'))
}

/** The same without --config: it has nothing to do with a server of ours. */
export function plainLeaf(name: string, summary: string, exitCodes: readonly number[]): Command {
  return withExitCodes(new Command(name), exitCodes).description(summary).addOption(new Option('--json', 'print JSON'))
}

function withExitCodes(command: Command, exitCodes: readonly number[]): Command {
  return command.addHelpText('after', () => exitCodeHelp(exitCodes))
}

export const CLIENT_EXIT_CODES = [EXIT.ok, EXIT.failure, EXIT.usage, EXIT.unavailable]

function exitCodeHelp(codes: readonly number[]): string {
  return `\nExit codes:\n${codes.map(code => `  ${String(code).padEnd(3)} ${EXIT_MEANINGS[code]}`).join('\n')}`
}

export function outputOf({ json }: CommonOptions, stream: NodeJS.WriteStream = process.stdout): Output {
  const color = stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
  return { write: text => void stream.write(text), json: json === true, color }
}

export function configPath({ config }: CommonOptions): string | undefined {
  return config ?? (process.env['SEKISHO_CONFIG'] || undefined)
}

export function asCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return Number(text)
}

const DURATION = /^(\d{1,6})(m|h|d)$/
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90m`, `12h`, `30d`: milliseconds. */
export function asDuration(text: string): number {
  const [, digits, unit] = DURATION.exec(text) ?? []
  if (digits === undefined || unit === undefined) throw new InvalidArgumentError('must be like 90m, 12h or 30d')
  return Number(digits) * UNIT_MS[unit]!
}

export function asTenant(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(text)) throw new InvalidArgumentError('must be the id of a tenant')
  return text
}
