/**
 * The real processes, started as a user starts them: one sample mail from SMTP to the Maildir, questions by the command
 * line, and an orderly end. Tests that run TypeScript elsewhere would not notice syntax that Node refuses.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const READY = /sekisho ready smtp=127\.0\.0\.1:(\d+) portal=127\.0\.0\.1:\d+ outer=127\.0\.0\.1:\d+ manage=127\.0\.0\.1:\d+ admin=127\.0\.0\.1:(\d+)/

let directory: string
let environment: NodeJS.ProcessEnv
let server: ChildProcess
let smtpPort: number
let adminPort: number
let output = ''

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-'))
  // Without processes of the vault that stand ready: nobody looks at pages here, and each takes seconds of CPU to start.
  const light = { SEKISHO_VAULT_READY: '0', SEKISHO_VAULT_ALONE_READY: '0', SEKISHO_VAULT_OFFICE_USE: 'off' }
  environment = { ...process.env, ...light, SEKISHO_DATA_DIR: join(directory, 'var'), SEKISHO_SMTP_PORT: '0', SEKISHO_ADMIN_PORT: '0', SEKISHO_PORTAL_INNER_PORT: '0', SEKISHO_PORTAL_OUTER_PORT: '0', SEKISHO_PORTAL_ADMIN_PORT: '0' }
  server = spawn(process.execPath, [MAIN, 'serve'], { env: environment, cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  server.stdout?.on('data', chunk => (output += chunk))
  server.stderr?.on('data', chunk => (output += chunk))
  // Pages stand behind mail: on a busy machine they come later, with a ready line of their own.
  await vi.waitUntil(() => READY.test(output), { timeout: 75_000 }).catch(() => expect.fail(output))
  const [, smtp, admin] = READY.exec(output)!
  smtpPort = Number(smtp)
  adminPort = Number(admin)
}, 80_000)

afterAll(async () => {
  if (server.exitCode === null) {
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
})

async function sekisho(...args: string[]): Promise<string> {
  return (await run(process.execPath, [MAIN, ...args], { env: environment, cwd: directory })).stdout
}

/** Says one mail and gives the reply to its end of data. */
async function send(path: string): Promise<string> {
  const socket = connect(smtpPort, '127.0.0.1')
  let heard = ''
  socket.on('data', chunk => (heard += chunk))
  const say = async (text: string | Buffer, until: RegExp) => {
    heard = ''
    socket.write(text)
    await expect.poll(() => heard, { timeout: 15_000 }).toMatch(until)
  }
  await expect.poll(() => heard).toMatch(/^220 /)
  await say('EHLO client.example\r\n', /^250 /m)
  await say('MAIL FROM:<a@example.com>\r\n', /^250/)
  await say('RCPT TO:<staff@town.example.jp>\r\n', /^250/)
  await say('DATA\r\n', /^354/)
  await say(Buffer.concat([readFileSync(path), Buffer.from('.\r\n')]), /^[245]\d\d /)
  const reply = heard
  await say('QUIT\r\n', /^221/)
  socket.destroy()
  return reply
}

const delivered = () => readdirSync(join(directory, 'var/maildir/new'))

describe('sekisho serve', () => {
  test('takes a sample mail and delivers it sanitized', async () => {
    expect(await send(join(import.meta.dirname, '../../samples/03-attachments.eml'))).toMatch(/^250 2\.0\.0 /)
    await expect.poll(() => delivered().length, { timeout: 10_000 }).toBe(1)
    const mail = readFileSync(join(directory, 'var/maildir/new', delivered()[0]!), 'latin1')
    expect(mail).toContain('multipart/mixed')
    expect(mail).toMatch(/filename\*=UTF-8''%E5%90%8D%E7%B0%BF\.csv/)
    // The workbook with a macro goes on as one without.
    expect(mail).toMatch(/filename\*=UTF-8''%E8%AA%BF%E6%9F%BB%E7%A5%A8\.xlsx/)
    expect(mail).not.toMatch(/invoice|xlsm/i)
  })

  test('is alive, ready and counts', async () => {
    const ready = await fetch(`http://127.0.0.1:${adminPort}/ready`)
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }])
    expect(await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()).toContain('sekisho_messages_accepted_total 1')
  })

  test('answers the command line', async () => {
    const [kept] = JSON.parse(await sekisho('quarantine', 'list', '--json'))
    expect(kept.parts.map((part: { reason: string }) => part.reason)).toEqual(['dangerous-type'])
    expect(JSON.parse(await sekisho('queue', 'list', '--json'))).toEqual([])
    expect(await sekisho('trace', '--recipient', 'staff@town.example.jp')).toContain('deliver')
    expect(await sekisho('audit', 'verify')).toContain('whole')
  })

  test('holds and resumes', async () => {
    await sekisho('emergency', 'hold', '--reason', 'test')
    expect(await send(join(import.meta.dirname, '../../samples/02-iso-2022-jp.eml'))).toMatch(/^250 /)
    expect(JSON.parse(await sekisho('queue', 'list', '--json'))).toHaveLength(1)
    expect(delivered()).toHaveLength(1)
    await sekisho('emergency', 'resume', '--reason', 'test')
    await expect.poll(() => delivered().length, { timeout: 15_000 }).toBe(2)
  })

  test('rebuilds a picture behind its wall', async () => {
    expect(await send(join(import.meta.dirname, '../golden/structure/inline-photo-apple.eml'))).toMatch(/^250 /)
    await expect.poll(() => delivered().length, { timeout: 15_000 }).toBe(3)
    const mails = delivered().map(name => readFileSync(join(directory, 'var/maildir/new', name), 'latin1'))
    expect(mails.filter(mail => /^Content-Type: image\/jpeg; name="IMG_0412\.jpeg"/m.test(mail))).toHaveLength(1)
  })

  test('keeps the private key to its owner, and the original sealed', () => {
    const identities = join(directory, 'var/vault/identities')
    expect(statSync(identities).mode & 0o077).toBe(0)
    expect(statSync(join(identities, 'default.txt')).mode & 0o077).toBe(0)
    const database = readFileSync(join(directory, 'var/mail/mail.db'), 'latin1') + readFileSync(join(directory, 'var/mail/mail.db-wal'), 'latin1')
    expect(database).not.toContain('This program cannot be run in DOS mode')
    expect(database).not.toContain('VGhpcyBwcm9ncmFt')
  })

  test('ends in order on SIGTERM', async () => {
    server.kill('SIGTERM')
    const [code] = await once(server, 'exit')
    expect(code).toBe(0)
    expect(output).toContain('stopped')
  })
})
