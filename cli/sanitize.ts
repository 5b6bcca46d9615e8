/**
 * `sekisho sanitize`: files without a server, for trying a policy and for people who carry files by hand.
 *
 *   a.eml ─▶ DIR/a.eml.sanitized.eml   DIR/a.eml.report.json
 *   a.csv ─▶ DIR/a.csv.sanitized.csv   DIR/a.csv.report.json   with --lock-file: DIR/a.csv.sanitized.zip
 *
 * Nothing but what was rebuilt is written; without it there is only the report. Files are parsed in sealed processes
 * (own-workshop.ts): one that a file kills or holds up is replaced, and the other files go on.
 */
import { mkdirSync } from 'node:fs'
import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import { PROFILES, type ProfileName } from '../core/policy/model.ts'
import { type DeskRules, type Secrets, sanitizeBrought } from '../files/desk.ts'
import { readRegularFile } from '../files/regular-file.ts'
import { type Written, writeResult } from '../files/results.ts'
import { type CommonOptions, leaf, outputOf } from './command.ts'
import { readConfig } from './configured.ts'
import { EXIT, Failure } from './exit.ts'
import { type Output, print, size, table } from './output.ts'
import { deskRules, openOwnWorkshop, type OwnWorkshop, withProfile } from './own-workshop.ts'
import { Progress } from './progress.ts'

type SanitizeOptions = CommonOptions & { readonly profile?: ProfileName; readonly out: string; readonly passwordFile?: string; readonly lockFile?: string }
type Line = Written & { readonly file: string }

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
    .option('--password-file <file>', 'passwords to try, one a line, for files, what is in archives and in mails; - reads them from standard input')
    .option('--lock-file <file>', 'results go out in ZIP files locked (AES-256) with the one password in it; - reads it from standard input')
    .argument('<file...>')
    .action(sanitize)
}

async function sanitize(files: readonly string[], options: SanitizeOptions): Promise<void> {
  const config = withProfile(readConfig(options), options.profile)
  const twice = files.find((file, i) => files.findIndex(other => basename(other) === basename(file)) < i)
  if (twice !== undefined)
    throw new Failure(EXIT.usage, `two files are called ${basename(twice)}: their results would be the same files; give each a folder of its own by --out`)
  const secrets = await readSecrets(options)
  mkdirSync(options.out, { recursive: true })
  const own = await openOwnWorkshop(config)
  const lines = await sanitizeAll(files, { rules: { ...deskRules(config), ...secrets }, own, out: options.out }).finally(() => own.close())
  const output = outputOf(options)
  print(output, lines, () => (lines.length === 0 ? '' : summary(output, lines)))
}

async function readSecrets({ passwordFile, lockFile }: SanitizeOptions): Promise<Secrets> {
  if (passwordFile === undefined && lockFile === undefined) return {}
  if (passwordFile === '-' && lockFile === '-') throw new Failure(EXIT.usage, 'standard input can give one of the two, not both')
  const { readLockPassword, readPasswords } = await import('./passwords.ts')
  return {
    ...(passwordFile === undefined ? {} : { passwords: readPasswords(passwordFile) }),
    ...(lockFile === undefined ? {} : { lockWith: readLockPassword(lockFile) }),
  }
}

type Work = { readonly rules: DeskRules; readonly own: OwnWorkshop; readonly out: string }

/** As many at once as there are processes for them; the lines are in the order of the files. */
async function sanitizeAll(files: readonly string[], { rules, own, out }: Work): Promise<Line[]> {
  const progress = new Progress(files.length)
  const lines: (Line | undefined)[] = files.map(() => undefined)
  const waiting = files.entries()
  const fail = (file: string, why: string) => {
    progress.clear()
    process.stderr.write(`sekisho: ${file}: ${why}\n`)
    process.exitCode = EXIT.failure
  }
  const worker = async () => {
    for (const [index, file] of waiting) {
      progress.began(file)
      try {
        const brought = { untrustedName: basename(file), untrustedType: '', open: () => readRegularFile(file) }
        const sanitized = await sanitizeBrought(brought, rules, own.workshop)
        lines[index] = { file, ...writeResult(out, basename(file), sanitized) }
        if (sanitized.report.parts.some(part => part.reason === 'wrong-password')) fail(file, 'none of the passwords fits')
      } catch (error) {
        fail(file, (error as Error).message)
      }
      progress.ended(file)
    }
  }
  await Promise.all(Array.from({ length: own.atOnce }, worker))
  progress.close()
  return lines.filter(line => line !== undefined)
}

function summary(output: Output, lines: readonly Line[]): string {
  return table(
    output,
    ['FILE', 'TYPE', 'SIZE', 'RESULT', 'REMOVED', 'KEPT BACK', 'WRITTEN'],
    lines.map(line => [line.file, line.type, size(line.bytes), line.result, line.removed, line.kept, line.written]),
  )
}
