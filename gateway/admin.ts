/**
 * HTTP for monitoring, on an address of its own: is the gateway alive, does it take mail, what does it count.
 *
 *   GET /health   200 while the process runs its event loop
 *   GET /ready    200 when mail can be taken now, else 503; JSON with every reason against
 *   GET /metrics  Prometheus text
 *
 * Changes nothing, tells no address, subject or file name.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `reasons` says, in words for operators, everything that stands against taking mail; empty means ready. */
export type Readiness = { readonly reasons: readonly string[] }

export type AdminOptions = {
  readonly address: string
  readonly port: number
  readonly version: string
  readonly readiness: () => Promise<Readiness>
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>
}

export type AdminServer = { readonly address: string; readonly port: number; close(): Promise<void> }

type Answer = { readonly status: number; readonly contentType: string; readonly body: string }

const SLOWEST_REQUEST_MS = 10_000

export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const server = createServer(
    { requestTimeout: SLOWEST_REQUEST_MS, headersTimeout: SLOWEST_REQUEST_MS, maxHeaderSize: 8_192 },
    (request, response) => {
      void reply(options, request, response)
    },
  )
  server.maxConnections = 100
  server.listen(options.port, options.address)
  await once(server, 'listening')
  const { address, port } = server.address() as AddressInfo
  return {
    address,
    port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function reply(options: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, contentType, body } = await answer(options, request).catch(failed)
  response.writeHead(status, {
    'content-type': contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function answer(options: AdminOptions, { method, url = '' }: IncomingMessage): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'only GET' })
  switch (url.split('?', 1)[0]) {
    case '/health':
      return json(200, { alive: true, version: options.version })
    case '/ready':
      return ready(await options.readiness())
    case '/metrics':
      return metrics(await options.metrics())
    default:
      return json(404, { error: 'not found', see: ['/health', '/ready', '/metrics'] })
  }
}

function ready({ reasons }: Readiness): Answer {
  return json(reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons })
}

function metrics({ contentType, text }: { readonly contentType: string; readonly text: string }): Answer {
  return { status: 200, contentType, body: text }
}

/** What failed is for the mail log; a monitor only needs to know that it did. */
function failed(): Answer {
  return json(500, { error: 'internal' })
}

function json(status: number, body: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) + '\n' }
}
