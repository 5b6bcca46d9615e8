/**
 * What a face of the portal is given: where it listens, who may come, its rows of the route table, and whom it asks.
 */
import type { Scope } from '../api/scopes.ts'
import type { SignedIn } from '../people/person.ts'
import type { Stage } from '../sign-in/sessions.ts'
import type { Place } from './place.ts'
import type { Answer, ApiToken, Face, Route, Visit } from './route.ts'

/** A session in force; one that is not open yet is let in only where its stage goes on (`/second-factor`, `/enrol` …). */
export type Found = SignedIn & { readonly stage: Stage }

export type FaceOptions = {
  readonly face: Face
  readonly address: string
  readonly port: number
  /** `https://portal.example.lg.jp`: what browsers call us; '' makes it from address and port. */
  readonly origin: string
  readonly tls: { readonly key: string; readonly cert: string; readonly clientCa: string } | undefined
  /** Networks whose X-Forwarded-For and client-certificate header are believed. */
  readonly trustedProxies: readonly string[]
  readonly certificateHeader: string
  /** Who may connect at all; without any, everybody. */
  readonly clients: readonly string[]
  /** Addresses of towns with one of their own on this face; whoever comes by any other signs in as the first tenant. */
  readonly towns?: readonly Place[]
  readonly uploadBytes: number
  readonly routes: readonly Route[]
  readonly findSession: (cookie: string, face: Face) => Found | undefined
  /** Whoever this field names may make such a request now; the use is counted. @throws Problem */
  readonly admitToken: (authorization: string | undefined, use: TokenUse) => ApiToken
  readonly stepUpMs: number
  readonly nowMs: () => number
  /** Draws what is inside a page into the frame. */
  readonly frame: (page: Extract<Answer, { kind: 'page' }>, visit: Visit) => string
  /** Awaited before a page or an answer is made (pace.ts). */
  readonly turn?: () => Promise<void> | undefined
  readonly onRequest: (line: PortalLine) => void
  readonly onError: (requestId: string, error: unknown) => void
}

export type TokenUse = { readonly scope: Scope; readonly operation: string; readonly address: string; readonly nowMs: number }

/** For the log: who came where. */
export type PortalLine = {
  readonly requestId: string
  readonly face: Face
  readonly client: string
  readonly login: string
  readonly method: string
  readonly route: string
  readonly status: number
  readonly ms: number
}
