/** A 250 that the client did not live to act upon: the same mail again is not delivered again, across restarts. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SmtpConnection } from './support/client.ts'
import { mixedMails } from './support/mails.ts'
import { end, isAlive, until } from './support/processes.ts'
import { Sekisho } from './support/sekisho.ts'

type Life = { readonly queueId: string; readonly steps: readonly { readonly kind: string }[] }

let sekisho: Sekisho
beforeAll(async () => {
  sekisho = await Sekisho.start()
})
afterAll(() => sekisho.remove())

/** Returns the reply to the end of data. `goOn`: the client sends another command, as one does who has heard it. */
async function send(bytes: Buffer, { from = 'sender@example.com', goOn = false } = {}): Promise<string> {
  const connection = await SmtpConnection.open(sekisho.port)
  await connection.expect(`MAIL FROM:<${from}>`, '250')
  await connection.expect('RCPT TO:<staff@town.example.jp>', '250')
  await connection.expect('DATA', '354')
  const reply = await connection.data(bytes)
  if (goOn) await connection.command('QUIT')
  connection.close()
  return reply
}

async function killGateway(): Promise<void> {
  const { pid } = sekisho.processes().find(({ role }) => role === 'gateway')!
  end(pid, 'SIGKILL')
  const readyLines = sekisho.said.split('sekisho ready ').length
  await until('a new gateway', 30_000, () => !isAlive(pid) && sekisho.said.split('sekisho ready ').length > readyLines)
}

async function restart(): Promise<void> {
  await sekisho.stop()
  await sekisho.start()
}

test('after kill -9, after a restart, and without either: 250 with the first queue id, one delivery', async () => {
  const [mail] = [...mixedMails('LOST', 1, 0)]
  const first = await send(mail!.bytes)
  expect(first).toMatch(/^250 .*queued as [0-9A-Z]{26}$/)
  await sekisho.queueEmpty(20_000)
  for (const between of [killGateway, restart, () => delay(0)]) {
    await between()
    expect(await send(mail!.bytes)).toBe(first)
    await sekisho.queueEmpty(20_000)
    expect(sekisho.delivered().size).toBe(1)
  }
  const queueId = first.split(' ').at(-1)!
  const [life] = await sekisho.ask<Life[]>('trace', '--id', queueId)
  expect(life!.steps.map(({ kind }) => kind).sort()).toEqual(['accept', 'deliver', 'duplicate', 'duplicate', 'duplicate'])
})

test('the copy of a mail that is still in the queue waits with it', async () => {
  const before = sekisho.delivered().size
  const [mail] = [...mixedMails('HELD', 1, 0)]
  await sekisho.cli('emergency', 'hold', '--reason', 'test')
  const first = await send(mail!.bytes)
  await killGateway()
  expect(await send(mail!.bytes)).toBe(first)
  await sekisho.cli('emergency', 'resume', '--reason', 'test')
  await sekisho.queueEmpty(20_000)
  expect(sekisho.delivered().size).toBe(before + 1)
})

test('another envelope is another mail; so is the same one after a 250 that was heard', async () => {
  const before = sekisho.delivered().size
  const [mail] = [...mixedMails('AGAIN', 1, 0)]
  const replies = [
    await send(mail!.bytes),
    await send(mail!.bytes, { from: 'other@example.com' }),
    await send(mail!.bytes, { goOn: true }),
    await send(mail!.bytes),
  ]
  await sekisho.queueEmpty(20_000)
  // The third is the first again, but its 250 was heard: so the fourth is a new one.
  expect(replies[2]).toBe(replies[0])
  expect(new Set(replies).size).toBe(3)
  expect(sekisho.delivered().size).toBe(before + 3)
})

test('a client that leaves before it can be answered: delivered once, or not at all and then once', async () => {
  const before = sekisho.delivered().size
  const mails = [...mixedMails('GONE', 20, 0)]
  for (const [index, { bytes }] of mails.entries()) {
    const connection = await SmtpConnection.open(sekisho.port)
    await connection.expect('MAIL FROM:<sender@example.com>', '250')
    await connection.expect('RCPT TO:<staff@town.example.jp>', '250')
    await connection.expect('DATA', '354')
    const unheard = connection.data(bytes).catch(() => undefined)
    await delay(index)
    connection.close()
    await unheard
  }
  for (const { bytes } of mails) expect(await send(bytes, { goOn: true })).toMatch(/^250/)
  await sekisho.queueEmpty(20_000)
  expect(sekisho.delivered().size).toBe(before + mails.length)
})
