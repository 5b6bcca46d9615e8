/** docs/cli.md, printed from the commands themselves. */
import type { Command } from 'commander'
import { loadCommands } from './commands.ts'
import { EXIT_MEANINGS } from './exit.ts'

export async function cliReference(): Promise<string> {
  const commands = await loadCommands()
  return [
    '# Command line',
    '',
    'Printed from `cli/` by `npm run docs`; do not edit.',
    '',
    'In the repository: `npm run -s sekisho -- <command>`. Commands about messages ask the running server over its Unix socket, as its own user.',
    '',
    '| exit code | means |',
    '|---|---|',
    ...Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    ...commands.flatMap(command => describe(command, 'sekisho')),
  ].join('\n')
}

function describe(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`
  const children = command.commands.flatMap(child => describe(child, name))
  if (children.length > 0 && command.options.length === 0) return [`## ${name}`, '', sentence(command), '', ...children]
  const args = command.registeredArguments
    .map(argument => (argument.required ? ` <${argument.name()}>` : ` [${argument.name()}]`))
    .join('')
  const options = command.options
    .filter(option => !option.hidden)
    .map(
      option =>
        `| \`${option.flags}\` | ${option.description}${option.mandatory ? ' (required)' : ''}${defaultOf(option.defaultValueDescription ?? option.defaultValue)} |`,
    )
  return [
    `${parent === 'sekisho' ? '##' : '###'} ${name}${args}`.replaceAll('<', '‹').replaceAll('>', '›'),
    '',
    sentence(command),
    '',
    '| option | |',
    '|---|---|',
    ...options,
    '',
    ...children,
  ]
}

function sentence(command: Command): string {
  const text = command.description()
  return text.charAt(0).toUpperCase() + text.slice(1) + '.'
}

function defaultOf(value: unknown): string {
  return value === undefined ? '' : `, default \`${String(value)}\``
}
