/** curl, Python's smtplib and swaks each deliver the samples: once, sanitized. Their originals open with Debian's age. */
import { execFile, execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendAll } from './support/client.ts'
import { largeMail, mixedMails } from './support/mails.ts'
import { until } from './support/processes.ts'
import { ROOT, Sekisho } from './support/sekisho.ts'

const run = promisify(execFile)
const SAMPLES = readdirSync(join(ROOT, 'samples')).filter(name => name.endsWith('.eml'))
const RCPT = 'staff@town.example.jp'
const PYTHON = `
import smtplib, sys
with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as smtp:
    smtp.sendmail(sys.argv[3], ['${RCPT}'], open(sys.argv[2], 'rb').read())
`

/** Each under its own reverse-path, so that the same sample by another client is another message. */
const CLIENTS: Readonly<Record<string, (port: number, file: string, from: string) => Promise<unknown>>> = {
  curl: (port, file, from) => run('curl', ['-sS', '--crlf', `smtp://127.0.0.1:${port}`, '--mail-from', from, '--mail-rcpt', RCPT, '--upload-file', file]),
  'Python smtplib': (port, file, from) => run('python3', ['-c', PYTHON, String(port), file, from]),
  swaks: (port, file, from) => run('swaks', ['--server', `127.0.0.1:${port}`, '--from', from, '--to', RCPT, '--data', `@${file}`]),
}

let sekisho: Sekisho
beforeAll(async () => {
  sekisho = await Sekisho.start()
})
afterAll(() => sekisho.remove())

describe.for(Object.keys(CLIENTS))('%s', client => {
  test.for(SAMPLES)('delivers samples/%s once, sanitized', async sample => {
    const before = new Set(sekisho.delivered().keys())
    const file = join(ROOT, 'samples', sample)
    await CLIENTS[client]!(sekisho.port, file, `${client.replace(/\W/g, '')}@example.com`)
    await sekisho.queueEmpty(20_000)
    const arrived = [...sekisho.delivered()].filter(([name]) => !before.has(name))
    expect(arrived).toHaveLength(1)

    const raw = arrived[0]![1]
    const [sent, got] = await Promise.all([simpleParser(readFileSync(file)), simpleParser(raw)])
    expect(got.subject).toBe(sent.subject)
    expect(got.html).toBe(false)
    expect(got.text?.trim()).not.toBe('')
    expect(raw.toString('latin1')).toMatch(/^(?:[\t\x20-\x7e]*\r\n)+$/)
    const contents = [raw, Buffer.from(got.text ?? ''), ...got.attachments.map(({ content }) => content)]
    for (const mark of ['This program cannot', 'vbaProject', '<script']) expect(contents.some(each => each.includes(mark))).toBe(false)
  })
})

test.for([['small', 1_000], ['over 2 MB', 2_500_000]] as const)('an exported original (%s) opens with age and equals what was sent', async ([, bytes]) => {
  const token = `AGE-${String(bytes).padStart(6, '0')}`
  const sent = largeMail(token, bytes)
  await sendAll([{ token, bytes: sent }], { port: sekisho.port, connections: 1, from: `age${bytes}@example.com` })
  const [row] = await sekisho.ask<{ queueId: string }[]>('quarantine', 'list', '--all', '--sender', `age${bytes}@example.com`)
  const file = join(sekisho.folder, `${bytes}.age`)
  await sekisho.cli('quarantine', 'export', row!.queueId, '--reason', 'test', '--out', file)
  const opened = execFileSync('age', ['-d', '-i', join(sekisho.dataDir, 'vault/identities/default.txt'), file], { maxBuffer: 1e8 })
  expect(opened.equals(sent)).toBe(true)
})

test('the file samples can also be read by the command line alone', async () => {
  writeFileSync(join(sekisho.folder, 'a.eml'), [...mixedMails('CLI', 4, 0)][3]!.bytes)
  await sekisho.cli('sanitize', '--out', join(sekisho.folder, 'out'), join(sekisho.folder, 'a.eml'))
  expect(readdirSync(join(sekisho.folder, 'out')).length).toBeGreaterThan(1)
})

test('the same mail again after a 250 that was heard is a new mail; the audit chain verifies', async () => {
  const before = sekisho.delivered().size
  const mail = [...mixedMails('TWICE', 1, 0)][0]!
  for (let i = 0; i < 2; i++) await sendAll([mail], { port: sekisho.port, connections: 1 })
  await until('both', 20_000, () => sekisho.delivered().size === before + 2)
  await sekisho.cli('audit', 'verify')
})
