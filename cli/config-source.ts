/**
 * The configuration of a process that stays. It is read in a thread that ends when it has answered: what reading needs (the schema
 * and what checks it, the parser of YAML) would otherwise be some 10 MiB of each role for good.
 *
 *   role ── a question ──▶ [config-reader.ts] ── configuration, or what is wrong with it ──▶ role
 */
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ConfigChanges } from '../config/changes.ts'
import type { Draft, DraftBase } from '../config/draft.ts'
import { deepFreeze } from '../config/frozen.ts'
import type { Config } from '../config/schema.ts'
import { withoutTypes } from '../workers/untyped.ts'

/** Where the configuration was read at the start; `currentDir` is the folder of then. */
export type ConfigSource = { readonly path: string | undefined; readonly currentDir: string }

type Problems = { /** Each with its place, for people. */ readonly problems: readonly string[] }

/** What each question is asked with, and what answers it. */
export type ReaderCalls = {
  source: [ConfigSource, { readonly config: Config } | Problems]
  changes: [{ readonly source: ConfigSource; readonly inForce: Config }, ConfigChanges | Problems]
  draft: [{ readonly untrustedYaml: string; readonly base: DraftBase }, Draft]
}

const READER = new URL('./config-reader.ts', import.meta.url)
/** A process that bin/sekisho.js runs in was not given it, so its threads would not take it over. */
const LOADED_WITHOUT_TYPES = withoutTypes(join(import.meta.dirname, '..'))

/** Never rejects. */
export function readSource(source: ConfigSource): Promise<ReaderCalls['source'][1]> {
  return ask('source', source)
}

/** What a change of the file would change. Never rejects. */
export function readChanges(source: ConfigSource, inForce: Config): Promise<ReaderCalls['changes'][1]> {
  return ask('changes', { source, inForce })
}

/** config/draft.ts. Never rejects. */
export function readDraftApart(untrustedYaml: string, base: DraftBase): Promise<Draft> {
  return ask('draft', { untrustedYaml, base })
}

async function ask<Name extends keyof ReaderCalls>(name: Name, question: ReaderCalls[Name][0]): Promise<ReaderCalls[Name][1] | Problems> {
  try {
    const [answer] = await once(new Worker(READER, { workerData: { name, question }, execArgv: LOADED_WITHOUT_TYPES }), 'message')
    return deepFreeze(answer)
  } catch (error) {
    return { problems: [`the configuration cannot be read: ${error instanceof Error ? error.message : String(error)}`] }
  }
}

/** The digest that the audit chain names a configuration by. */
export function digestOf(config: Config): string {
  return hash('sha256', JSON.stringify(config))
}
