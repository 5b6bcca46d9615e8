/** The reports: self-contained, in both languages, safe against what servers say; and the command line around them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'parse5'
import { usualRules } from '../../../loadtest/checks.ts'
import type { Inbox } from '../../../loadtest/inbox.ts'
import { limitOf } from '../../../loadtest/limit.ts'
import { compare, htmlComparison, problemOfResult } from '../../../loadtest/report/compare.ts'
import { htmlReport } from '../../../loadtest/report/html.ts'
import { WORDS } from '../../../loadtest/report/words.ts'
import type { Result } from '../../../loadtest/result.ts'
import { resultOf } from '../../../loadtest/run.ts'
import { openSink, runHere, testLoad } from '../../support/load.ts'
import { runCli } from '../../support/run-cli.ts'
import { ScriptedServer } from '../../support/scripted-server.ts'

let folder: string
let server: ScriptedServer
let inbox: Inbox
let result: Result
let port: number

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loadtest-'))
  const sink = await openSink()
  inbox = sink.inbox
  server = new ScriptedServer({ fate: n => (n % 20 === 3 ? { reply: '554 5.7.1 <script>alert(1)</script> & "no"' } : {}) }, sink.port)
  port = await server.listen()
  const ran = await runHere(testLoad(port, { mostMails: 200 }), inbox)
  const trial = { perSecond: 10, seconds: 5, p99Ms: 12, troubledShare: 0, backlog: 0, ok: true, why: '' }
  const limit = limitOf({ trials: [trial, { ...trial, perSecond: 20, ok: false, why: 'p99' }], perSecond: 10, atLeast: false }, { busyHourShare: 0.15, peakFactor: 2, mailsPerPerson: 30 })
  const probed = { greeting: '<img src=x onerror=alert(1)> ESMTP', name: 'x', extensions: ['SIZE 1', '"><script>'] }
  result = resultOf(ran, { settings: { rate: 1 }, address: 'scripted:25', probed, inbox, rules: usualRules(true), limit })
})

afterAll(async () => {
  await server.close()
  inbox.end()
  rmSync(folder, { recursive: true, force: true })
})

type Node = { readonly nodeName: string; readonly attrs?: readonly { readonly name: string; readonly value: string }[]; readonly childNodes?: readonly Node[] }

function elementsOf(html: string): Node[] {
  const all: Node[] = []
  const collect = (node: Node) => {
    all.push(node)
    for (const child of node.childNodes ?? []) collect(child)
  }
  collect(parse(html) as unknown as Node)
  return all
}

describe.each(['ja', 'en'] as const)('report in %s', lang => {
  test('has no script, handler or address to fetch from', () => {
    for (const html of [htmlReport(result, lang), htmlComparison(result, result, { tolerancePercent: 10, lang })]) {
      const elements = elementsOf(html)
      expect(elements.map(({ nodeName }) => nodeName)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(script|img|link|iframe|object)$/)]))
      const attributes = elements.flatMap(({ attrs = [] }) => attrs.map(({ name }) => name))
      expect(attributes.filter(name => /^on|^src$|^href$|^style$/.test(name))).toEqual([])
      expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/)
    }
  })
  test('says what was found', () => {
    const html = htmlReport(result, lang)
    expect(html).toContain(WORDS.verification[lang].replace("'", '&#39;'))
    expect(html).toContain('end-of-data: 554 5.7.1')
    expect(html).toContain(lang === 'ja' ? '最も忙しい1時間に1日の15%が届き' : 'the busiest hour brings 15 % of a day')
    expect(html).toContain(WORDS.passed[lang])
  })
})

test('every word is there in both languages, and Japanese is Japanese', () => {
  for (const [key, { ja, en }] of Object.entries(WORDS)) {
    expect(en, key).toMatch(/^[\x20-\x7e]+$/)
    expect(ja, key).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/)
  }
})

test('a comparison names better, worse and the same', () => {
  const slower = structuredClone(result) as { latency: { answered: { p99Ms: number; p50Ms: number } }; verification: { lost: number } } & Result
  slower.latency.answered.p99Ms *= 1.5
  slower.latency.answered.p50Ms *= 0.5
  slower.verification.lost = 1
  const changes = Object.fromEntries(compare(result, slower, 10).map(({ name, change }) => [name, change]))
  expect(changes).toMatchObject({ 'answered p99': 'worse', 'answered p50': 'better', lost: 'worse', acceptedRate: 'same', duplicated: 'same' })
  expect(problemOfResult({ version: 99, latency: {} })).toContain('99')
  expect(problemOfResult([])).toBeDefined()
})

describe('sekisho loadtest', () => {
  test('end to end with its own processes: exit code, JSON, report, comparison', async () => {
    const sinkPort = await freePort()
    const honest = new ScriptedServer({ fate: () => ({}) }, sinkPort)
    const to = `127.0.0.1:${await honest.listen()}`
    const out = join(folder, 'out')
    const common = ['loadtest', '--to', to, '--mix', 'text-utf-8,html', '--rate', '100', '--mails', '40', '--sink', `127.0.0.1:${sinkPort}`]
    const fine = await runCli(...common, '--tolerate', 'all', '--out', out, '--json')
    expect(JSON.parse(fine.out)).toMatchObject({ passed: true, mails: 40, verification: { arrivals: 40, lost: 0, mixed: 0 } })
    expect(fine.code).toBe(0)
    expect(readFileSync(join(out, 'loadtest.html'), 'utf8')).toContain('<html lang="ja">')
    // The same server passes HTML on: without tolerance that fails.
    const strict = await runCli(...common, '--fail-if', 'p99>60s')
    expect(strict.code).toBe(1)
    expect(strict.out).toMatch(/unsanitized>0 +\d+ +FAILED/)
    expect(strict.err).toContain('greets as scripted.example')
    const file = join(out, 'loadtest.json')
    const compared = await runCli('loadtest', 'compare', file, file, '--html', join(folder, 'c.html'), '--lang', 'en', '--fail-if-worse')
    expect(compared.code).toBe(0)
    expect(readFileSync(join(folder, 'c.html'), 'utf8')).toContain('<html lang="en">')
    await honest.close()
  })

  test.each([
    ['a public address', ['--to', '192.0.2.1:25'], 2, /--allow-public/],
    ['no address', [], 2, /--to/],
    ['nobody there', ['--to', '127.0.0.1:1'], 75, /ECONNREFUSED/],
    ['an unknown kind', ['--to', 'PORT', '--mix', 'doxc'], 2, /doxc/],
    ['a rule that is none', ['--to', 'PORT', '--fail-if', 'p98>1'], 2, /p98/],
    ['more recipients than mailboxes', ['--to', 'PORT', '--recipients', '5', '--mailboxes', '2'], 2, /--mailboxes/],
    ['an empty folder', ['--to', 'PORT', '--eml', 'FOLDER'], 2, /no \.eml/],
  ])('refuses %s', async (_, args, code, why) => {
    const given = args.map(each => (each === 'PORT' ? `127.0.0.1:${port}` : each === 'FOLDER' ? folder : each))
    const { code: got, err } = await runCli('loadtest', ...given)
    expect(err).toMatch(why)
    expect(got).toBe(code)
  })

  test('compare wants results', async () => {
    writeFileSync(join(folder, 'x.json'), '{}')
    expect((await runCli('loadtest', 'compare', join(folder, 'x.json'), join(folder, 'x.json'))).code).toBe(2)
  })
})

async function freePort(): Promise<number> {
  const { inbox: held, port: free } = await openSink()
  held.end()
  return free
}
