/**
 * Postfix as a plain relay, alone or with a content filter, as peers (systems.ts). Needs root and Debian's packages.
 *
 *   postfix      smtpd ▸ queue ▸ smtp ▸ sink
 *   mimedefang   smtpd ◂milter▸ MIMEDefang, before the queue
 *   amavis       smtpd ▸ queue ▸ amavisd-new ▸ smtpd ▸ queue ▸ smtp ▸ sink
 *
 * The filters stay in the foreground as children; their CPU and memory count.
 */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { exists, freePort, greets, PEERS, stopped, type System } from './starting.ts'

type PostfixPlan = {
  readonly name: string
  readonly folder: string
  readonly sinkPort: number
  /** Stands behind the settings of the plain relay. */
  readonly main?: string
  readonly master?: string
}

export function startPostfix(folder: string, sinkPort: number): Promise<System> {
  return startPostfixWith({ name: 'postfix', folder, sinkPort })
}

async function startPostfixWith({ name, folder, sinkPort, main = '', master = '' }: PostfixPlan): Promise<System> {
  const port = await freePort()
  const config = join(folder, 'config')
  for (const each of [config, join(folder, 'queue'), join(folder, 'data')]) mkdirSync(each, { recursive: true })
  execFileSync('chown', ['postfix', join(folder, 'data')])
  chmodSync(folder, 0o755)
  const words = { ROOT: folder, SINK: sinkPort, PORT: port }
  writeFileSync(join(config, 'main.cf'), `${filledIn('postfix-relay/main.cf', words)}\n${main}`)
  writeFileSync(join(config, 'master.cf'), `${filledIn('postfix-relay/master.cf', words)}\n${master}`)
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
  const multiplexor = spawn('mimedefang-multiplexor', [...inForeground, '-s', mux, '-f', program, '-m', '2', '-x', '4', '-q', '50'], { stdio: 'ignore' })
  await exists(mux)
  const filtering = spawn('mimedefang', [...inForeground, '-m', mux, '-p', milter, '-q'], { stdio: 'ignore' })
  await exists(milter)
  chmodSync(milter, 0o777)
  const main = `smtpd_milters = unix:${milter}\nmilter_default_action = tempfail\n`
  const postfix = await startPostfixWith({ name: 'mimedefang', folder, sinkPort, main })
  return {
    ...postfix,
    morePids: [multiplexor.pid!, filtering.pid!],
    async stop() {
      await postfix.stop()
      await stopped(filtering)
      await stopped(multiplexor)
    },
  }
}

export async function startAmavis(folder: string, sinkPort: number): Promise<System> {
  const [filterPort, backPort] = [await freePort(), await freePort()]
  for (const each of ['amavis/tmp', 'amavis/quarantine']) mkdirSync(join(folder, each), { recursive: true })
  execFileSync('chown', ['-R', 'amavis', join(folder, 'amavis')])
  chmodSync(folder, 0o755)
  const config = join(folder, 'amavisd.conf')
  writeFileSync(config, filledIn('postfix-amavis/amavisd.conf', { ROOT: folder, FILTER: filterPort, BACK: backPort }))
  const amavis = spawn('/usr/sbin/amavisd', ['-c', config, 'foreground'], { stdio: 'ignore' })
  await greets(filterPort)
  const master = [
    'amavis unix - - n - 8 smtp -o smtp_send_xforward_command=yes',
    `127.0.0.1:${backPort} inet n - n - - smtpd -o content_filter= -o smtpd_authorized_xforward_hosts=127.0.0.0/8`,
    '',
  ].join('\n')
  const postfix = await startPostfixWith({ name: 'amavis', folder, sinkPort, main: `content_filter = amavis:[127.0.0.1]:${filterPort}\n`, master })
  return {
    ...postfix,
    morePids: [amavis.pid!],
    async stop() {
      await postfix.stop()
      await stopped(amavis)
    },
  }
}

function filledIn(file: string, words: Readonly<Record<string, string | number>>): string {
  return readFileSync(join(PEERS, file), 'utf8').replace(/@([A-Z]+)@/g, (_, word: string) => String(words[word]))
}
