import { afterEach, describe, expect, test } from 'vitest'
import { HopExtensions } from '../../../../gateway/outbound/hop-extensions.ts'
import { createRouteTable, type NextHop } from '../../../../gateway/outbound/routes.ts'
import { inward, MESSAGE, outward, rig, smtpHop, STAFF, until } from './relay-rig.ts'
import { type Sink, startSink } from './smtp-sink.ts'

const TIMEOUTS = { connectMs: 1500, replyMs: 1500 }
const UTF8 = ['SMTPUTF8', 'PIPELINING']
const MAILDIR: NextHop = { kind: 'maildir', path: '/nowhere' }

const sinks: Sink[] = []
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close()
})
async function hop(extensions: readonly string[]) {
  const sink = await startSink({ extensions })
  sinks.push(sink)
  return smtpHop(sink.port)
}

async function known(inner: readonly [NextHop, ...NextHop[]], outer?: NextHop): Promise<boolean> {
  const extensions = new HopExtensions(createRouteTable([inward(...inner), ...(outer ? [outward(outer)] : [])]), TIMEOUTS)
  await extensions.probe()
  return extensions.allHaveSmtpUtf8
}

describe('SMTPUTF8 of every next hop', () => {
  test('a Maildir has it', async () => expect(await known([MAILDIR])).toBe(true))
  test('a hop that offers it has it', async () => expect(await known([await hop(UTF8)])).toBe(true))
  test('one hop without it is enough to lack it', async () => expect(await known([await hop(UTF8), await hop([]), MAILDIR])).toBe(false))
  test('a hop of an outward route counts too', async () => expect(await known([MAILDIR], await hop([]))).toBe(false))
  test('a hop that cannot be reached counts as one without it', async () => expect(await known([await hop(UTF8), smtpHop(1)])).toBe(false))

  test('before anybody was asked it is not known', async () => {
    expect(new HopExtensions(createRouteTable([inward(await hop(UTF8))]), TIMEOUTS).allHaveSmtpUtf8).toBe(false)
  })

  test('a hop is asked once; the relay’s connections say what changed since', async () => {
    const one = await hop(UTF8)
    const extensions = new HopExtensions(createRouteTable([inward(one)]), TIMEOUTS)
    await extensions.probe()
    await extensions.probe()
    expect(sinks[0]!.connections).toBe(1)
    extensions.learn(one, { smtpUtf8: false })
    expect(extensions.allHaveSmtpUtf8).toBe(false)
  })
})

test('the relay tells of each connection that it opens', async () => {
  const told: [number, boolean][] = []
  const one = await hop(UTF8)
  const { relay, store, said, stop } = rig([inward(one)], { onGreeted: (of, session) => told.push([of.port, session.smtpUtf8]) })
  store.add({ recipients: [STAFF] }, MESSAGE)
  void relay.run()
  await until(() => said.delivered.length === 1)
  expect(told).toEqual([[one.port, true]])
  await stop()
})
