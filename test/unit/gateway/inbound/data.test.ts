import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Refusal } from '../../../../core/smtp/reply.ts'
import { ClientGone, MessageReceiver } from '../../../../gateway/inbound/data.ts'
import { wait } from './support.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('collectSmall', () => {
  test('gives a small message whole, with its digest', async () => {
    const source = new MessageReceiver(undefined)
    const collected = source.collectSmall(10, 1000)
    source.write(Buffer.from('12345'))
    source.write(Buffer.from('67890'))
    source.end()
    expect(await collected).toEqual({ kind: 'whole', bytes: Buffer.from('1234567890') })
    expect(source.sha256()).toBe(sha256(Buffer.from('1234567890')))
  })

  test('an empty message is whole', async () => {
    const source = new MessageReceiver(undefined)
    source.end()
    expect(await source.collectSmall(10, 1000)).toEqual({ kind: 'whole', bytes: Buffer.alloc(0) })
    expect(source.sha256()).toBe(sha256(Buffer.alloc(0)))
  })

  test.each(['one octet too many', 'too slow'])('%s makes it large: the head, then the rest', async why => {
    const source = new MessageReceiver(undefined)
    const collected = source.collectSmall(5, 20)
    source.write(Buffer.from('12345'))
    if (why === 'too slow') await wait(40)
    source.write(Buffer.from('6'))
    const large = await collected
    expect(large.kind).toBe('large')
    if (large.kind !== 'large') return
    const chunks = [...large.head]
    setTimeout(() => {
      source.write(Buffer.from('789'))
      source.end()
    })
    for await (const chunk of large.rest) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('123456789')
    expect(source.sha256()).toBe(sha256(Buffer.from('123456789')))
  })

  test('rejects when the client leaves, and with the Refusal that the client gets', async () => {
    const left = new MessageReceiver(undefined)
    const collected = left.collectSmall(10, 1000)
    left.leave()
    await expect(collected).rejects.toThrow(ClientGone)
    const refused = new MessageReceiver(undefined)
    refused.fail(new Refusal('messageTooBig', { reason: 'test' }))
    await expect(refused.collectSmall(10, 1000)).rejects.toThrow(Refusal)
  })

  test('a client that leaves after the end of data does not take the message with it', async () => {
    const source = new MessageReceiver(undefined)
    let told = 0
    source.onClientGone(() => void told++)
    source.write(Buffer.from('x'))
    source.end()
    source.leave()
    source.leave()
    expect((await source.collectSmall(10, 1000)).kind).toBe('whole')
    expect([told, source.clientGone]).toEqual([1, true])
  })
})

describe('flow control', () => {
  test('the writer is stopped while too much waits, and goes on when it was taken', async () => {
    const source = new MessageReceiver(undefined)
    let ready = 0
    for (let i = 0; i < 8; i++) {
      source.write(Buffer.alloc(100_000))
      source.whenReady(() => void ready++)
      if (source.stopped) break
    }
    expect(ready).toBe(5)
    const chunks = source[Symbol.asyncIterator]()
    await chunks.next()
    expect(ready).toBe(6)
    expect(source.stopped).toBe(false)
  })

  test('who waits for more is not kept waiting by the limit', () => {
    const source = new MessageReceiver(undefined)
    void source.collectSmall(10_000_000, 10_000).catch(() => undefined)
    source.write(Buffer.alloc(9_000_000))
    let ready = false
    source.whenReady(() => {
      ready = true
    })
    expect(ready).toBe(true)
    source.leave()
  })

  test('a reader that stops early lets the writer go on, and nothing is kept', async () => {
    const source = new MessageReceiver(undefined)
    source.write(Buffer.alloc(600_000))
    let ready = false
    source.whenReady(() => {
      ready = true
    })
    for await (const _chunk of source) break
    expect(ready).toBe(true)
    source.write(Buffer.alloc(600_000))
    source.whenReady(() => undefined)
    expect(source.stopped).toBe(false)
    expect(source.receivedBytes).toBe(1_200_000)
  })
})
