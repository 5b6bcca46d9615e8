/**
 * SMTP smuggling through the whole hop in real processes: whatever the sequence and wherever the packets are cut, one
 * message from a listed upstream is one message at the next hop, in octets that no server can read as two.
 */
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SMUGGLING } from '../support/smuggling.ts'
import { Sekisho } from '../system/support/sekisho.ts'
import { type Sink, startSink } from '../unit/gateway/outbound/smtp-sink.ts'

let sink: Sink
let sekisho: Sekisho
beforeAll(async () => {
  sink = await startSink()
  sekisho = await Sekisho.start({ routes: [{ name: 'inner', nextHops: [{ host: '127.0.0.1', port: sink.port, tls: 'off' }] }] })
}, 60_000)
afterAll(async () => {
  await sekisho?.remove()
  await sink?.close()
})

const HIDDEN = 'MAIL FROM:<evil@x.example>\r\nRCPT TO:<staff@town.example.jp>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n'

/** One connection, one message per packet cut. Resolves when every end of data was answered with 250. */
async function sendCut(wires: readonly { readonly wire: string; readonly cut: number }[]): Promise<void> {
  const socket = connect(sekisho.port, '127.0.0.1').setNoDelay(true)
  let heard = ''
  socket.on('data', chunk => (heard += chunk))
  const say = async (octets: string, until: RegExp) => {
    heard = ''
    socket.write(octets, 'latin1')
    await expect.poll(() => heard, { timeout: 15_000, interval: 2 }).toMatch(until)
  }
  await expect.poll(() => heard).toMatch(/^220 /)
  await say('EHLO client.example\r\n', /^250 /m)
  for (const { wire, cut } of wires) {
    await say('MAIL FROM:<a@client.example>\r\n', /^250/)
    await say('RCPT TO:<staff@town.example.jp>\r\n', /^250/)
    await say('DATA\r\n', /^354/)
    socket.write(wire.slice(0, cut), 'latin1')
    await delay(1)
    await say(wire.slice(cut), /^250 [^\n]*\n$/)
  }
  socket.destroy()
}

test('each sequence, at each split into packets, arrives as one message and nothing but CRLF', async () => {
  const wires = SMUGGLING.flatMap((sequence, index) =>
    Array.from({ length: sequence.length + 1 }, (_, split) => {
      const head = `From: a@client.example\r\nSubject: token-${index}-${split}.\r\n\r\nfirst`
      return { wire: `${head}${sequence}${HIDDEN}.\r\n`, cut: head.length + split }
    }),
  )
  await sendCut(wires)
  await expect.poll(() => sink.received.length, { timeout: 20_000 }).toBe(wires.length)
  for (const { data, from } of sink.received) {
    const octets = data.toString('latin1')
    expect(from).toBe('<a@client.example>')
    expect(octets.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/)
    expect(octets).not.toMatch(/(?:^|\r\n)\.\r\n/)
    expect(octets.match(/^Subject: .*$/gm)![0]).toMatch(/^Subject: token-\d+-\d+\.\r?$/)
    expect(octets).toContain('\r\nMessage-ID: ')
  }
  const tokens = sink.received.map(({ data }) => /Subject: (token-[\d-]+)\./.exec(data.toString('latin1'))?.[1])
  expect(new Set(tokens).size).toBe(wires.length)
  expect(sink.commands.filter(line => line.includes('evil'))).toEqual([])
})
