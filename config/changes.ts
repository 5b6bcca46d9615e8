/**
 * What a configuration changes against the one in force, and what of that a running gateway cannot take over:
 * ports that are open, folders that are in use, processes that were started with it.
 *
 *   old ─┐
 *        ├─▶ changed keys ─▶ those that need a restart keep their old value ─▶ the configuration in force
 *   new ─┘
 */
import type { Config } from './schema.ts'
import { allSettings } from './settings.ts'

export type ConfigChanges = {
  /** Dotted names of settings, in the order of the schema. Lists count as one setting. */
  readonly changed: readonly string[]
  readonly needRestart: readonly string[]
  /** The new configuration, with the old values of what needs a restart. */
  readonly inForce: Config
}

/** A setting, or a section with everything in it. */
const NEED_RESTART = [
  'hostname',
  'dataDir',
  'controlSocket',
  'niceness',
  'smtp.address',
  'smtp.port',
  'smtp.banner',
  'auth.timeoutMs',
  'sanitizer.lightProcesses',
  'sanitizer.heavyProcesses',
  'sanitizer.memoryMiB',
  'sanitizer.startWithinMs',
  'sanitizer.jobTimeoutMs',
  'sanitizer.recycleAfterJobs',
  'sanitizer.oldOffice',
  'sandbox',
  'antivirus',
  'api',
  'vault.lockAgain',
  'vault.pendingMinutes',
  'vault.processes',
  'vault.ready',
  'vault.aloneReady',
  'vault.office.use',
  'vault.office.program',
  'vault.office.ready',
  'vault.office.most',
  'vault.office.firstWithinMs',
  'vault.office.timeoutMs',
  'vault.office.memoryMiB',
  'vault.office.scratchBytes',
  'relay.chunking',
  'relay.timeouts',
  'admin',
] as const
/** STARTTLS is offered or not from the start; the files themselves may be others. */
const TLS_FILES = ['smtp.tls.certFile', 'smtp.tls.keyFile']

export function compareConfigs(old: Config, next: Config): ConfigChanges {
  const changed = allSettings()
    .filter(({ isSection }) => !isSection)
    .filter(({ path }) => JSON.stringify(valueAt(old, path)) !== JSON.stringify(valueAt(next, path)))
    .map(({ path }) => path.join('.'))
  const switchesTls = (old.smtp.tls.certFile === '') !== (next.smtp.tls.certFile === '')
  const fixed = [...NEED_RESTART, ...(switchesTls ? TLS_FILES : [])]
  const needRestart = changed.filter(name => isWithin(name, fixed))
  const inForce = needRestart.reduce<unknown>((config, name) => {
    const path = name.split('.')
    return withValue(config, path, valueAt(old, path))
  }, next) as Config
  return { changed, needRestart, inForce }
}

/** For the reference page. */
export function needsRestart(name: string): boolean {
  return isWithin(name, NEED_RESTART)
}

function isWithin(name: string, settings: readonly string[]): boolean {
  return settings.some(each => name === each || name.startsWith(`${each}.`))
}

function valueAt(config: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Readonly<Record<string, unknown>>)[key], config)
}

function withValue(node: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  const mapping = node as Readonly<Record<string, unknown>>
  return { ...mapping, [key]: withValue(mapping[key], rest, value) }
}
