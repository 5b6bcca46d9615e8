/**
 * What a person may say to `sekisho loadtest`, and how it becomes a load.
 */
import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { OFFICE_DAY, type Plan } from '../loadtest/arrivals.ts'
import { parseRule, RULE_NAMES, type Rule as CheckRule } from '../loadtest/checks.ts'
import { parseHostPort } from '../loadtest/guard.ts'
import { RULES } from '../loadtest/look.ts'
import { mailsOfFolder } from '../loadtest/mails/folder.ts'
import { generateMails, KIND_NAMES, type MailSet, MIXES } from '../loadtest/mails/kinds.ts'
import { MOST_RECIPIENTS } from '../loadtest/recipients.ts'
import { asCount } from './command.ts'
import { EXIT, Failure } from './exit.ts'

export type HostPort = { readonly host: string; readonly port: number }

export type LoadtestOptions = {
  readonly to?: HostPort
  readonly allowPublic?: boolean
  readonly expectGreeting: readonly string[]
  readonly tls: 'off' | 'starttls' | 'implicit'
  readonly helo: string
  readonly from: string
  readonly rcpt: string
  readonly mailboxes: number
  readonly recipients: number
  readonly arrivals: 'poisson' | 'constant' | 'day' | 'burst' | 'closed'
  readonly rate: number
  readonly curve?: string
  readonly burst: number
  readonly burstEvery: number
  readonly think: number
  readonly duration: number
  readonly mails: number
  readonly connections: number
  readonly perConnection: number
  readonly pipelining: boolean
  readonly slow: number
  readonly slowRate: number
  readonly mix: string
  readonly eml?: string
  readonly seed: number
  readonly sink?: HostPort
  readonly maildir?: string
  readonly tolerate: readonly string[]
  readonly admin?: HostPort
  readonly timeout: number
  readonly grace: number
  readonly drain: number
  readonly failIf: readonly CheckRule[]
  readonly findLimit?: boolean
  readonly maxP99: number
  readonly maxErrors: number
  readonly step: number
  readonly highest: number
  readonly busyHour: number
  readonly peak: number
  readonly mailsPerPerson: number
  readonly out?: string
  readonly lang: 'ja' | 'en'
  readonly json?: boolean
}

export function addLoadtestOptions(command: Command): Command {
  const option = (flags: string, text: string, usual?: unknown, shown?: string) =>
    new Option(flags, text).default(usual, shown)
  const all = [
    option('--to <host:port>', 'SMTP server to load (required)').argParser(asHostPort),
    option('--allow-public', 'also when the address is neither private nor loopback'),
    option(
      '--expect-greeting <names>',
      'warn and wait before loading a server that greets with another name',
      [],
      'any',
    ).argParser(asList),
    option('--tls <mode>', 'TLS; certificates are not checked', 'off').choices(['off', 'starttls', 'implicit']),
    option('--helo <name>', 'name in EHLO', 'loadtest.example'),
    option('--from <address>', 'reverse-path', 'sender@loadtest.example'),
    option('--rcpt <pattern>', 'recipients; %d becomes the number of the mailbox', 'staff%d@town.example.jp'),
    option('--mailboxes <n>', 'so many mailboxes', 100).argParser(asCount),
    option('--recipients <n>', `recipients per mail, at most ${MOST_RECIPIENTS}`, 1).argParser(asCount),
    option('--arrivals <kind>', 'when mails start; closed: each connection sends as soon as it may', 'poisson').choices(
      ['poisson', 'constant', 'day', 'burst', 'closed'],
    ),
    option('--rate <n>', 'mails a second (day: in its busiest step)', 10).argParser(asRate),
    option('--curve <file>', 'for day: counts, one a line, for equal steps of the day', undefined, undefined),
    option('--burst <n>', 'for burst: so many mails at one moment', 200).argParser(asCount),
    option('--burst-every <span>', 'for burst', 10_000, '10s').argParser(asSpan),
    option('--think <span>', 'for closed: pause between two mails of a connection', 0, '0s').argParser(asSpan),
    option('--duration <span>', 'mails start within this time', 60_000, '60s').argParser(asSpan),
    option('--mails <n>', 'at most so many mails', Number.POSITIVE_INFINITY, 'no limit').argParser(asCount),
    option('--connections <n>', 'at most so many at once', 20).argParser(asCount),
    option('--per-connection <n>', 'mails per connection; 1 is a new one for each', 10).argParser(asCount),
    option('--no-pipelining', 'one command at a time'),
    option('--slow <percent>', 'share of mails from slow clients; they do not count in latencies', 0, '0%').argParser(
      asPercent,
    ),
    option('--slow-rate <bytes>', 'what a slow client sends a second', 2000).argParser(asCount),
    option(
      '--mix <mix>',
      `${Object.keys(MIXES).join(', ')}, or kind=weight,… (kinds: ${KIND_NAMES.join(', ')})`,
      'office',
    ),
    option('--eml <dir>', 'send the .eml files of a folder instead'),
    option('--seed <n>', 'the same seed gives the same mails at the same times', 1).argParser(asCount),
    option('--sink <host:port>', 'take the mails in here as the next hop, and check each').argParser(asHostPort),
    option('--maildir <dir>', 'or read them from a Maildir').conflicts('sink'),
    option('--tolerate <rules>', `do not count as unsanitized: ${RULES.join(', ')}, all`, [], 'nothing').argParser(
      asTolerated,
    ),
    option('--admin <host:port>', 'admin address of the Sekisho under test, to follow its queue').argParser(asHostPort),
    option('--timeout <span>', 'longest wait for a reply', 60_000, '60s').argParser(asSpan),
    option('--grace <span>', 'mails whose time came may begin so long after the end', 10_000, '10s').argParser(asSpan),
    option('--drain <span>', 'wait so long for mails that are still to arrive', 30_000, '30s').argParser(asSpan),
    option(
      '--fail-if <rule>',
      `fail when it is true, such as p99>500ms or errors>0.5% (repeatable; ${RULE_NAMES.join(', ')})`,
      [],
      'anything lost, duplicated, mixed, unsanitized or unexpected',
    ).argParser(asRules),
    option('--find-limit', 'raise the rate until a bound is passed, and say what that means a day'),
    option('--max-p99 <span>', 'bound for --find-limit', 1000, '1s').argParser(asSpan),
    option('--max-errors <percent>', 'bound for --find-limit', 0.1, '0.1%').argParser(asPercent),
    option('--step <span>', 'length of one trial', 15_000, '15s').argParser(asSpan),
    option('--highest <n>', 'highest rate to try', 5000).argParser(asRate),
    option('--busy-hour <percent>', 'assumed share of a day in its busiest hour', 15, '15%').argParser(asPercent),
    option('--peak <n>', 'assumed peak within that hour, times its mean', 2).argParser(asRate),
    option('--mails-per-person <n>', 'assumed mails from outside per person and day', 30).argParser(asRate),
    option('--out <dir>', 'write loadtest.json and loadtest.html there'),
    option('--lang <lang>', 'language of the HTML report', 'ja').choices(['ja', 'en']),
  ]
  return all.reduce((made, each) => made.addOption(each), command)
}

export function mailsFor({ eml, mix, seed }: LoadtestOptions): MailSet {
  try {
    return eml === undefined ? generateMails(weightsOf(mix), seed) : mailsOfFolder(eml)
  } catch (error) {
    throw new Failure(EXIT.usage, (error as Error).message)
  }
}

export function planFor(options: LoadtestOptions): Plan {
  const { arrivals, rate, think, burst, burstEvery, curve } = options
  if (arrivals === 'closed') return { kind: 'closed', thinkMs: think }
  if (arrivals === 'burst') return { kind: 'burst', perSecond: rate, burstMails: burst, everyMs: burstEvery }
  if (arrivals === 'day')
    return { kind: 'curve', perSecond: rate, steps: curve === undefined ? OFFICE_DAY : curveOf(curve) }
  return { kind: arrivals, perSecond: rate }
}

function weightsOf(mix: string): Readonly<Record<string, number>> {
  if (Object.hasOwn(MIXES, mix)) return MIXES[mix]!
  const pairs = mix.split(',').map(each => each.split('=') as [string, string | undefined])
  const wrong = pairs.find(([, weight]) => weight !== undefined && !(Number(weight) > 0))
  if (wrong) throw new Error(`the weight of ${wrong[0]} must be a number above 0`)
  return Object.fromEntries(pairs.map(([kind, weight]) => [kind.trim(), Number(weight ?? 1)]))
}

/** The last number of each line: plain counts, or `09:00,120`. */
function curveOf(file: string): number[] {
  const lines = readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
  const steps = lines.map(line => Number(/(\d+(?:\.\d+)?)\s*$/.exec(line)?.[1]))
  if (steps.length === 0 || steps.some(step => !Number.isFinite(step)) || steps.every(step => step === 0))
    throw new Failure(EXIT.usage, `${file}: each line must end in a count`)
  return steps
}

function asHostPort(text: string): HostPort {
  const parsed = parseHostPort(text)
  if (!parsed) throw new InvalidArgumentError('must be like 127.0.0.1:2525 or [::1]:25')
  return parsed
}

function asList(text: string): string[] {
  return text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
}

function asTolerated(text: string): string[] {
  const rules = text === 'all' ? [...RULES] : asList(text)
  const wrong = rules.find(each => !RULES.some(rule => rule === each))
  if (wrong !== undefined) throw new InvalidArgumentError(`${wrong} is none of ${RULES.join(', ')}, all`)
  return rules
}

const SPAN = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/
const SPAN_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `500ms`, `30s`, `5m`, `1h`: milliseconds. */
export function asSpan(text: string): number {
  const [, number, unit] = SPAN.exec(text) ?? []
  if (number === undefined) throw new InvalidArgumentError('must be like 500ms, 30s, 5m or 1h')
  return Number(number) * SPAN_MS[unit!]!
}

export function asRate(text: string): number {
  const number = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0) throw new InvalidArgumentError('must be a number above 0')
  return number
}

export function asPercent(text: string): number {
  const number = Number(/^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1])
  if (!(number >= 0 && number <= 100)) throw new InvalidArgumentError('must be like 5%')
  return number
}

export function asRules(text: string, before: readonly CheckRule[]): readonly CheckRule[] {
  const rule = parseRule(text)
  if (!rule) throw new InvalidArgumentError(`must be like p99>500ms; names: ${RULE_NAMES.join(', ')}`)
  return [...before, rule]
}
