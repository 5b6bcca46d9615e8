/**
 * The systems under test, each with data and queue of its own in one folder on the same disk.
 *
 *   sekisho      the whole product as `sekisho serve` runs it: profile text-only, sealing, verifying, durable store
 *   disarm       the same with profile disarm
 *   stranger     the same, the sender no listed upstream: SPF, DKIM and DMARC, from a DNS server on loopback
 *   afternoon    peers/afternoon: what one would write with these packages in an afternoon; keeps nothing on disk
 *   postfix      peers/postfix-relay: a plain relay that looks at nothing; needs root and Debian's postfix
 *   mimedefang   the same with MIMEDefang, which drops attachments and flattens HTML; needs Debian's mimedefang
 *   amavis       the same with amavisd-new behind its queue, 8 processes; needs Debian's amavisd-new
 *   haraka       peers/haraka: Haraka with a queue of its own; needs `npm ci --prefix bench/peers/haraka`
 *
 * `NAME@FOLDER`: that system of another checkout, as its own code starts it: two states of this project, side by side.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { startDnsServer } from '../../test/support/dns-server.ts'
import { startHaraka } from './haraka.ts'
import { startAmavis, startMimedefang, startPostfix } from './postfix.ts'
import { SENDER_RECORDS } from './signed.ts'
import { freePort, PEERS, readyLine, stopped, type System } from './starting.ts'

export type { System } from './starting.ts'

const REPOSITORY = join(import.meta.dirname, '../..')

type Plan = { readonly folder: string; readonly sinkPort: number; readonly settings: object }

const STARTS: Readonly<Record<string, (plan: Plan) => Promise<System>>> = {
  sekisho: ({ folder, sinkPort, settings }) => startSekisho(folder, sinkPort, settings),
  disarm: async ({ folder, sinkPort, settings }) => ({
    ...(await startSekisho(folder, sinkPort, { policy: { profile: 'disarm' }, ...settings })),
    name: 'disarm',
  }),
  stranger: ({ folder, sinkPort }) => startForStrangers(folder, sinkPort),
  afternoon: ({ sinkPort }) => startAfternoon(sinkPort),
  postfix: ({ folder, sinkPort }) => startPostfix(folder, sinkPort),
  mimedefang: ({ folder, sinkPort }) => startMimedefang(folder, sinkPort),
  amavis: ({ folder, sinkPort }) => startAmavis(folder, sinkPort),
  haraka: ({ folder, sinkPort }) => startHaraka(folder, sinkPort),
}

/** `settings` are for Sekisho only. @throws Error for a name that is none of the above. */
export async function startSystem(name: string, plan: Plan): Promise<System> {
  const [ours, checkout] = name.split('@', 2)
  if (checkout !== undefined) return { ...(await (await systemsOf(checkout)).startSystem(ours!, plan)), name }
  const start = STARTS[name]
  if (!start) throw new Error(`no such system: ${name}; there are ${Object.keys(STARTS).join(', ')}`)
  return start(plan)
}

/** Of another checkout: each state of the project knows best how it is started. Rejects when that has no such module. */
export function systemsOf(checkout: string): Promise<{ readonly startSystem: typeof startSystem; readonly startSekisho: typeof startSekisho }> {
  return import(resolve(checkout, 'bench/load/systems.ts'))
}

const SMTP = { maxConnections: 400, maxConnectionsPerClient: 400, maxTransactions: 100_000, maxMessageBytes: '100MiB' }

export async function startSekisho(folder: string, sinkPort: number, extraSettings: object = {}): Promise<System> {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const settings = {
    hostname: 'gateway.example',
    dataDir: join(folder, 'var'),
    smtp: { port, ...SMTP },
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
  const child = spawn(process.execPath, ['--no-warnings', join(REPOSITORY, 'bin/sekisho.js'), 'serve', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  await readyLine(child, 'sekisho ready')
  return { name: 'sekisho', version: process.version, port, rootPid: child.pid!, stop: () => stopped(child) }
}

async function startForStrangers(folder: string, sinkPort: number): Promise<System> {
  const dns = await startDnsServer(SENDER_RECORDS)
  const smtp = { port: await freePort(), ...SMTP, upstreams: [], acceptStrangers: true }
  const system = await startSekisho(folder, sinkPort, { smtp, auth: { resolvers: [dns.address] } })
  return { ...system, name: 'stranger', port: smtp.port, stop: () => system.stop().then(() => dns.close()) }
}

async function startAfternoon(sinkPort: number): Promise<System> {
  const child = spawn(process.execPath, ['--no-warnings', join(PEERS, 'afternoon/gateway.ts'), String(sinkPort)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = Number((await readyLine(child, 'ready ')).slice('ready '.length))
  return { name: 'afternoon', version: process.version, port, rootPid: child.pid!, stop: () => stopped(child) }
}
