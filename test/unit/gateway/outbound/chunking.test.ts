/** Envelope and message together, to hops that throw away what they refuse (RFC 3030 §4.2). */
import { afterEach, describe, expect, test } from 'vitest'
import type { Mailbox } from '../../../../core/smtp/envelope.ts'
import { HopUnavailable, openSmtp, type SmtpSession } from '../../../../gateway/outbound/smtp-client.ts'
import { smtpHop, until } from './relay-rig.ts'
import { closeSession, FROM, listen, openSession, PATIENT, session, sink, TO, TO_2 } from './session-rig.ts'
import type { Behaviour } from './smtp-sink.ts'

const EXTENSIONS = ['PIPELINING', 'SIZE', 'CHUNKING']
const MESSAGE = Buffer.from('A: b\r\n\r\n.hidden\r\nMAIL FROM:<evil@example>\r\n')

afterEach(closeSession)

function open(behaviour: Behaviour = {}, chunking = true, connectMs = PATIENT.connectMs): Promise<SmtpSession> {
  return openSession({ extensions: EXTENSIONS, ...behaviour }, {}, { ...PATIENT, connectMs, chunking })
}

const send = (message: Uint8Array = MESSAGE, to: readonly Mailbox[] = [TO]) => session!.send(FROM, to, message)
const verbs = () => sink.commands.map(line => line.slice(0, 4))
const verbsOfSending = async (message?: Uint8Array, to?: readonly Mailbox[]) => {
  const before = sink.commands.length
  const result = await send(message, to)
  return { ...result, verbs: verbs().slice(before) }
}

test('the octets are the message, dots and all, and there is no DATA', async () => {
  await open()
  for (let i = 0; i < 3; i++) {
    const { replies, lost, verbs: said } = await verbsOfSending()
    expect([replies.get(TO)?.line, lost, said]).toEqual(['250 2.0.0 ok', undefined, ['MAIL', 'RCPT', 'BDAT']])
  }
  expect(sink.received.map(({ data, recipients }) => [data.equals(MESSAGE), recipients])).toEqual(Array(3).fill([true, [TO]]))
})

describe('by DATA all the same', () => {
  test('a message that is too large to be sent for nothing', async () => {
    await open()
    const large = Buffer.from('A: b\r\n\r\n'.concat('x\r\n'.repeat(100_000)))
    expect((await verbsOfSending(large)).verbs).toEqual(['MAIL', 'RCPT', 'DATA'])
    expect((await verbsOfSending()).verbs).toContain('BDAT')
    expect(sink.received.map(({ data }) => data.length)).toEqual([large.length, MESSAGE.length])
  })
  test.for([
    { name: 'no CHUNKING', behaviour: { extensions: ['PIPELINING'] } },
    { name: 'no PIPELINING', behaviour: { extensions: ['CHUNKING'] } },
    { name: 'switched off here', behaviour: {}, chunking: false },
  ])('$name', async ({ behaviour, chunking }) => {
    await open(behaviour, chunking)
    expect((await send()).replies.get(TO)?.code).toBe(250)
    expect([verbs().includes('BDAT'), sink.connections]).toEqual([false, 1])
  })
  test.for(['obeyed', 'unanswered', 'not understood'] as const)('refused octets are %s by the hop: a new connection', async refusedChunk => {
    await open({ refusedChunk }, true, refusedChunk === 'unanswered' ? 500 : undefined)
    expect((await verbsOfSending()).verbs).toEqual(['MAIL', 'RCPT', 'DATA'])
    expect(sink.connections).toBe(2)
    expect(sink.received).toHaveLength(1)
  })
})

test('who stops waiting is not kept by a hop that stays silent', async () => {
  await listen({ extensions: EXTENSIONS, refusedChunk: 'unanswered' })
  const stop = new AbortController()
  const opening = openSmtp(smtpHop(sink.port), { connectMs: 60_000, replyMs: 60_000, chunking: true }, stop.signal)
  await until(() => verbs().includes('BDAT'))
  stop.abort()
  await expect(opening).rejects.toThrow(HopUnavailable)
})

describe('each recipient gets the reply that counts for it', () => {
  test.for([
    { name: 'one refused', behaviour: { rcpt: (to: string) => (to === TO ? '550 5.1.1 no' : '250 ok') }, codes: [550, 250], taken: 1 },
    { name: 'both refused, in different words', behaviour: { rcpt: (to: string) => (to === TO ? '550 5.1.1 no' : '450 4.2.1 later') }, codes: [550, 450], taken: 0 },
    { name: 'the message refused', behaviour: { end: '554 5.6.0 not this one' }, codes: [554, 554], taken: 0 },
    { name: 'the message deferred, one refused before', behaviour: { end: '452 4.3.1 full', rcpt: (to: string) => (to === TO ? '550 5.1.1 no' : '250 ok') }, codes: [550, 452], taken: 0 },
  ])('$name', async ({ behaviour, codes, taken }) => {
    await open(behaviour)
    const { replies, lost } = await send(MESSAGE, [TO, TO_2])
    expect([[...[TO, TO_2].map(to => replies.get(to)?.code)], lost]).toEqual([codes, undefined])
    expect(sink.received).toHaveLength(taken)
    expect(verbs().filter(verb => verb === 'MAIL')).toHaveLength(2)
    // The connection is of use again, refused octets or not.
    expect(await session!.reset()).toBe(true)
    sink.behaviour = { extensions: EXTENSIONS }
    expect((await send()).replies.get(TO)?.code).toBe(250)
  })
  test('MAIL refused, at this transaction only', async () => {
    await open()
    sink.behaviour = { extensions: EXTENSIONS, mail: '451 4.7.1 greylisted' }
    const { replies } = await send(MESSAGE, [TO, TO_2])
    expect([...replies.values()].map(({ status }) => status)).toEqual(['4.7.1', '4.7.1'])
    expect([sink.received.length, await session!.reset()]).toEqual([0, true])
  })
})

describe('a lost connection says how far we were', () => {
  test.for([
    { name: 'before its reply', behaviour: { dropAtEnd: true }, want: { during: 'end-of-data', unanswered: false } },
    { name: 'without a word', behaviour: { dropAfterTransactions: 0 }, want: { during: 'end-of-data', unanswered: true } },
  ] as const)('$name', async ({ behaviour, want }) => {
    await open()
    sink.behaviour = { extensions: EXTENSIONS, ...behaviour }
    expect((await send()).lost).toMatchObject(want)
  })
})
