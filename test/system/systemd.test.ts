/**
 * The units under a real systemd, which is process 1 of namespaces of its own: every role starts and stays, a mail comes through,
 * and what a unit shuts out is out of reach even of root in its place.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sendAll } from './support/client.ts'
import { freePort } from './support/processes.ts'

const ROOT = join(import.meta.dirname, '../..')
const INSIDE = join(import.meta.dirname, 'support/systemd-inside.sh')
/** Of the old kind systemd needs one hierarchy, of the new kind there is but one. */
const CGROUP = `${existsSync('/sys/fs/cgroup/systemd') ? '/sys/fs/cgroup/systemd' : '/sys/fs/cgroup'}/sekisho-systemd-test`
const UNITS = ['gateway', 'workers', 'vault', 'portal', 'api', 'office'].map(name => `sekisho-${name}.service`)

/** Not every host lets root start a systemd beside its own: a reason, or undefined where it can be. */
function whyNot(): string | undefined {
  try {
    mkdirSync(CGROUP, { recursive: true })
  } catch (error) {
    return `no control group can be made: ${String(error)}`
  }
  const overlay = 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/l /mnt/u /mnt/w /mnt/m && mount -t overlay overlay -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /mnt/m'
  const { status, stderr } = spawnSync('unshare', ['--mount', '--pid', '--cgroup', '--fork', 'bash', '-c', overlay], { encoding: 'utf8' })
  return status === 0 ? undefined : `no namespaces or no overlay: ${stderr.trim()}`
}

const reason = whyNot()
if (reason !== undefined) console.warn(`systemd is not tried here, ${reason}`)

let outside: ChildProcess
let systemd = 0
let port = 0

beforeAll(async () => {
  if (reason !== undefined) return
  port = await freePort()
  mkdirSync(CGROUP, { recursive: true })
  const namespaces = ['--pid', '--mount', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child', '--mount-proc']
  outside = spawn('/bin/sh', ['-c', 'echo $$ >"$0/cgroup.procs" && exec unshare "$@"', CGROUP, ...namespaces, 'bash', INSIDE, ROOT, String(port)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [outside.stdout, outside.stderr]) stream?.on('data', chunk => (said += chunk))
  await vi.waitUntil(() => (systemd = childOf(outside.pid!)) > 0, { timeout: 10_000 })
  await vi.waitUntil(() => states('ActiveState').every(state => state === 'active'), { timeout: 90_000, interval: 500 }).catch(() => expect.fail(`${said}\n${inside('systemctl', 'list-units', '--all', 'sekisho*')}\n${inside('bash', '-c', 'tail -n 5 /run/*.out')}`))
})
afterAll(async () => {
  if (reason !== undefined) return
  if (systemd > 0) process.kill(systemd, 'SIGKILL')
  if (outside.exitCode === null) await once(outside, 'exit')
  spawnSync('find', [CGROUP, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'])
})

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim() || '0')
}

/** What a program says beside systemd; what it says of its failure, too. */
function inside(...command: string[]): string {
  const { stdout, stderr } = spawnSync('nsenter', ['-t', String(systemd), '-m', '-p', ...command], { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/bin' } })
  return `${stdout}${stderr}`.trim()
}

function states(property: string): string[] {
  return UNITS.map(unit => inside('systemctl', 'show', '--value', '-p', property, unit))
}

const delivered = () => inside('bash', '-c', 'cat /var/lib/sekisho/maildir/new/* 2>/dev/null')

test.skipIf(reason !== undefined)('a mail comes through, and no role had to be started twice', async () => {
  const mail = 'From: a@example.net\r\nTo: staff@town.example.jp\r\nSubject: units\r\nMessage-ID: <1@example.net>\r\n\r\nhello from systemd\r\n'
  await vi.waitUntil(() => /sekisho ready|started/.test(inside('cat', '/run/gateway.out')), { timeout: 60_000 })
  const { accepted } = await sendAll([{ token: 'one', bytes: Buffer.from(mail) }], { port, connections: 1, to: 'staff@town.example.jp' })
  expect([...accepted]).toEqual(['one'])
  await vi.waitUntil(() => delivered().includes('hello from systemd'), { timeout: 30_000 })
  expect(states('NRestarts')).toEqual(UNITS.map(() => '0'))
})

test.skipIf(reason !== undefined)('a file over HTTP comes back rebuilt', async () => {
  await vi.waitUntil(() => /api=127/.test(inside('cat', '/run/api.out')), { timeout: 60_000 })
  const [, apiPort] = /api=127\.0\.0\.1:(\d+)/.exec(inside('cat', '/run/api.out'))!
  const answer = await fetch(`http://127.0.0.1:${apiPort}/api/v1/sanitize?name=a.csv`, { method: 'POST', body: 'a,b\n1,=cmd()\n', headers: { authorization: 'Bearer units', 'content-type': 'application/octet-stream' } })
  expect(await answer.json()).toMatchObject({ report: { parts: [{ name: 'a.csv', outcome: 'rebuilt' }] }, result: { name: 'a.csv' } })
})

test.skipIf(reason !== undefined)('each role has a user of its own, and LibreOffice stands ready in a box', async () => {
  expect(states('User')).toEqual(UNITS.map(unit => unit.replace('.service', '')))
  await vi.waitUntil(() => inside('ps', '-eo', 'user:20,args').split('\n').some(line => /^sekisho-office .*office-process\.ts/.test(line)), { timeout: 30_000 })
})

test.skipIf(reason !== undefined).for<[unit: string, path: string, shown: boolean]>([
  ['vault', '/var/lib/sekisho/vault/identities/default.txt', true],
  ['gateway', '/var/lib/sekisho/vault/identities/default.txt', false],
  ['portal', '/var/lib/sekisho/vault/identities/default.txt', false],
  ['api', '/var/lib/sekisho/vault/identities/default.txt', false],
  ['workers', '/var/lib/sekisho/vault/identities/default.txt', false],
  ['office', '/var/lib/sekisho/vault/identities/default.txt', false],
  ['gateway', '/var/lib/sekisho/mail/mail.db', true],
  ['vault', '/var/lib/sekisho/mail/mail.db', false],
  ['portal', '/var/lib/sekisho/mail/mail.db', false],
  ['api', '/var/lib/sekisho/mail/mail.db', false],
  ['portal', '/var/lib/sekisho/portal/portal.db', true],
  ['api', '/var/lib/sekisho/portal/portal.db', false],
  ['workers', '/var/lib/sekisho/mail/mail.db', false],
])('in the place of %s %s is there: %s', async ([unit, path, shown]) => {
  const pid = inside('systemctl', 'show', '--value', '-p', 'MainPID', `sekisho-${unit}.service`)
  const isThere = () => inside('nsenter', '-t', pid, '-m', 'ls', path) === path
  // Its owner makes it a while after its start, and is asked first.
  if (shown) await vi.waitUntil(isThere, { timeout: 60_000 })
  expect(isThere()).toBe(shown)
})

test.skipIf(reason !== undefined)('vault, workers and LibreOffice have no network', () => {
  const addresses = (unit: string) => inside('nsenter', '-t', inside('systemctl', 'show', '--value', '-p', 'MainPID', `sekisho-${unit}.service`), '-n', 'cat', '/proc/net/dev').split('\n').slice(2).map(line => line.trim().split(':')[0])
  for (const unit of ['vault', 'workers', 'office']) expect(addresses(unit), unit).toEqual(['lo'])
})

test.skipIf(reason !== undefined)('stopping is in order: nobody is killed', () => {
  execFileSync('nsenter', ['-t', String(systemd), '-m', '-p', 'systemctl', 'stop', ...UNITS], { timeout: 100_000 })
  expect(states('Result')).toEqual(UNITS.map(() => 'success'))
})
