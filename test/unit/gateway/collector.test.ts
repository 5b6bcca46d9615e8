/** Records handed over to collectors that listen here, over each transport. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { handOver } from '../../../gateway/collector.ts'

async function* messages(count: number, size = 10) {
  for (let i = 0; i < count; i++) yield `<110>1 message ${i} ${'あ'.repeat(size)}`
}

/** RFC 6587 §3.4.1: a number of octets, a blank, so many octets. */
function frames(octets: Buffer): string[] {
  const found: string[] = []
  for (let at = 0; at < octets.length; ) {
    const blank = octets.indexOf(' ', at)
    const length = Number(octets.toString('latin1', at, blank))
    found.push(octets.toString('utf8', blank + 1, blank + 1 + length))
    at = blank + 1 + length
  }
  return found
}

function listening(server: net.Server): Promise<{ port: number; received: Promise<Buffer> }> {
  const received = new Promise<Buffer>(resolve => {
    const take = (socket: net.Socket) => {
      const pieces: Buffer[] = []
      socket.on('data', piece => pieces.push(Buffer.from(piece)))
      socket.on('end', () => resolve(Buffer.concat(pieces)))
      socket.on('error', () => {})
    }
    server.on(server instanceof tls.Server ? 'secureConnection' : 'connection', take)
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, received })))
}

test('TCP: each message once, counted in octets, more than fits into a buffer', async () => {
  const server = net.createServer()
  const { port, received } = await listening(server)
  expect(await handOver(messages(3_000, 100), { address: `tcp://127.0.0.1:${port}`, caFile: '' })).toBe(3_000)
  const got = frames(await received)
  expect([got.length, got[0], got[2_999]?.slice(0, 20)]).toEqual([3_000, `<110>1 message 0 ${'あ'.repeat(100)}`, '<110>1 message 2999 '])
  server.close()
})

test('UDP: a datagram each', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const got: string[] = []
  socket.on('message', message => got.push(message.toString()))
  expect(await handOver(messages(3), { address: `udp://127.0.0.1:${socket.address().port}`, caFile: '' })).toBe(3)
  await expect.poll(() => got.length).toBe(3)
  socket.close()
})

test('TLS: by a certificate of the named issuer only', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-collector-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2'], { stdio: 'ignore' })
  const server = tls.createServer({ key: readFileSync(key), cert: readFileSync(cert) })
  server.on('tlsClientError', () => {})
  const { port, received } = await listening(server)
  await expect(handOver(messages(1), { address: `tls://localhost:${port}`, caFile: '' })).rejects.toThrow(/self-signed/)
  expect(await handOver(messages(5), { address: `tls://localhost:${port}`, caFile: cert })).toBe(5)
  expect(frames(await received)).toHaveLength(5)
  server.close()
})

test('nobody there is an error, not silence', async () => {
  await expect(handOver(messages(1), { address: 'tcp://127.0.0.1:1', caFile: '' })).rejects.toThrow(/ECONNREFUSED/)
})
