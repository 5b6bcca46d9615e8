/** `sekisho loadtest portal`: a signed-in mix of pages, previews and downloads, with the same report as for mail. */
import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { type Rule, usualRules } from '../loadtest/checks.ts'
import { resolveTarget } from '../loadtest/guard.ts'
import { Browser } from '../loadtest/portal/browser.ts'
import { loadPortal } from '../loadtest/portal/http-load.ts'
import { portalResult } from '../loadtest/portal/result.ts'
import { findPages, type Page, parsePages, signIn } from '../loadtest/portal/visit.ts'
import { asCount, plainLeaf } from './command.ts'
import { EXIT, Failure } from './exit.ts'
import { LiveView } from './loadtest-live.ts'
import { asRate, asRules, asSpan } from './loadtest-options.ts'
import { tellResult } from './loadtest-tell.ts'

type PortalOptions = {
  readonly to: URL
  readonly allowPublic?: boolean
  readonly cookieFile?: string
  readonly login?: string
  readonly passwordFile?: string
  readonly code?: string
  readonly pages?: string
  readonly connections: number
  readonly rate?: number
  readonly duration: number
  readonly seed: number
  readonly failIf: readonly Rule[]
  readonly out?: string
  readonly lang: 'ja' | 'en'
  readonly json?: boolean
}

export function portalCommand(): Command {
  const all = [
    new Option('--to <url>', 'the portal, such as http://127.0.0.1:8080').argParser(asOrigin).makeOptionMandatory(),
    new Option('--allow-public', 'also when the address is neither private nor loopback'),
    new Option('--cookie-file <file>', 'a session that is open already: the text of its Cookie field'),
    new Option('--login <name>', 'or sign in with this name').conflicts('cookieFile'),
    new Option('--password-file <file>', 'and the password in this file'),
    new Option('--code <digits>', 'and the six digits of the second factor'),
    new Option('--pages <file>', 'weight and path (and a name) a line, instead of following the links'),
    new Option('--connections <n>', 'so many at once').argParser(asCount).default(10),
    new Option('--rate <n>', 'requests a second over all connections; without it as fast as answers come').argParser(
      asRate,
    ),
    new Option('--duration <span>', 'so long').argParser(asSpan).default(30_000, '30s'),
    new Option('--seed <n>', 'the same seed asks in the same order').argParser(asCount).default(1),
    new Option('--fail-if <rule>', 'fail when it is true, such as p99>500ms (repeatable)')
      .argParser(asRules)
      .default([], 'no page was answered'),
    new Option('--out <dir>', 'write loadtest.json and loadtest.html there'),
    new Option('--lang <lang>', 'language of the HTML report').choices(['ja', 'en']).default('ja'),
  ]
  const command = plainLeaf('portal', 'load the portal with a signed-in mix of pages, previews and downloads', [
    EXIT.ok,
    EXIT.failure,
    EXIT.usage,
    EXIT.unavailable,
  ])
  return all.reduce((made, each) => made.addOption(each), command).action(loadtestPortal)
}

async function loadtestPortal(options: PortalOptions): Promise<void> {
  const live = new LiveView()
  const { to } = options
  const usualPort = to.protocol === 'https:' ? 443 : 80
  const target = await resolveTarget(
    { host: to.hostname.replace(/^\[|\]$/g, ''), port: Number(to.port || usualPort) },
    options.allowPublic === true,
  )
  if ('problem' in target) throw new Failure(EXIT.usage, target.problem)
  const browser = new Browser(
    to,
    target.host,
    options.cookieFile === undefined ? '' : readFileSync(options.cookieFile, 'utf8').trim(),
  )
  const pages = await pagesFor(browser, options)
  live.say(
    `${pages.length} pages of ${to.origin}: ${[...new Set(pages.map(({ kind }) => kind))].slice(0, 12).join(', ')}`,
  )
  const address = target.host.includes(':') ? `[${target.host}]` : target.host
  const load = {
    url: `${to.protocol}//${address}:${target.port}`,
    host: to.host,
    cookie: browser.cookie,
    pages,
    connections: options.connections,
    perSecond: options.rate,
    durationMs: options.duration,
    seed: options.seed,
  }
  const ran = await loadPortal(load, (requests, troubled) => live.count(requests, troubled))
  live.close()
  const settings = {
    connections: options.connections,
    rate: options.rate ?? 'as fast as answers come',
    duration: `${options.duration} ms`,
    seed: options.seed,
    pages: options.pages ?? 'found by links',
  }
  tellResult(portalResult(ran, { url: to.origin, settings, rules: [...usualRules(false), ...options.failIf] }), options)
}

async function pagesFor(browser: Browser, { login, passwordFile, code, pages }: PortalOptions): Promise<Page[]> {
  try {
    if (login !== undefined) {
      if (passwordFile === undefined || code === undefined)
        throw new Failure(EXIT.usage, '--login needs --password-file and --code')
      await signIn(browser, { login, password: readFileSync(passwordFile, 'utf8').replace(/\r?\n$/, ''), code })
    }
    if (pages === undefined) return await findPages(browser)
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(EXIT.unavailable, (error as Error).message)
  }
  const parsed = parsePages(readFileSync(pages, 'utf8'))
  if (!parsed) throw new Failure(EXIT.usage, `${pages}: each line must have a weight and a path`)
  return parsed
}

function asOrigin(text: string): URL {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Failure(EXIT.usage, `--to ${text} must be like http://127.0.0.1:8080`)
  return url
}
