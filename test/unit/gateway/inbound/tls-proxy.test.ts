import { X509Certificate } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect as tlsConnect, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Client, startTestListener, type TestListener, until, wait } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'inbound-tls-'))
const files = (name: string) => ({ certFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`), minVersion: 'TLSv1.2' as const })

beforeAll(() => {
  for (const name of ['first', 'second']) {
    const { certFile, keyFile } = files(name)
    const subject = ['-subj', `/CN=${name}.example`, '-days', '2', '-nodes']
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', ...subject, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const open: TestListener[] = []
async function start(...args: Parameters<typeof startTestListener>): Promise<TestListener> {
  const started = await startTestListener(...args)
  open.push(started)
  return started
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ listener }) => listener.close(50)))
})

async function startTls(client: Client, options: ConnectionOptions = {}): Promise<{ secure: Client; socket: TLSSocket }> {
  expect(await client.say('STARTTLS')).toBe('220 2.0.0 Ready to start TLS')
  client.socket.removeAllListeners('data')
  const socket = tlsConnect({ socket: client.socket, rejectUnauthorized: false, ...options })
  await once(socket, 'secureConnect')
  return { secure: new Client(socket), socket }
}

describe('STARTTLS', () => {
  test('carries a message, and the session knows of it', async () => {
    const { port, taken, errors } = await start({ tls: files('first'), requireTls: true })
    const client = await Client.open(port)
    await client.reply()
    expect(await client.say('EHLO client.example')).toContain('250-STARTTLS')
    expect(await client.say('MAIL FROM:<>')).toMatch(/^530 /)
    const { secure } = await startTls(client)
    expect(await secure.say('MAIL FROM:<>')).toMatch(/^503 5\.5\.1 /)
    expect(await secure.say('EHLO client.example')).not.toContain('STARTTLS')
    await secure.startData()
    secure.send(`${'x'.repeat(70)}\r\n`.repeat(10_000))
    expect(await secure.say('.')).toMatch(/^250 2\.0\.0 /)
    expect(taken[0]?.bytes.length).toBe(720_000)
    expect(taken[0]?.session).toMatchObject({ protocol: 'ESMTPS', tls: { protocol: 'TLSv1.3' } })
    expect(await secure.say('QUIT')).toMatch(/^221 /)
    expect(errors).toEqual([])
  })

  test('what was sent in clear behind STARTTLS never runs', async () => {
    const { port, taken } = await start({ tls: files('first') })
    const client = await Client.greeted(port)
    client.socket.removeAllListeners('data')
    client.send('STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@x.example>\r\n')
    await once(client.socket, 'data')
    const socket = tlsConnect({ socket: client.socket, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const secure = new Client(socket)
    expect(await secure.say('RCPT TO:<b@inside.example>')).toMatch(/^503 /)
    expect(taken).toHaveLength(0)
  })

  test('pipelined behind EHLO, all replies come before the handshake', async () => {
    const { port } = await start({ tls: files('first') })
    const client = await Client.open(port)
    await client.reply()
    client.send('EHLO client.example\r\nSTARTTLS\r\n')
    expect(await client.reply()).toContain('250-STARTTLS')
    expect(await client.reply()).toMatch(/^220 2\.0\.0/)
    client.socket.removeAllListeners('data')
    const socket = tlsConnect({ socket: client.socket, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    expect(await new Client(socket).say('EHLO client.example')).toMatch(/^250-gate\.example/)
  })

  test('older protocol versions are not spoken', async () => {
    const { port } = await start({ tls: files('first') })
    const client = await Client.greeted(port)
    await expect(startTls(client, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' })).rejects.toThrow()
  })

  test('a new certificate is used after reload; a bad one is refused and the old one stays', async () => {
    const { port, listener } = await start({ tls: files('first') })
    const nameOf = async () => {
      const { socket, secure } = await startTls(await Client.greeted(port))
      const { subject } = new X509Certificate(socket.getPeerCertificate().raw)
      secure.end()
      return subject
    }
    expect(await nameOf()).toBe('CN=first.example')
    await listener.reload(files('second'))
    expect(await nameOf()).toBe('CN=second.example')
    await expect(listener.reload({ ...files('first'), keyFile: files('second').keyFile })).rejects.toThrow()
    writeFileSync(join(folder, 'junk.crt'), 'junk')
    await expect(listener.reload({ ...files('first'), certFile: join(folder, 'junk.crt') })).rejects.toThrow()
    expect(await nameOf()).toBe('CN=second.example')
  })

  test('without a certificate it does not exist', async () => {
    const { port } = await start()
    const client = await Client.greeted(port)
    expect(await client.say('STARTTLS')).toBe('502 5.5.1 command not implemented')
  })

  test('a handshake that breaks off leaves nothing behind', async () => {
    const { port, listener } = await start({ tls: files('first') })
    const client = await Client.greeted(port)
    await client.say('STARTTLS')
    client.send('this is no handshake\r\n')
    await client.closed()
    await until(() => listener.connections === 0)
  })
})

describe('the PROXY protocol', () => {
  const v2 = (command: number, family: number, body: readonly number[]) =>
    Buffer.from([...Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), 0x20 | command, family, body.length >> 8, body.length & 255, ...body])
  const ipv4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x30, 0x39, 0, 25]
  const ipv6 = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 9, ...Array(16).fill(0), 0x30, 0x39, 0, 25]
  const cases: [string, string | Buffer, string][] = [
    ['version 1 over IPv4', 'PROXY TCP4 192.0.2.7 10.0.0.1 12345 25\r\n', '192.0.2.7'],
    ['version 1 over IPv6', 'PROXY TCP6 2001:db8::9 2001:db8::1 12345 25\r\n', '2001:db8::9'],
    ['version 1 unknown', 'PROXY UNKNOWN\r\n', '127.0.0.1'],
    ['version 2 over IPv4', v2(1, 0x11, ipv4), '192.0.2.7'],
    ['version 2 over IPv6 with a TLV', v2(1, 0x21, [...ipv6, 4, 0, 1, 0]), '2001:db8::9'],
    ['version 2 local', v2(0, 0, []), '127.0.0.1'],
  ]

  test.each(cases)('%s, whole and octet by octet', async (_name, header, address) => {
    const { port, taken } = await start({ proxyHosts: ['127.0.0.0/8'], upstreams: [{ networks: ['192.0.2.0/24'], authservIds: [] }] })
    const bytes = Buffer.from(header)
    for (const pieces of [[bytes], [...bytes].map(byte => Buffer.of(byte))]) {
      const client = await Client.open(port)
      for (const piece of pieces) {
        client.send(piece)
        if (pieces.length > 1) await wait(0)
      }
      expect(await client.reply()).toMatch(/^220 /)
      await client.say('EHLO client.example')
      await client.startData()
      await client.say('x\r\n.')
      expect(taken.pop()?.session).toMatchObject({ clientAddress: address, listedUpstream: address === '192.0.2.7' })
      client.end()
    }
  })

  test('what follows the header in the same packet is read', async () => {
    const { port } = await start({ proxyHosts: ['127.0.0.1'], upstreams: [{ networks: ['192.0.2.0/24'], authservIds: [] }] })
    const client = await Client.open(port)
    client.send('PROXY TCP4 192.0.2.7 10.0.0.1 12345 25\r\nEHLO client.example\r\n')
    expect(await client.reply()).toMatch(/^220 /)
    expect(await client.reply()).toMatch(/^250-/)
  })

  test.each(['EHLO client.example\r\n', 'PROXY TCP4 999.0.2.7 10.0.0.1 1 25\r\n', 'PROXY TCP4 192.0.2.7 10.0.0.1 1 99999\r\n', `PROXY TCP4 ${'1'.repeat(200)}`, 'PROXY TCP4 192.0.2.7\n10.0.0.1 1 25\r\n'])(
    'a listed host that sends %j instead is cut off',
    async bytes => {
      const { port, network } = await start({ proxyHosts: ['127.0.0.1'] })
      const client = await Client.open(port)
      client.send(bytes)
      expect(await client.reply()).toBe('(closed)')
      expect(network).toHaveLength(1)
    },
  )

  test('a listed host that sends nothing is cut off in time', async () => {
    const { port } = await start({ proxyHosts: ['127.0.0.1'], limits: { firstCommandTimeoutMs: 50 } })
    expect(await (await Client.open(port)).reply()).toBe('(closed)')
  })

  test('from anybody else it is a command that does not exist', async () => {
    const { port } = await start()
    const client = await Client.open(port)
    await client.reply()
    expect(await client.say('PROXY TCP4 192.0.2.7 10.0.0.1 12345 25')).toMatch(/^500 5\.5\.2 /)
  })
})

describe('XCLIENT', () => {
  test('from a listed host makes the session another client\'s', async () => {
    const { port, taken } = await start({ xclientHosts: ['127.0.0.0/8'] })
    const client = await Client.open(port)
    await client.reply()
    expect(await client.say('EHLO proxy.example')).toContain('XCLIENT')
    expect(await client.say('XCLIENT ADDR=192.0.2.7 NAME=[UNAVAILABLE] PORT=2500')).toMatch(/^220 /)
    expect(await client.say('MAIL FROM:<>')).toMatch(/^503 5\.5\.1 /)
    expect(await client.say('EHLO client.example')).not.toContain('XCLIENT')
    await client.startData()
    await client.say('x\r\n.')
    expect(taken[0]?.session).toMatchObject({ clientAddress: '192.0.2.7', clientPort: 2500, helo: 'client.example', listedUpstream: false })
    await client.say('RSET')
    await client.startData()
    expect(await client.say('bare\nlf\r\n.')).toMatch(/^521 5\.5\.2 /)
  })

  test('from anybody else is refused', async () => {
    const { port } = await start({ xclientHosts: ['192.0.2.0/24'] })
    const client = await Client.open(port)
    await client.reply()
    expect(await client.say('EHLO client.example')).not.toContain('XCLIENT')
    expect(await client.say('XCLIENT ADDR=192.0.2.7')).toMatch(/^550 5\.7\.0 /)
  })
})
