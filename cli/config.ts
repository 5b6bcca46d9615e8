/** `sekisho config`: is it right, what is in force, what could be said. */
import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { configJsonSchema } from '../config/settings.ts'
import { writeYaml } from '../config/yaml.ts'
import { CLIENT_EXIT_CODES, type CommonOptions, configPath, group, leaf, outputOf } from './command.ts'
import { readConfig, server } from './configured.ts'
import type { ReloadOutcome } from '../gateway/control-protocol.ts'
import { type Check, checkHost, fromProblem } from './config-check.ts'
import { act } from './control-client.ts'
import { EXIT, Failure } from './exit.ts'
import { harmless, print } from './output.ts'

const CODES = [EXIT.ok, EXIT.failure, EXIT.usage]

export function configCommand(): Command {
  return group('config', 'check, show or describe the configuration', [
    leaf('check', 'report every problem of the file and of this host; warnings alone exit 0', CODES).action(check),
    leaf('show', 'print the configuration in force, or one setting of it', CODES)
      .argument('[key]', 'dotted name, like smtp.port')
      .action(show),
    leaf('reload', 'let the running server take over the changed file, as SIGHUP does; exit 1 when it keeps the old one', CLIENT_EXIT_CODES)
      .option('--reason <text>', 'why, for the audit log', 'config reload')
      .action(reload),
    leaf('schema', 'print the JSON Schema of the file, for editors', CODES).action(schema),
  ])
}

async function check(options: CommonOptions): Promise<void> {
  const loaded = loadConfig(configPath(options), process.env)
  const checks = 'problems' in loaded ? loaded.problems.map(fromProblem) : await checkHost(loaded.config)
  const ok = !checks.some(({ level }) => level === 'problem')
  print(outputOf(options), { ok, checks }, () =>
    [...checks.map(line), ok ? 'the configuration is good' : 'the configuration has problems'].join('\n'),
  )
  if (!ok) process.exitCode = EXIT.failure
}

function line({ level, what, text }: Check): string {
  return harmless(`${level}: ${what === '' ? '' : `${what}: `}${text}`)
}

async function show(key: string | undefined, options: CommonOptions): Promise<void> {
  const value = key === undefined ? showable(readConfig(options)) : valueAt(showable(readConfig(options)), key)
  print(outputOf(options), value, () => writeYaml(value))
}

/** In the form that a file has, so that what is shown can be loaded again. */
export function showable(config: Config): unknown {
  const routes = config.routes.map(route => ({
    ...route,
    nextHops: route.nextHops.map(({ kind, ...hop }) => ('path' in hop ? { maildir: hop.path } : hop)),
  }))
  return { ...config, routes }
}

function valueAt(config: unknown, key: string): unknown {
  const value = key
    .split('.')
    .reduce<unknown>(
      (node, step) =>
        typeof node === 'object' && node !== null && Object.hasOwn(node, step)
          ? (node as Record<string, unknown>)[step]
          : undefined,
      config,
    )
  if (value === undefined) throw new Failure(EXIT.usage, `no setting '${key}'`)
  return value
}

async function reload(options: CommonOptions & { readonly reason: string }): Promise<void> {
  const outcome = await server(options).call('config.reload', { by: act(options.reason) })
  print(outputOf(options), outcome, () => inWords(outcome).map(harmless).join('\n'))
  if (!outcome.ok) process.exitCode = EXIT.failure
}

function inWords({ ok, changed, needRestart, problems }: ReloadOutcome): string[] {
  if (!ok) return ['the old configuration stays in force:', ...problems]
  const taken = changed.filter(name => !needRestart.includes(name))
  return [
    taken.length > 0 ? `in force: ${taken.join(', ')}` : 'no setting that a running server takes over has changed',
    ...(needRestart.length > 0 ? [`after a restart: ${needRestart.join(', ')}`] : []),
  ]
}

async function schema(options: CommonOptions): Promise<void> {
  print({ ...outputOf(options), json: true }, configJsonSchema(), () => '')
}
