import { afterEach, describe, expect, test } from 'vitest'
import { HopUnavailable, openSmtp, type SmtpSession } from '../../../../gateway/outbound/smtp-client.ts'
import { smtpHop } from './relay-rig.ts'
import { closeSession, FROM, listen, openSession, PATIENT, sink, TO, TO_2 } from './session-rig.ts'
import { type Behaviour, CERT_FILE } from './smtp-sink.ts'

/** For those who wait for the end of it. */
const SOON = { connectMs: 500, replyMs: 500, chunking: true }
const bytes = (text: string) => Buffer.from(text)

afterEach(closeSession)

function open(behaviour: Behaviour = {}, hop: Parameters<typeof smtpHop>[1] = {}, timeouts = behaviour.brokenTls ? SOON : PATIENT): Promise<SmtpSession> {
  return openSession(behaviour, hop, timeouts)
}

async function refused(behaviour: Behaviour, hop: Parameters<typeof smtpHop>[1] = {}, timeouts?: typeof SOON): Promise<unknown> {
  return open(behaviour, hop, timeouts).then(() => expect.fail('connected'), error => error)
}

describe('the octets on the wire are the canonical message, dot-stuffed', () => {
  test.for([
    { name: 'plain', message: 'Subject: x\r\n\r\nhello\r\n', wire: 'Subject: x\r\n\r\nhello\r\n' },
    { name: 'a line that begins with a dot', message: 'A: b\r\n\r\n.hidden\r\n', wire: 'A: b\r\n\r\n..hidden\r\n' },
    { name: 'a line that is a dot', message: 'A: b\r\n\r\nx\r\n.\r\nMAIL FROM:<evil@example>\r\n', wire: 'A: b\r\n\r\nx\r\n..\r\nMAIL FROM:<evil@example>\r\n' },
    { name: 'only dots', message: '.\r\n..\r\n...\r\n', wire: '..\r\n...\r\n....\r\n' },
    { name: 'dots inside lines', message: 'A: b.\r\n\r\na.b\r\n', wire: 'A: b.\r\n\r\na.b\r\n' },
    { name: 'no line end at the end', message: 'A: b\r\n\r\nx', wire: 'A: b\r\n\r\nx\r\n' },
    { name: 'larger than any buffer', message: 'A: b\r\n\r\n'.concat('.x\r\n'.repeat(300_000)), wire: 'A: b\r\n\r\n'.concat('..x\r\n'.repeat(300_000)) },
  ])('$name', async ({ message, wire }) => {
    const { send } = await bound(open())
    const { lost } = await send(FROM, [TO], bytes(message))
    expect(lost).toBeUndefined()
    expect(sink.received).toHaveLength(1)
    expect(sink.received[0]!.data.equals(bytes(wire))).toBe(true)
  })
})

async function bound(opening: Promise<SmtpSession>) {
  const opened = await opening
  return { send: opened.send.bind(opened), opened }
}

describe('each recipient gets the reply that counts for it', () => {
  test('accepted by all', async () => {
    const { send } = await bound(open({ end: '250 2.6.0 taken as 77' }))
    const { replies, lost } = await send(FROM, [TO, TO_2], bytes('A: b\r\n\r\n'))
    expect(lost).toBeUndefined()
    expect([...replies.values()]).toEqual(Array(2).fill({ code: 250, status: '2.6.0', line: '250 2.6.0 taken as 77' }))
  })

  test.for([
    { name: 'pipelined', extensions: ['PIPELINING'] },
    { name: 'one command at a time', extensions: [] },
  ])('one refused, one accepted ($name)', async ({ extensions }) => {
    const { send } = await bound(open({ extensions, rcpt: to => (to === TO ? '550 5.1.1 no such user' : '250 ok') }))
    const { replies } = await send(FROM, [TO, TO_2], bytes('A: b\r\n\r\n'))
    expect(replies.get(TO)).toMatchObject({ code: 550, status: '5.1.1' })
    expect(replies.get(TO_2)).toMatchObject({ code: 250, status: '2.0.0' })
    expect(sink.received[0]!.recipients).toEqual([TO_2])
  })

  test('an unreadable answer to RCPT never passes for a delivery', async () => {
    const { send } = await bound(open({ rcpt: to => (to === TO ? 'rubbish' : '250 ok') }))
    const { replies } = await send(FROM, [TO, TO_2], bytes('A: b\r\n\r\n'))
    expect(replies.get(TO)?.code).toBe(451)
    expect(replies.get(TO_2)?.code).toBe(250)
    expect(sink.received[0]!.recipients).toEqual([TO_2])
  })

  test('MAIL refused counts for all', async () => {
    const { send } = await bound(open({ mail: '451 4.7.1 greylisted' }))
    const { replies } = await send(FROM, [TO, TO_2], bytes('A: b\r\n\r\n'))
    expect([...replies.values()].map(reply => reply.status)).toEqual(['4.7.1', '4.7.1'])
  })

  test('DATA refused counts for those that were not refused themselves', async () => {
    const { send } = await bound(open({ data: '452 4.3.1 disk full', rcpt: to => (to === TO ? '550 5.1.1 no' : '250 ok') }))
    const { replies } = await send(FROM, [TO, TO_2], bytes('A: b\r\n\r\n'))
    expect(replies.get(TO)?.code).toBe(550)
    expect(replies.get(TO_2)?.code).toBe(452)
  })

  test('end-of-data refused counts for all', async () => {
    const { send } = await bound(open({ end: '554 5.6.0 not this one' }))
    const { replies } = await send(FROM, [TO], bytes('A: b\r\n\r\n'))
    expect(replies.get(TO)).toMatchObject({ code: 554, status: '5.6.0' })
  })

  test('a refused transaction can be reset and the connection used again', async () => {
    const { send, opened } = await bound(open({ rcpt: () => '450 4.2.1 later' }))
    expect((await send(FROM, [TO], bytes('A: b\r\n\r\n'))).replies.get(TO)?.code).toBe(450)
    expect(await opened.reset()).toBe(true)
    sink.behaviour = {}
    expect((await send(FROM, [TO], bytes('A: b\r\n\r\n'))).replies.get(TO)?.code).toBe(250)
    expect(sink.connections).toBe(1)
  })
})

describe('a lost connection says how far we were', () => {
  test.for([
    { name: '421 to MAIL has a reply for everybody', behaviour: { mail: '421 4.3.2 closing' }, during: undefined, code: 421 },
    { name: 'closed while the message was on its way', behaviour: { dropAfterOctets: 100_000 }, during: 'data', code: undefined },
    { name: 'closed after end-of-data, before its reply', behaviour: { dropAtEnd: true }, during: 'end-of-data', code: undefined },
  ])('$name', async ({ behaviour, during, code }) => {
    const { send } = await bound(open(behaviour))
    const size = during === 'data' ? 30_000_000 : 100
    const { replies, lost } = await send(FROM, [TO], bytes(`A: b\r\n\r\n${'x'.repeat(size)}\r\n`))
    expect(lost?.during).toBe(during)
    expect(replies.get(TO)?.code).toBe(code)
  })

  test('a hop that falls silent is dropped after replyMs', async () => {
    const { send, opened } = await bound(open({}, {}, SOON))
    sink.behaviour = { delayMs: 60_000 }
    const { lost } = await send(FROM, [TO], bytes('A: b\r\n\r\n'))
    expect(lost).toMatchObject({ during: 'envelope', unanswered: true })
    expect(opened.alive).toBe(false)
  })

  test('abort ends a running transaction', async () => {
    const { send, opened } = await bound(open())
    sink.behaviour = { delayMs: 60_000 }
    const sending = send(FROM, [TO], bytes('A: b\r\n\r\n'))
    opened.abort('enough')
    expect((await sending).lost?.reason).toBe('enough')
  })
})

describe('the hop is not let in, or does not let us in', () => {
  test('421 at greeting', async () => expect(await refused({ greeting: '421 4.3.2 busy' })).toBeInstanceOf(HopUnavailable))
  test('554 at greeting', async () => expect(await refused({ greeting: '554 5.7.1 go away' })).toBeInstanceOf(HopUnavailable))

  test('nobody listens', async () => {
    const { port } = await listen()
    await sink.close()
    await listen()
    await expect(openSmtp(smtpHop(port), PATIENT, new AbortController().signal)).rejects.toThrow(HopUnavailable)
  })

  test('no greeting within connectMs', async () =>
    expect(await refused({ delayMs: 60_000 }, {}, SOON)).toBeInstanceOf(HopUnavailable))
})

describe('encryption is what the policy of the hop says', () => {
  const required = { tls: 'required', caFile: CERT_FILE, serverName: 'mx.inner.example' } as const

  async function secureAfterSend(behaviour: Behaviour, hop: Parameters<typeof smtpHop>[1]): Promise<boolean> {
    const { send } = await bound(open(behaviour, hop))
    await send(FROM, [TO], bytes('A: b\r\n\r\n'))
    return sink.received[0]!.secure
  }

  test('required, and the certificate is for the address of the hop', async () =>
    expect(await secureAfterSend({ starttls: true }, { ...required, serverName: '127.0.0.1' })).toBe(true))
  test('opportunistic, for a hop that has no name', async () =>
    expect(await secureAfterSend({ starttls: true }, { tls: 'opportunistic', serverName: '127.0.0.1' })).toBe(true))
  test('required, and the certificate is vouched for', async () => expect(await secureAfterSend({ starttls: true }, required)).toBe(true))
  test('opportunistic, and the hop can: encrypted, unverified', async () =>
    expect(await secureAfterSend({ starttls: true }, { tls: 'opportunistic' })).toBe(true))
  test('opportunistic, and the hop cannot: plain text', async () => expect(await secureAfterSend({}, { tls: 'opportunistic' })).toBe(false))
  test('opportunistic, and the handshake fails: plain text on a new connection', async () => {
    expect(await secureAfterSend({ brokenTls: true }, { tls: 'opportunistic' })).toBe(false)
    expect(sink.connections).toBe(2)
  })
  test('off, though the hop could', async () => expect(await secureAfterSend({ starttls: true }, { tls: 'off' })).toBe(false))

  test.for([
    { name: 'required, and the hop does not offer it', behaviour: {}, hop: required },
    { name: 'required, and the handshake fails', behaviour: { brokenTls: true }, hop: required },
    { name: 'required, and nobody vouches for the certificate', behaviour: { starttls: true }, hop: { tls: 'required', serverName: 'mx.inner.example' } as const },
    { name: 'required, and the certificate is for another name', behaviour: { starttls: true }, hop: { ...required, serverName: 'other.example' } },
    { name: 'required, and the caFile is missing', behaviour: { starttls: true }, hop: { ...required, caFile: '/does/not/exist' } },
  ])('$name: no delivery', async ({ behaviour, hop }) => {
    expect(await refused(behaviour, hop)).toBeInstanceOf(HopUnavailable)
    expect(sink.commands.filter(line => /^MAIL/i.test(line))).toEqual([])
  })
})
