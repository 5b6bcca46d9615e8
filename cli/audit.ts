/** `sekisho audit`: the hash-linked record of every act. Checkpoints kept elsewhere show a cut, too. */
import { once } from 'node:events'
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { type FileVerdict, verifyAuditFile } from '../store/audit-file.ts'
import type { AuditCheckpoint } from '../store/contract.ts'
import { asCount, CLIENT_EXIT_CODES, type CommonOptions, group, leaf, outputOf } from './command.ts'
import { server } from './configured.ts'
import { EXIT, Failure } from './exit.ts'
import { print } from './output.ts'

export function auditCommand(): Command {
  return group('audit', 'the audit chain', [
    leaf('verify', 'check every link and signature; exit 1 when something was edited, moved or cut', CLIENT_EXIT_CODES)
      .argument('[file]', 'an export as JSON lines (audit export, the page, the API); without it the chain of the running gateway')
      .option('--anchor <file>', 'checkpoint kept outside of this host; without it a cut at the end cannot be seen. With a file: whose key must have signed it')
      .action(verify),
    leaf('export', 'print the records as JSON lines', CLIENT_EXIT_CODES)
      .option('--since <seq>', 'records after this number', asCount, 0)
      .action(exportRecords),
    leaf('checkpoint', 'print the signed head of the chain, to be kept outside of this host', CLIENT_EXIT_CODES)
      .option('-o, --out <file>', 'file to write')
      .action(checkpoint),
  ])
}

async function verify(file: string | undefined, options: CommonOptions & { readonly anchor?: string }): Promise<void> {
  if (file !== undefined) return verifyFile(file, options)
  const params = options.anchor === undefined ? {} : { anchor: readCheckpoint(options.anchor) }
  const verdict = await server(options).call('audit.verify', params)
  print(outputOf(options), verdict, () =>
    verdict.ok
      ? `the chain is whole: ${verdict.records} records, head ${verdict.headSeq} ${verdict.headHash}`
      : `BROKEN at record ${verdict.seq}: ${verdict.problem}`,
  )
  if (!verdict.ok) process.exitCode = EXIT.failure
}

/** Needs no server: what proves it is in the file, and in a checkpoint that was kept elsewhere. */
async function verifyFile(file: string, options: CommonOptions & { readonly anchor?: string }): Promise<void> {
  const anchor = options.anchor === undefined ? undefined : readCheckpoint(options.anchor)
  const input = createReadStream(file)
  await once(input, 'open').catch((error: Error) => {
    throw new Failure(EXIT.usage, error.message)
  })
  const verdict = await verifyAuditFile(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }), anchor)
  print(outputOf(options), verdict, () => (verdict.ok ? wholeFile(verdict) : `BROKEN at line ${verdict.line}: ${verdict.problem}`))
  if (!verdict.ok) process.exitCode = EXIT.failure
}

function wholeFile({ records, firstSeq, lastSeq, seal }: Extract<FileVerdict, { ok: true }>): string {
  if (!seal) return `the file is whole: ${records} records, ${firstSeq} to ${lastSeq}, without a gap`
  const { tenant, actor, detail } = seal.seal
  return [
    `the file is whole: ${records} records, as sealed for ${actor} of ${tenant} on ${new Date(seal.checkpoint.atMs).toISOString()}`,
    `chain ${detail['chain']}, searched from ${detail['from']} through ${detail['through']}${detail['conditions'] === undefined ? '' : ` for ${detail['conditions']}`}`,
    `key ${seal.checkpoint.publicKey}`,
  ].join('\n')
}

function readCheckpoint(file: string): AuditCheckpoint {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as AuditCheckpoint
  } catch (error) {
    throw new Failure(EXIT.usage, `${file} is not a checkpoint: ${(error as Error).message}`)
  }
}

async function exportRecords(options: CommonOptions & { readonly since: number }): Promise<void> {
  await pipeline(await server(options).stream('audit.export', { sinceSeq: options.since }), process.stdout, {
    end: false,
  })
}

async function checkpoint(options: CommonOptions & { readonly out?: string }): Promise<void> {
  const head = await server(options).call('audit.checkpoint', {})
  if (options.out !== undefined) writeFileSync(options.out, JSON.stringify(head) + '\n', { flag: 'wx' })
  print(outputOf(options), head, () => JSON.stringify(head))
}
