/** SIGHUP and `config reload` on the real processes, while they stay up and their port stays open. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const WAIT = { timeout: 20_000, interval: 50 }

let directory: string
let server: ChildProcess
let port: number
let output = ''

const path = () => join(directory, 'sekisho.yaml')
const log = () => readFileSync(join(directory, 'mail.log'), 'utf8')
const reloads = () => log().split('\n').filter(line => line.includes(' reloaded '))

function write(text: string): void {
  writeFileSync(path(), `dataDir: var\nadmin: { enabled: false }\nportal: { enabled: false }\nmaillog: { path: mail.log }\n${text}`)
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-reload-'))
  write('domains: [a.example]\nsmtp: { port: 0 }\n')
  server = spawn(process.execPath, [MAIN, 'serve', '--config', 'sekisho.yaml'], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', chunk => (output += chunk))
  await vi.waitUntil(() => output.includes('sekisho ready'), WAIT)
  port = Number(/smtp=127\.0\.0\.1:(\d+)/.exec(output)?.[1])
}, 40_000)

afterAll(async () => {
  if (server.exitCode === null) {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}, 40_000)

/** The replies to EHLO and to RCPT for this address. */
async function ask(recipient: string): Promise<{ readonly ehlo: string; readonly rcpt: string }> {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', chunk => (heard += chunk))
  const say = async (line: string) => {
    heard = ''
    socket.write(`${line}\r\n`)
    await vi.waitUntil(() => /^\d{3} .*\r\n$/m.test(heard), WAIT)
    return heard
  }
  await vi.waitUntil(() => heard.startsWith('220 '), WAIT)
  const ehlo = await say('EHLO client.example')
  await say('MAIL FROM:<a@example.com>')
  const rcpt = await say(`RCPT TO:<${recipient}>`)
  socket.destroy()
  return { ehlo, rcpt }
}

async function hangUp(times: number): Promise<string> {
  server.kill('SIGHUP')
  await vi.waitUntil(() => reloads().length === times, WAIT)
  return reloads().at(-1)!
}

test('a domain, a limit and a tenant added by SIGHUP are in force, an open port needs a restart', async () => {
  expect((await ask('x@b.example')).rcpt).toMatch(/^554 5\.7\.1/)
  write('domains: [a.example, b.example]\nsmtp: { port: 2599, maxMessageBytes: 12345678 }\ntenants: [{ id: east, domains: [east.example] }]\n')
  const line = await hangUp(1)
  expect(line).toMatch(/ok=true changed=\S*domains\S*smtp\.port\S*tenants needs-restart=smtp\.port$/)
  const { ehlo, rcpt } = await ask('x@b.example')
  expect(rcpt).toMatch(/^250/)
  expect(ehlo).toContain('SIZE 12345678')
  expect((await ask('x@east.example')).rcpt).toMatch(/^250/)
  expect(output).toContain("made a key pair for 'east'")
}, 30_000)

test('a broken file keeps the old configuration; every problem is told, and an alarm is raised', async () => {
  write('domains: [c.example]\nsmtp: { maxMesageBytes: 1 }\nlanguage: fr\n')
  expect(await hangUp(2)).toMatch(/ok=false problems=/)
  expect(output).toMatch(/sekisho\.yaml:\d+:\d+: smtp\.maxMesageBytes: no such setting; did you mean maxMessageBytes\?/)
  expect(output).toMatch(/sekisho\.yaml:\d+:\d+: language: /)
  expect(output).toContain('sekisho: alarm config: the new configuration is not used')
  expect((await ask('x@b.example')).rcpt).toMatch(/^250/)
  expect((await ask('x@c.example')).rcpt).toMatch(/^554/)
}, 30_000)

test('a file that cannot be used is as good as a broken one', async () => {
  write('domains: [c.example]\nsmtp: { port: 0, recipientFile: /nonexistent/recipients }\n')
  expect(await hangUp(3)).toMatch(/ok=false problems=.*ENOENT/)
  expect((await ask('x@c.example')).rcpt).toMatch(/^554/)
}, 30_000)

test('config reload does the same and answers; the audit chain has each change with its digest', async () => {
  write('domains: [d.example]\nsmtp: { port: 0 }\n')
  const { stdout } = await run(process.execPath, [MAIN, 'config', 'reload', '--json', '--reason', 'a new domain', '--config', path()])
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, changed: expect.arrayContaining(['domains', 'tenants']), needRestart: [] })
  expect((await ask('x@d.example')).rcpt).toMatch(/^250/)
  const exported = (await run(process.execPath, [MAIN, 'audit', 'export', '--config', path()])).stdout
  const records = exported.trim().split('\n').map(line => JSON.parse(line)).filter(record => record.kind === 'config')
  // Beside each of them the policy that was in force from then on.
  expect(records.map(record => record.subject)).toEqual(['start', 'policy', 'reload', 'policy', 'reload', 'policy'])
  const reloads = records.filter(record => record.subject === 'reload')
  expect(reloads[1]).toMatchObject({ actor: expect.stringMatching(/^os:/), detail: { reason: 'a new domain', digest: expect.stringMatching(/^[0-9a-f]{64}$/) } })
  expect(reloads[1].detail.digest).not.toBe(reloads[0].detail.digest)
}, 30_000)
