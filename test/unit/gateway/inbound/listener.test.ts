import { afterEach, describe, expect, test } from 'vitest'
import { REPLIES, Refusal } from '../../../../core/smtp/reply.ts'
import { SMUGGLING } from '../../../support/smuggling.ts'
import { Client, readAll, STRANGERS_ONLY, startTestListener, type TestListener, until, wait } from './support.ts'

const open: TestListener[] = []
async function start(...args: Parameters<typeof startTestListener>): Promise<TestListener> {
  const started = await startTestListener(...args)
  open.push(started)
  return started
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ listener }) => listener.close(50)))
})

describe('the greeting', () => {
  test('comes at once for a listed upstream', async () => {
    const { port } = await start({ limits: { greetingDelayMs: 60_000 } })
    const client = await Client.open(port)
    expect(await client.reply()).toBe('220 gate.example ESMTP')
  })

  test('is kept from a stranger who speaks first', async () => {
    const { port, refused } = await start({ ...STRANGERS_ONLY, limits: { greetingDelayMs: 30 } })
    const client = await Client.open(port)
    expect(await client.say('EHLO client.example')).toMatch(/^421 4\.7\.0 /)
    await client.closed()
    expect(refused).toEqual([421])
  })

  test('is kept from a stranger who speaks half a line first', async () => {
    const { port } = await start({ ...STRANGERS_ONLY, limits: { greetingDelayMs: 30 } })
    const client = await Client.open(port)
    client.send('EHLO')
    expect(await client.reply()).toMatch(/^421 4\.7\.0 /)
  })

  test('comes at once for a stranger who has brought a message', async () => {
    const { port, listener, options } = await start({ ...STRANGERS_ONLY, limits: { greetingDelayMs: 5 } })
    const first = await Client.greeted(port)
    await first.startData()
    expect(await first.say('Subject: a\r\n\r\na\r\n.')).toMatch(/^250 /)
    listener.adopt({ ...options, limits: { ...options.limits, greetingDelayMs: 60_000 } })
    expect(await (await Client.open(port)).reply()).toBe('220 gate.example ESMTP')
  })

  test('refuses strangers where none are accepted', async () => {
    const { port } = await start({ ...STRANGERS_ONLY, acceptStrangers: false })
    const client = await Client.open(port)
    expect(await client.reply()).toBe('554 gate.example client not accepted')
    await client.closed()
  })

  test('is 421 when there are too many connections', async () => {
    const { port, listener } = await start({ limits: { connections: 1 } })
    const first = await Client.greeted(port)
    const second = await Client.open(port)
    expect(await second.reply()).toMatch(/^421 /)
    first.end()
    await until(() => listener.connections === 0)
    const third = await Client.open(port)
    expect(await third.reply()).toMatch(/^220 /)
  })

  test('is 421 when one stranger has too many connections, a listed upstream may have more', async () => {
    const strangers = await start({ ...STRANGERS_ONLY, limits: { connectionsPerClient: 1 } })
    await Client.greeted(strangers.port)
    expect(await (await Client.open(strangers.port)).reply()).toMatch(/^421 /)
    const upstream = await start({ limits: { connectionsPerClient: 1 } })
    await Client.greeted(upstream.port)
    expect(await (await Client.open(upstream.port)).reply()).toMatch(/^220 /)
  })
})

test('EHLO offers what is really there', async () => {
  const { port } = await start({ limits: { messageBytes: 12_345_678 } })
  const client = await Client.open(port)
  await client.reply()
  const lines = (await client.say('EHLO client.example')).split('\r\n').map(line => line.slice(4))
  expect(lines).toEqual(['gate.example', 'PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'SIZE 12345678'])
})

test('SMTPUTF8 is neither offered nor taken while a next hop lacks it', async () => {
  const { port } = await start({ smtpUtf8: () => false })
  const client = await Client.open(port)
  await client.reply()
  expect(await client.say('EHLO client.example')).not.toContain('SMTPUTF8')
  expect(await client.say('MAIL FROM:<a@client.example> SMTPUTF8')).toMatch(/^555 5\.5\.4 /)
})

test('a message goes through with its envelope, and the connection goes on', async () => {
  const { port, taken } = await start()
  const client = await Client.greeted(port)
  expect(await client.say('MAIL FROM:<a@client.example> SIZE=20 BODY=8BITMIME')).toMatch(/^250 2\.1\.0 /)
  expect(await client.say('RCPT TO:<b@Inside.Example>')).toMatch(/^250 2\.1\.5 /)
  expect(await client.say('RCPT TO:<B@inside.example>')).toMatch(/^250 2\.1\.5 /)
  expect(await client.say('DATA')).toMatch(/^354 /)
  expect(await client.say('Subject: x\r\n\r\n..dot\r\n.')).toBe('250 2.0.0 queued')
  expect(await client.say('NOOP')).toMatch(/^250 2\.0\.0 /)
  expect(taken).toHaveLength(1)
  expect(taken[0]?.bytes.toString()).toBe('Subject: x\r\n\r\n.dot\r\n')
  expect(taken[0]?.envelope).toEqual({
    reversePath: 'a@client.example',
    forwardPaths: ['b@inside.example'],
    body: '8BITMIME',
    smtpUtf8: false,
  })
  expect(taken[0]?.session).toMatchObject({
    clientAddress: '127.0.0.1',
    helo: 'client.example',
    protocol: 'ESMTP',
    listedUpstream: true,
    trustedAuthservIds: ['mx.cloud.example'],
  })
})

test('a whole pipelined group is answered in order, and what is pipelined behind the end of data is read', async () => {
  const { port, taken } = await start()
  const client = await Client.greeted(port)
  client.send('MAIL FROM:<>\r\nRCPT TO:<b@inside.example>\r\nRCPT TO:<x@elsewhere.example>\r\nDATA\r\n')
  const codes = []
  for (let i = 0; i < 4; i++) codes.push((await client.reply()).slice(0, 3))
  expect(codes).toEqual(['250', '250', '554', '354'])
  client.send('Subject: 1\r\n\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@inside.example>\r\nDATA\r\n')
  for (let i = 0; i < 4; i++) codes.push((await client.reply()).slice(0, 3))
  client.send('Subject: 2\r\n\r\n.\r\nQUIT\r\n')
  for (let i = 0; i < 2; i++) codes.push((await client.reply()).slice(0, 3))
  expect(codes.slice(4)).toEqual(['250', '250', '250', '354', '250', '221'])
  expect(taken.map(({ bytes }) => bytes.toString())).toEqual(['Subject: 1\r\n\r\n', 'Subject: 2\r\n\r\n'])
  expect(taken[0]?.envelope.reversePath).toBe(null)
})

describe('limits', () => {
  test('a message over the limit is read on, refused, and the connection closed', async () => {
    const { port, taken, listener } = await start({ limits: { messageBytes: 10_000 } })
    const client = await Client.greeted(port)
    await client.startData()
    client.send(`${'x'.repeat(70)}\r\n`.repeat(200))
    expect(await client.say('.')).toBe('552 5.3.4 message too big')
    await client.closed()
    expect(taken).toHaveLength(0)
    expect(listener.bytesInFlight).toBe(0)
  })

  test('who sends more than twice the limit is not listened to any longer', async () => {
    const { port } = await start({ limits: { messageBytes: 10_000 } })
    const client = await Client.greeted(port)
    await client.startData()
    client.send('x'.repeat(30_000))
    expect(await client.reply()).toBe('552 5.3.4 message too big')
    await client.closed()
  })

  test('who goes on for too long after the limit is not listened to any longer', async () => {
    const { port } = await start({ limits: { messageBytes: 10_000, drainMs: 30 } })
    const client = await Client.greeted(port)
    await client.startData()
    client.send('x'.repeat(15_000))
    expect(await client.reply()).toBe('552 5.3.4 message too big')
  })

  test('SIZE over the limit is refused at MAIL', async () => {
    const { port } = await start({ limits: { messageBytes: 10_000 } })
    const client = await Client.greeted(port)
    expect(await client.say('MAIL FROM:<a@client.example> SIZE=10001')).toMatch(/^552 5\.3\.4 /)
  })

  test('recipients over the limit get 452', async () => {
    const { port } = await start({ limits: { recipients: 1 } })
    const client = await Client.greeted(port)
    await client.say('MAIL FROM:<a@client.example>')
    expect(await client.say('RCPT TO:<b@inside.example>')).toMatch(/^250 /)
    expect(await client.say('RCPT TO:<c@inside.example>')).toBe('452 4.5.3 too many recipients')
    expect(await client.say('RCPT TO:<b@inside.example>')).toMatch(/^250 /)
  })

  test('transactions over the limit get 421', async () => {
    const { port, taken } = await start({ limits: { transactions: 1 } })
    const client = await Client.greeted(port)
    await client.startData()
    await client.say('x\r\n.')
    expect(await client.say('MAIL FROM:<a@client.example>')).toMatch(/^421 4\.7\.0 /)
    await client.closed()
    expect(taken).toHaveLength(1)
  })

  test('too many errors end the connection', async () => {
    const { port } = await start({ limits: { errors: 2 } })
    const client = await Client.greeted(port)
    expect(await client.say('FOO')).toMatch(/^500 /)
    expect(await client.say('RCPT TO:<b@inside.example>')).toMatch(/^503 5\.5\.1 /)
    expect(await client.say('FOO')).toMatch(/^500 /)
    expect(await client.reply()).toBe('421 4.7.0 too many errors, closing connection')
    await client.closed()
  })

  test('a stranger who talks and sends nothing is cut off; a relay may ask all day', async () => {
    const limits = { idleCommands: 5, greetingDelayMs: 1 }
    const stranger = await Client.greeted((await start({ ...STRANGERS_ONLY, limits })).port)
    for (let i = 0; i < 4; i++) expect(await stranger.say('NOOP')).toMatch(/^250 /)
    expect(await stranger.say('RSET')).toBe('421 4.7.0 too many errors, closing connection')
    await stranger.closed()
    const relay = await Client.greeted((await start({ limits })).port)
    for (let i = 0; i < 10; i++) expect(await relay.say('NOOP')).toMatch(/^250 /)
  })

  test('who sends on after our last words is cut off', async () => {
    const { port } = await start({ limits: { errors: 0, lingerMs: 50 } })
    const client = await Client.greeted(port)
    expect(await client.say('FOO')).toMatch(/^500 /)
    const flood = setInterval(() => client.send('NOOP'), 5)
    await client.closed().finally(() => clearInterval(flood))
  })

  test('a relay is not blamed for the recipients it asks for', async () => {
    const { port } = await start({ limits: { errors: 1 } })
    const client = await Client.greeted(port)
    await client.say('MAIL FROM:<a@client.example>')
    for (let i = 0; i < 5; i++) expect(await client.say(`RCPT TO:<b${i}@elsewhere.example>`)).toMatch(/^554 5\.7\.1 /)
    expect(await client.say('NOOP')).toMatch(/^250 /)
  })

  test('a command line over the limit ends the connection', async () => {
    const { port } = await start({ limits: { commandBytes: 600 } })
    const client = await Client.greeted(port)
    client.send(`NOOP ${'x'.repeat(5000)}`)
    expect(await client.reply()).toMatch(/^500 5\.5\.2 /)
    await client.closed()
  })

  test('silence is answered with 421: before the first command, between commands, in data', async () => {
    const { port } = await start({ limits: { firstCommandTimeoutMs: 50, commandTimeoutMs: 50, dataTimeoutMs: 50 } })
    const mute = await Client.open(port)
    await mute.reply()
    expect(await mute.reply()).toMatch(/^421 4\.4\.2 /)
    const idle = await Client.greeted(port)
    expect(await idle.reply()).toMatch(/^421 4\.4\.2 /)
    const stuck = await Client.greeted(port)
    await stuck.startData()
    stuck.send('Subject: x\r\n')
    expect(await stuck.reply()).toMatch(/^421 4\.4\.2 /)
    await stuck.closed()
  })

  test('a trickle below the minimum rate is given up', async () => {
    const { port, listener } = await start({ limits: { minBytesPerSecond: 1000, minRateAfterMs: 80 } })
    const client = await Client.greeted(port)
    await client.startData()
    const trickle = setInterval(() => client.send('x'), 10)
    expect(await client.reply()).toMatch(/^421 4\.4\.2 /)
    clearInterval(trickle)
    await until(() => listener.bytesInFlight === 0)
  })

  test('a connection has a longest life', async () => {
    const { port } = await start({ limits: { sessionMs: 60 } })
    const client = await Client.greeted(port)
    expect(await client.reply()).toMatch(/^421 4\.3\.2 /)
  })

  test('our own slowness is not the client\'s fault', async () => {
    const { port } = await start({ limits: { dataTimeoutMs: 30, commandTimeoutMs: 30 } }, async (_session, _envelope, source) => {
      await readAll(source)
      await wait(150)
      return { reply: REPLIES.accepted }
    })
    const client = await Client.greeted(port)
    await client.startData()
    expect(await client.say('x\r\n.')).toBe('250 2.0.0 queued')
  })

  test('bytes in flight: a second message waits until the first is answered', async () => {
    let release = () => {}
    const firstAnswered = new Promise<void>(resolve => {
      release = resolve
    })
    let messages = 0
    const limits = { messageBytes: 300_000, bytesInFlight: 400_000, bytesInFlightPerClient: 400_000 }
    const { port, listener } = await start({ limits }, async (_session, _envelope, source) => {
      const mine = ++messages
      await readAll(source)
      if (mine === 1) await firstAnswered
      return { reply: REPLIES.accepted }
    })
    const [first, second] = [await Client.greeted(port), await Client.greeted(port)]
    await first.startData()
    first.send(`${'x'.repeat(250_000)}\r\n.\r\n`)
    await until(() => listener.bytesInFlight > 240_000)
    await second.startData()
    second.send('y'.repeat(200_000))
    await until(() => listener.bytesInFlight > 400_000)
    await wait(50)
    const stoppedAt = listener.bytesInFlight
    second.send(`${'y'.repeat(90_000)}\r\n.\r\n`)
    await wait(50)
    expect(listener.bytesInFlight).toBe(stoppedAt)
    release()
    expect(await first.reply()).toMatch(/^250 /)
    expect(await second.reply()).toMatch(/^250 /)
    expect(listener.bytesInFlight).toBe(0)
  })

  test('bytes in flight: who has waited too long is sent away', async () => {
    const limits = { messageBytes: 100_000, bytesInFlight: 100_000, bytesInFlightPerClient: 100_000, budgetWaitMs: 50 }
    const { port } = await start({ limits }, () => new Promise(() => {}))
    const [first, second] = [await Client.greeted(port), await Client.greeted(port)]
    await first.startData()
    first.send(`${'x'.repeat(99_000)}\r\n.\r\n`)
    await second.startData()
    second.send('y'.repeat(99_000))
    expect(await second.reply()).toMatch(/^421 4\.3\.2 /)
  })
})

describe('what MAIL and RCPT refuse', () => {
  test.each([
    ['MAIL FROM:<a b@client.example>', /^501 5\.1\.7 /],
    ['MAIL FROM:<"a"@client.example>', /^553 5\.1\.7 /],
    ['MAIL FROM:<a@[192.0.2.1]>', /^553 5\.1\.7 /],
    ['MAIL FROM:<\u00e4@client.example>', /^553 5\.6\.7 /],
    ['MAIL FROM:<a@client.example> AUTH=<>', /^555 5\.5\.4 /],
    ['MAIL FROM:<a@client.example> BODY=BINARYMIME', /^501 5\.5\.4 /],
    ['MAIL FROM:<a@client.example> RET=FULL', /^555 5\.5\.4 /],
  ])('%s', async (line, want) => {
    const { port } = await start()
    const client = await Client.greeted(port)
    client.send(Buffer.from(`${line}\r\n`, 'utf8'))
    expect(await client.reply()).toMatch(want)
  })

  test.each([
    ['RCPT TO:<b@elsewhere.example>', '554 5.7.1 relay access denied'],
    ['RCPT TO:<b@sub.inside.example>', '554 5.7.1 relay access denied'],
    ['RCPT TO:<b@inside.example> NOTIFY=NEVER', '555 5.5.4 parameter not recognized'],
    ['RCPT TO:<"b"@inside.example>', '553 5.1.3 bad recipient address'],
    ['RCPT TO:<postmaster>', '250 2.1.5 Accepted'],
    ['RCPT TO:<@relay.example:b@inside.example>', '250 2.1.5 Accepted'],
  ])('%s', async (line, want) => {
    const { port } = await start()
    const client = await Client.greeted(port)
    await client.say('MAIL FROM:<a@client.example>')
    expect(await client.say(line)).toBe(want)
  })

  test('an internationalised domain is known by its A-labels', async () => {
    const { recipientCheck } = await import('../../../../gateway/inbound/recipients.ts')
    const { port, taken } = await start({ checkRecipient: recipientCheck({ domains: ['xn--r8jz45g.jp'] }) })
    const client = await Client.greeted(port)
    await client.say('MAIL FROM:<a@client.example>')
    expect(await client.say('RCPT TO:<b@xn--r8jz45g.jp>')).toMatch(/^250 /)
    await client.say('DATA')
    await client.say('x\r\n.')
    expect(taken[0]?.envelope.forwardPaths).toEqual(['b@xn--r8jz45g.jp'])
  })

  test('isolated: 451; full: 452; no TLS where it is asked for: 530', async () => {
    const isolated = await start({ admission: { isolated: () => true, hasSpace: () => true } })
    expect(await (await Client.greeted(isolated.port)).say('MAIL FROM:<>')).toMatch(/^451 4\.3\.2 /)
    const full = await start({ admission: { isolated: () => false, hasSpace: bytes => bytes < 1000 } })
    const client = await Client.greeted(full.port)
    expect(await client.say('MAIL FROM:<> SIZE=2000')).toBe('452 4.3.1 insufficient storage, try again later')
    expect(await client.say('MAIL FROM:<> SIZE=20')).toMatch(/^250 /)
    const plain = await start({ requireTls: true })
    expect(await (await Client.greeted(plain.port)).say('MAIL FROM:<>')).toMatch(/^530 5\.7\.0 /)
  })

  test('a recipient check that fails is 451, never a yes', async () => {
    const { port, errors } = await start({ checkRecipient: () => Promise.reject(new Error('no directory')) })
    const client = await Client.greeted(port)
    await client.say('MAIL FROM:<>')
    expect(await client.say('RCPT TO:<b@inside.example>')).toMatch(/^451 4\.3\.0 /)
    expect(await client.say('DATA')).toMatch(/^503 5\.5\.1 /)
    expect(errors).toHaveLength(1)
  })
})

describe('what strangers may not do and upstreams may', () => {
  test.each(['NOOP\n', 'NOOP\rx\r\n', 'NO\0OP\r\n', 'NOOP\r\nNOOP\n'])('a stranger\'s command line %j ends the connection', async bytes => {
    const { port } = await start(STRANGERS_ONLY)
    const client = await Client.greeted(port)
    client.send(bytes)
    expect(await client.reply()).toBe('521 5.5.2 bare CR, LF or NUL not accepted')
    await client.closed()
  })

  test.each(['a\nb\r\n', 'a\rb\r\n', 'a\0b\r\n', 'a\r', '\n'])('a stranger\'s message with %j is read to its end and refused', async bytes => {
    const { port, taken } = await start(STRANGERS_ONLY)
    const client = await Client.greeted(port)
    await client.startData()
    client.send(`Subject: x\r\n\r\n${bytes}`)
    client.send('more\r\n')
    expect(await client.say('.')).toBe('521 5.5.2 bare CR, LF or NUL not accepted')
    await client.closed()
    expect(taken).toHaveLength(0)
  })

  test('a listed upstream is normalised later: its bytes are taken as they are', async () => {
    const { port, taken } = await start()
    const client = await Client.greeted(port)
    client.send('NOOP\n')
    expect(await client.reply()).toMatch(/^250 /)
    await client.startData()
    expect(await client.say('a\nb\rc\0d\r\n.')).toMatch(/^250 /)
    expect(taken[0]?.bytes.toString()).toBe('a\nb\rc\0d\r\n')
  })

  test('data sent before 354 ends a stranger\'s connection', async () => {
    const { port, taken } = await start(STRANGERS_ONLY)
    const client = await Client.greeted(port)
    await client.say('MAIL FROM:<a@client.example>')
    await client.say('RCPT TO:<b@inside.example>')
    client.send('DATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n')
    expect(await client.reply()).toMatch(/^503 5\.5\.1 /)
    await client.closed()
    expect(taken).toHaveLength(0)
  })

  test('data sent before 354 is taken from a listed upstream', async () => {
    const { port, taken } = await start()
    const client = await Client.greeted(port)
    await client.say('MAIL FROM:<a@client.example>')
    await client.say('RCPT TO:<b@inside.example>')
    client.send('DATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n')
    expect([await client.reply(), await client.reply(), await client.reply()].map(reply => reply.slice(0, 3))).toEqual(['354', '250', '221'])
    expect(taken).toHaveLength(1)
  })
})

describe('SMTP smuggling over a real connection, cut at every octet', () => {
  /** A line of two dots is a line of one, for everybody. */
  const sequences = SMUGGLING.filter(sequence => sequence !== '\r\n..\r\n')

  test.each(sequences)('%j ends nothing: one message from an upstream, none from a stranger', async sequence => {
    for (const [choice, want] of [[{}, /^250 /], [STRANGERS_ONLY, /^521 5\.5\.2 /]] as const) {
      const { port, taken } = await start(choice)
      const wire = `Subject: x\r\n\r\na${sequence}MAIL FROM:<evil@x.example>\r\n.\r\n`
      const from = wire.indexOf(sequence)
      for (let cut = from; cut <= from + sequence.length; cut++) {
        const client = await Client.greeted(port)
        await client.startData()
        client.send(wire.slice(0, cut))
        await wait(1)
        client.send(wire.slice(cut))
        expect(await client.reply(), `cut at ${cut - from}`).toMatch(want)
        client.end()
      }
      const whole = taken.filter(({ bytes }) => bytes.includes('evil'))
      expect([whole.length, taken.length]).toEqual(choice === STRANGERS_ONLY ? [0, 0] : [sequence.length + 1, sequence.length + 1])
    }
  })
})

describe('the transaction answers', () => {
  test('a Refusal with its reply, anything else with 451', async () => {
    let thrown: unknown = new Refusal('loopDetected', { reason: 'test' })
    const { port, errors } = await start({}, async (_session, _envelope, source) => {
      await readAll(source)
      throw thrown
    })
    const client = await Client.greeted(port)
    await client.startData()
    expect(await client.say('x\r\n.')).toBe('554 5.4.6 mail loop detected')
    thrown = new TypeError('a bug')
    await client.startData()
    expect(await client.say('x\r\n.')).toBe('451 4.3.0 local error, try again later')
    expect(errors).toEqual([thrown])
  })

  test('before the end of data: the reply waits for the end, and the connection goes on', async () => {
    const { port } = await start({}, async () => ({ reply: REPLIES.overloaded }))
    const client = await Client.greeted(port)
    await client.startData()
    client.send('x'.repeat(3_000_000))
    expect(await client.say('\r\n.')).toBe('451 4.3.2 busy, try again later')
    expect(await client.say('NOOP')).toMatch(/^250 /)
  })

  test('slowly: the socket is not read on, memory stays small, nothing is lost', async () => {
    let largest = 0
    let bytes = 0
    const { port, listener } = await start({}, async (_session, _envelope, source) => {
      for await (const chunk of source) {
        largest = Math.max(largest, source.receivedBytes - bytes)
        bytes += chunk.length
        if (bytes % 7 === 0) await wait(1)
      }
      return { reply: REPLIES.accepted }
    })
    const client = await Client.greeted(port)
    await client.startData()
    const line = `${'x'.repeat(998)}\r\n`
    client.send(line.repeat(20_000))
    expect(await client.say('.')).toMatch(/^250 /)
    expect(bytes).toBe(20_000_000)
    expect(largest).toBeLessThan(2_000_000)
    expect(listener.bytesInFlight).toBe(0)
  })
})

describe('after the 250', () => {
  async function withWentOn(): Promise<TestListener & { wentOn: () => number }> {
    let wentOn = 0
    const started = await start({}, async (_session, _envelope, source) => {
      await readAll(source)
      return { reply: REPLIES.accepted, onClientWentOn: () => void wentOn++ }
    })
    return { ...started, wentOn: () => wentOn }
  }

  test('the next command proves that the client has seen it', async () => {
    const { port, wentOn } = await withWentOn()
    const client = await Client.greeted(port)
    await client.startData()
    await client.say('x\r\n.')
    expect(wentOn()).toBe(0)
    await client.say('NOOP')
    await client.say('NOOP')
    expect(wentOn()).toBe(1)
  })

  test('a command that was pipelined behind the message proves nothing', async () => {
    const { port, wentOn } = await withWentOn()
    const client = await Client.greeted(port)
    await client.startData()
    client.send('x\r\n.\r\nNOOP\r\n')
    await client.reply()
    await client.reply()
    expect(wentOn()).toBe(0)
    await client.say('NOOP')
    expect(wentOn()).toBe(1)
  })

  test('a connection that closes proves nothing', async () => {
    const { port, wentOn, listener } = await withWentOn()
    const client = await Client.greeted(port)
    await client.startData()
    await client.say('x\r\n.')
    client.end()
    await until(() => listener.connections === 0)
    expect(wentOn()).toBe(0)
  })
})

describe('a client that leaves', () => {
  const steps = ['EHLO c.example', 'MAIL FROM:<a@c.example>', 'RCPT TO:<b@inside.example>', 'DATA', 'Subject: x', '', 'body', '.']

  test.each(steps.flatMap((_, after) => ['reset', 'end'].map(how => [after, how] as const)))('after step %i by %s leaves nothing behind', async (after, how) => {
    let begun = 0
    let ended = 0
    const { port, listener, errors } = await start({}, async (_session, _envelope, source) => {
      begun++
      try {
        await readAll(source)
        const gone = new Promise<void>(resolve => source.onClientGone(resolve))
        await Promise.race([gone, wait(100)])
        return { reply: REPLIES.accepted }
      } finally {
        ended++
      }
    })
    const client = await Client.open(port)
    await client.reply()
    for (const step of steps.slice(0, after + 1)) {
      client.send(`${step}\r\n`)
      if (after < 4 || steps.indexOf(step) < 4) await client.reply()
    }
    if (how === 'reset') client.socket.resetAndDestroy()
    else client.socket.end()
    await until(() => listener.connections === 0)
    await until(() => begun === ended)
    expect(listener.bytesInFlight).toBe(0)
    expect(errors).toEqual([])
  })
})

describe('closing', () => {
  test('idle connections get 421, a transaction may finish, new connections are refused', async () => {
    let answer = () => {}
    const answered = new Promise<void>(resolve => {
      answer = resolve
    })
    const { port, listener } = await startTestListener({}, async (_session, _envelope, source) => {
      await readAll(source)
      await answered
      return { reply: REPLIES.accepted }
    })
    const idle = await Client.greeted(port)
    const busy = await Client.greeted(port)
    await busy.startData()
    busy.send('x\r\n.\r\n')
    await wait(20)
    const closed = listener.close(5000)
    expect(await idle.reply()).toMatch(/^421 4\.3\.2 /)
    answer()
    expect(await busy.reply()).toMatch(/^250 /)
    expect(await busy.reply()).toMatch(/^421 /)
    await closed
    await expect(Client.open(port)).rejects.toThrow()
  })

  test('after the grace, what has no reply is cut', async () => {
    const { port, listener } = await startTestListener({}, () => new Promise(() => {}))
    const client = await Client.greeted(port)
    await client.startData()
    client.send('x\r\n.\r\n')
    await wait(20)
    await listener.close(50)
    expect(await client.reply()).toBe('(closed)')
  })
})
