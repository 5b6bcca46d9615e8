/** What stands in front of us, as real programs: swaks with XCLIENT and PROXY, HAProxy with both versions, nginx with XCLIENT, openssl and swaks with STARTTLS. */
import { copyFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SmtpConnection } from './support/client.ts'
import { mixedMails } from './support/mails.ts'
import { freePort, until } from './support/processes.ts'
import { runProgram, Running } from './support/programs.ts'
import { ROOT, scratchFolder, Sekisho } from './support/sekisho.ts'

const TLS = join(ROOT, 'test/fixtures/tls')
/** PROXY is spoken from here, XCLIENT from 127.0.0.1. */
const PROXY_HOST = '127.0.0.2'

let sekisho: Sekisho
let folder: string
beforeAll(async () => {
  folder = scratchFolder('peers')
  useCertificate('one')
  sekisho = await Sekisho.start(
    {
      smtp: { xclientFrom: ['127.0.0.1'], proxyProtocolFrom: [PROXY_HOST], tls: { certFile: join(folder, 'smtp.crt'), keyFile: join(folder, 'smtp.key') } },
      auth: { spf: false, dkim: false, dmarc: false },
      maillog: { format: 'json' },
    },
    folder,
  )
})
afterAll(() => sekisho.remove())

function useCertificate(name: 'one' | 'two'): void {
  for (const end of ['crt', 'key']) copyFileSync(join(TLS, `${name}.${end}`), join(folder, `smtp.${end}`))
}

type Received = { readonly client: string; readonly helo: string; readonly tls?: string; readonly upstream?: boolean | string }
const events = (event: string) => sekisho.log().split('\n').filter(line => line.includes(`"event":"${event}"`)).map(line => JSON.parse(line))

/** Sends one mail by swaks; what the log says of its client. */
async function bySwaks(...options: string[]): Promise<Received> {
  const [mail] = [...mixedMails('SWAKS', 1, 0)]
  const file = join(folder, 'mail.eml')
  writeFileSync(file, mail!.bytes)
  const before = events('received').length
  const { code, output } = await runProgram('swaks', ['--server', `127.0.0.1:${sekisho.port}`, '--from', 'a@example.com', '--to', 'staff@town.example.jp', '--data', `@${file}`, ...options])
  expect(code, output).toBe(0)
  await until('the log line', 10_000, () => events('received').length > before)
  return events('received')[before] as Received
}

/** Sends one mail from an address through a proxy in front of us; what the log says of its client. */
async function receivedBy(port: number, localAddress: string, token: string): Promise<Received> {
  const before = events('received').length
  const [mail] = [...mixedMails(token, 1, 0)]
  const connection = await SmtpConnection.over(net.connect({ port, host: '127.0.0.1', localAddress }))
  await connection.expect('MAIL FROM:<a@example.com>', '250')
  await connection.expect('RCPT TO:<staff@town.example.jp>', '250')
  await connection.expect('DATA', '354')
  expect(await connection.data(mail!.bytes)).toMatch(/^250/)
  connection.close()
  await until('the log line', 10_000, () => events('received').length > before)
  return events('received')[before]
}

describe('swaks', () => {
  test('XCLIENT makes its mail that of a stranger elsewhere', async () => {
    const seen = await bySwaks('--xclient-addr', '203.0.113.7', '--xclient-helo', 'mx.example.net')
    expect(seen).toMatchObject({ client: '203.0.113.7', helo: expect.stringMatching(/./) })
    expect(seen.upstream).toBeUndefined()
  })

  test('XCLIENT with an IPv6 address', async () => {
    expect(await bySwaks('--xclient-addr', 'IPV6:2001:db8::7', '--xclient-name', 'mx.example.net')).toMatchObject({ client: '2001:db8::7' })
  })

  test.for([
    ['1', 'TCP4', '203.0.113.8', '198.51.100.1'],
    ['1', 'TCP6', '2001:db8::8', '2001:db8::1'],
    ['2', 'AF_INET', '203.0.113.8', '198.51.100.1'],
    ['2', 'AF_INET6', '2001:db8::8', '2001:db8::1'],
  ] as const)('PROXY version %s, %s', async ([version, family, source, destination]) => {
    const addresses = ['--proxy-source', source, '--proxy-source-port', '4321', '--proxy-dest', destination, '--proxy-dest-port', '25']
    const more = version === '2' ? ['--proxy-protocol', 'STREAM', '--proxy-command', 'PROXY'] : []
    const seen = await bySwaks('--local-interface', PROXY_HOST, '--proxy-version', version, '--proxy-family', family, ...addresses, ...more)
    expect(seen.client).toBe(source)
    expect(seen.upstream).toBeUndefined()
  })

  test('STARTTLS, and XCLIENT behind it', async () => {
    expect(await bySwaks('--tls')).toMatchObject({ tls: 'TLSv1.3', client: '127.0.0.1', upstream: true })
    expect(await bySwaks('--tls', '--xclient-addr', '203.0.113.9')).toMatchObject({ tls: 'TLSv1.3', client: '203.0.113.9' })
  })
})

describe('HAProxy', () => {
  let proxy: Running
  const ports = { v1: 0, v2: 0 }
  beforeAll(async () => {
    for (const version of ['v1', 'v2'] as const) ports[version] = await freePort()
    const listens = (['v1', 'v2'] as const).map(version => {
      const send = version === 'v1' ? 'send-proxy' : 'send-proxy-v2'
      return `listen ${version}\n  bind 127.0.0.1:${ports[version]}\n  option smtpchk EHLO haproxy.example.jp\n  server gateway 127.0.0.1:${sekisho.port} source ${PROXY_HOST} ${send} check check-send-proxy inter 300ms`
    })
    const times = 'timeout connect 5s\n  timeout client 60s\n  timeout server 60s'
    writeFileSync(join(folder, 'haproxy.cfg'), `defaults\n  mode tcp\n  ${times}\n${listens.join('\n')}\n`)
    proxy = new Running('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')])
    await until(`HAProxy: ${proxy.said}`, 10_000, () => greets(ports.v2))
  })
  afterAll(() => proxy?.end())

  test.for(['v1', 'v2'] as const)('%s: the client is the one in front of it', async version => {
    expect(await receivedBy(ports[version], '127.0.0.9', `HA${version.toUpperCase()}`)).toMatchObject({ client: '127.0.0.9' })
  })

  test('its health checks pass, and leave no complaint in the log', async () => {
    await delay(1_500)
    expect(proxy.said).not.toMatch(/DOWN/)
    expect(events('aborted').filter(({ client }) => client === PROXY_HOST)).toEqual([])
  })
})

describe('nginx', () => {
  let nginx: Running
  let port = 0
  /** It asks this for the server of each mail. */
  const auth = createServer((_request, response) => {
    response.writeHead(200, { 'Auth-Status': 'OK', 'Auth-Server': '127.0.0.1', 'Auth-Port': String(sekisho.port) }).end()
  })
  beforeAll(async () => {
    auth.listen(0, '127.0.0.1')
    await once(auth, 'listening')
    port = await freePort()
    const { port: authPort } = auth.address() as net.AddressInfo
    const mail = `auth_http 127.0.0.1:${authPort}/; server_name nginx.example.jp; xclient on; server { listen 127.0.0.1:${port}; protocol smtp; smtp_auth none; }`
    const config = `load_module /usr/lib/nginx/modules/ngx_mail_module.so; user root; daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr; events {} mail { ${mail} }`
    writeFileSync(join(folder, 'nginx.conf'), config)
    nginx = new Running('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder])
    await until(`nginx: ${nginx.said}`, 10_000, () => greets(port))
  })
  afterAll(() => {
    nginx?.end()
    auth.close()
  })

  test('sends XCLIENT by itself: the client is the one in front of it, and no upstream', async () => {
    expect(await receivedBy(port, '127.0.0.8', 'NGINX')).toMatchObject({ client: '127.0.0.8' })
  })
})

describe('openssl s_client', () => {
  const client = (...options: string[]) => runProgram('openssl', ['s_client', '-connect', `127.0.0.1:${sekisho.port}`, '-starttls', 'smtp', '-ign_eof', '-crlf', ...options], 'QUIT\n')
  const serial = async () => {
    const { output } = await client()
    const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(output)?.[0] ?? ''
    return (await runProgram('openssl', ['x509', '-noout', '-fingerprint'], pem)).output.trim()
  }

  test.for(['-tls1_2', '-tls1_3'])('%s is spoken', async version => {
    const { output } = await client(version)
    expect(output).toMatch(version === '-tls1_2' ? /TLSv1\.2/ : /TLSv1\.3/)
    expect(output).toMatch(/^221 /m)
  })

  test.for(['-tls1_1', '-tls1'])('%s is refused by us, not by openssl', async version => {
    const { output } = await client(version, '-cipher', 'ALL:@SECLEVEL=0')
    expect(output).toMatch(/alert protocol version/)
    expect(output).toMatch(/no peer certificate available/)
  })

  test('SIGHUP brings the new certificate without a break; a bad one leaves the old in force', async () => {
    const one = await serial()
    expect(one).toMatch(/Fingerprint=/)
    const standing = await SmtpConnection.open(sekisho.port)
    const reload = async () => {
      const before = events('reloaded').length
      process.kill(sekisho.pid, 'SIGHUP')
      await until('reloaded', 10_000, () => events('reloaded').length > before)
      return events('reloaded').at(-1).ok
    }
    useCertificate('two')
    expect(await reload()).toBe(true)
    const two = await serial()
    expect(two).not.toBe(one)
    writeFileSync(join(folder, 'smtp.crt'), 'not a certificate')
    expect(await reload()).toBe(false)
    expect(await serial()).toBe(two)
    await standing.expect('NOOP', '250')
    standing.close()
  })
})

function greets(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('data', text => resolve(text.toString().startsWith('220') && socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
