/**
 * A Postfix of our own: configuration, queue, data, log and mail below one scratch folder, one port on 127.0.0.1.
 * The system's own instance is never read, started or stopped.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { descendants, end, freePort, until } from './processes.ts'
import { scratchFolder } from './sekisho.ts'

const SERVICES = [
  'cleanup unix n - n - 0 cleanup', 'qmgr unix n - n 300 1 qmgr', 'rewrite unix - - n - - trivial-rewrite', 'bounce unix - - n - 0 bounce',
  'defer unix - - n - 0 bounce', 'trace unix - - n - 0 bounce', 'verify unix - - n - 1 verify', 'flush unix n - n 1000? 0 flush',
  'proxymap unix - - n - - proxymap', 'smtp unix - - n - - smtp', 'relay unix - - n - - smtp', 'showq unix n - n - - showq', 'error unix - - n - - error',
  'retry unix - - n - - error', 'discard unix - - n - - discard', 'local unix - n n - - local', 'virtual unix - n n - - virtual', 'anvil unix - - n - 1 anvil', 'scache unix - - n - 1 scache',
  'pickup unix n - n 60 1 pickup', 'postlog unix-dgram n - n - 1 postlogd',
]
const START_MS = 20_000
const STOP_MS = 10_000

export class Postfix {
  readonly folder: string
  readonly port: number
  #process: ChildProcess | undefined
  #said = ''

  private constructor(folder: string, port: number) {
    this.folder = folder
    this.port = port
  }

  /** Relays everything to the gateway at `gatewayPort`. */
  static before(gatewayPort: number): Promise<Postfix> {
    return Postfix.#start('before', [`relayhost = [127.0.0.1]:${gatewayPort}`, 'default_destination_concurrency_limit = 10', 'minimal_backoff_time = 5s', 'queue_run_delay = 5s'])
  }

  /** Delivers everything for the town into one Maildir. */
  static after(settings: readonly string[] = []): Promise<Postfix> {
    const uid = execFileSync('id', ['-u', 'nobody']).toString().trim()
    return Postfix.#start('after', [
      'virtual_mailbox_domains = town.example.jp', 'virtual_mailbox_base = $queue_directory/../mail', 'virtual_mailbox_maps = static:all/',
      `virtual_uid_maps = static:${uid}`, `virtual_gid_maps = static:${uid}`, 'virtual_minimum_uid = 1', 'virtual_mailbox_limit = 0', ...settings,
    ])
  }

  static async #start(name: string, settings: readonly string[]): Promise<Postfix> {
    const postfix = new Postfix(scratchFolder(`postfix-${name}`), await freePort())
    postfix.#configure(settings)
    await postfix.#run().catch(async error => {
      await postfix.#stop()
      throw error
    })
    return postfix
  }

  /** Delivered files, raw. */
  delivered(): Buffer[] {
    const folder = join(this.folder, 'mail/all/new')
    return existsSync(folder) ? readdirSync(folder).map(name => readFileSync(join(folder, name))) : []
  }

  count(): number {
    const folder = join(this.folder, 'mail/all/new')
    return existsSync(folder) ? readdirSync(folder).length : 0
  }

  log(): string {
    const path = join(this.folder, 'log')
    return (existsSync(path) ? readFileSync(path, 'utf8') : '') + this.#said
  }

  async remove(): Promise<void> {
    await this.#stop()
    if (!process.env['SYSTEM_TEST_KEEP']) rmSync(this.folder, { recursive: true, force: true })
  }

  #configure(settings: readonly string[]): void {
    const { folder, port } = this
    chmodSync(folder, 0o755)
    for (const name of ['etc', 'spool', 'data', 'mail']) mkdirSync(join(folder, name), { mode: 0o755 })
    const [uid, gid] = [idOf('-u', 'postfix'), idOf('-g', 'postfix')]
    chownSync(join(folder, 'data'), uid, gid)
    chownSync(join(folder, 'mail'), idOf('-u', 'nobody'), idOf('-g', 'nobody'))
    const common = [
      'compatibility_level = 3.6', `queue_directory = ${folder}/spool`, `data_directory = ${folder}/data`, 'mail_owner = postfix', 'setgid_group = postdrop',
      'command_directory = /usr/sbin', 'daemon_directory = /usr/lib/postfix/sbin', `maillog_file = ${folder}/log`, `maillog_file_prefixes = ${folder}`,
      'inet_interfaces = 127.0.0.1', 'inet_protocols = ipv4', 'myhostname = postfix.example.com', 'mydestination =', 'mynetworks = 127.0.0.0/8', 'local_recipient_maps =',
      'alias_maps =', 'alias_database =', 'smtputf8_enable = no', 'smtpd_relay_restrictions = permit_mynetworks, reject', 'disable_dns_lookups = yes', 'smtp_host_lookup = native',
      'message_size_limit = 60000000', 'smtpd_tls_security_level = none', 'smtp_tls_security_level = none', 'in_flow_delay = 0', 'notify_classes =',
    ]
    writeFileSync(join(folder, 'etc/main.cf'), [...common, ...settings, ''].join('\n'))
    writeFileSync(join(folder, 'etc/master.cf'), [`127.0.0.1:${port} inet n - n - - smtpd`, ...SERVICES, ''].join('\n'))
  }

  async #run(): Promise<void> {
    // start-fg also makes the queue's folders; our child is the shell that runs its script, the master a child of that.
    const child = spawn('/usr/sbin/postfix', ['-c', join(this.folder, 'etc'), 'start-fg'], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (this.#said += String(text)))
    await until('Postfix answers', START_MS, () => {
      if (child.exitCode !== null) throw new Error(`Postfix did not start:\n${this.log()}`)
      return greets(this.port)
    })
  }

  /** The shell would die of SIGTERM and leave its master alone, so the master is told, and the shell ends after it. */
  async #stop(): Promise<void> {
    const child = this.#process
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    for (const { pid } of descendants(child.pid)) end(pid, 'SIGTERM')
    const late = setTimeout(() => {
      for (const pid of [child.pid!, ...descendants(child.pid!).map(each => each.pid)]) end(pid, 'SIGKILL')
    }, STOP_MS)
    await ended
    clearTimeout(late)
  }
}

function idOf(flag: '-u' | '-g', user: string): number {
  return Number(execFileSync('id', [flag, user]).toString())
}

function greets(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('data', () => resolve(socket.end('QUIT\r\n') !== undefined))
    socket.once('error', () => resolve(false))
  })
}
