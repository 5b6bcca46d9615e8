/**
 * Every role under a user of its own, as the units of config/systemd run them: same folders, same groups, no capabilities. A mail
 * comes through, the portal's user reaches the vault; and nobody reaches what is not theirs.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { sendAll } from './support/client.ts'

const ROOT = join(import.meta.dirname, '../..')
const NAMES = ['gateway', 'vault', 'portal', 'workers', 'office', 'api'] as const
type Name = (typeof NAMES)[number]
/** Users that exist nowhere else; each with a group of its own. */
const uidOf = (name: Name) => 61_700 + NAMES.indexOf(name)

const base = mkdtempSync(join(tmpdir(), 'sekisho-users-'))
const code = join(base, 'code')
const data = join(base, 'lib')
const configFile = join(base, 'sekisho.yaml')
const node = process.execPath.replace(ROOT, code)
const roles = new Map<Name, { readonly child: ChildProcess; said: string }>()

/** The shipped file, with our folder and our users. */
function makeFolders(): void {
  for (const line of readFileSync(join(ROOT, 'config/systemd/sekisho.tmpfiles'), 'utf8').split('\n')) {
    const [kind, path = '', mode = '', user = '', group = ''] = line.split(/\s+/)
    if (kind !== 'd') continue
    const folder = path.replace('/var/lib/sekisho', data)
    const id = (name: string) => (name === 'root' ? 0 : uidOf(name.replace('sekisho-', '') as Name))
    mkdirSync(folder, { recursive: true })
    chownSync(folder, id(user), id(group))
    chmodSync(folder, Number.parseInt(mode, 8))
  }
}

const as = (name: Name) => ['--reuid', String(uidOf(name)), '--regid', String(uidOf(name)), '--clear-groups', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all']
const environment = { PATH: process.env['PATH'], SEKISHO_SANDBOX_WALL: 'none', TZ: 'Asia/Tokyo' }

function start(name: Name): void {
  // The unit of LibreOffice is no wall: each of its boxes is one.
  const env = name === 'office' ? { ...environment, SEKISHO_SANDBOX_WALL: 'bubblewrap' } : environment
  const child = spawn('setpriv', [...as(name), node, '--no-warnings', join(code, 'cli/main.ts'), 'serve', '--role', name, '--config', configFile], { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] })
  const role = { child, said: '' }
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (role.said += chunk))
  roles.set(name, role)
}

/** What a program of that user says; its own words when it fails. */
function run(name: Name, program: string, ...given: string[]): string {
  const { stdout, stderr } = spawnSync('setpriv', [...as(name), program, ...given], { cwd: '/', env: environment, encoding: 'utf8', timeout: 30_000 })
  return stdout + stderr
}

const connectAs = (name: Name, socket: string) => run(name, node, '-e', `require('node:net').connect(${JSON.stringify(join(data, socket))}).on('connect', function () { console.log('connected'); this.destroy() }).on('error', e => console.log(e.code))`).trim()

beforeAll(async () => {
  chmodSync(base, 0o755)
  mkdirSync(code)
  // The repository may stand where only root can go.
  execFileSync('mount', ['--bind', ROOT, code])
  const maildir = join(data, 'maildir')
  writeFileSync(configFile, `dataDir: ${data}\ndomains: [town.example.jp]\nsmtp: { port: 0 }\nadmin: { port: 0 }\nportal: { inner: { port: 0 }, outer: { port: 0 }, admin: { port: 0 } }\napi: { enabled: true, port: 0, tokens: [{ name: users, sha256: ${createHash('sha256').update('users').digest('hex')} }] }\nroutes:\n  - { name: staff, direction: inward, domains: ['*'], nextHops: [{ maildir: ${maildir} }] }\n`)
  const loaded = loadConfig(configFile, {})
  expect('problems' in loaded ? loaded.problems : []).toEqual([])
  makeFolders()
  expect(run('vault', node, '--no-warnings', join(code, 'cli/main.ts'), 'keys', '--config', configFile)).toContain('default')
  for (const name of NAMES) start(name)
  await vi.waitUntil(() => /sekisho ready.*smtp=/.test(roles.get('gateway')!.said), { timeout: 90_000 }).catch(() => expect.fail([...roles].map(([name, { said }]) => `${name}: ${said}`).join('\n')))
}, 120_000)

afterAll(async () => {
  for (const { child } of roles.values()) {
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await gone
    clearTimeout(late)
  }
  execFileSync('umount', [code])
  rmSync(base, { recursive: true })
})

test('a mail comes through four users', async () => {
  const port = Number(/smtp=127\.0\.0\.1:(\d+)/.exec(roles.get('gateway')!.said)![1])
  const mail = 'From: a@example.net\r\nTo: staff@town.example.jp\r\nSubject: users\r\nMessage-ID: <1@example.net>\r\n\r\nhello from four users\r\n'
  const { accepted } = await sendAll([{ token: 'one', bytes: Buffer.from(mail) }], { port, connections: 1, to: 'staff@town.example.jp' })
  expect([...accepted]).toEqual(['one'])
  const delivered = join(data, 'maildir/new')
  await vi.waitUntil(() => existsSync(delivered) && readdirSync(delivered).length === 1, { timeout: 20_000 })
  expect(readFileSync(join(delivered, readdirSync(delivered)[0]!), 'utf8')).toContain('hello from four users')
})

test('a file over HTTP is rebuilt between two users', async () => {
  await vi.waitUntil(() => /api=/.test(roles.get('api')!.said), { timeout: 60_000 })
  const port = /api=127\.0\.0\.1:(\d+)/.exec(roles.get('api')!.said)![1]
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/sanitize?name=a.csv`, { method: 'POST', body: 'a,b\n1,=cmd()\n', headers: { authorization: 'Bearer users', 'content-type': 'application/octet-stream' } })
  expect(await answer.json()).toMatchObject({ report: { parts: [{ name: 'a.csv', outcome: 'rebuilt' }] }, result: { name: 'a.csv' } })
})

test('a box with LibreOffice stands ready under a user of its own', async () => {
  const boxes = () =>
    readdirSync('/proc').filter(pid => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('office-process.ts') && statSync(`/proc/${pid}`).uid === uidOf('office')
      } catch {
        return false
      }
    })
  await vi.waitUntil(() => boxes().length > 0, { timeout: 30_000 }).catch(() => expect.fail(roles.get('office')!.said))
})

describe('sockets', () => {
  test('have the mode of their folder', () => {
    for (const socket of ['run/control.sock', 'run/mail-work/workers.sock', 'run/door/gateway.sock', 'run/vault/vault.sock', 'run/vault-work/workers.sock', 'run/vault-office/workers.sock', 'run/api/workers.sock']) {
      expect((statSync(join(data, socket)).mode & 0o777).toString(8), socket).toBe('660')
    }
  })

  test.for<[socket: string, ...allowed: Name[]]>([
    ['run/control.sock', 'gateway', 'portal'],
    ['run/mail-work/workers.sock', 'gateway', 'workers'],
    ['run/door/gateway.sock', 'gateway', 'vault'],
    ['run/vault/vault.sock', 'vault', 'portal'],
    ['run/vault-work/workers.sock', 'vault', 'workers'],
    ['run/vault-office/workers.sock', 'vault', 'office'],
    ['run/api/workers.sock', 'api', 'workers'],
  ])('%s takes those who must reach it, and nobody else', ([socket, ...allowed]) => {
    for (const name of NAMES) expect(connectAs(name, socket), `${name} to ${socket}`).toBe(allowed.includes(name) ? 'connected' : 'EACCES')
  })
})

describe('files', () => {
  test.for<[path: string, owner: Name]>([
    ['vault/identities/default.txt', 'vault'],
    ['vault/kept/vault.db', 'vault'],
    ['mail/mail.db', 'gateway'],
    ['portal/portal.db', 'portal'],
  ])('%s is read by one user only', ([path, owner]) => {
    for (const name of NAMES) {
      const said = run(name, '/usr/bin/head', '-c', '15', join(data, path))
      if (name === owner) expect(said, name).not.toContain('Permission denied')
      else expect(said, name).toContain('Permission denied')
    }
  })

  test('the vault’s key is where it should be, and the gateway has only the public half', () => {
    expect(readFileSync(join(data, 'vault/identities/default.txt'), 'utf8')).toContain('AGE-SECRET-KEY-1')
    expect(run('gateway', '/usr/bin/cat', join(data, 'vault/recipients/default.txt'))).toMatch(/^age1/)
  })

  test.for<[Name, string]>([
    ['workers', 'run/mail-work/new'],
    ['portal', 'run/vault/new'],
    ['gateway', 'vault/recipients/other.txt'],
    ['api', 'run/mail-work/new'],
    ['vault', 'mail/new'],
  ])('%s cannot write %s', ([name, path]) => expect(run(name, '/usr/bin/touch', join(data, path))).toContain('Permission denied'))
})
