import { chmodSync, mkdirSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RpcClient, RpcError, rpcClient } from '../../rpc/client.ts'
import { BadRequest, textParam } from '../../rpc/params.ts'
import { packetPieces, readPacket } from '../../rpc/protocol.ts'
import { type RpcServer, socketMode, startRpc } from '../../rpc/server.ts'

let folder: string
let socketPath: string
let server: RpcServer
let client: RpcClient
let errors: unknown[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-rpc-'))
  socketPath = join(folder, 'own', 'x.sock')
  errors = []
  server = await startRpc({
    socketPath,
    methods: { echo: async params => params, nothing: async () => undefined, fails: () => Promise.reject(new Error('inside')), text: async params => textParam(params, 'a') },
    streams: {
      many: async function* () {
        for (let i = 0; i < 40; i++) yield Buffer.alloc(100_000, i)
      },
      breaks: async function* () {
        yield Buffer.alloc(10)
        throw new Error('disk gone')
      },
    },
    exchanges: {
      count: async (params, octets) => {
        let bytes = 0
        for await (const piece of octets) bytes += piece.length
        return { meta: { ...params, bytes }, octets: [Buffer.from('tail')] }
      },
      ignores: async () => ({ meta: { kind: 'cannot' } }),
      stops: async (_, octets) => {
        for await (const _piece of octets) break
        return { meta: 'enough' }
      },
    },
    onError: error => void errors.push(error),
  })
  client = rpcClient(socketPath)
})
afterEach(() => server.close())

async function* pieces(count: number, bytes: number) {
  for (let i = 0; i < count; i++) yield Buffer.alloc(bytes, 1)
}

const kindOf = (error: unknown) => (error instanceof RpcError ? error.kind : error)

describe('a question', () => {
  test('is answered in JSON', async () => {
    expect(await client.call('echo', { a: [1, '漢字'] })).toEqual({ a: [1, '漢字'] })
    expect(await client.call('nothing', {})).toBeNull()
  })

  test('streams as much as there is', async () => {
    const all = Buffer.concat(await Array.fromAsync(await client.stream('many', {})))
    expect(all.length).toBe(4_000_000)
  })

  test('carries octets both ways', async () => {
    const { meta, octets } = await client.exchange('count', { a: 1 }, pieces(50, 100_000))
    expect([meta, Buffer.concat(await Array.fromAsync(octets)).toString()]).toEqual([{ a: 1, bytes: 5_000_000 }, 'tail'])
  })

  test.each(['ignores', 'stops'])('whose octets nobody reads to the end (%s) is answered all the same', async method => {
    for (let round = 0; round < 5; round++) expect((await client.exchange(method, {}, pieces(30, 100_000))).meta).toBeTruthy()
    for (let round = 0; round < 20; round++) expect((await client.exchange(method, {})).meta).toBeTruthy()
  })
})

describe('a failure', () => {
  test.for<[string, object, string]>([
    ['fails', {}, 'failed'],
    ['unknown', {}, 'not-found'],
    ['text', { a: 7 }, 'bad-request'],
    ['constructor', {}, 'not-found'],
  ])('of %s says which', async ([method, params, kind]) => expect(kindOf(await client.call(method, params).catch(error => error))).toBe(kind))

  test('inside is told to the log; what was asked wrongly is not', async () => {
    await client.call('text', { a: 7 }).catch(() => {})
    expect(errors).toEqual([])
    await client.call('fails', {}).catch(() => {})
    expect(errors).toHaveLength(1)
  })

  test('of a stream under way cuts it off', async () => {
    const stream = await client.stream('breaks', {})
    await expect(Array.fromAsync(stream)).rejects.toThrow()
  })

  test('to find anybody is told apart from others', async () => {
    await server.close()
    expect(kindOf(await client.call('echo', {}).catch(error => error))).toBe('absent')
    expect(kindOf(await rpcClient(`/${'x'.repeat(200)}`).call('echo', {}).catch(error => error))).toBe('too-long')
    server = await startRpc({ socketPath, methods: {}, onError: () => {} })
  })

  test('is a second server on the same socket', async () => {
    await expect(startRpc({ socketPath, methods: {}, onError: () => {} })).rejects.toThrow('another server')
  })
})

describe('who may connect', () => {
  test('is the owner, or the group that the folder is open to', () => {
    expect([statSync(join(folder, 'own')).mode & 0o777, statSync(socketPath).mode & 0o777]).toEqual([0o700, 0o600])
    const shared = join(folder, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o750)
    expect(socketMode(shared)).toBe(0o660)
  })
})

describe('a packet', () => {
  test.each([1, 3, 1000])('reads the same in pieces of %i', async size => {
    const whole = Buffer.concat(await Array.fromAsync(packetPieces({ a: '語' }, [Buffer.from('octets')])))
    const cut = async function* () {
      for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size)
    }
    const { meta, octets } = await readPacket(cut())
    expect([meta, Buffer.concat(await Array.fromAsync(octets)).toString()]).toEqual([{ a: '語' }, 'octets'])
  })

  test.each([[''], ['\0\0'], ['\0\0\0\x05{}'], ['\xff\xff\xff\xff'], ['\0\0\0\x01{']])('that is none is refused (%j)', async octets => {
    await expect(readPacket(pieceOf(octets))).rejects.toThrow()
  })
})

async function* pieceOf(text: string) {
  yield Buffer.from(text, 'latin1')
}

test('what is asked wrongly has a name of its own', () => expect(() => textParam({}, 'a')).toThrow(BadRequest))
