/** A real clamd with one signature of our own: what it finds in mails and files, and what happens without it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClamd } from '../../workers/clamd.ts'
import { runCli } from '../support/run-cli.ts'

const INFECTED = 'This file stands for malware. It is known by its digest alone.\n'
const dir = mkdtempSync(join(tmpdir(), 'sekisho-clamd-'))
const socket = join(dir, 'clamd.ctl')
const out = join(dir, 'out')
let clamd: ChildProcess

beforeAll(async () => {
  mkdirSync(join(dir, 'db'))
  const md5 = createHash('md5').update(INFECTED).digest('hex')
  writeFileSync(join(dir, 'db/own.hdb'), `${md5}:${INFECTED.length}:Own.Test.Signature\n`)
  const settings = [`DatabaseDirectory ${dir}/db`, `LocalSocket ${socket}`, 'Foreground yes', 'StreamMaxLength 1M', 'User root', 'LogSyslog no']
  writeFileSync(join(dir, 'clamd.conf'), `${settings.join('\n')}\n`)
  writeFileSync(join(dir, 's.yaml'), `antivirus: { clamd: ${socket} }\n`)
  clamd = spawn('clamd', ['-c', join(dir, 'clamd.conf')], { stdio: 'ignore' })
  for (let round = 0; !existsSync(socket); round++) {
    if (round > 600) throw new Error('clamd does not start')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}, 90_000)
afterAll(() => {
  clamd.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

async function* only(text: string) {
  yield Buffer.from(text)
}
function mailWith(attachment: string): string {
  const body = Buffer.from(attachment).toString('base64')
  return `From: a@x.example\r\nTo: b@x.example\r\nSubject: test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; filename=a.txt\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n--b--\r\n`
}
function file(name: string, content: string): string {
  writeFileSync(join(dir, name), content)
  return join(dir, name)
}
const sanitize = (...files: string[]) => runCli('sanitize', '--config', join(dir, 's.yaml'), '--out', out, ...files)
const partsOf = (name: string) => JSON.parse(readFileSync(join(out, `${name}.report.json`), 'utf8')).parts

test('the client speaks with the real one: clean, found, too large', async () => {
  const client = createClamd({ address: socket, timeoutMs: 20_000, atOnce: 2 })
  expect(await client.scan(only('harmless'))).toEqual({ kind: 'clean' })
  expect(await client.scan(only(INFECTED))).toEqual({ kind: 'found', name: expect.stringContaining('Own.Test.Signature') })
  // It hangs up after its answer, which a write that comes too late may lose.
  expect(await client.scan(only('x'.repeat(2 ** 21)))).toMatchObject({ kind: expect.stringMatching(/^(?:refused|down)$/) })
})

test('a known file is kept back, also inside a mail; the others pass', async () => {
  const files = [file('bad.txt', INFECTED), file('good.txt', 'fine\n'), file('bad.eml', mailWith(INFECTED)), file('good.eml', mailWith('fine\n'))]
  const { code, err } = await sanitize(...files)
  expect(code).toBe(0)
  expect(err).toContain('antivirus: Own.Test.Signature')
  for (const name of ['bad.txt', 'bad.eml']) expect(partsOf(name)).toMatchObject([{ outcome: 'quarantined', reason: 'malware' }])
  for (const name of ['good.txt', 'good.eml']) expect(JSON.stringify(partsOf(name))).not.toContain('malware')
  for (const name of readdirSync(out)) expect(readFileSync(join(out, name), 'latin1')).not.toMatch(/stands for malware|VGhpcyBmaWxlIHN0YW5kcyBmb3/)
})

test('without it nothing passes, and nothing is called infected', async () => {
  clamd.kill('SIGKILL')
  await new Promise(resolve => clamd.once('exit', resolve))
  const { code, err } = await sanitize(file('later.txt', 'fine\n'), file('later.eml', mailWith('fine\n')))
  expect(code).toBe(1)
  expect(err).toMatch(/later\.txt: antivirus: cannot be asked/)
  expect(err).toMatch(/later\.eml: the sanitizer is not well: antivirus: cannot be asked/)
  expect(readdirSync(out).filter(name => name.startsWith('later'))).toEqual([])
})
