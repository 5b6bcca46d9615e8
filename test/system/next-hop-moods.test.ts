/**
 * A next hop in every mood, against the real processes: what each recipient's state says, that a hop which comes to its
 * senses gets every mail once, and that the only second copies are those recorded as possible duplicates.
 *
 * One gateway; each mood has a domain, a route and scripted hops of its own, so that all of them run side by side.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Behaviour, CERT_FILE, type Sink, startSink } from '../unit/gateway/outbound/smtp-sink.ts'
import { inspect } from './support/arrived.ts'
import { SmtpConnection } from './support/client.ts'
import { mixedMails } from './support/mails.ts'
import { freePort, until } from './support/processes.ts'
import { Sekisho } from './support/sekisho.ts'

type Kind = 'delivered' | 'deferred' | 'failed'
type Hop = Behaviour | 'down'
type Mood = {
  readonly hops: readonly Hop[]
  /** Settings of the hops; TLS is off unless they say otherwise. */
  readonly settings?: object
  /** Local parts, and what the first attempt does with each. */
  readonly first: Readonly<Record<string, Kind>>
  /** Words of the reply that the log must have. */
  readonly says?: RegExp
  /** We do not know whether the hop took it, so that it comes again, marked: `taken` by a hop that did. */
  readonly doubtful?: 'taken' | 'not taken'
}

const REPLY_MS = 3_000
const SETTLE_MS = 30_000
const later = '451 4.2.0 later'
const staff = (kind: Kind) => ({ staff: kind })
const perRecipient = (mailbox: string) =>
  mailbox.startsWith('gone') ? '550 5.1.1 no such user' : mailbox.startsWith('later') ? later : '250 2.1.5 ok'

const MOODS: Readonly<Record<string, Mood>> = {
  refuses: { hops: ['down'], first: staff('deferred'), says: /ECONNREFUSED/ },
  mute: { hops: [{ mute: true }], first: staff('deferred') },
  'greets-421': { hops: [{ greeting: '421 4.3.2 busy' }], first: staff('deferred'), says: /busy/ },
  'greets-554': { hops: [{ greeting: '554 5.3.2 go away' }], first: staff('deferred'), says: /go away/ },
  'mail-4xx': { hops: [{ mail: later }], first: staff('deferred'), says: /4\.2\.0/ },
  'rcpt-4xx': { hops: [{ rcpt: () => later }], first: staff('deferred'), says: /4\.2\.0/ },
  'data-4xx': { hops: [{ data: later }], first: staff('deferred'), says: /4\.2\.0/ },
  'end-4xx': { hops: [{ end: later }], first: staff('deferred'), says: /4\.2\.0/ },
  'mail-5xx': { hops: [{ mail: '550 5.7.1 no' }], first: staff('failed'), says: /5\.7\.1/ },
  'data-5xx': { hops: [{ data: '554 5.6.0 no' }], first: staff('failed'), says: /5\.6\.0/ },
  'end-5xx': { hops: [{ end: '554 5.6.0 no' }], first: staff('failed'), says: /5\.6\.0/ },
  'rcpt-mixed': { hops: [{ rcpt: perRecipient }], first: { staff: 'delivered', gone: 'failed', later: 'deferred', other: 'delivered' } },
  'rubbish': { hops: [{ mail: 'what is this' }], first: staff('deferred') },
  // All of a small mail is on its way when the hop drops it.
  'drops-in-data': { hops: [{ dropAfterOctets: 200 }], first: staff('deferred'), doubtful: 'not taken' },
  'drops-at-end': { hops: [{ dropAtEnd: true }], first: staff('deferred'), doubtful: 'taken' },
  'mute-at-end': { hops: [{ endDelayMs: 60_000 }], first: staff('deferred'), doubtful: 'taken' },
  slow: { hops: [{ endDelayMs: REPLY_MS / 2 }], first: staff('delivered') },
  'tls-broken-off': { hops: [{ brokenTls: true }], settings: { tls: 'off' }, first: staff('delivered') },
  'tls-broken-may': { hops: [{ brokenTls: true }], settings: { tls: 'opportunistic' }, first: staff('delivered') },
  'tls-broken-must': { hops: [{ brokenTls: true }], settings: { tls: 'required' }, first: staff('deferred') },
  'tls-absent-must': { hops: [{}], settings: { tls: 'required' }, first: staff('deferred') },
  'tls-unknown-may': { hops: [{ starttls: true }], settings: { tls: 'opportunistic' }, first: staff('delivered') },
  'tls-unknown-must': { hops: [{ starttls: true }], settings: { tls: 'required' }, first: staff('deferred') },
  'tls-address-must': { hops: [{ starttls: true }], settings: { tls: 'required', caFile: CERT_FILE }, first: staff('delivered') },
  'tls-other-must': { hops: [{ starttls: true }], settings: { tls: 'required', caFile: CERT_FILE, serverName: 'mx2.inner.example' }, first: staff('deferred'), says: /altnames/ },
  'tls-known-must': { hops: [{ starttls: true }], settings: { tls: 'required', caFile: CERT_FILE, serverName: 'mx.inner.example' }, first: staff('delivered') },
  'over-down': { hops: ['down', {}], first: staff('delivered') },
  'over-mute': { hops: [{ mute: true }, {}], first: staff('delivered') },
  'over-421': { hops: [{ mail: '421 4.3.2 closing' }, {}], first: staff('delivered') },
  'over-tls': { hops: [{ brokenTls: true }, {}], settings: { tls: 'off' }, first: staff('delivered') },
  'not-over-4xx': { hops: [{ mail: later }, {}], first: staff('deferred') },
  'not-over-drop': { hops: [{ dropAtEnd: true }, {}], first: staff('deferred'), doubtful: 'taken' },
}

type Event = { readonly event: string; readonly id: string; readonly to?: string | number; readonly reply?: string; readonly attempt?: string | number }
const domainOf = (mood: string) => `${mood}.example.jp`
/** What a hop does once it has come to its senses: only its certificate stays what it is. */
const mended = (hop: Hop): Behaviour => (hop !== 'down' && (hop.starttls || hop.brokenTls) ? { starttls: true } : {})

let sekisho: Sekisho
const sinks = new Map<string, { readonly hop: Hop; readonly port: number; sink: Sink | undefined }[]>()
const tokens = new Map<string, string>()

beforeAll(async () => {
  for (const [mood, { hops }] of Object.entries(MOODS)) {
    const started = hops.map(async hop => {
      if (hop === 'down') return { hop, port: await freePort(), sink: undefined }
      const sink = await startSink(hop)
      return { hop, port: sink.port, sink }
    })
    sinks.set(mood, await Promise.all(started))
  }
  sekisho = await Sekisho.start({
    domains: Object.keys(MOODS).map(domainOf),
    maillog: { format: 'json' },
    relay: { timeouts: { connectMs: 1_500, dataMs: REPLY_MS } },
    routes: Object.entries(MOODS).map(([mood, { settings }]) => ({
      name: mood,
      domains: [domainOf(mood)],
      nextHops: sinks.get(mood)!.map(({ port }) => ({ host: '127.0.0.1', port, tls: 'off', ...settings })),
    })),
  })
  const mails = mixedMails('MOOD', Object.keys(MOODS).length, 0)
  for (const [mood, { first }] of Object.entries(MOODS)) {
    const { token, bytes } = mails.next().value!
    tokens.set(mood, token)
    await send(Object.keys(first).map(name => `${name}@${domainOf(mood)}`), bytes)
  }
})
afterAll(async () => {
  await sekisho?.remove()
  for (const { sink } of [...sinks.values()].flat()) await sink?.close()
})

async function send(recipients: readonly string[], bytes: Buffer): Promise<void> {
  const connection = await SmtpConnection.open(sekisho.port)
  await connection.expect('MAIL FROM:<sender@example.com>', '250')
  for (const recipient of recipients) await connection.expect(`RCPT TO:<${recipient}>`, '250')
  await connection.expect('DATA', '354')
  expect(await connection.data(bytes)).toMatch(/^250/)
  connection.close()
}

const events = () => sekisho.log().split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Event)
const attemptsFor = (mailbox: string) => events().filter(({ event, to }) => String(to).includes(mailbox) && ['delivered', 'deferred', 'failed'].includes(event))
const receivedBy = (mood: string) => sinks.get(mood)!.flatMap(({ sink }) => sink?.received ?? [])

describe('the first attempt', () => {
  test.for(Object.keys(MOODS))('%s', async mood => {
    const { first, says } = MOODS[mood]!
    for (const [name, kind] of Object.entries(first)) {
      const mailbox = `${name}@${domainOf(mood)}`
      await until(`an attempt for ${mailbox}`, SETTLE_MS, () => attemptsFor(mailbox).length > 0)
      const [attempt] = attemptsFor(mailbox)
      expect(attempt!.event, `${mailbox}: ${attempt!.reply}`).toBe(kind)
      if (says) expect(attempt!.reply).toMatch(says)
    }
    const secure = receivedBy(mood).map(({ secure }) => secure)
    if (mood.startsWith('tls-') && first['staff'] === 'delivered') expect(secure).toEqual([/known|address/.test(mood)])
  })
})

test('hops that mend get every deferred mail once; the failed stay failed; second copies are recorded', async () => {
  for (const each of [...sinks.values()].flat()) {
    if (each.sink) each.sink.behaviour = mended(each.hop)
    else each.sink = await startSink({}, each.port)
  }
  await sekisho.cli('queue', 'retry')
  // What needs TLS that it cannot have stays, and says why.
  const stuck = ['tls-broken-must', 'tls-absent-must', 'tls-unknown-must', 'tls-other-must']
  await until('all but those', SETTLE_MS, async () => (await sekisho.ask<unknown[]>('queue', 'list')).length === stuck.length)

  const log = events()
  for (const [mood, { first, doubtful }] of Object.entries(MOODS)) {
    const arrived = receivedBy(mood)
    for (const [name, kind] of Object.entries(first)) {
      const mailbox = `${name}@${domainOf(mood)}`
      const copies = arrived.filter(({ recipients }) => recipients.includes(mailbox)).length
      const wanted = kind === 'failed' || stuck.includes(mood) ? 0 : doubtful === 'taken' ? 2 : 1
      expect(copies, mailbox).toBe(wanted)
      expect(log.filter(({ event, to }) => event === 'duplicate' && String(to).includes(mailbox)), mailbox).toHaveLength(doubtful ? 1 : 0)
    }
    for (const { data } of arrived) {
      const { token, problems } = await inspect(data, '\r\n')
      expect([token, problems], mood).toEqual([tokens.get(mood), []])
    }
  }
  expect(await sekisho.ask<{ ok: boolean }>('audit', 'verify')).toMatchObject({ ok: true })
})

test('a hop that says 421 after each mail gets ten mails, each once, without a wait between', async () => {
  const sink = sinks.get('slow')![0]!.sink!
  sink.behaviour = { closingAtTransaction: 1 }
  sink.received.length = 0
  const mails = [...mixedMails('SHUT', 10, 0)]
  for (const { bytes } of mails) await send([`staff@${domainOf('slow')}`], bytes)
  await until('ten mails', SETTLE_MS, () => sink.received.length >= 10)
  const arrived = await Promise.all(sink.received.map(({ data }) => inspect(data, '\r\n')))
  expect(arrived.map(({ token }) => token).sort()).toEqual(mails.map(({ token }) => token))
})
