/**
 * The operating system's walls, tried from inside by code that Node itself denies nothing: what is out of reach
 * here is out of reach for whoever takes over a process.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findWall, inClosedBox, inKeylessBox, type Wall } from '../../workers/wall.ts'
import { ROOT, Sekisho } from './support/sekisho.ts'

const UNSHARE: Wall = { kind: 'unshare', unshare: '/usr/bin/unshare', setpriv: '/usr/bin/setpriv' }
/** Plain Node outside of the root's home, so that an unprivileged user can run it too. */
const NODE = process.execPath
const NOBODY = 65_534

const data = mkdtempSync(join(tmpdir(), 'sekisho-wall-'))
const identities = join(data, 'vault/identities')
let contacts = 0
const server = net.createServer(() => contacts++)
let port = 0
let bubblewrap: Wall

beforeAll(async () => {
  mkdirSync(identities, { recursive: true })
  writeFileSync(join(identities, 'default.txt'), 'AGE-SECRET-KEY-1', { mode: 0o644 })
  spawnSync('chmod', ['-R', 'a+rwX', data])
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as net.AddressInfo).port
  const found = await findWall('bubblewrap', NODE)
  if (found.wall === undefined) throw new Error(found.why)
  bubblewrap = found.wall
})
afterAll(() => {
  server.close()
  rmSync(data, { recursive: true })
})

/** A network of its own, with or without a loopback that nobody listens on. */
const NOBODY_THERE = expect.stringMatching(/^(?:ENETUNREACH|ECONNREFUSED)$/)

const wallOf = (kind: string) => (kind === 'bubblewrap' ? bubblewrap : UNSHARE)

/** Tries each line of JavaScript inside; answers with the error code or what it got. */
function inside(words: readonly string[], asUser: number | undefined): Record<string, string> {
  const [program, ...given] = words
  const ran: SpawnSyncReturns<string> = spawnSync(program!, given, {
    encoding: 'utf8',
    env: {},
    ...(asUser === undefined ? {} : { uid: asUser, gid: asUser }),
  })
  if (ran.status !== 0) throw new Error(`exit ${ran.status}: ${ran.stderr}`)
  return JSON.parse(ran.stdout) as Record<string, string>
}

function script(attacks: Readonly<Record<string, string>>): string {
  return `const fs = require('node:fs'), net = require('node:net'), run = require('node:child_process').spawnSync
    const out = {}
    const attempt = async (name, what) => { try { out[name] = String(await what()) } catch (error) { out[name] = error.code ?? error.name } }
    const connect = port => new Promise((yes, no) => net.connect(port, '127.0.0.1', () => yes('connected')).on('error', no))
    ;(async () => {
      ${Object.entries(attacks).map(([name, code]) => `await attempt(${JSON.stringify(name)}, () => ${code})`).join('\n')}
      fs.writeSync(1, JSON.stringify(out)); process.exit(0)
    })()`
}

const USERS: readonly [string, number | undefined][] = [
  ['this user', undefined],
  ['an unprivileged user', NOBODY],
]

describe.each(['bubblewrap', 'unshare'])('a worker’s box by %s', kind => {
  test.each(USERS)('for %s: no network, no foreign process, nothing of the data', (_name, asUser) => {
    const attacks = {
      connect: `connect(${port})`,
      key: `fs.readFileSync(${JSON.stringify(join(identities, 'default.txt'))}, 'utf8')`,
      signal: `process.kill(${process.pid}, 0)`,
      processes: `fs.readdirSync('/proc').length`,
      data: `fs.readdirSync(${JSON.stringify(data)}).length`,
      here: `fs.readdirSync('.').length`,
      write: `fs.writeFileSync('new', 'x')`,
      unhide: `run('/bin/umount', [${JSON.stringify(data)}]).status === 0 ? 'undone' : Promise.reject({ code: 'EPERM' })`,
    }
    const box = { readable: [], hidden: data }
    const seen = inside(inClosedBox(wallOf(kind), box, [NODE, '--eval', script(attacks)]), asUser)
    expect(seen).toMatchObject({ connect: NOBODY_THERE, key: 'ENOENT', signal: 'ESRCH', here: '0', write: 'EROFS', unhide: 'EPERM' })
    expect(seen['processes']).toMatch(kind === 'bubblewrap' ? /^ENOENT$/ : /^0$/)
    expect(seen['data']).toMatch(kind === 'bubblewrap' ? /^ENOENT$/ : /^0$/)
    expect(contacts).toBe(0)
  })
})

test('a worker’s box by bubblewrap has no other file of the system in it', () => {
  const words = inClosedBox(bubblewrap, { readable: [], hidden: data }, [
    NODE,
    '--eval',
    script({ passwd: `fs.readFileSync('/etc/passwd')`, shell: `fs.statSync('/bin/sh')`, write: `fs.writeFileSync('/new', 'x')` }),
  ])
  expect(inside(words, undefined)).toEqual({ passwd: 'ENOENT', shell: 'ENOENT', write: 'EROFS' })
})

test.each(['bubblewrap', 'unshare'])('pictures are still made by native code in a worker’s box by %s', kind => {
  const code = 'sharp({ create: { width: 9, height: 9, channels: 3, background: "red" } }).png().toBuffer()'
  const path = JSON.stringify(join(ROOT, 'node_modules/sharp'))
  const made = `new Promise((yes, no) => { const sharp = require(${path}); ${code}.then(png => yes(png.subarray(1, 4).toString()), no) })`
  const box = { readable: [join(ROOT, 'node_modules')], hidden: data }
  expect(inside(inClosedBox(wallOf(kind), box, [NODE, '--eval', script({ made })]), undefined)).toEqual({ made: 'PNG' })
})

describe.each(['bubblewrap', 'unshare'])('the gateway’s box by %s', kind => {
  test.each(USERS)('for %s: the keys are not there, and cannot be brought back', (_name, asUser) => {
    const key = join(identities, 'default.txt')
    const attacks = {
      key: `fs.readFileSync(${JSON.stringify(key)}, 'utf8')`,
      list: `fs.readdirSync(${JSON.stringify(identities)}).length`,
      'by a process outside': `fs.readFileSync('/proc/${process.pid}/root${key}', 'utf8')`,
      unmount: `run('/bin/umount', [${JSON.stringify(identities)}]).status === 0 ? 'undone' : 'denied'`,
      nested: `/KEY/.test(run('/usr/bin/unshare', ['-Urm', 'sh', '-c', ${JSON.stringify(`umount ${identities}; cat ${key}`)}]).stdout) ? 'undone' : 'denied'`,
      'own files': `(fs.writeFileSync(${JSON.stringify(join(data, `mail.${asUser}`))}, 'x'), 'written')`,
    }
    const box = { hidden: identities, sealed: join(data, 'vault'), code: ROOT, writable: [data] }
    const seen = inside(inKeylessBox(wallOf(kind), box, [NODE, '--eval', script(attacks)]), asUser)
    expect(seen).toEqual({ key: 'ENOENT', list: '0', 'by a process outside': 'EACCES', unmount: 'denied', nested: 'denied', 'own files': 'written' })
  })
})

test('the gateway’s box by bubblewrap: neither the vault nor the code can be moved or changed', () => {
  const attacks = {
    vault: `fs.renameSync(${JSON.stringify(join(data, 'vault'))}, ${JSON.stringify(join(data, 'old'))})`,
    data: `fs.renameSync(${JSON.stringify(data)}, ${JSON.stringify(`${data}-old`)})`,
    recipient: `fs.writeFileSync(${JSON.stringify(join(data, 'vault/new'))}, 'x')`,
    code: `fs.writeFileSync(${JSON.stringify(join(ROOT, 'cli/new.ts'))}, 'x')`,
  }
  const box = { hidden: identities, sealed: join(data, 'vault'), code: ROOT, writable: [data] }
  const seen = inside(inKeylessBox(bubblewrap, box, [NODE, '--eval', script(attacks)]), undefined)
  expect(seen).toEqual({ vault: 'EBUSY', data: 'EBUSY', recipient: 'EROFS', code: 'EROFS' })
  expect(readdirSync(identities)).toEqual(['default.txt'])
})

test('sekisho serve stands behind its walls: seen through /proc, and it takes mail', async () => {
  const sekisho = await Sekisho.start({ sandbox: { wall: 'bubblewrap' } })
  try {
    const processes = sekisho.processes()
    const gateway = processes.find(({ role }) => role === 'gateway')!
    expect(readdirSync(`/proc/${gateway.pid}/root${sekisho.dataDir}/vault/identities`)).toEqual([])
    expect(readdirSync(join(sekisho.dataDir, 'vault/identities'))).toEqual(['default.txt'])
    for (const { pid, role } of processes.filter(each => each.role === 'sanitizer' || each.role === 'verifier'))
      // Where pictures of texts are made there are fonts, which Debian reaches by /etc/alternatives; nothing else is there.
      expect([role, existsSync(`/proc/${pid}/root/etc/passwd`), existsSync(`/proc/${pid}/root${sekisho.dataDir}`)]).toEqual([role, false, false])
    expect(sekisho.said).not.toContain('warning: no wall')
  } finally {
    await sekisho.remove()
  }
})
