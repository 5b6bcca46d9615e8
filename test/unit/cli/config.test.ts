import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Check, checkHost } from '../../../cli/config-check.ts'
import { parseConfig } from '../../../config/load.ts'
import { runCli } from '../../support/run-cli.ts'

/** Two self-signed certificates with their keys, for nothing but tests. */
const dir = join(import.meta.dirname, '../../fixtures/tls')
const endsAtMs = Date.parse(new X509Certificate(readFileSync(join(dir, 'one.crt'))).validTo)

const FREE_PORTS = 'portal: { enabled: false }\nsmtp: { port: 0 }\nadmin: { port: 0 }\nhostname: mail.test.jp\ndomains: [test.jp]\n'

async function checksOf(text: string, nowMs?: number): Promise<Check[]> {
  const loaded = parseConfig(text, { source: 's', baseDir: dir, environment: {} })
  if ('problems' in loaded) expect.fail(JSON.stringify(loaded.problems))
  return checkHost(loaded.config, nowMs)
}
const problems = (checks: readonly Check[]) =>
  checks.filter(check => check.level === 'problem').map(check => check.what)
const warnings = (checks: readonly Check[]) =>
  checks.filter(check => check.level === 'warning').map(check => check.what)
const tls = (cert: string, key: string) =>
  FREE_PORTS.replace('{ port: 0 }', `{ port: 0, tls: { certFile: ${cert}, keyFile: ${key} } }`)
const DAY_MS = 86_400_000

describe('config check looks at the host', () => {
  test('a good configuration has no problems', async () => expect(problems(await checksOf(FREE_PORTS))).toEqual([]))

  test('a certificate and its key', async () => expect(problems(await checksOf(tls('one.crt', 'one.key')))).toEqual([]))
  test('a certificate and another key', async () =>
    expect(problems(await checksOf(tls('one.crt', 'two.key')))).toEqual(['smtp.tls']))
  test('a certificate that is not there', async () =>
    expect(problems(await checksOf(tls('none.crt', 'one.key')))).toEqual(['smtp.tls']))
  test('a certificate that ends soon', async () =>
    expect(warnings(await checksOf(tls('one.crt', 'one.key'), endsAtMs - 20 * DAY_MS))).toContain('smtp.tls'))
  test('a certificate that has ended', async () =>
    expect(problems(await checksOf(tls('one.crt', 'one.key'), endsAtMs + 1))).toEqual(['smtp.tls']))

  test('a recipient file that is not there', async () =>
    expect(problems(await checksOf(FREE_PORTS.replace('port: 0 }', 'port: 0, recipientFile: none }')))).toEqual([
      'smtp.recipientFile',
    ]))
  test('a folder below a file', async () =>
    expect(problems(await checksOf(`${FREE_PORTS}maillog: { path: one.key/x/log }`))).toContain('maillog.path'))
  test('too little space', async () =>
    expect(problems(await checksOf(`${FREE_PORTS}store: { minFreeBytes: 16TiB }`))).toEqual(['store.minFreeBytes']))
  test('a socket path that is too long', async () =>
    expect(problems(await checksOf(`${FREE_PORTS}controlSocket: /${'x'.repeat(120)}`))).toEqual(['controlSocket']))

  test('a next hop that is this gateway', async () =>
    expect(
      problems(
        await checksOf(
          'hostname: mail.test.jp\nsmtp: { port: 2599 }\nadmin: { port: 0 }\nportal: { enabled: false }\nroutes: [{ name: in, nextHops: [{ host: localhost, port: 2599 }] }]',
        ),
      ),
    ).toEqual(['routes']))

  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    expect(problems(await checksOf(`smtp: { port: ${port} }\nadmin: { port: 0 }\nportal: { enabled: false }`))).toEqual(['smtp.port'])
    server.close()
  })

  test('names that are only examples', async () =>
    expect(warnings(await checksOf('smtp: { port: 0 }\nadmin: { port: 0 }\nportal: { enabled: false }\nhostname: host'))).toEqual(
      expect.arrayContaining(['hostname', 'domains']),
    ))
})

describe('sekisho config', () => {
  const file = (text: string) => {
    const path = join(mkdtempSync(join(tmpdir(), 'sekisho-show-')), 's.yaml')
    writeFileSync(path, text)
    return path
  }

  test('the portal: TLS where others reach it, and its name', async () => {
    const others = 'smtp: { port: 0 }\nadmin: { port: 0 }\n'
    const open = await checksOf(`${others}portal: { inner: { address: 0.0.0.0, port: 0 }, outer: { port: 0 }, admin: { enabled: false } }`)
    expect(problems(open)).toEqual(['portal.inner.origin'])
    expect(warnings(open)).toContain('portal.inner')
    expect(problems(await checksOf(`${others}portal: { inner: { port: 0 }, outer: { port: 0 }, admin: { port: 0 } }`))).toEqual([])
  })

  test('check tells every problem and exits 1', async () => {
    const { code, out } = await runCli('config', 'check', '--json', '--config', file('hostnam: 1\nsmtp: { port: x }'))
    expect([code, JSON.parse(out)]).toEqual([
      1,
      {
        ok: false,
        checks: [expect.objectContaining({ line: 1, column: 1 }), expect.objectContaining({ line: 2, column: 9 })],
      },
    ])
  })

  test('show prints one setting, or refuses a name that is none', async () => {
    const path = file('smtp: { port: 2527 }')
    expect((await runCli('config', 'show', 'smtp.port', '--config', path)).out).toBe('2527\n')
    expect(JSON.parse((await runCli('config', 'show', '--json', '--config', path)).out)).toMatchObject({
      smtp: { port: 2527 },
    })
    expect((await runCli('config', 'show', 'smtp.constructor', '--config', path)).code).toBe(2)
  })

  test('schema is a JSON Schema with words for every key', async () => {
    const schema = JSON.parse((await runCli('config', 'schema')).out)
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    expect(schema.properties.smtp.properties.port).toMatchObject({
      type: 'integer',
      default: 2525,
      description: expect.any(String),
      descriptionJa: expect.stringMatching(/[ぁ-ん]/),
    })
  })
})
