import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../../cli/commands.ts'
import { act } from '../../../cli/control-client.ts'
import { type ControlServer, startControl } from '../../../gateway/control.ts'
import type { ReloadOutcome } from '../../../gateway/control-protocol.ts'
import type { Act } from '../../../store/contract.ts'
import { auditLine, CHAIN_START, chainRecord } from '../../../store/audit.ts'
import { type FakeStoreAdmin, fakeStoreAdmin } from '../../support/fake-store-admin.ts'
import { runCli } from '../../support/run-cli.ts'

let dir: string
let config: string
let store: FakeStoreAdmin
let control: ControlServer
const actor = `os:${userInfo().username}`

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sekisho-cli-'))
  config = join(dir, 'sekisho.yaml')
  writeFileSync(config, `dataDir: ${dir}\n`)
  store = fakeStoreAdmin()
  control = await startControl({
    socketPath: join(dir, 'run', 'control.sock'),
    store,
    notify: async () => ({ kind: 'cannot', reason: 'busy' }),
    status: async () => expect.fail('not asked'),
    onEmergency: () => {},
    tellClasses: async () => true,
    onQueueChanged: () => {},
    reload: async by => reloaded(by),
    scopes: () => [],
    facts: () => expect.fail('not asked'),
    onError: () => {},
  })
})
afterEach(() => control.close())

/** What the server answers to a reload, by the reason that it is given. */
const reloaded = ({ reason }: Act): ReloadOutcome =>
  reason === 'broken'
    ? { ok: false, changed: [], needRestart: [], problems: ['a.yaml:1:1: domains: no', 'a.yaml:2:1: x: no'] }
    : { ok: true, changed: ['domains', 'smtp.port'], needRestart: ['smtp.port'], problems: [] }

const ask = (...args: string[]) => runCli(...args, '--config', config)

describe('commands ask the running server', () => {
  test('queue list is a table', async () => {
    const { code, out } = await ask('queue', 'list', '--sender', 'a@x.example')
    expect(code).toBe(0)
    expect(out.split('\n')[0]).toMatch(/^ID +ACCEPTED +SIZE +FROM +TO +ROUTE +STATE$/)
    expect(out).toMatch(
      /q1 .*2\.0 KiB {2}<a@x\.example> {2}<b@town\.example\.jp> {2}inward {2}due .*1 attempts: 451 later/,
    )
    expect(store.asked).toEqual([['listQueue', { sender: 'a@x.example', limit: 100 }]])
  })

  test('queue list --json is the rows', async () =>
    expect(JSON.parse((await ask('queue', 'list', '--json')).out)).toMatchObject([
      { queueId: 'q1', recipients: [{ state: { kind: 'scheduled' } }] },
    ]))

  test('queue show of a message that is not there', async () => {
    const { code, err } = await ask('queue', 'show', 'nope')
    expect([code, err]).toEqual([1, 'sekisho: no message nope in the queue; try: sekisho trace --id nope\n'])
  })

  test('queue retry says who and why', async () => {
    expect((await ask('queue', 'retry', '--id', 'q1')).out).toBe('3 entries are tried again now\n')
    expect(store.asked).toEqual([['retry', { queueId: 'q1', limit: 100 }, { actor, reason: 'retry by operator' }]])
  })

  test('queue drop needs a reason and a choice', async () => {
    expect((await ask('queue', 'drop', '--id', 'q1')).code).toBe(2)
    expect((await ask('queue', 'drop', '--reason', 'spam', '--tenant', 'default')).code).toBe(2)
    expect(store.asked).toEqual([])
    expect((await ask('queue', 'drop', '--reason', 'spam', '--id', 'q1')).code).toBe(0)
    expect(store.asked).toEqual([['drop', { queueId: 'q1', limit: 100 }, { actor, reason: 'spam' }]])
  })

  test('quarantine list shows what was kept back, with --all everything, and an id always', async () => {
    await ask('quarantine', 'list')
    await ask('quarantine', 'list', '--all')
    await ask('quarantine', 'list', '--id', 'q1')
    expect(store.asked).toEqual([
      ['listQuarantine', { limit: 100, keptOnly: true }],
      ['listQuarantine', { limit: 100, keptOnly: false }],
      ['listQuarantine', { queueId: 'q1', limit: 100, keptOnly: false }],
    ])
  })

  test('quarantine show names the parts and hides what could fool the reader', async () => {
    const { out } = await ask('quarantine', 'show', 'q1')
    expect(out).toContain('見積書\ufffd')
    expect(out).toContain('配置図.jww')
  })

  test('quarantine export writes a whole file once, for its user only', async () => {
    const file = join(dir, 'q1.age')
    const { code, out } = await ask('quarantine', 'export', 'q1', '--out', file, '--reason', '調査')
    expect([code, readFileSync(file).length]).toEqual([0, 200_022])
    expect(out).toContain('age --decrypt')
    expect(store.asked).toEqual([['exportOriginal', 'q1', 'default', { actor, reason: '調査' }]])
  })

  test('quarantine export leaves nothing behind when it breaks', async () => {
    const file = join(dir, 'q1.age')
    expect((await ask('quarantine', 'export', 'q1', '--tenant', 'breaks', '--out', file, '--reason', 'x')).code).toBe(1)
    expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false])
  })

  test('quarantine purge only counts, until --yes', async () => {
    expect((await ask('quarantine', 'purge', '--reason', 'x')).code).toBe(2)
    expect((await ask('quarantine', 'purge', '--reason', 'x', '--older-than', '30d')).out).toMatch(
      /^would purge 2 originals \(8\.0 KiB\)/,
    )
    expect((await ask('quarantine', 'purge', '--reason', 'x', '--id', 'q1', '--yes')).out).toMatch(/unreadable now/)
    expect(store.asked.map(([name, , , dryRun]) => [name, dryRun])).toEqual([
      ['purge', true],
      ['purge', false],
    ])
  })

  test('quarantine pin and unpin', async () => {
    expect((await ask('quarantine', 'pin', 'q1', '--reason', '訴訟')).out).toBe('q1 is pinned\n')
    expect((await ask('quarantine', 'unpin', 'zz', '--reason', 'x')).code).toBe(1)
    expect(store.asked).toEqual([
      ['pin', 'q1', 'default', true, { actor, reason: '訴訟' }],
      ['pin', 'zz', 'default', false, { actor, reason: 'x' }],
    ])
  })

  test('trace prints the steps, and fails when there is nothing', async () => {
    expect((await ask('trace', '--sha256', 'AB')).out).toMatch(/accept +system +verdict=relay/)
    expect(store.asked).toEqual([['trace', { sha256: 'ab', limit: 100 }]])
    expect((await ask('trace', '--sha256', 'ff')).code).toBe(1)
    expect((await ask('trace')).code).toBe(2)
  })

  test('audit verify without and with a checkpoint that the chain does not reach', async () => {
    expect((await ask('audit', 'verify')).out).toBe('the chain is whole: 5 records, head 5 cd\n')
    const anchor = join(dir, 'anchor.json')
    writeFileSync(anchor, JSON.stringify({ seq: 99, hash: 'x', atMs: 1, publicKey: 'p', signature: 's' }))
    const { code, out } = await ask('audit', 'verify', '--anchor', anchor)
    expect([code, out]).toEqual([1, 'BROKEN at record 99: the chain ends before the checkpoint\n'])
    writeFileSync(anchor, 'x')
    expect((await ask('audit', 'verify', '--anchor', anchor)).code).toBe(2)
  })

  test('audit verify of a file needs no server', async () => {
    const file = join(dir, 'export.jsonl')
    const record = chainRecord(CHAIN_START, 1, { tenant: 'default', kind: 'start', actor: 'system', subject: 'x', detail: {} })
    const next = chainRecord(record, 2, { tenant: 'default', kind: 'stop', actor: 'system', subject: 'x', detail: {} })
    writeFileSync(file, auditLine(record) + auditLine(next))
    expect((await ask('audit', 'verify', file)).out).toBe('the file is whole: 2 records, 1 to 2, without a gap\n')
    writeFileSync(file, auditLine(record) + auditLine({ ...next, actor: 'user:x' }))
    const { code, out } = await ask('audit', 'verify', file)
    expect([code, out]).toEqual([1, 'BROKEN at line 2: was changed after it was written\n'])
    expect((await ask('audit', 'verify', join(dir, 'none'))).code).toBe(2)
    expect(store.asked).toEqual([])
  })

  test('audit export and checkpoint', async () => {
    expect((await ask('audit', 'export', '--since', '1')).out).toBe('{"seq":2}\n{"seq":3}\n')
    const file = join(dir, 'head.json')
    expect((await ask('audit', 'checkpoint', '--out', file)).code).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ seq: 5 })
  })

  test('emergency moves need a reason and show their effect', async () => {
    expect((await ask('emergency', 'hold')).code).toBe(2)
    expect((await ask('emergency', 'hold', '--reason', '不審なメール')).out).toMatch(/^hold: mail is accepted and kept/)
    expect(JSON.parse((await ask('emergency', 'show', '--json')).out)).toEqual({ state: 'hold' })
    await ask('emergency', 'resume', '--reason', 'ok')
    expect(store.asked.map(([, state]) => state)).toEqual(['hold', 'none'])
  })
})

describe('without a server', () => {
  test.each([
    ['queue', 'list'],
    ['quarantine', 'list'],
    ['audit', 'verify'],
    ['emergency', 'show'],
    ['trace', '--id', 'q'],
  ])('%s %s says so and exits 75', async (...args) => {
    await control.close()
    const { code, err } = await ask(...args)
    expect([code, err]).toEqual([75, expect.stringContaining('no server is running')])
  })
})

describe('usage', () => {
  test.each([
    [['--help'], 0],
    [['queue', '--help'], 0],
    [['--version'], 0],
    [[], 2],
    [['quueue'], 2],
    [['queue'], 2],
    [['queue', 'list', '--bogus'], 2],
    [['queue', 'list', '--limit', 'x'], 2],
    [['queue', 'show'], 2],
    [['queue', 'list', '--since', '5 days'], 2],
  ])('%j exits %i', async (args, code) => expect((await runCli(...args)).code).toBe(code))

  test('each command has --json, --config and its exit codes in --help; the load tester and the demonstration know none of ours', async () => {
    for (const { load } of COMMANDS.filter(each => !each.hidden && each.name !== 'loadtest' && each.name !== 'demo')) {
      const command = await load()
      for (const leaf of command.commands.length > 0 ? command.commands : [command]) {
        expect(
          leaf.options.map(option => option.long),
          leaf.name(),
        ).toEqual(expect.arrayContaining(['--json', '--config']))
      }
    }
    expect((await runCli('trace', '--help')).out).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}75 /)
  })

  test('a configuration with problems lists them all', async () => {
    writeFileSync(config, 'hostnam: x\nsmtp: { port: y }\n')
    const { code, err } = await ask('queue', 'list')
    expect([code, err.split('\n')]).toEqual([
      1,
      [expect.stringContaining(':1:1: hostnam'), expect.stringContaining(':2:9: smtp.port'), ''],
    ])
  })
})

test('who acts: the user before sudo is named too', () => {
  expect(act('r', {})).toEqual({ actor, reason: 'r' })
  expect(act('r', { SUDO_USER: 'tanaka' }).actor).toBe(`os:tanaka as ${userInfo().username}`)
})

describe('config reload', () => {
  test('says what is in force and what waits for a restart', async () => {
    const { code, out } = await ask('config', 'reload')
    expect([code, out]).toEqual([0, 'in force: domains\nafter a restart: smtp.port\n'])
    expect(JSON.parse((await ask('config', 'reload', '--json')).out)).toMatchObject({ needRestart: ['smtp.port'] })
  })

  test('that the server refuses names every problem and exits 1', async () => {
    const { code, out } = await ask('config', 'reload', '--reason', 'broken')
    expect(code).toBe(1)
    expect(out.split('\n').slice(0, 3)).toEqual([
      'the old configuration stays in force:',
      'a.yaml:1:1: domains: no',
      'a.yaml:2:1: x: no',
    ])
  })
})

describe('policy', () => {
  test('explain names the row that decides, without a server', async () => {
    const { code, out } = await ask('policy', 'explain', 'a.exe')
    expect([code, out]).toEqual([0, expect.stringMatching(/^quarantine by dangerous-extension \(disarm [0-9a-f]{12}\)\n[\s\S]*dangerous-extension +quarantine +decides/)])
    expect((await ask('policy', 'explain', 'a.png', '--type', 'image/png', '--inline', '--bytes', '10')).out).toMatch(/^quarantine by inline-image/)
  })

  test('replay asks for stored files and tells mistakes of a draft', async () => {
    const draft = join(dir, 'draft.yaml')
    writeFileSync(draft, 'policy: {profile: raster}\n')
    expect((await ask('policy', 'replay', draft)).out).toMatch(/^0 messages, 0 files/)
    expect(store.asked.at(-1)?.[0]).toBe('storedMessages')
    writeFileSync(draft, 'policy: {profile: open}\n')
    expect(await ask('policy', 'replay', draft)).toMatchObject({ code: 1, err: expect.stringContaining('policy.profile') })
  })
})
