/**
 * How many mails a second does one thread sanitize, the function alone?
 *
 *   npm run bench -- sanitize [ROUNDS]
 *
 * core/sanitize.ts on the mails of the hop benchmark (5 KB, 100 KB), profile text-only, behind a listed upstream:
 * read, choose and convert the body, compose and report. No process border, no verifier, no disk. Median and
 * slowest of the rounds, one JSON line per class. Not a test: nothing fails here.
 */
import { cpus } from 'node:os'
import { sanitizeBytes, testGroup, testJob, testPolicy } from '../test/support/job.ts'
import { markOf } from '../loadtest/mark.ts'
import { octetsOf } from '../loadtest/template.ts'
import { mailTemplate } from './load/mails.ts'

const ROUNDS = Number(process.argv[2] ?? 9)
const WARM_UP_ROUNDS = 3
const MAILS = { S: 1000, M: 300 } as const
type Size = keyof typeof MAILS

const job = testJob({ groups: [testGroup({ policy: testPolicy('text-only') })] })

async function secondsFor(mailClass: Size): Promise<number> {
  const template = mailTemplate(mailClass)
  const startMs = performance.now()
  for (let i = 0; i < MAILS[mailClass]; i++) {
    const { verdict, groups } = await sanitizeBytes(octetsOf(template, markOf('sanitize', i)), job)
    if (verdict.kind !== 'relay' || groups[0]!.message.length === 0) throw new Error('nothing was composed')
  }
  return (performance.now() - startMs) / 1000
}

async function measure(mailClass: Size): Promise<object> {
  const rates: number[] = []
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const rate = MAILS[mailClass] / (await secondsFor(mailClass))
    if (round >= 0) rates.push(rate)
  }
  rates.sort((a, b) => a - b)
  const messageBytes = mailTemplate(mailClass).octets.length
  const median = rates[rates.length >> 1]!
  return { class: mailClass, messageBytes, medianPerSecond: Math.round(median), slowestPerSecond: Math.round(rates[0]!), cpuMsPerMail: Number((1000 / median).toFixed(2)) }
}

console.log(JSON.stringify({ machine: cpus()[0]?.model, cores: cpus().length, node: process.version, rounds: ROUNDS }))
for (const mailClass of ['S', 'M'] as const) console.log(JSON.stringify(await measure(mailClass)))
