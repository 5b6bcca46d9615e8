/** For commands that need the configuration, or the running server by it. A process that stays reads it by config-source.ts. */
import { formatProblem, loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { type CommonOptions, configPath } from './command.ts'
import { type ControlClient, controlClient } from './control-client.ts'
import { EXIT, Failure } from './exit.ts'

/** The configuration, or a Failure that lists every problem. */
export function readConfig(options: CommonOptions): Config {
  const loaded = loadConfig(configPath(options), process.env)
  if ('problems' in loaded) throw new Failure(EXIT.failure, loaded.problems.map(formatProblem).join('\n'))
  return loaded.config
}

export function server(options: CommonOptions): ControlClient {
  return controlClient(readConfig(options).controlSocket)
}
