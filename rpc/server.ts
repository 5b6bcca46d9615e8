/**
 * A socket on which one of our processes answers the others.
 *
 * HTTP on a Unix socket; who may connect is decided by the file system, so no secret is needed: a folder of mode 0700
 * makes a socket of mode 0600, a folder that the operator has opened to a group (units with users of their own) one of
 * mode 0660. Streams and packets flow as fast as the other side reads.
 */
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { asParams, BadRequest, type Params } from './params.ts'
import { LARGEST_JSON_BYTES, packetPieces, PROTOCOL_HEADER, PROTOCOL_VERSION, readPacket, type RpcFailure } from './protocol.ts'

export type RpcMethods = Readonly<Record<string, (params: Params) => Promise<unknown>>>
export type RpcStreams = Readonly<Record<string, (params: Params) => AsyncIterable<Uint8Array | string>>>
export type RpcAnswer = { readonly meta: unknown; readonly octets?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> }
export type RpcExchanges = Readonly<Record<string, (params: Params, octets: AsyncIterable<Uint8Array>) => Promise<RpcAnswer>>>

export type RpcOptions = {
  readonly socketPath: string
  readonly methods: RpcMethods
  readonly streams?: RpcStreams
  readonly exchanges?: RpcExchanges
  /** What went wrong, for the log. */
  readonly onError: (error: unknown) => void
}

export type RpcServer = { readonly socketPath: string; close(): Promise<void> }

const HEADERS_WITHIN_MS = 30_000
const GROUP_MAY_ENTER = 0o010

/** @throws when another process answers there already. */
export async function startRpc(options: RpcOptions): Promise<RpcServer> {
  const { socketPath } = options
  await makeWayFor(socketPath)
  // An upload may take its time; its header may not.
  const server = createServer({ headersTimeout: HEADERS_WITHIN_MS, requestTimeout: 0 }, (request, response) => {
    answer(options, request, response).catch(error => fail(options, response, error))
  })
  const umask = process.umask(0o177)
  try {
    server.listen(socketPath)
    await once(server, 'listening')
  } finally {
    process.umask(umask)
  }
  chmodSync(socketPath, socketMode(dirname(socketPath)))
  return {
    socketPath,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Who may enter the folder may use the socket. */
export function socketMode(folder: string): number {
  return (statSync(folder).mode & GROUP_MAY_ENTER) === 0 ? 0o600 : 0o660
}

/** A socket file without a listener is left from a crash; one with a listener is another process on the same data. */
async function makeWayFor(socketPath: string): Promise<void> {
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 })
  const alive = await new Promise<boolean>(resolve => {
    const socket = connect(socketPath, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
  if (alive) throw new Error(`another server answers on ${socketPath}`)
  rmSync(socketPath, { force: true })
}

async function answer(options: RpcOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = /^\/rpc\/([\w.]+)$/.exec(request.url ?? '')?.[1] ?? ''
  if (request.method !== 'POST') return send(response, 404, { error: 'not-found', message: 'POST /rpc/<method>' })
  if (request.headers[PROTOCOL_HEADER] !== PROTOCOL_VERSION) {
    const message = `the server speaks protocol ${PROTOCOL_VERSION}: restart it, or use its own command`
    return send(response, 409, { error: 'version', message })
  }
  const { methods, streams = {}, exchanges = {} } = options
  if (Object.hasOwn(exchanges, method)) return answerPacket(exchanges[method]!, request, response)
  const params = asParams(await readJson(request))
  if (Object.hasOwn(streams, method)) return sendStream(response, streams[method]!(params))
  if (!Object.hasOwn(methods, method)) return send(response, 404, { error: 'not-found', message: `no method '${method}'` })
  const result = await methods[method]!(params)
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result ?? null))
}

async function answerPacket(exchange: RpcExchanges[string], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const question = await readPacket(request).catch(() => {
    throw new BadRequest('the body is no packet')
  })
  const { meta, octets } = await exchange(asParams(question.meta), question.octets)
  // Whoever is still writing when the line closes sees a broken line and not the answer.
  await question.drain()
  await sendStream(response, packetPieces(meta, octets))
}

/** Waits for the first piece, so that "no such message" is still a reply and not a broken stream. */
async function sendStream(response: ServerResponse, pieces: AsyncIterable<Uint8Array | string>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]()
  const first = await iterator.next()
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  await pipeline(Readable.from(startingWith(first, iterator)), response)
}

async function* startingWith<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LARGEST_JSON_BYTES) throw new BadRequest('question too long')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}')
  } catch {
    throw new BadRequest('the body is not JSON')
  }
}

function send(response: ServerResponse, status: number, failure: RpcFailure): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(failure))
}

/** A stream that breaks after its start is cut off: the client sees that it is not whole. */
function fail({ onError }: RpcOptions, response: ServerResponse, error: unknown): void {
  const bad = error instanceof BadRequest
  if (!bad && !isGone(error)) onError(error)
  if (response.headersSent) return void response.destroy()
  const message = error instanceof Error ? error.message : 'failed'
  send(response, bad ? 400 : 500, { error: bad ? 'bad-request' : 'failed', message })
}

/** Who asked went away before the end: no fault of ours. */
function isGone(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
