/** Entry of the thread that answers one question about the configuration, for config-source.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { compareConfigs } from '../config/changes.ts'
import { readDraft } from '../config/draft.ts'
import { formatProblem, loadConfig } from '../config/load.ts'
import type { ConfigSource, ReaderCalls } from './config-source.ts'

const ANSWERS: { readonly [Name in keyof ReaderCalls]: (question: ReaderCalls[Name][0]) => ReaderCalls[Name][1] } = {
  source: load,
  changes: ({ source, inForce }) => {
    const loaded = load(source)
    return 'problems' in loaded ? loaded : compareConfigs(inForce, loaded.config)
  },
  draft: ({ untrustedYaml, base }) => readDraft(untrustedYaml, base),
}

function load({ path, currentDir }: ConfigSource): ReaderCalls['source'][1] {
  const loaded = loadConfig(path, process.env, currentDir)
  return 'problems' in loaded ? { problems: loaded.problems.map(formatProblem) } : loaded
}

const { name, question } = workerData as { readonly name: keyof ReaderCalls; readonly question: never }
parentPort!.postMessage(ANSWERS[name](question))
