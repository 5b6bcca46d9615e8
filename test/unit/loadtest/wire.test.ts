/** Client and sink on the wire: pieces of any size, TLS, servers with habits of their own. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'
import { Refused } from '../../../loadtest/dialogue.ts'
import { markOf } from '../../../loadtest/mark.ts'
import { probe } from '../../../loadtest/probe.ts'
import { openSink, runHere, testLoad } from '../../support/load.ts'
import { ScriptedServer } from '../../support/scripted-server.ts'

const RUN = 'unittest'
const TLS = join(import.meta.dirname, '../../fixtures/tls')
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

describe('the sink', () => {
  const mail = (number: number, body: string) => `Subject: x\r\nMESSAGE-Id:\r\n <${markOf(RUN, number)}@a>\r\n\r\n${body}\r\n.\r\n`
  const bdat = (...chunks: string[]) => chunks.map((chunk, i) => `BDAT ${chunk.length}${i === chunks.length - 1 ? ' LAST' : ''}\r\n${chunk}`).join('')
  const dialogue = [
    'EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<one@x>\r\nRCPT TO:<two@x>\r\nDATA\r\n', mail(1, 'a\r\n..\r\nb'),
    'MAIL FROM:<a@b>\r\nRSET\r\nMAIL FROM:<>\r\nrcpt to:<three@x>\r\ndata\r\n.\r\n', 'MAIL FROM:<a@b>\r\nRCPT TO:<one@x>\r\nDATA\r\n', mail(2, markOf(RUN, 7)),
    // In chunks: the end of a mail by DATA is text there, what nobody is to have counts for nothing, and so does what RSET cut short.
    'MAIL FROM:<a@b>\r\nBDAT 6 LAST\r\nQUIT\r\nRSET\r\n', `MAIL FROM:<a@b>\r\nRCPT TO:<one@x>\r\n${bdat(mail(3, 'c'), 'd')}`,
    'MAIL FROM:<>\r\nRCPT TO:<one@x>\r\nBDAT 3\r\nabcRSET\r\n', `MAIL FROM:<>\r\nRCPT TO:<two@x>\r\nBDAT x\r\n${bdat(mail(4, 'e'), '')}`, 'QUIT\r\n',
  ].join('')

  test.each([1, 2, 3, 7, 64, 100_000])('in pieces of %i octets', async step => {
    const { inbox, port } = await openSink()
    closers.push(() => inbox.end())
    await inbox.reset(RUN)
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let heard = ''
    socket.on('data', chunk => (heard += chunk))
    for (let at = 0; at < dialogue.length; at += step) socket.write(dialogue.slice(at, at + step))
    await once(socket, 'close')
    expect(heard.match(/^\d{3} /gm)?.join('')).toBe('220 250 250 250 250 354 250 250 250 250 250 354 250 250 250 354 250 250 503 250 250 250 250 250 250 250 250 250 250 250 501 250 250 221 ')
    const arrivals = await inbox.take()
    expect(arrivals.map(({ number, recipients, foreign }) => ({ number, recipients, foreign }))).toEqual([
      { number: 1, recipients: ['one@x', 'two@x'], foreign: [] },
      { number: -1, recipients: ['three@x'], foreign: [] },
      { number: 2, recipients: ['one@x'], foreign: [7] },
      { number: 3, recipients: ['one@x'], foreign: [] },
      { number: 4, recipients: ['two@x'], foreign: [] },
    ])
    expect(await inbox.take()).toEqual([])
  })
})

describe('TLS', () => {
  async function tlsServer(secure: boolean): Promise<number> {
    const server = new SMTPServer({
      secure, key: readFileSync(join(TLS, 'one.key')), cert: readFileSync(join(TLS, 'one.crt')), authOptional: true,
      onMailFrom: (_, session, done) => done(session.secure ? null : new Error('in the clear')),
      onData: (stream, _, done) => stream.resume().on('end', () => done()),
    })
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    closers.push(() => new Promise<void>(resolve => server.close(() => resolve())))
    return (server.server.address() as AddressInfo).port
  }

  test.each([['starttls', false], ['implicit', true]] as const)('%s', async (tls, secure) => {
    const port = await tlsServer(secure)
    const load = testLoad(port, { mostMails: 12, connections: 3, mailsPerConnection: 3 })
    const { tally } = await runHere({ ...load, habits: { ...load.habits, tls } })
    expect(Object.fromEntries(tally.troubles)).toEqual({})
    expect(tally.outcomes.accepted).toBe(12)
    expect((await probe({ ...load.habits, tls }, 5000)).extensions).toContain('PIPELINING')
  })

  test('a server without STARTTLS takes nothing', async () => {
    const server = new ScriptedServer({ fate: () => ({}) })
    const load = testLoad(await server.listen(), { mostMails: 3 })
    closers.push(() => server.close())
    const { tally } = await runHere({ ...load, habits: { ...load.habits, tls: 'implicit' } })
    expect(tally.outcomes).toMatchObject({ accepted: 0, failed: 3 })
  })
})

describe('a server that', () => {
  async function answering(script: (line: string, count: number) => string | undefined): Promise<number> {
    let mails = 0
    const server = createServer(socket => {
      let [inData, text] = [false, '']
      socket.on('error', () => undefined)
      socket.write('220 odd.example\r\n')
      socket.on('data', chunk => {
        text += chunk.toString('latin1')
        for (let end = text.indexOf(inData ? '\r\n.\r\n' : '\r\n'); end !== -1; end = text.indexOf(inData ? '\r\n.\r\n' : '\r\n')) {
          const line = inData ? '.' : text.slice(0, end)
          text = text.slice(end + (inData ? 5 : 2))
          if (inData) mails++
          inData = false
          const reply = script(line, mails)
          if (reply === undefined) return void socket.destroy()
          if (reply.startsWith('354')) {
            inData = true
            text = `\r\n${text}`
          }
          socket.write(`${reply}\r\n`)
        }
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => server.close())
    return (server.address() as AddressInfo).port
  }

  test('says 354 although it refused every recipient', async () => {
    let refused = 0
    const port = await answering(line => (line.startsWith('EHLO') ? '250-odd\r\n250 PIPELINING' : line.startsWith('RCPT') ? (refused++ < 3 ? '550 no' : '250 ok') : line === 'DATA' ? '354 go' : '250 ok'))
    const { tally } = await runHere(testLoad(port, { mostMails: 10, connections: 1 }))
    expect(tally.outcomes).toMatchObject({ accepted: 7, refused: 3 })
    expect(Object.fromEntries(tally.troubles)).toEqual({ 'rcpt: 550 no': 3 })
  })

  test('closes used connections with 421, or silently: the mail goes over a new one', async () => {
    for (const reply of ['421 4.7.0 enough', undefined]) {
      let [last, closed] = [0, 0]
      const port = await answering((line, mails) => {
        if (line.startsWith('MAIL') && mails >= last + 2 && mails < 8) {
          last = mails
          closed++
          return reply
        }
        return line.startsWith('EHLO') ? '250 odd' : line === 'DATA' ? '354 go' : '250 ok'
      })
      const { tally } = await runHere(testLoad(port, { mostMails: 10, connections: 1, habits: { ...testLoad(port).habits, pipelining: false } }))
      expect(tally.outcomes.accepted).toBe(10)
      expect(closed).toBeGreaterThan(1)
    }
  })

  test('greets with 554, or not at all', async () => {
    const port = await answering(() => '554 no')
    const habits = testLoad(port).habits
    await expect(probe(habits, 5000)).resolves.toMatchObject({ name: 'odd.example' })
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    closers.push(() => silent.close())
    await expect(probe({ ...habits, target: { ...habits.target, port: (silent.address() as AddressInfo).port } }, 100)).rejects.toThrow(Refused)
  })

  test('never answers the data: the mail is doubtful once its time is over', async () => {
    const port = await answering(line => (line.startsWith('EHLO') ? '250 odd' : line === 'DATA' ? '354 go' : line === '.' ? '250-never' : '250 ok'))
    const { tally } = await runHere(testLoad(port, { mostMails: 2, connections: 2, replyTimeoutMs: 200 }))
    expect(tally.outcomes).toMatchObject({ accepted: 0, doubtful: 2 })
    expect([...tally.troubles.keys()]).toEqual(['end-of-data: no reply in time'])
  })
})

test('slow clients take their time and do not count in latencies', async () => {
  const server = new ScriptedServer({ fate: () => ({}) })
  closers.push(() => server.close())
  const { tally } = await runHere(testLoad(await server.listen(), { mostMails: 6, connections: 6, slow: { share: 1, bytesPerSecond: 8000 } }))
  expect(tally.outcomes.accepted).toBe(6)
  expect(tally.latency.answered.count).toBe(0)
})
