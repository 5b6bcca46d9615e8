/** A next hop that is away and comes back, and one that refuses single recipients. */
import { SMTPServer } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import { inspect } from './support/arrived.ts'
import { SmtpConnection, sendAll } from './support/client.ts'
import { mixedMails } from './support/mails.ts'
import { freePort, until } from './support/processes.ts'
import { Sekisho } from './support/sekisho.ts'

type Sink = { readonly mails: { readonly to: string[]; readonly raw: Buffer }[]; close(): Promise<void> }
type QueueRow = { readonly recipients: readonly { readonly mailbox: string; readonly state: { readonly kind: string; readonly attempts?: number } }[] }

/** Recipients that start with `gone` get 550, with `later` 450. */
async function startSink(port: number): Promise<Sink> {
  const mails: Sink['mails'] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo({ address }, _session, done) {
      if (address.startsWith('gone')) return done(Object.assign(new Error('5.1.1 no such user'), { responseCode: 550 }))
      if (address.startsWith('later')) return done(Object.assign(new Error('4.2.0 mailbox busy'), { responseCode: 450 }))
      done()
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks) })
        done()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return { mails, close: () => new Promise(resolve => server.close(() => resolve())) }
}

let sekisho: Sekisho
let sink: Sink | undefined
afterEach(async () => {
  await sekisho?.remove()
  await sink?.close()
  sink = undefined
})

const startWith = (port: number) => Sekisho.start({ routes: [{ name: 'inner', nextHops: [{ host: '127.0.0.1', port, tls: 'off' }] }] })
const states = async () => (await sekisho.ask<QueueRow[]>('queue', 'list')).flatMap(row => row.recipients.map(each => each.state))

test('with the next hop down mail is accepted and deferred; back up, `queue retry` delivers each once', async () => {
  const port = await freePort()
  sekisho = await startWith(port)
  const mails = [...mixedMails('DOWN', 20, 0)]
  const { accepted } = await sendAll(mails, { port: sekisho.port, connections: 3 })
  expect(accepted.size).toBe(20)
  await until('all tried', 30_000, async () => (await states()).filter(state => state.kind === 'scheduled' && (state.attempts ?? 0) > 0).length === 20)

  sink = await startSink(port)
  await sekisho.cli('queue', 'retry')
  await sekisho.queueEmpty(30_000)
  const arrived = await Promise.all(sink.mails.map(({ raw }) => inspect(raw, '\r\n')))
  expect(arrived.flatMap(({ problems }) => problems)).toEqual([])
  expect(arrived.map(({ token }) => token).sort()).toEqual(mails.map(({ token }) => token))
})

test('5xx for one recipient fails that one, 4xx defers that one, the third has the mail', async () => {
  const port = await freePort()
  sink = await startSink(port)
  sekisho = await startWith(port)
  const [mail] = [...mixedMails('RCPT', 1, 0)]
  const connection = await SmtpConnection.open(sekisho.port)
  await connection.expect('MAIL FROM:<a@example.com>', '250')
  for (const name of ['staff', 'gone', 'later']) await connection.expect(`RCPT TO:<${name}@town.example.jp>`, '250')
  await connection.expect('DATA', '354')
  expect(await connection.data(mail!.bytes)).toMatch(/^250/)
  connection.close()

  await until('delivered', 20_000, () => sink!.mails.length === 1)
  expect(sink.mails[0]!.to).toEqual(['staff@town.example.jp'])
  const kindOf = async () => {
    const rows = await sekisho.ask<QueueRow[]>('queue', 'list')
    return Object.fromEntries(rows.flatMap(row => row.recipients.map(({ mailbox, state }) => [mailbox.split('@')[0], state.kind])))
  }
  await until('settled', 20_000, async () => (await kindOf())['later'] === 'scheduled' && (await kindOf())['gone'] !== 'scheduled')
  const trace = await sekisho.cli('trace', '--recipient', 'gone@town.example.jp')
  expect(trace).toMatch(/fail/)
  expect(trace).toMatch(/550/)
  expect(sink.mails).toHaveLength(1)
})
