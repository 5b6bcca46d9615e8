/**
 * `sekisho sanitize`: files without a server, for trying a policy and for people who carry files by hand.
 *
 *   a.eml ─▶ DIR/a.eml.sanitized.eml   DIR/a.eml.report.json
 *   a.csv ─▶ DIR/a.csv.sanitized.csv   DIR/a.csv.report.json
 *
 * Nothing but what was rebuilt and verified is written; without it there is only the report. Parsing happens in
 * this process: run it as a user who owns nothing.
 */
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Command, Option } from 'commander'
import { recipientSettings } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import { PROFILES, type ProfileName } from '../core/policy/model.ts'
import { MOST_PASSWORDS } from '../core/unlock.ts'
import type { Report } from '../core/verdict.ts'
import { type CommonOptions, leaf, outputOf, readConfig } from './command.ts'
import { EXIT, Failure } from './exit.ts'
import { print, table } from './output.ts'
import { type FileToSanitize, sanitizeFile } from './sanitize-file.ts'
import { looksLikeMail, sanitizeMail } from './sanitize-mail.ts'

type SanitizeOptions = CommonOptions & { readonly profile?: ProfileName; readonly out: string; readonly passwordFile?: string }

/** What became of one file: `extension` and `bytes` when something may leave. */
export type Sanitized = {
  readonly report: Report
  readonly file: { readonly extension: string; readonly bytes: Uint8Array } | undefined
}
type Line = {
  readonly file: string
  readonly verdict: string
  readonly written: string
  readonly parts: number
  readonly kept: number
}

export function sanitizeCommand(): Command {
  return leaf('sanitize', 'sanitize files without a server; mails (.eml) and other files', [
    EXIT.ok,
    EXIT.failure,
    EXIT.usage,
  ])
    .addOption(
      new Option('-p, --profile <profile>', 'use this profile instead of the configured policy').choices([...PROFILES]),
    )
    .requiredOption('-o, --out <dir>', 'folder for results')
    .option('--password-file <file>', 'passwords to try, one a line; - reads them from standard input')
    .argument('<file...>')
    .action(sanitize)
}

async function sanitize(files: readonly string[], options: SanitizeOptions): Promise<void> {
  const config = withProfile(readConfig(options), options.profile)
  const twice = files.find((file, i) => files.findIndex(other => basename(other) === basename(file)) < i)
  if (twice !== undefined)
    throw new Failure(EXIT.usage, `two files are called ${basename(twice)}: their results would be the same files`)
  const passwords = options.passwordFile === undefined ? [] : readPasswords(options.passwordFile)
  mkdirSync(options.out, { recursive: true })
  const lines: Line[] = []
  for (const file of files) {
    try {
      lines.push(writeResult(options.out, file, await sanitizeOne(config, { file, passwords })))
    } catch (error) {
      process.stderr.write(`sekisho: ${file}: ${(error as Error).message}\n`)
      process.exitCode = EXIT.failure
    }
  }
  const output = outputOf(options)
  print(output, lines, () =>
    lines.length === 0
      ? ''
      : table(
          output,
          ['FILE', 'VERDICT', 'PARTS', 'KEPT BACK', 'WRITTEN'],
          lines.map(line => [line.file, line.verdict, line.parts, line.kept, line.written]),
        ),
  )
}

/** A named profile holds for everybody: groups and tenants would choose another one. */
function withProfile(config: Config, profile: ProfileName | undefined): Config {
  return profile === undefined ? config : { ...config, tenants: [], policy: { ...config.policy, profile, groups: [] } }
}

async function sanitizeOne(config: Config, { file, passwords }: FileToSanitize): Promise<Sanitized> {
  const head = await readHead(file)
  const settings = recipientSettings(config)(`postmaster@${config.domains[0] ?? 'localhost'}`)
  return looksLikeMail(file, head) ? sanitizeMail(config, settings, file) : sanitizeFile(config, settings, { file, passwords })
}

const HEAD_BYTES = 64 * 1024

async function readHead(file: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(createReadStream(file, { end: HEAD_BYTES - 1 })))
}

function writeResult(dir: string, file: string, { report, file: sanitized }: Sanitized): Line {
  const stem = join(dir, basename(file))
  removeResults(dir, basename(file))
  const written = sanitized === undefined ? '' : `${stem}.sanitized.${sanitized.extension}`
  if (sanitized !== undefined) writeFileSync(written, sanitized.bytes)
  writeFileSync(`${stem}.report.json`, JSON.stringify(report, null, 2) + '\n')
  if (report.parts.some(part => part.reason === 'wrong-password')) sayWrongPassword(file)
  const kept = report.parts.filter(part => part.outcome === 'quarantined' || part.outcome === 'pending').length
  return { file, verdict: report.verdict, written, parts: report.parts.length, kept }
}

/** Never from an argument: those stand in the list of processes and in the history of the shell. */
function readPasswords(file: string): string[] {
  const lines = readLines(file)
  if (lines.length === 0) throw new Failure(EXIT.usage, `${file} has no password in it`)
  if (lines.length > MOST_PASSWORDS) throw new Failure(EXIT.usage, `${file} has more than ${MOST_PASSWORDS} passwords in it`)
  return lines
}

function readLines(file: string): string[] {
  try {
    const text = readFileSync(file === '-' ? 0 : file, 'utf8').replace(/^\ufeff/, '')
    return text.split(/\r?\n/).filter(line => line !== '')
  } catch (error) {
    throw new Failure(EXIT.usage, `passwords cannot be read from ${file}: ${(error as NodeJS.ErrnoException).code ?? 'error'}`)
  }
}

function sayWrongPassword(file: string): void {
  process.stderr.write(`sekisho: ${file}: none of the passwords fits\n`)
  process.exitCode = EXIT.failure
}

/** Of an earlier run: what is there afterwards belongs to this one. */
function removeResults(dir: string, name: string): void {
  const results = readdirSync(dir).filter(
    entry => entry === `${name}.report.json` || entry.startsWith(`${name}.sanitized.`),
  )
  for (const entry of results) rmSync(join(dir, entry))
}
