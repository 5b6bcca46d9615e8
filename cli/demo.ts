/**
 * `sekisho demo`: a town of its own to click through. Settles people of every role, starts the server, sends 300 mails.
 *
 *   folder ▸ configuration ▸ people into portal.db ▸ serve ▸ mails over SMTP ▸ addresses, logins and codes on the screen
 *
 * Its password is the same for everybody, so it listens on this host alone; a real configuration is never touched.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { formatProblem, loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { EnrolledApprover } from '../core/purposes.ts'
import { Dialogue } from '../loadtest/dialogue.ts'
import { approversOf } from '../portal/admin/people-facts.ts'
import { dayOf } from '../portal/people/day.ts'
import { codeOf } from '../portal/sign-in/totp.ts'
import { OwnDatabase } from '../store/sqlite/own-database.ts'
import { enrolApprovers } from '../vault/approvers.ts'
import { VAULT_MIGRATIONS } from '../vault/tables.ts'
import { asCount, outputOf, plainLeaf } from './command.ts'
import { demoMails } from './demo-mails.ts'
import { DEMO_DOMAIN, DEMO_PASSWORD, DEMO_TOWNS, type DemoLogin, NORTH_DOMAIN, settleDemoTowns } from './demo-people.ts'
import { EXIT, Failure } from './exit.ts'
import { print } from './output.ts'
import { approvalNumbers } from './demo-letters.ts'
import { vaultKept } from './places.ts'
import { openPortalRooms } from './portal-rooms.ts'

type DemoOptions = { readonly dir: string; readonly mails: number; readonly json?: boolean }

const LOGINS_FILE = 'logins.json'
const CONFIG = `# Configuration of the demonstration: on this host only.
dataDir: var
domains: [${DEMO_DOMAIN}]
# A second town on the same gateway; browsers find names below localhost on this host.
tenants:
  - id: kita
    domains: [${NORTH_DOMAIN}]
    contact: 総務課 内線200
    portalUrl: http://kita.localhost:8080
    portalOuterUrl: http://kita.localhost:8081
    portalAdminUrl: http://kita.localhost:8082
hostname: sekisho.${DEMO_DOMAIN}
contact: 情報政策課 内線123
portal: { name: 見本町 メール無害化ポータル, log: none }
# Who confirms by mail who may approve that an original leaves.
vault: { registrars: [admin@${DEMO_DOMAIN}, soumu@${DEMO_DOMAIN}, higashi@${NORTH_DOMAIN}] }
maillog: { path: mail.log }
smtp: { maxTransactions: 100000 }
`

export function demoCommand(): Command {
  return plainLeaf('demo', 'a town of people and mails to try everything with', [EXIT.ok, EXIT.failure, EXIT.usage])
    .addOption(new Option('--dir <folder>', 'where its data goes; one that exists is gone on with').default('sekisho-demo'))
    .addOption(new Option('--mails <count>', 'how many mails to send').argParser(asCount).default(300))
    .action(demo)
    .addCommand(codeCommand())
}

function codeCommand(): Command {
  return plainLeaf('code', 'the six digits that the demonstration’s people would read off their devices now, and the numbers in their latest mails', [EXIT.ok, EXIT.failure])
    .addOption(new Option('--dir <folder>', 'folder of the demonstration').default('sekisho-demo'))
    .action(({ dir, json }: { readonly dir: string; readonly json?: boolean }) => {
      const rows = readLogins(resolve(dir)).map(({ login, name, secret }) => ({ login, name, code: codeOf(secret, Date.now()) }))
      const numbers = approvalNumbers(join(resolve(dir), 'var/maildir/new'))
      const lines = [...rows.map(({ login, name, code }) => `${code}  ${login}  ${name}`), ...(numbers.length === 0 ? [] : ['', '届いた番号（新しい順）:', ...numbers.map(({ code, mailbox, subject }) => `${code}  ${mailbox}  ${subject}`)])]
      print(outputOf({ ...(json === undefined ? {} : { json }) }), { codes: rows, numbers }, () => lines.join('\n'))
    })
}

async function demo({ dir, mails, json }: DemoOptions): Promise<void> {
  const folder = resolve(dir)
  const isNew = !existsSync(join(folder, LOGINS_FILE))
  const config = prepare(folder)
  if (isNew) await settle(folder, config)
  const server = await serve(folder)
  if (isNew) await sendMails(server.smtp, mails)
  const logins = readLogins(folder)
  const { portal, outer, manage } = server
  const facts = { portal: `http://${portal}`, outer: `http://${outer}`, manage: `http://${manage}`, password: DEMO_PASSWORD, logins: logins.map(({ secret: _, ...login }) => login) }
  print(outputOf(json === undefined ? {} : { json }), facts, () => screenOf(facts, dir))
  process.exitCode = await server.ended
}

function prepare(folder: string): Config {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'sekisho.yaml')
  if (!existsSync(path)) writeFileSync(path, CONFIG)
  const loaded = loadConfig(path, process.env)
  if ('problems' in loaded) throw new Failure(EXIT.failure, loaded.problems.map(formatProblem).join('\n'))
  return loaded.config
}

/** The portal does not run yet: its database has no other writer. */
async function settle(folder: string, config: Config): Promise<void> {
  mkdirSync(join(config.dataDir, 'portal'), { recursive: true, mode: 0o700 })
  const rooms = await openPortalRooms(config)
  try {
    writeFileSync(join(folder, LOGINS_FILE), JSON.stringify(await settleDemoTowns(rooms), null, 2), { mode: 0o600 })
    for (const { tenant } of DEMO_TOWNS) await enrolAtVault(config, tenant, approversOf(rooms.db, tenant, dayOf(Date.now())))
  } finally {
    rooms.db.close()
  }
}

/** In the town of the demonstration a registrar has agreed to them already. */
async function enrolAtVault(config: Config, tenant: string, people: readonly EnrolledApprover[]): Promise<void> {
  const database = await OwnDatabase.open({ directory: vaultKept(config), name: 'vault', migrations: VAULT_MIGRATIONS, nowMs: Date.now })
  enrolApprovers(database, people.filter(({ mailbox }) => mailbox !== ''), { actor: 'system', tenant, address: '' })
  database.close()
}

function readLogins(folder: string): DemoLogin[] {
  const path = join(folder, LOGINS_FILE)
  if (!existsSync(path)) throw new Failure(EXIT.failure, `there is no demonstration in ${folder}: start one with sekisho demo`)
  return JSON.parse(readFileSync(path, 'utf8')) as DemoLogin[]
}

type Server = { readonly smtp: string; readonly portal: string; readonly outer: string; readonly manage: string; readonly ended: Promise<number> }

/** Starts `serve` as a person would, and reads from its ready line where it listens. */
function serve(folder: string): Promise<Server> {
  const main = join(import.meta.dirname, '../bin/sekisho.js')
  const child = spawn(process.execPath, ['--no-warnings', main, 'serve', '--config', join(folder, 'sekisho.yaml')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number>(done => child.on('exit', code => done(code ?? EXIT.failure)))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((ready, fail) => {
    let said = ''
    child.stdout.on('data', chunk => {
      said = (said + String(chunk)).slice(-4_000)
      // Mail does not wait for pages on a slow host: a first line may be without them, and another one follows.
      const line = [...said.matchAll(/sekisho ready (.*)\n/g)].at(-1)?.[1]
      if (line === undefined || !line.includes('manage=')) return
      const { smtp = '', portal = '', outer = '', manage = '' } = Object.fromEntries(line.split(' ').map(each => each.split('=') as [string, string]))
      ready({ smtp, portal, outer, manage, ended })
    })
    void ended.then(code => fail(new Failure(EXIT.failure, `the server ended (${code}) before it was ready`)))
  })
}

async function sendMails(address: string, count: number): Promise<void> {
  const { hostname, port } = new URL(`smtp://${address}`)
  const target = { host: hostname, port: Number(port), name: hostname }
  const dialogue = await Dialogue.open({ target, tls: 'off', helo: 'demo.example', pipelining: true }, () => undefined)
  for (const { from, to, octets } of demoMails(count, Date.now())) {
    const { outcome, trouble } = await dialogue.send({ octets, eightBit: true, from, recipients: to, bytesPerSecond: undefined })
    if (outcome !== 'accepted') process.stderr.write(`sekisho: demo: a mail was ${outcome}: ${trouble}\n`)
  }
  dialogue.line.destroy('done')
}

type Facts = { readonly portal: string; readonly outer: string; readonly manage: string; readonly logins: readonly Omit<DemoLogin, 'secret'>[] }

function screenOf({ portal, outer, manage, logins }: Facts, dir: string): string {
  const rowsOf = (tenant: string) => logins.filter(each => each.tenant === tenant).map(({ login, name, department, post, roles }) => `  ${login.padEnd(10)} ${roles.join(', ').padEnd(22)} ${name}（${department} ${post}）`)
  const north = (address: string) => `http://kita.localhost:${address.split(':').at(-1)}`
  return [
    '',
    `業務側（LGWAN側の端末から使う画面）          ${portal}`,
    `インターネット側（原本の受け取り、持ち込み） ${outer}`,
    `管理と監査                                   ${manage}`,
    '',
    `パスワードは全員 ${DEMO_PASSWORD}`,
    `確認コード（6桁）と承認番号は別の端末で: npm run -s sekisho -- demo code --dir ${dir}`,
    '',
    DEMO_TOWNS[0]!.name,
    ...rowsOf('default'),
    '',
    `${DEMO_TOWNS[1]!.name}（同じゲートウェイを使う別の団体。互いに何も見えません）`,
    `  ${north(portal)}  ${north(outer)}  ${north(manage)}`,
    ...rowsOf('kita'),
    '',
    '終わるときは Ctrl+C',
  ].join('\n')
}
