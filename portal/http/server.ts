/**
 * The portal's listeners: one for each face, with Fastify and what it needs to read a request; what happens to each is desk.ts.
 */
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance } from 'fastify'
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { FaceDesk } from './desk.ts'
import type { FaceOptions } from './face.ts'
import { type Face, standsOn } from './route.ts'

export type FaceServer = { readonly face: Face; /** `address:port`. */ readonly at: string; readonly origin: string; close(): Promise<void> }

const LONGEST_REQUEST_MS = 600_000
const FORM_BYTES = 1 << 20

/** @throws when the table breaks an invariant: then nothing is served. */
export async function startFace(options: FaceOptions): Promise<FaceServer> {
  const { app, desk } = await faceApp(options)
  await app.listen({ host: options.address, port: options.port })
  const { address, port } = app.server.address() as AddressInfo
  const at = `${address.includes(':') ? `[${address}]` : address}:${port}`
  desk.origin = options.origin || `${options.tls ? 'https' : 'http'}://${at}`
  return { face: options.face, at, origin: desk.origin, close: () => app.close() }
}

/** The face without a listener. @throws as startFace */
export async function faceApp(options: FaceOptions): Promise<{ readonly app: FastifyInstance; readonly desk: { origin: string } }> {
  const routes = options.routes.filter(route => standsOn(route, options.face))
  if (options.face !== 'outer' && routes.some(route => route.givesOriginal)) throw new Error(`a route of the ${options.face} face could give out an original`)
  if (options.face === 'outer' && routes.some(route => route.who === 'token')) throw new Error('no route for tokens may stand on the outer face')
  const { tls } = options
  const https = tls && { key: tls.key, cert: tls.cert, minVersion: 'TLSv1.2' as const, ...(tls.clientCa === '' ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }) }
  const app = Fastify({
    genReqId: () => randomUUID(),
    requestTimeout: LONGEST_REQUEST_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    bodyLimit: FORM_BYTES,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    https: https ?? null,
  }) as unknown as FastifyInstance
  await app.register(cookie)
  await app.register(formbody, { bodyLimit: FORM_BYTES })
  await app.register(multipart, {
    // A file that is too long is cut and says so (isCut): the others of the same form go on.
    throwFileSizeLimit: false,
    limits: { fileSize: options.uploadBytes, files: 50, fields: 50, fieldSize: FORM_BYTES },
  })
  // Read by the handler that wants them, within its own limit.
  app.addContentTypeParser('application/octet-stream', (_request, body, done) => done(null, body))
  // The browser's reports of what its policy forbade.
  app.addContentTypeParser(['application/csp-report', 'application/reports+json'], { parseAs: 'string', bodyLimit: 1 << 16 }, (_request, _body, done) => done(null, ''))
  const desk = new FaceDesk(options)
  desk.serve(app, routes)
  return { app, desk }
}
