/**
 * `sekisho loadtest`: load on any SMTP server of a staging network, and the question whether every mail arrives.
 *
 *   guard ▸ probe ▸ mails ▸ sender and inbox ▸ run (or search for the limit) ▸ result, report, exit code
 *
 * Exit code 0 when every rule held, 1 when one did not, 75 when the server cannot be reached.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { queueOf } from '../loadtest/admin.ts'
import { usualRules } from '../loadtest/checks.ts'
import { startSender } from '../loadtest/children.ts'
import { type Habits, Refused } from '../loadtest/dialogue.ts'
import { resolveTarget } from '../loadtest/guard.ts'
import { type Inbox, maildirInbox, sinkInbox } from '../loadtest/inbox.ts'
import { findLimit, judgeTrial, limitOf } from '../loadtest/limit.ts'
import { RULES } from '../loadtest/look.ts'
import { isExpected, probe, type Probed } from '../loadtest/probe.ts'
import { MOST_RECIPIENTS } from '../loadtest/recipients.ts'
import type { Limit, Result } from '../loadtest/result.ts'
import { type About, type Crew, type Load, type Ran, resultOf, runOnce } from '../loadtest/run.ts'
import { plainLeaf } from './command.ts'
import { EXIT, Failure } from './exit.ts'
import { compareCommand } from './loadtest-compare.ts'
import { LiveView } from './loadtest-live.ts'
import { addLoadtestOptions, type LoadtestOptions, mailsFor, planFor } from './loadtest-options.ts'
import { portalCommand } from './loadtest-portal.ts'
import { tellResult } from './loadtest-tell.ts'

const PROBE_TIMEOUT_MS = 10_000
const WARNING_MS = 5000
const SETTLE_MS = 2000
const LIMIT_WITHIN = 0.1

export function loadtestCommand(): Command {
  const command = plainLeaf(
    'loadtest',
    'load an SMTP server and check that every mail arrives exactly once, sanitized',
    [EXIT.ok, EXIT.failure, EXIT.usage, EXIT.unavailable],
  )
  return addLoadtestOptions(command).action(loadtest).addCommand(compareCommand()).addCommand(portalCommand())
}

async function loadtest(options: LoadtestOptions): Promise<void> {
  const live = new LiveView()
  const habits = await habitsFor(options)
  const probed = await greet(habits, options, live)
  const mails = mailsFor(options)
  const load = loadFor(options, habits, mails)
  const stop = new AbortController()
  const interrupt = () => (stop.signal.aborted ? process.exit(130) : stop.abort())
  process.on('SIGINT', interrupt)
  const inbox = await inboxFor(options)
  const crew: Crew = {
    sender: startSender(),
    inbox,
    queue: options.admin && (() => queueOf(options.admin!)),
    stop: stop.signal,
  }
  try {
    if (inbox) live.say(`mails are taken in at ${inbox.where}`)
    const { ran, limit } = await carryOut(load, crew, options, live)
    const about: About = {
      settings: settingsOf(options),
      address: `${habits.target.name}:${habits.target.port}`,
      probed,
      inbox,
      rules: [...usualRules(inbox !== undefined), ...options.failIf],
      limit,
    }
    tellResult(resultOf(ran, about), options)
  } finally {
    live.close()
    process.off('SIGINT', interrupt)
    crew.sender.end()
    inbox?.end()
  }
}

async function habitsFor({
  to,
  allowPublic,
  tls,
  helo,
  pipelining,
  mailboxes,
  recipients,
}: LoadtestOptions): Promise<Habits> {
  if (!to) throw new Failure(EXIT.usage, 'say which server: --to HOST:PORT')
  if (recipients < 1 || recipients > Math.min(mailboxes, MOST_RECIPIENTS))
    throw new Failure(EXIT.usage, `--recipients must be at least 1 and at most --mailboxes and ${MOST_RECIPIENTS}`)
  const target = await resolveTarget(to, allowPublic === true)
  if ('problem' in target) throw new Failure(EXIT.usage, target.problem)
  return { target, tls, helo, pipelining }
}

/** Says who is there, and leaves time to think when it is somebody else than was meant. */
async function greet(habits: Habits, { expectGreeting }: LoadtestOptions, live: LiveView): Promise<Probed> {
  const probed = await probe(habits, PROBE_TIMEOUT_MS).catch(error => {
    if (error instanceof Refused)
      throw new Failure(EXIT.unavailable, `${habits.target.name}:${habits.target.port}: ${error.trouble}`)
    throw error
  })
  live.say(`${habits.target.host}:${habits.target.port} greets as ${probed.greeting}`)
  if (expectGreeting.length > 0 && !isExpected(probed.name, expectGreeting)) {
    live.say(
      `WARNING: ${probed.name} is none of ${expectGreeting.join(', ')}. Is this the right server? The load begins in ${WARNING_MS / 1000} seconds; Ctrl-C ends it.`,
    )
    await delay(WARNING_MS)
  }
  return probed
}

function loadFor(options: LoadtestOptions, habits: Habits, { templates, weights }: ReturnType<typeof mailsFor>): Load {
  return {
    habits,
    templates,
    weights,
    from: options.from,
    recipients: {
      pattern: options.rcpt,
      mailboxes: options.rcpt.includes('%d') ? options.mailboxes : 1,
      perMail: options.rcpt.includes('%d') ? options.recipients : 1,
    },
    seed: options.seed,
    plan: planFor(options),
    durationMs: options.duration,
    mostMails: options.mails,
    connections: options.connections,
    mailsPerConnection: Math.max(1, options.perConnection),
    slow: { share: options.slow / 100, bytesPerSecond: options.slowRate },
    replyTimeoutMs: options.timeout,
    graceMs: options.grace,
    drainMs: options.drain,
    settleMs: SETTLE_MS,
  }
}

async function inboxFor({ sink, maildir, tolerate }: LoadtestOptions): Promise<Inbox | undefined> {
  const rules = RULES.filter(rule => !tolerate.includes(rule))
  if (sink)
    return sinkInbox(sink, rules).catch(error => {
      throw new Failure(EXIT.failure, (error as Error).message)
    })
  return maildir === undefined ? undefined : maildirInbox(maildir, rules)
}

async function carryOut(
  load: Load,
  crew: Crew,
  options: LoadtestOptions,
  live: LiveView,
): Promise<{ ran: Ran; limit: Limit | null }> {
  const glimpse = (now: Parameters<LiveView['show']>[0]) => live.show(now)
  if (!options.findLimit) return { ran: await runOnce(load, crew, glimpse), limit: null }
  const bounds = { p99Ms: options.maxP99, troubledPercent: options.maxErrors }
  let best: Ran | undefined
  let last: Ran | undefined
  const found = await findLimit({
    firstPerSecond: options.rate,
    highestPerSecond: options.highest,
    withinShare: LIMIT_WITHIN,
    stop: crew.stop,
    trial: async perSecond => {
      last = await runOnce(
        {
          ...load,
          plan: { kind: 'poisson', perSecond },
          durationMs: options.step,
          mostMails: Number.POSITIVE_INFINITY,
        },
        crew,
        glimpse,
      )
      const trial = crew.stop.aborted
        ? { ...judgeTrial(last, perSecond, bounds), ok: false, why: 'interrupted' }
        : judgeTrial(last, perSecond, bounds)
      if (trial.ok) best = last
      live.say(
        `${perSecond.toFixed(1)}/s: ${trial.ok ? 'holds' : trial.why}, p99 ${Math.round(trial.p99Ms ?? Number.NaN)} ms, errors ${(trial.troubledShare * 100).toFixed(2)} %`,
      )
      return trial
    },
  })
  const limit = limitOf(found, {
    busyHourShare: options.busyHour / 100,
    peakFactor: options.peak,
    mailsPerPerson: options.mailsPerPerson,
  })
  return { ran: (best ?? last)!, limit }
}

/** What was asked for, as the report shows it; what had no part in this run is left out. */
function settingsOf(options: LoadtestOptions): Result['settings'] {
  const { arrivals, findLimit: isSearch } = options
  const at = (place: { readonly host: string; readonly port: number } | undefined) =>
    place && `${place.host}:${place.port}`
  const ms = (value: number, applies = true) => (applies ? `${value} ms` : undefined)
  const shown: Readonly<Record<string, string | number | boolean | undefined>> = {
    arrivals: isSearch ? 'poisson' : arrivals,
    rate: arrivals === 'closed' ? undefined : options.rate,
    curve: arrivals === 'day' ? (options.curve ?? 'built in') : undefined,
    burst: arrivals === 'burst' ? options.burst : undefined,
    burstEvery: ms(options.burstEvery, arrivals === 'burst'),
    think: ms(options.think, arrivals === 'closed'),
    duration: ms(options.duration, !isSearch),
    mails: Number.isFinite(options.mails) ? options.mails : undefined,
    connections: options.connections,
    perConnection: options.perConnection,
    pipelining: options.pipelining,
    tls: options.tls,
    slow: options.slow > 0 ? `${options.slow} %, ${options.slowRate} bytes/s` : undefined,
    mix: options.eml === undefined ? options.mix : undefined,
    eml: options.eml,
    seed: options.seed,
    from: options.from,
    rcpt: options.rcpt,
    mailboxes: options.mailboxes,
    recipients: options.recipients,
    sink: at(options.sink),
    maildir: options.maildir,
    admin: at(options.admin),
    tolerate: options.tolerate.join(', ') || undefined,
    timeout: ms(options.timeout),
    grace: ms(options.grace),
    drain: ms(options.drain),
    maxP99: ms(options.maxP99, isSearch),
    maxErrors: isSearch ? `${options.maxErrors} %` : undefined,
    step: ms(options.step, isSearch),
    highest: isSearch ? options.highest : undefined,
  }
  return Object.fromEntries(
    Object.entries(shown).filter((pair): pair is [string, string | number | boolean] => pair[1] !== undefined),
  )
}
