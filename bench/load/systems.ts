/**
 * The systems under test, each with data and queue of its own in one folder on the same disk.
 *
 *   sekisho   the whole product as `sekisho serve` runs it: profile text-only, sealing, verifying, durable store
 *   afternoon peers/afternoon: what one would write with these packages in an afternoon; keeps nothing on disk
 *   postfix   peers/postfix-relay: a plain relay that looks at nothing; needs root and Debian's postfix
 *   mimedefang peers/postfix-mimedefang: the same with MIMEDefang dropping attachments; needs Debian's mimedefang too
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export type System = { readonly name: string; readonly version: string; readonly port: number; readonly rootPid: number; stop(): Promise<void> }

const REPOSITORY = join(import.meta.dirname, '../..')
const PEERS = join(import.meta.dirname, '../peers')

export async function startSekisho(folder: string, sinkPort: number, extraSettings: object = {}): Promise<System> {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const settings = {
    hostname: 'gateway.example',
    dataDir: join(folder, 'var'),
    smtp: { port, maxConnections: 200, maxConnectionsPerClient: 200, maxTransactions: 100_000 },
    policy: { profile: 'text-only' },
    routes: [{ name: 'inner', nextHops: [{ host: '127.0.0.1', port: sinkPort, tls: 'off' }] }],
    maillog: { path: join(folder, 'maillog') },
    admin: { enabled: false },
    portal: { enabled: false },
    ...extraSettings,
  }
  const file = join(folder, 'sekisho.yaml')
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(settings))
  const child = spawn(process.execPath, ['--no-warnings', join(REPOSITORY, 'cli/main.ts'), 'serve', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  await readyLine(child, 'sekisho ready')
  return { name: 'sekisho', version: process.version, port, rootPid: child.pid!, stop: () => stopped(child) }
}

export async function startAfternoon(sinkPort: number): Promise<System> {
  const child = spawn(process.execPath, ['--no-warnings', join(PEERS, 'afternoon/gateway.ts'), String(sinkPort)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = Number((await readyLine(child, 'ready ')).slice('ready '.length))
  return { name: 'afternoon', version: process.version, port, rootPid: child.pid!, stop: () => stopped(child) }
}

async function stopped(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** What stands from `word` on. */
async function readyLine(child: ChildProcess, word: string): Promise<string> {
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${child.spawnargs.at(2)} did not start`)))
  let said = ''
  const ready = new Promise<string>(resolve => {
    child.stdout!.on('data', (text: Buffer) => {
      said += text.toString()
      if (said.includes(word) && said.endsWith('\n')) resolve(said.slice(said.indexOf(word)).trim())
    })
  })
  ended.catch(() => undefined)
  return Promise.race([ready, ended])
}

export function startPostfix(folder: string, sinkPort: number): Promise<System> {
  return startPostfixWith({ name: 'postfix', folder, sinkPort, more: '' })
}

type PostfixPlan = { readonly name: string; readonly folder: string; readonly sinkPort: number; readonly more: string }

/** `more` stands behind the settings of the plain relay. */
async function startPostfixWith({ name, folder, sinkPort, more }: PostfixPlan): Promise<System> {
  const port = await freePort()
  const config = join(folder, 'config')
  for (const each of [config, join(folder, 'queue'), join(folder, 'data')]) mkdirSync(each, { recursive: true })
  execFileSync('chown', ['postfix', join(folder, 'data')])
  chmodSync(folder, 0o755)
  const words = { ROOT: folder, SINK: sinkPort, PORT: port }
  writeFileSync(join(config, 'main.cf'), `${filledIn('main.cf', words)}\n${more}`)
  writeFileSync(join(config, 'master.cf'), filledIn('master.cf', words))
  execFileSync('postfix', ['-c', config, 'start'], { stdio: 'pipe' })
  await delay(500)
  const rootPid = Number(readFileSync(join(folder, 'queue/pid/master.pid'), 'latin1'))
  return {
    name,
    version: execFileSync('postconf', ['-c', config, '-h', 'mail_version'], { encoding: 'utf8' }).trim(),
    port,
    rootPid,
    stop: async () => void execFileSync('postfix', ['-c', config, 'stop'], { stdio: 'pipe' }),
  }
}

/**
 * Both of MIMEDefang's processes stay in the foreground as children, on UNIX sockets. Their CPU and memory are not in the
 * figures, which are those of Postfix's tree: take them as a bound from below.
 */
export async function startMimedefang(folder: string, sinkPort: number): Promise<System> {
  const spool = join(folder, 'spool')
  mkdirSync(spool, { recursive: true })
  execFileSync('chown', ['defang', spool])
  chmodSync(folder, 0o755)
  chmodSync(spool, 0o755)
  const filter = join(folder, 'filter')
  copyFileSync(join(PEERS, 'postfix-mimedefang/mimedefang-filter'), filter)
  // The multiplexor starts a program, not a filter; this one names ours.
  const program = join(folder, 'workers')
  writeFileSync(program, `#!/bin/sh\nexec /usr/bin/mimedefang.pl -f ${filter} "$@"\n`, { mode: 0o755 })
  const inForeground = ['-D', '-U', 'defang', '-z', spool]
  const [mux, milter] = [join(spool, 'mux.sock'), join(spool, 'milter.sock')]
  const children = [spawn('mimedefang-multiplexor', [...inForeground, '-s', mux, '-f', program, '-m', '2', '-x', '4', '-q', '50'], { stdio: 'ignore' })]
  await exists(mux)
  children.push(spawn('mimedefang', [...inForeground, '-m', mux, '-p', milter, '-q'], { stdio: 'ignore' }))
  await exists(milter)
  chmodSync(milter, 0o777)
  const postfix = await startPostfixWith({ name: 'mimedefang', folder, sinkPort, more: `smtpd_milters = unix:${milter}\nmilter_default_action = tempfail\n` })
  return {
    ...postfix,
    async stop() {
      await postfix.stop()
      for (const child of children.toReversed()) await stopped(child)
    },
  }
}

async function exists(path: string): Promise<void> {
  for (let i = 0; i < 100 && !existsSync(path); i++) await delay(100)
  if (!existsSync(path)) throw new Error(`${path} did not appear`)
}

function filledIn(file: string, words: Readonly<Record<string, string | number>>): string {
  return readFileSync(join(PEERS, 'postfix-relay', file), 'utf8').replace(/@(ROOT|SINK|PORT)@/g, (_, word: string) => String(words[word]))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
