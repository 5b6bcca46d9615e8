/**
 * The control socket: how `sekisho queue`, `quarantine`, `emergency` … ask the running gateway.
 *
 * HTTP on a Unix socket inside a folder of mode 0700, itself 0600: who may connect is decided by the file
 * system, so no secret is needed. One database has one writer, which is why the commands come here.
 *
 *   cli/control-client.ts ──POST /rpc/<method>──▶ here ──▶ StoreAdmin, and hooks into listener and relay
 */
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Act, Emergency, StoreAdmin } from '../store/contract.ts'
import {
  actParam,
  asParams,
  BadRequest,
  checkpointParam,
  countParam,
  emergencyParam,
  filterParam,
  flagParam,
  narrowFilterParam,
  purgeFilterParam,
  quarantineFilterParam,
  textParam,
} from './control-params.ts'
import {
  type ControlFailure,
  type ControlMethod,
  type ControlMethods,
  type ControlStream,
  type GatewayStatus,
  PROTOCOL_HEADER,
  PROTOCOL_VERSION,
  type ReloadOutcome,
} from './control-protocol.ts'

export type ControlOptions = {
  readonly socketPath: string
  readonly store: StoreAdmin
  readonly status: () => Promise<GatewayStatus>
  /** The state is recorded already; listener and relay follow it now. */
  readonly onEmergency: (state: Emergency, by: Act) => void | Promise<void>
  /** Entries were made due: the relay need not wait for its timer. */
  readonly onQueueChanged: () => void
  /** Reads the configuration again; what is wrong with it is an answer. */
  readonly reload: (by: Act) => Promise<ReloadOutcome>
  /** What went wrong, for the log. */
  readonly onError: (error: unknown) => void
}

export type ControlServer = { readonly socketPath: string; close(): Promise<void> }

const LARGEST_QUESTION_BYTES = 1 << 20

export async function startControl(options: ControlOptions): Promise<ControlServer> {
  await makeWayFor(options.socketPath)
  const server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    answer(options, request, response).catch(error => fail(options, response, error))
  })
  const umask = process.umask(0o177)
  try {
    server.listen(options.socketPath)
    await once(server, 'listening')
  } finally {
    process.umask(umask)
  }
  chmodSync(options.socketPath, 0o600)
  return {
    socketPath: options.socketPath,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A socket file without a listener is left from a crash; one with a listener is another gateway on the same data. */
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

async function answer(options: ControlOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = /^\/rpc\/([\w.]+)$/.exec(request.url ?? '')?.[1] ?? ''
  if (request.method !== 'POST') return send(response, 404, { error: 'not-found', message: 'POST /rpc/<method>' })
  if (request.headers[PROTOCOL_HEADER] !== PROTOCOL_VERSION) {
    return send(response, 409, {
      error: 'version',
      message: `the server speaks protocol ${PROTOCOL_VERSION}: restart it, or use its own command`,
    })
  }
  const params = asParams(await readJson(request))
  if (Object.hasOwn(STREAMS, method)) return sendStream(response, STREAMS[method as ControlStream](options, params))
  if (!Object.hasOwn(METHODS, method))
    return send(response, 404, { error: 'not-found', message: `no method '${method}'` })
  const result = await METHODS[method as ControlMethod](options, params)
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result ?? null))
}

type Params = Readonly<Record<string, unknown>>
type Methods = {
  readonly [M in ControlMethod]: (options: ControlOptions, params: Params) => Promise<ControlMethods[M]['result']>
}

const METHODS: Methods = {
  status: ({ status }) => status(),
  'queue.list': ({ store }, params) => store.listQueue(filterParam(params)),
  'queue.retry': async ({ store, onQueueChanged }, params) => {
    const count = await store.retry(filterParam(params), actParam(params))
    onQueueChanged()
    return count
  },
  'queue.drop': ({ store }, params) => store.drop(narrowFilterParam(params), actParam(params)),
  'quarantine.list': ({ store }, params) => store.listQuarantine(quarantineFilterParam(params)),
  'quarantine.purge': ({ store }, params) =>
    store.purge(purgeFilterParam(params), actParam(params), flagParam(params, 'dryRun')),
  'quarantine.pin': ({ store }, params) =>
    store.pin(textParam(params, 'queueId'), textParam(params, 'tenant'), flagParam(params, 'pinned'), actParam(params)),
  report: ({ store }, params) => store.report(textParam(params, 'queueId'), textParam(params, 'tenant')),
  trace: ({ store }, params) => store.trace(filterParam(params)),
  'emergency.get': ({ store }) => store.emergency(),
  'emergency.set': async ({ store, onEmergency }, params) => {
    const [state, by] = [emergencyParam(params), actParam(params)]
    await store.setEmergency(state, by)
    await onEmergency(state, by)
    return state
  },
  'config.reload': ({ reload }, params) => reload(actParam(params)),
  'audit.verify': ({ store }, params) => store.verifyAudit(checkpointParam(params)),
  'audit.checkpoint': ({ store }) => store.checkpoint(),
}

const STREAMS: {
  readonly [S in ControlStream]: (options: ControlOptions, params: Params) => AsyncIterable<Uint8Array | string>
} = {
  'quarantine.export': ({ store }, params) =>
    store.exportOriginal(textParam(params, 'queueId'), textParam(params, 'tenant'), actParam(params)),
  'audit.export': ({ store }, params) => store.exportAudit(countParam(params, 'sinceSeq')),
}

/** Waits for the first piece, so that "no such message" is still a reply and not a broken stream. */
async function sendStream(response: ServerResponse, pieces: AsyncIterable<Uint8Array | string>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]()
  const first = await iterator.next()
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  await pipeline(Readable.from(startingWith(first, iterator)), response)
}

async function* startingWith<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  for (let next = first; !next.done; next = await rest.next()) yield next.value
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LARGEST_QUESTION_BYTES) throw new BadRequest('question too long')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}')
  } catch {
    throw new BadRequest('the body is not JSON')
  }
}

function send(response: ServerResponse, status: number, failure: ControlFailure): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(failure))
}

/** A stream that breaks after its start is cut off: the client sees that it is not whole. */
function fail({ onError }: ControlOptions, response: ServerResponse, error: unknown): void {
  const bad = error instanceof BadRequest
  if (!bad) onError(error)
  if (response.headersSent) return void response.destroy()
  const message = error instanceof Error ? error.message : 'failed'
  send(response, bad ? 400 : 500, { error: bad ? 'bad-request' : 'failed', message })
}
