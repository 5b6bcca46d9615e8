import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Mailbox } from '../../../../core/smtp/envelope.ts'
import { recipientProbe } from '../../../../gateway/outbound/recipient-probe.ts'
import { createRouteTable, type NextHop } from '../../../../gateway/outbound/routes.ts'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach(server => void server.close()))

/** A hop that answers RCPT as told, and notes every command. */
async function hop(rcptReply: string, heard: string[] = []): Promise<NextHop> {
  const server = createServer(socket => {
    socket.write('220 hop\r\n')
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const command of chunk.toString().split('\r\n').filter(Boolean)) {
        heard.push(command)
        if (command.startsWith('RCPT')) socket.write(`${rcptReply}\r\n`)
        else if (command === 'QUIT') socket.end('221 bye\r\n')
        else socket.write('250-hop\r\n250 ok\r\n')
      }
    })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { kind: 'smtp', host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: 'opportunistic', name: 'gw.example' }
}

function probe(...hops: [NextHop, ...NextHop[]]) {
  const routes = createRouteTable([{ name: 'in', direction: 'inward', domains: ['*'], hops }])
  return recipientProbe(routes, 2000)('staff@town.example.jp' as Mailbox)
}

test.each([
  ['250 2.1.5 ok', 'ok'],
  ['251 will forward', 'ok'],
  ['550 5.1.1 no such user', 'unknown'],
  ['450 4.2.0 greylisted', 'unavailable'],
])('%s means %s', async (reply, want) => expect(await probe(await hop(reply))).toBe(want))

test('no message is begun, and the reverse-path is null', async () => {
  const heard: string[] = []
  await probe(await hop('250 ok', heard))
  await expect.poll(() => heard).toEqual(['EHLO gw.example', 'MAIL FROM:<>', 'RCPT TO:<staff@town.example.jp>', 'QUIT'])
})

test('a non-ASCII mailbox is asked for with SMTPUTF8', async () => {
  const heard: string[] = []
  const routes = createRouteTable([{ name: 'in', direction: 'inward', domains: ['*'], hops: [await hop('250 ok', heard)] }])
  expect(await recipientProbe(routes, 2000)('職員@town.example.jp' as Mailbox)).toBe('ok')
  await expect.poll(() => heard).toContain('MAIL FROM:<> SMTPUTF8')
  expect(heard).toContain('RCPT TO:<職員@town.example.jp>')
})

test('a hop that is down passes the question on', async () => {
  const down: NextHop = { kind: 'smtp', host: '127.0.0.1', port: 1, tls: 'off', name: 'gw.example' }
  expect(await probe(down)).toBe('unavailable')
  expect(await probe(down, await hop('550 no'))).toBe('unknown')
})

test('a hop that requires TLS is not asked', async () => {
  const heard: string[] = []
  expect(await probe({ ...(await hop('250 ok', heard)), tls: 'required' } as NextHop)).toBe('unavailable')
  expect(heard).toEqual([])
})
