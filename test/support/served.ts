/** A real `serve` in a folder of its own, and mails into it: for tests of whole ways through all processes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')

export class Served {
  readonly directory = mkdtempSync(join(tmpdir(), 'sekisho-'))
  readonly environment: NodeJS.ProcessEnv
  output = ''
  #server: ChildProcess | undefined

  constructor(settings: Readonly<Record<string, string>> = {}) {
    const ports = { SEKISHO_SMTP_PORT: '0', SEKISHO_ADMIN_PORT: '0', SEKISHO_PORTAL_INNER_PORT: '0', SEKISHO_PORTAL_OUTER_PORT: '0', SEKISHO_PORTAL_ADMIN_PORT: '0' }
    // Each process that stands ready takes seconds of CPU to start; what a test needs of them it starts by asking.
    const light = { SEKISHO_VAULT_READY: '1', SEKISHO_VAULT_ALONE_READY: '0', SEKISHO_VAULT_OFFICE_USE: 'off' }
    this.environment = { ...process.env, SEKISHO_DATA_DIR: this.data, ...ports, ...light, ...settings }
  }

  /** Of the supervisor. */
  get pid(): number {
    return this.#server?.pid ?? expect.fail('nothing was started')
  }

  get data(): string {
    return join(this.directory, 'var')
  }

  async start(): Promise<void> {
    this.output = ''
    this.#server = spawn(process.execPath, [MAIN, 'serve'], { env: this.environment, cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#server.stdout?.on('data', chunk => (this.output += chunk))
    this.#server.stderr?.on('data', chunk => (this.output += chunk))
    // Pages stand behind mail: on a busy machine they come later, with a ready line of their own.
    await vi.waitUntil(() => /sekisho ready .*manage=/.test(this.output), { timeout: 100_000 }).catch(() => expect.fail(this.output))
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#server?.exitCode !== null) return
    this.#server.kill(signal)
    await once(this.#server, 'exit')
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }

  delivered(): string[] {
    const folder = join(this.data, 'maildir/new')
    return readdirSync(folder).map(name => readFileSync(join(folder, name), 'latin1'))
  }

  /** Resolves with the reply to the end of data. */
  async send(mail: Uint8Array | string, to = 'staff@town.example.jp'): Promise<string> {
    const port = Number(/smtp=127\.0\.0\.1:(\d+)/.exec(this.output)?.[1])
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    socket.on('data', chunk => (heard += chunk))
    const say = async (text: string | Uint8Array, until: RegExp) => {
      heard = ''
      socket.write(text)
      await vi.waitUntil(() => until.test(heard), { timeout: 30_000 })
    }
    await vi.waitUntil(() => /^220 /.test(heard), { timeout: 10_000 })
    await say('EHLO client.example\r\n', /^250 /m)
    await say('MAIL FROM:<a@example.com>\r\n', /^250/)
    await say(`RCPT TO:<${to}>\r\n`, /^250/)
    await say('DATA\r\n', /^354/)
    await say(Buffer.concat([Buffer.from(mail), Buffer.from('.\r\n')]), /^[245]\d\d /)
    const reply = heard
    socket.end('QUIT\r\n')
    return reply
  }
}

export function mailWith(subject: string, text: string, files: readonly { readonly name: string; readonly type: string; readonly bytes: Uint8Array }[]): string {
  const word = (value: string) => `=?utf-8?B?${Buffer.from(value).toString('base64')}?=`
  const lines = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\r\n')
  const parts = [
    `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines(Buffer.from(text))}`,
    ...files.map(({ name, type, bytes }) => `Content-Type: ${type}; name="${word(name)}"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="${word(name)}"\r\n\r\n${lines(bytes)}`),
  ]
  const head = `From: a@example.com\r\nTo: staff@town.example.jp\r\nSubject: ${word(subject)}\r\nMessage-ID: <${subject.length}.${text.length}@example.com>\r\nMIME-Version: 1.0\r\n`
  return `${head}Content-Type: multipart/mixed; boundary="b"\r\n\r\n${parts.map(part => `--b\r\n${part}\r\n`).join('')}--b--\r\n`
}
