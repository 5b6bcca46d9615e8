/**
 * `sekisho watch IN OUT`: a hot folder. Runs until SIGTERM or SIGINT, which let the files in work be finished; a
 * second signal ends at once, and the next start takes up what was left (files/hot-folder.ts).
 */
import { type Command, Option } from 'commander'
import { resolve } from 'node:path'
import { PROFILES, type ProfileName } from '../core/policy/model.ts'
import { sanitizeBrought } from '../files/desk.ts'
import { HotFolder, type HotFolderLine, Locked } from '../files/hot-folder.ts'
import { asCount, type CommonOptions, leaf } from './command.ts'
import { readConfig } from './configured.ts'
import { EXIT, Failure } from './exit.ts'
import { harmless } from './output.ts'
import { deskRules, openOwnWorkshop, withProfile } from './own-workshop.ts'

type WatchOptions = CommonOptions & {
  readonly profile?: ProfileName
  readonly originals: 'keep' | 'delete'
  readonly settle: number
  readonly once?: boolean
}

const POLL_MS = 1000

export function watchCommand(): Command {
  return leaf('watch', 'sanitize every file that is put into a folder', [EXIT.ok, EXIT.failure, EXIT.usage])
    .addOption(
      new Option('-p, --profile <profile>', 'use this profile instead of the configured policy').choices([...PROFILES]),
    )
    .addOption(
      new Option('--originals <what>', 'afterwards: keep them in IN/.done, or delete those that passed whole')
        .choices(['keep', 'delete'])
        .default('keep'),
    )
    .addOption(new Option('--settle <ms>', 'how long a file must have been left alone').default(2000).argParser(asCount))
    .addOption(new Option('--once', 'work on what is there, then end'))
    .argument('<in>', 'folder that files are put into')
    .argument('<out>', 'folder for results; never gets an original')
    .action(run)
}

async function run(inDir: string, outDir: string, options: WatchOptions): Promise<void> {
  if (resolve(inDir) === resolve(outDir)) throw new Failure(EXIT.usage, 'IN and OUT must be two folders')
  const config = withProfile(readConfig(options), options.profile)
  const told = Promise.withResolvers<void>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => told.resolve())
  const own = await openOwnWorkshop(config)
  const rules = deskRules(config)
  const folder = new HotFolder({
    inDir: resolve(inDir),
    outDir: resolve(outDir),
    originals: options.originals,
    settleMs: options.settle,
    pollMs: POLL_MS,
    atOnce: own.atOnce,
    sanitize: brought => sanitizeBrought(brought, rules, own.workshop),
    onDone: line => tell(line, options.json === true),
  })
  try {
    await folder.start()
    process.stderr.write(`sekisho: watching ${inDir}\n`)
    await (options.once ? Promise.race([settledAndIdle(folder, options.settle), told.promise]) : told.promise)
    await folder.stop()
  } catch (error) {
    throw error instanceof Locked ? new Failure(EXIT.failure, error.message) : error
  } finally {
    await own.close()
  }
}

/** Long enough for whatever was there at the start to have been taken up. */
async function settledAndIdle(folder: HotFolder, settleMs: number): Promise<void> {
  const untilMs = Date.now() + settleMs + 3 * POLL_MS
  while (Date.now() < untilMs || !folder.idle) await new Promise(done => setTimeout(done, POLL_MS / 10))
}

/** One line per file, for people and grep, or as JSON. */
function tell(line: HotFolderLine, asJson: boolean): void {
  const atTime = new Date().toISOString()
  if (asJson) process.stdout.write(`${JSON.stringify({ time: atTime, ...line })}\n`)
  else {
    const rest = Object.entries(line).map(([key, value]) => `${key}=${JSON.stringify(harmless(String(value)))}`)
    process.stdout.write(`${atTime} ${rest.join(' ')}\n`)
  }
  if (line.outcome !== 'done') process.exitCode = EXIT.failure
}
