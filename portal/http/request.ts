/**
 * A request as the visit that handlers know: who, by which address, in which language, with what.
 */
import type { FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import type { SignedIn } from '../people/person.ts'
import { cookieName, LANGUAGE_COOKIE, NOTE_COOKIE } from './cookies.ts'
import type { FaceOptions } from './face.ts'
import { fieldsOf } from './fields.ts'
import { isAtHome, type Place } from './place.ts'
import { type Language, Refused, type Route, type UploadedFile, type Visit } from './route.ts'

const NOTE = /^[a-z][a-z0-9-]{0,40}$/

/** A cookie counts for nothing where the route is for everybody alike, or for tokens. */
export function visitOf(request: FastifyRequest, { options, place, route }: { readonly options: FaceOptions; readonly place: Place; readonly route?: Route | undefined }): Visit {
  const { face, nowMs, findSession, towns = [] } = options
  const isSessionless = route?.who === 'token' || (route?.who === 'anyone' && route.isSessionless === true)
  const named = { face, origin: place.origin }
  const sessionCookie = isSessionless ? undefined : request.cookies[cookieName(named)]
  const found = sessionCookie === undefined ? undefined : findSession(sessionCookie, face)
  const signedIn = found && isAtHome(found.person.tenant, place, towns) ? found : undefined
  const note = request.cookies[NOTE_COOKIE]
  return {
    requestId: request.id,
    face,
    language: languageOf(request, signedIn),
    nowMs: nowMs(),
    address: request.ip,
    userAgent: String(request.headers['user-agent'] ?? '').slice(0, 200),
    path: request.url.split('?')[0]!,
    search: request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '',
    params: {},
    query: fieldsOf(request.query),
    form: fieldsOf(undefined),
    json: undefined,
    files: () => filesOf(request),
    octets: () => octetsOf(request),
    signedIn,
    certificate: certificateOf(request, options),
    sessionCookie,
    flowCookie: isSessionless ? undefined : request.cookies[cookieName(named, '-flow')],
    ...place,
    said: note !== undefined && NOTE.test(note) ? note : undefined,
  }
}

/** Of a checked client certificate only: of our own TLS, or of a listed proxy that checked it. */
function certificateOf(request: FastifyRequest, { certificateHeader, trustedProxies }: FaceOptions): string | undefined {
  const socket = request.raw.socket as { authorized?: boolean; getPeerCertificate?: () => { fingerprint256?: string } }
  if (socket.authorized && socket.getPeerCertificate) return socket.getPeerCertificate().fingerprint256?.replaceAll(':', '').toLowerCase()
  // request.ips is there only when the peer itself is one of the listed proxies.
  if (certificateHeader === '' || trustedProxies.length === 0 || !request.ips || request.ips.length < 2) return undefined
  const value = String(request.headers[certificateHeader.toLowerCase()] ?? '').replaceAll(':', '').toLowerCase()
  return /^[0-9a-f]{64}$/.test(value) ? value : undefined
}

function languageOf(request: FastifyRequest, signedIn: SignedIn | undefined): Language {
  if (signedIn) return signedIn.person.language
  const chosen = request.cookies[LANGUAGE_COOKIE]
  if (chosen === 'ja' || chosen === 'en') return chosen
  return /^en\b/i.test(String(request.headers['accept-language'] ?? '')) ? 'en' : 'ja'
}

async function* octetsOf({ body }: FastifyRequest): AsyncIterable<Uint8Array> {
  if (!(body instanceof Readable)) throw new Refused('bad-request')
  yield* body
}

async function* filesOf(request: FastifyRequest): AsyncIterable<UploadedFile> {
  if (!request.isMultipart()) throw new Refused('bad-request')
  for await (const part of request.files()) {
    yield { untrustedName: part.filename ?? '', untrustedType: part.mimetype, octets: part.file, isCut: () => part.file.truncated, fieldBefore: name => fieldOf(part.fields, name) }
  }
}

function fieldOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const found = Object.hasOwn(fields, name) ? [fields[name]].flat()[0] : undefined
  const value = typeof found === 'object' && found !== null && 'value' in found ? found.value : undefined
  return typeof value === 'string' ? value.slice(0, 1_000).toWellFormed() : ''
}
