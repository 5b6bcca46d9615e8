#!/usr/bin/env node
/**
 * The roof: what a person types. Only the command that was named is loaded, so that `--help` is quick
 * and a broken command does not take the others with it.
 *
 * Exit codes are those of cli/exit.ts for every command.
 */
import { Command, CommanderError } from 'commander'
import { COMMANDS } from './commands.ts'
import { EXIT, Failure } from './exit.ts'
import { packageVersion } from './version.ts'

/** Runs one command line (without node and script) and resolves with its exit code. Never throws. */
export async function run(args: readonly string[]): Promise<number> {
  process.exitCode = EXIT.ok
  try {
    const program = await programFor(args[0])
    if (args.length === 0) program.help({ error: true })
    await program.parseAsync(args, { from: 'user' })
    return Number(process.exitCode)
  } catch (error) {
    return (process.exitCode = explain(error))
  }
}

async function programFor(name: string | undefined): Promise<Command> {
  const program = new Command('sekisho')
    .description('Sekisho (関所): a sanitization gateway for mail between separated networks')
    .version(packageVersion(), '-V, --version')
    .showHelpAfterError('(add --help for the usage)')
    // An option belongs to the command that it stands behind, also where a command has commands of its own.
    .enablePositionalOptions()
    .exitOverride()
  for (const entry of COMMANDS) {
    const command = entry.name === name ? await entry.load() : new Command(entry.name).description(entry.summary)
    inherit(command, program)
    program.addCommand(command, { hidden: entry.hidden === true })
  }
  return program
}

function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inherit(child, command)
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof Failure) {
    process.stderr.write(`sekisho: ${error.message}\n`)
    return error.exitCode
  }
  const known = error instanceof Error && 'code' in error && typeof error.code === 'string'
  process.stderr.write(
    `sekisho: ${known ? (error as Error).message : error instanceof Error ? error.stack : String(error)}\n`,
  )
  return EXIT.failure
}

/** The whole process: its arguments, and an end without noise when the reader of a pipe goes away. */
export async function main(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure),
  )
  const code = await run(process.argv.slice(2))
  // A role that could not start may have rooms open already, and a line to its supervisor: it must end all the same.
  if (code !== EXIT.ok) process.exit(code)
}

if (import.meta.main) await main()
