/**
 * The asking side of a socket (server.ts). Nobody there, or nobody who can answer now, is an RpcError that says which.
 */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { packetPieces, PROTOCOL_HEADER, PROTOCOL_VERSION, readPacket, type RpcFailure, type RpcPacket } from './protocol.ts'

/** `absent`: nobody listens; `forbidden`: the file system says no; otherwise the other side's own words. */
export type RpcErrorKind = 'too-long' | 'absent' | 'forbidden' | 'unreachable' | RpcFailure['error']

export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly kind: RpcErrorKind

  constructor(kind: RpcErrorKind, message: string) {
    super(message)
    this.kind = kind
  }
}

export type RpcClient = {
  call(method: string, params: unknown): Promise<unknown>
  stream(method: string, params: unknown): Promise<AsyncIterable<Uint8Array>>
  exchange(method: string, params: unknown, octets?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<RpcPacket>
}

const NOT_RUNNING = ['ENOENT', 'ECONNREFUSED']
const UNIX_PATH_BYTES = 107

export function rpcClient(socketPath: string): RpcClient {
  return {
    call: async (method, params) => {
      const answer = await ask(socketPath, method, [Buffer.from(JSON.stringify(params))])
      return JSON.parse(Buffer.concat(await Array.fromAsync(answer)).toString())
    },
    stream: async (method, params) => ask(socketPath, method, [Buffer.from(JSON.stringify(params))]),
    exchange: async (method, params, octets) => readPacket(await ask(socketPath, method, packetPieces(params, octets))),
  }
}

async function ask(socketPath: string, method: string, body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<IncomingMessage> {
  if (Buffer.byteLength(socketPath) > UNIX_PATH_BYTES) throw new RpcError('too-long', `${socketPath} is too long for a socket`)
  // A line of its own: one that was kept would look broken after the other side has started anew.
  const question = request({ socketPath, path: `/rpc/${method}`, method: 'POST', agent: false, headers: { [PROTOCOL_HEADER]: PROTOCOL_VERSION } })
  // What goes wrong on the way shows as an error of the question too.
  pipeline(Readable.from(body), question).catch(() => {})
  const [response] = (await once(question, 'response').catch(error => {
    throw unreachable(error, socketPath)
  })) as [IncomingMessage]
  if (response.statusCode !== 200) throw await refused(response)
  return response
}

function unreachable(error: NodeJS.ErrnoException, socketPath: string): RpcError {
  if (NOT_RUNNING.includes(error.code ?? '')) return new RpcError('absent', `nobody answers on ${socketPath}`)
  if (error.code === 'EACCES') return new RpcError('forbidden', `${socketPath} may not be used by this user`)
  return new RpcError('unreachable', `no answer on ${socketPath}: ${error.message}`)
}

async function refused(response: IncomingMessage): Promise<RpcError> {
  const body = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)).toString()
  try {
    const { error, message } = JSON.parse(body) as RpcFailure
    return new RpcError(error, message)
  } catch {
    return new RpcError('failed', `answered ${response.statusCode}`)
  }
}
