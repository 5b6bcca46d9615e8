/** Hostile code is let loose where messages are parsed, in really launched processes. Everything must be denied. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DENIED } from './jobs/attacks.ts'
import { CODE_ROOT, JOBS, type LocalWorkshop, message, openLocalWorkshop, testJob } from './local-workshop.ts'

const secrets = mkdtempSync(join(tmpdir(), 'sekisho-secrets-'))
writeFileSync(join(secrets, 'identity.age'), 'AGE-SECRET-KEY-1')
process.env['SEKISHO_SECRET'] = 'for the gateway only'

let contacts = 0
const server = net.createServer(socket => {
  contacts++
  socket.destroy()
})
const unixServer = net.createServer(() => contacts++)
let port = 0
let local: LocalWorkshop

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  await new Promise<void>(resolve => unixServer.listen(join(secrets, 'control.sock'), resolve))
  port = (server.address() as net.AddressInfo).port
  local = await openLocalWorkshop({
    launcher: {
      modules: {
        sanitizer: join(JOBS, 'scripted-sanitizer.ts'),
        disarmers: join(JOBS, 'scripted-disarmers.ts'),
        verifier: join(JOBS, 'attacking-verifier.ts'),
        extraCode: [JOBS],
      },
    },
  })
})
afterAll(async () => {
  await local.close()
  server.close()
  unixServer.close()
  rmSync(secrets, { recursive: true })
})

const PLACES = {
  '«port»': () => String(port),
  '«secrets»': () => secrets,
  '«code»': () => CODE_ROOT,
  '«jobs»': () => JOBS,
  '«line»': () => join(local.dir, 'workers.sock'),
}
const OUTSIDE = [
  'net.connect=«port»',
  'net.unix=«secrets»/control.sock',
  'net.unix=«line»',
  'net.listen',
  'http.listen',
  'http.get=«port»',
  'tls.connect=«port»',
  'dgram.send=«port»',
  'fetch=«port»',
  'WebSocket',
  'dns.lookup',
  'dns.resolve',
]
const FILES = [
  'fs.read=/etc/passwd',
  'fs.read=«secrets»/identity.age',
  'fs.readdir=«secrets»',
  'fs.stat=«secrets»/identity.age',
  'fs.read=/proc/self/environ',
  'fs.read=«code»/var/vault',
  'fs.readdir=«code»',
  'fs.read=«code»/cli/main.ts',
  'fs.readdir=/',
  'fs.readdir=..',
  'fs.write=«secrets»/new',
  'fs.write=new',
  'fs.write_in_code=«jobs»/new',
  'fs.write_in_code=«code»/.untyped/new',
  'fs.symlink=«jobs»/link',
  'fs.rm=«jobs»/attacks.ts',
  'heap_snapshot=new',
  'report=new',
]
const GATEWAY_LINE = [
  'line.writeSync',
  'line.write',
  'line.readSync',
  'line.readFileSync',
  'line.writeFileSync',
  'line.stream',
  'line.close',
  'line.socket',
  'line.tty',
]
const OTHER_CODE = [
  'worker',
  'worker_by_require',
  'sqlite=«secrets»/new.db',
  'sqlite_by_process=«secrets»/new.db',
  'spawn',
  'execSync',
  'fork',
  'process.binding',
  'dlopen',
  'ffi',
  'wasi',
  'v8_flags',
  'eval',
]
const PROCESSES = ['kill_parent', 'kill_group', 'raw_kill', 'priority', 'inspector', 'inspector_session', 'abort']
const SURROUNDINGS = ['environment', 'current_directory']
const ALL = [...OUTSIDE, ...FILES, ...GATEWAY_LINE, ...OTHER_CODE, ...PROCESSES, ...SURROUNDINGS]

function aim(attack: string): string {
  return Object.entries(PLACES).reduce((text, [place, real]) => text.replace(place, real()), attack)
}

function outcomes(lines: string): Map<string, string> {
  const words = lines
    .trim()
    .split('\n')
    .map(line => line.split(': '))
  return new Map(ALL.map((attack, index) => [attack, words[index]?.[1] ?? 'no outcome']))
}

describe.each([
  ['a light sanitizer', 'attack'],
  // Its process ends in the light lane, so the message is tried again in the suspect one, which has a pool.
  ['a pool thread of a sanitizer', 'attack-in-thread'],
])('%s is denied', (_, verb) => {
  let seen: Map<string, string>
  beforeAll(async () => {
    const result = await local.workshop.sanitize(testJob(), message({ Do: `${verb} ${ALL.map(aim).join(' ')}` }))
    if (result.kind !== 'done') throw new Error(JSON.stringify(result))
    const text = Buffer.from(result.result.groups[0]!.message).toString('latin1')
    seen = outcomes(text.slice(text.indexOf('\r\n\r\n') + 4).replace(/\r\n/g, '\n'))
  })

  test.each(ALL)('%s', attack => expect(seen.get(attack)).toMatch(DENIED))
})

describe('a verifier', () => {
  /** The attacking verifier reports as differences how many attacks it tried and which ones were not denied. */
  async function reached(attacks: readonly string[]): Promise<readonly string[]> {
    const result = await local.workshop.sanitize(
      testJob(),
      message({ Subject: `attack ${attacks.map(aim).join(' ')}` }),
    )
    return result.kind === 'done' ? result.alarms : [result.kind]
  }

  test('is denied all of that too', async () =>
    expect(await reached(ALL)).toEqual([`not verified: ${ALL.length} tried`]))

  test('would be seen if it reached something', async () =>
    expect(await reached(['wasm', 'eval'])).toEqual([expect.stringMatching(/^not verified: 2 tried; wasm: REACHED/)]))
})

test('nothing reached a server or left a file behind', () => {
  expect(contacts).toBe(0)
  expect(readdirSync(secrets).sort()).toEqual(['control.sock', 'identity.age'])
  expect(readdirSync(JOBS)).toContain('attacks.ts')
  expect(readdirSync(join(local.dir, 'empty'))).toEqual([])
})

test('WebAssembly still works: disarmers need it', async () => {
  const result = await local.workshop.sanitize(testJob(), message({ Do: 'attack wasm' }))
  expect(result.kind === 'done' && Buffer.from(result.result.groups[0]!.message).toString()).toMatch(/wasm: REACHED/)
})
