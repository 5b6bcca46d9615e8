import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { unlock } from '../../../core/unlock.ts'
import { lockedNames } from '../../../core/unlock/zip.ts'
import { looksLikeMail } from '../../../files/loose-mail.ts'
import { runCli } from '../../support/run-cli.ts'

const MAIL = [
  'From: a@x.example',
  'To: b@town.example.jp',
  'Subject: test',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/html',
  '',
  '<p>hello<script>alert(1)</script></p>',
  '--b',
  'Content-Type: application/pdf; name=a.pdf',
  'Content-Disposition: attachment; filename=a.pdf',
  '',
  '%PDF-1.4',
  '--b--',
  '',
].join('\r\n')

const KEPT: readonly (readonly [string, string | Buffer, string, string])[] = [
  ['a.pdf', '%PDF-1.4\n', 'rebuildable', 'malformed'],
  ['a.exe', 'MZ', 'dangerous-extension', 'dangerous-type'],
  ['a.bin', '\0\u0001\u0002\u0003', 'unknown-type', 'unknown-type'],
  ['empty', '', 'unknown-type', 'empty-file'],
]

let dir: string
let out: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sekisho-sanitize-'))
  out = join(dir, 'out')
})

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(dir, name), content)
  return join(dir, name)
}
const limits = { outputBytes: 1 << 20, entries: 10 }
const openWith = async (archive: Uint8Array, password: string) => {
  const result = await unlock(archive, 'application/zip', [password], limits)
  return result.kind === 'cannot' ? result.reason : result.kind
}
const namesIn = (archive: Uint8Array) => lockedNames(archive, 10)
const report = (name: string) => JSON.parse(readFileSync(join(out, `${name}.report.json`), 'utf8'))

describe('sekisho sanitize', () => {
  test('mails become a text and a report, files are rebuilt or get a report and nothing else', async () => {
    const files = [file('a.eml', MAIL), file('mail', MAIL), file('a.csv', 'a,b\n1,=cmd()\n'), ...KEPT.map(([name, content]) => file(name, content))]
    const { code, out: printed, err } = await runCli('sanitize', '--out', out, '--json', ...files)
    expect([code, err]).toEqual([0, ''])
    for (const name of ['a.eml', 'mail']) {
      const sanitized = readFileSync(join(out, `${name}.sanitized.eml`), 'latin1')
      expect(sanitized).toContain('Subject: test\r\n')
      expect(sanitized).not.toMatch(/<script|%PDF|JVBERi/)
      expect(report(name).parts.map((part: { outcome: string }) => part.outcome)).toEqual(['container', 'body', 'quarantined'])
    }
    expect(readFileSync(join(out, 'a.csv.sanitized.csv'), 'utf8')).not.toContain(',=cmd')
    expect(report('a.csv')).toMatchObject({
      verdict: 'relay',
      profile: 'disarm',
      parts: [{ name: 'a.csv', bytes: 13, outcome: 'rebuilt', rule: 'rebuildable', deliveredName: 'a.csv' }],
    })
    for (const [name, , rule, reason] of KEPT) {
      expect(readdirSync(out).filter(entry => entry.startsWith(name))).toEqual([`${name}.report.json`])
      expect(report(name).parts).toEqual([expect.objectContaining({ outcome: 'quarantined', rule, reason })])
    }
    expect(JSON.parse(printed).map((line: { file: string }) => line.file)).toEqual(files)
    expect(JSON.parse(printed)[2]).toMatchObject({ type: 'text/csv', bytes: 13, result: 'changed', removed: 1, kept: 0 })
    expect(readdirSync(out).filter(entry => entry.endsWith('.tmp'))).toEqual([])
  })

  test('a file above the limit is kept back without being rebuilt', async () => {
    writeFileSync(join(dir, 's.yaml'), 'sanitizer: { limits: { fileBytes: 64KiB } }')
    await runCli('sanitize', '--config', join(dir, 's.yaml'), '--out', out, file('big.txt', 'x\n'.repeat(40_000)))
    expect(report('big.txt').parts[0]).toMatchObject({ bytes: 80_000, outcome: 'quarantined', reason: 'too-large' })
  })

  test('--profile text-only keeps every file back, and removes what an earlier run wrote', async () => {
    const path = file('a.csv', 'a,b\n')
    await runCli('sanitize', '--out', out, path)
    expect(existsSync(join(out, 'a.csv.sanitized.csv'))).toBe(true)
    await runCli('sanitize', '--profile', 'text-only', '--out', out, path)
    expect(readdirSync(out)).toEqual(['a.csv.report.json'])
    expect(report('a.csv').profile).toBe('text-only')
  })

  test('one unreadable file does not stop the others: exit 1', async () => {
    const { code, err } = await runCli('sanitize', '--out', out, join(dir, 'none.eml'), file('a.txt', 'x'))
    expect([code, existsSync(join(out, 'a.txt.sanitized.txt'))]).toEqual([1, true])
    expect(err).toContain('none.eml: there is no such file')
  })

  test.each([
    [['--out', '/tmp/x']],
    [['a.eml']],
    [['--out', '/tmp/x', '--profile', 'all', 'a.eml']],
    [['--out', '/tmp/x', 'a/b.eml', 'c/b.eml']],
  ])('%j is wrong usage', async args => expect((await runCli('sanitize', ...args)).code).toBe(2))
})

test.each([
  ['x.EML', '', true],
  ['x', 'From: a\r\nSubject: b\r\n\r\n', true],
  ['x', 'Received: by x;\n\tdate\nDate: x\n\n', true],
  ['x.txt', 'Subject: minutes\n\ntext', false],
  ['x.txt', 'From: a\nhello\nTo: b\n\n', false],
  ['x.csv', 'a,b\n', false],
  ['x', '', false],
])('%s with %j looks like mail: %s', (name, head, want) => expect(looksLikeMail(name, Buffer.from(head))).toBe(want))

describe('passwords', () => {
  const locked = (name: string) => new URL(`../../fixtures/disarm/${name}`, import.meta.url).pathname
  const passwords = (...lines: string[]) => file('passwords', lines.join('\r\n'))

  test('from a file open a ZIP and an Office document', async () => {
    const list = passwords('wrong', 'secret7', 'ひみつ123')
    expect(await runCli('sanitize', '--password-file', list, '--out', out, locked('archives/aes256.zip'), locked('locked/standard.docx'))).toMatchObject({ code: 0 })
    expect(readdirSync(out).toSorted()).toEqual(['aes256.zip.report.json', 'aes256.zip.sanitized.zip', 'standard.docx.report.json', 'standard.docx.sanitized.docx'])
    for (const name of readdirSync(out)) expect(readFileSync(join(out, name)).includes('secret7')).toBe(false)
  })

  test('open what is attached to a mail', async () => {
    const attached = readFileSync(locked('locked/standard.docx')).toString('base64').replace(/.{76}/g, '$&\r\n')
    const mail = ['From: a@example.com', 'Subject: x', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'text', '--b', 'Content-Type: application/octet-stream; name=a.docx', 'Content-Transfer-Encoding: base64', '', attached, '--b--', '']
    const eml = file('locked.eml', mail.join('\r\n'))
    expect(await runCli('sanitize', '--password-file', passwords('ひみつ123'), '--out', out, eml)).toMatchObject({ code: 0 })
    const rebuilt = readFileSync(join(out, 'locked.eml.sanitized.eml'), 'latin1')
    expect(rebuilt).toMatch(/name="?a\.docx/)
    const content = rebuilt.slice(rebuilt.indexOf('\r\n\r\n', rebuilt.lastIndexOf('a.docx')))
    expect(Buffer.from(content, 'base64').toString('latin1')).toMatch(/^PK/)
  })

  test('that do not fit: said, reported, exit code 1', async () => {
    const result = await runCli('sanitize', '--password-file', passwords('no-such-password'), '--out', out, locked('archives/locked.7z'))
    expect(result).toMatchObject({ code: 1 })
    expect(result.err).toContain('none of the passwords fits')
    expect(result.out + result.err + JSON.stringify(report('locked.7z'))).not.toContain('no-such-password')
    expect(report('locked.7z').parts[0]).toMatchObject({ outcome: 'quarantined', reason: 'wrong-password' })
  })

  test('without any, the file is kept back as before', async () => {
    expect(await runCli('sanitize', '--out', out, locked('archives/aes256.zip'))).toMatchObject({ code: 0 })
    expect(report('aes256.zip').parts[0]).toMatchObject({ outcome: 'quarantined', reason: 'encrypted' })
  })

  test('results go out locked with another one, which is on no disk', async () => {
    const [unlockList, lockList] = [passwords('secret7'), file('lock', 'new-Password-1\n')]
    const table = file('表.csv', 'a,b\n1,2\n')
    expect(await runCli('sanitize', '--password-file', unlockList, '--lock-file', lockList, '--out', out, locked('archives/aes256.zip'), table)).toMatchObject({ code: 0, err: '' })
    expect(readdirSync(out).toSorted()).toEqual(['aes256.zip.report.json', 'aes256.zip.sanitized.zip', '表.csv.report.json', '表.csv.sanitized.zip'])
    const archive = new Uint8Array(readFileSync(join(out, '表.csv.sanitized.zip')))
    expect(await namesIn(archive)).toEqual(['表.csv'])
    expect(await openWith(archive, 'secret7')).toBe('wrong-password')
    expect(await openWith(archive, 'new-Password-1')).toBe('unlocked')
    for (const name of readdirSync(out)) expect(readFileSync(join(out, name), 'latin1')).not.toMatch(/secret7|new-Password-1|1,2/)
  })

  test.each([
    ['two', 'one-Password\nanother-1\n'],
    ['none', '\n'],
    ['a short one', 'short\n'],
    ['one that programs write in two ways', 'ひみつ1234567\n'],
  ])('%s to lock with is wrong usage, and not repeated', async (_, content) => {
    const result = await runCli('sanitize', '--lock-file', file('lock', content), '--out', out, file('a.csv', 'a\n'))
    expect(result.code).toBe(2)
    for (const word of content.split('\n').filter(line => line !== '')) expect(result.err).not.toContain(word)
  })

  test('more than are tried, none, or no file: wrong usage', async () => {
    const usage = async (list: string) => (await runCli('sanitize', '--password-file', list, '--out', out, locked('archives/aes256.zip'))).code
    expect([await usage(passwords(...'abcdefghijk')), await usage(passwords('')), await usage(join(dir, 'nothing-here'))]).toEqual([2, 2, 2])
  })
})
