/** `sekisho policy`: which row decides on a file, and what a draft would have done with mail of the past days. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { recipientSettings } from '../config/recipients.ts'
import type { PartFacts } from '../core/policy/decide.ts'
import { explain } from '../core/policy/explain.ts'
import { lastExtension } from '../core/media/filename.ts'
import { asCount, CLIENT_EXIT_CODES, type CommonOptions, configPath, group, leaf, outputOf } from './command.ts'
import { readConfig, server } from './configured.ts'
import { EXIT, Failure } from './exit.ts'
import { replayDraft } from './operations-client.ts'
import { print, table } from './output.ts'

const DAY_MS = 86_400_000

export function policyCommand(): Command {
  return group('policy', 'what is done with content, and why', [
    leaf('explain', 'which row decides on a file with this name and type; needs no server', [EXIT.ok, EXIT.failure, EXIT.usage])
      .argument('[name]', 'name of the file', '')
      .option('--type <type>', 'detected media type', 'application/octet-stream')
      .option('--bytes <count>', 'size', asCount, 0)
      .option('--inline', 'stands inside the text')
      .option('--encrypted', 'has a password')
      .option('--recipient <address>', 'whose policy; without it that of everybody', '')
      .action(explainFile),
    leaf('replay', 'what a draft (sections policy and tenants, YAML) would have done; changes nothing', CLIENT_EXIT_CODES)
      .argument('<draft>', 'file with the draft')
      .option('--days <count>', 'days back', asCount, 7)
      .option('--tenant <id>', 'of which tenant', 'default')
      .action(replay),
  ])
}

type ExplainOptions = CommonOptions & { readonly type: string; readonly bytes: number; readonly inline?: boolean; readonly encrypted?: boolean; readonly recipient: string }

function explainFile(name: string, options: ExplainOptions): void {
  const { policy } = recipientSettings(readConfig(options))(options.recipient)
  const facts: PartFacts = { detectedType: options.type, extension: lastExtension(name), role: options.inline ? 'inline' : 'attachment', encrypted: options.encrypted === true, bytes: options.bytes, findings: [] }
  const { decision, asked } = explain(facts, policy)
  const output = outputOf(options)
  const rows = asked.map(({ row, failed }) => [row.id, row.then, failed.length === 0 ? 'decides' : `not: ${failed.join(', ')}`, row.clause ?? ''])
  print(output, { ...decision, profile: policy.profile, version: policy.version, asked: asked.map(({ row, failed }) => ({ row: row.id, failed })) }, () => `${decision.disposition} by ${decision.rule} (${policy.profile} ${policy.version})\n${table(output, ['ROW', 'THEN', 'ASKED', 'CLAUSE'], rows)}`)
}

async function replay(file: string, options: CommonOptions & { readonly days: number; readonly tenant: string }): Promise<void> {
  const path = configPath(options)
  const base = { text: path === undefined ? '' : textOf(path), baseDir: dirname(resolve(path ?? '.')), environment: process.env }
  const answer = await replayDraft(server(options), { tenant: options.tenant, yaml: textOf(file), sinceMs: Date.now() - options.days * DAY_MS }, base)
  if (answer.kind === 'problems') throw new Failure(EXIT.failure, answer.problems.join('\n'))
  const { replay: found } = answer
  const output = outputOf(options)
  const rows = found.changes.map(({ from, to, fromRule, toRule, detectedType, count, examples }) => [String(count), `${from} (${fromRule})`, `${to} (${toRule})`, detectedType, examples[0]?.queueId ?? ''])
  print(output, answer, () => `${found.messages} messages, ${found.parts} files: ${found.same} the same, ${found.unsure} cannot be told from records\n${rows.length === 0 ? 'nothing would change' : table(output, ['COUNT', 'NOW', 'DRAFT', 'TYPE', 'EXAMPLE'], rows)}`)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Failure(EXIT.usage, `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
