/**
 * How many mails a second can the load tester itself send, beside Postfix's smtp-source, into the same sink?
 *
 *   npm run bench -- loadtest [--seconds 3] [--rounds 3] [--connections 10]
 *
 *   sender (own process) ──┐
 *                          ├──▶ sink of the load tester, looking at the Message-ID only (own process)
 *   smtp-source ───────────┘
 *
 * The two take turns within each round. Ours sends for so many seconds in a closed loop, smtp-source as many mails as ours
 * has just sent. The sink is the same, so a rate is that of the slower end: what is compared is the CPU that each source
 * needs for 1,000 mails. smtp-source sends one text without attachments; ours marks every mail. Needs Debian's postfix.
 */
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type SenderChild, type SinkChild, startSender, startSink } from '../loadtest/children.ts'
import { newRunId } from '../loadtest/mark.ts'
import { ROW_LENGTH } from '../loadtest/records.ts'
import { mailTemplate } from './load/mails.ts'

const SMTP_SOURCE = '/usr/sbin/smtp-source'
const FOREVER = 1_000_000

const { values: given } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, rounds: { type: 'string', default: '3' }, connections: { type: 'string', default: '10' } },
})

type Measured = { readonly perSecond: number; readonly cpuSecondsPer1000: number; readonly mails: number; readonly missing: number }

const CELLS = (['S', 'M'] as const).flatMap(mailClass => [1, FOREVER].map(mailsPerConnection => ({ mailClass, mailsPerConnection })))

async function ours(sender: SenderChild, sink: SinkChild, { mailClass, mailsPerConnection }: (typeof CELLS)[number]): Promise<Measured> {
  const run = newRunId(Math.random)
  await sink.reset(run)
  let mails = 0
  const startedMs = performance.now()
  const { cpuSeconds } = await sender.run({
    habits: { target: { host: '127.0.0.1', port: sink.port, name: '127.0.0.1' }, tls: 'off', helo: 'bench.example', pipelining: true },
    from: 'a@sender.example', recipients: { pattern: 'staff@town.example.jp', mailboxes: 1, perMail: 1 },
    templates: [mailTemplate(mailClass)], weights: [1], run, seed: 1, plan: { kind: 'closed', thinkMs: 0 },
    durationMs: Number(given.seconds) * 1000, mostMails: Number.POSITIVE_INFINITY, connections: Number(given.connections), mailsPerConnection,
    slow: { share: 0, bytesPerSecond: 1 }, replyTimeoutMs: 60_000, graceMs: 0,
  }, batch => void (mails += batch.rows.length / ROW_LENGTH))
  return { perSecond: mails / ((performance.now() - startedMs) / 1000), cpuSecondsPer1000: (cpuSeconds / mails) * 1000, mails, missing: mails - (await sink.count()) }
}

async function smtpSource(sink: SinkChild, { mailClass, mailsPerConnection }: (typeof CELLS)[number], mails: number): Promise<Measured> {
  await sink.reset('')
  const length = String(mailTemplate(mailClass).octets.length)
  const reuse = mailsPerConnection === 1 ? [] : ['-d']
  const args = [...reuse, '-s', given.connections, '-m', String(mails), '-l', length, '-f', 'a@sender.example', '-t', 'staff@town.example.jp', `127.0.0.1:${sink.port}`]
  const startedMs = performance.now()
  // The second line of `times` is what the shell's children have used.
  const times = execFileSync('bash', ['-c', '"$@" && times', 'bash', SMTP_SOURCE, ...args], { encoding: 'utf8' }).trim().split('\n').at(-1)!
  const seconds = (performance.now() - startedMs) / 1000
  const cpuSeconds = [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0)
  return { perSecond: mails / seconds, cpuSecondsPer1000: (cpuSeconds / mails) * 1000, mails, missing: mails - (await sink.count()) }
}

function rounded(measured: Measured): object {
  return Object.fromEntries(Object.entries(measured).map(([key, value]) => [key, Number(value.toPrecision(4))]))
}

const [sender, sink] = [startSender(), await startSink({ host: '127.0.0.1', port: 0, look: 'id' })]
console.log(JSON.stringify({ machine: cpus()[0]?.model, cores: cpus().length, node: process.version, connections: Number(given.connections) }))
for (const cell of CELLS) {
  const reused = cell.mailsPerConnection > 1
  for (let round = 0; round < Number(given.rounds); round++) {
    const own = await ours(sender, sink, cell)
    console.log(JSON.stringify({ class: cell.mailClass, reused, round, source: 'loadtest', ...rounded(own) }))
    console.log(JSON.stringify({ class: cell.mailClass, reused, round, source: 'smtp-source', ...rounded(await smtpSource(sink, cell, own.mails)) }))
  }
}
sender.end()
sink.end()
