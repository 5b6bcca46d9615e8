/**
 * What a page is: one row of the route table. The desk (desk.ts) reads from the row who may come, what a request must
 * show first and what the answer may hold; a handler only answers.
 *
 *   listener ▸ route ▸ session ▸ rights ▸ CSRF ▸ step-up ▸ handle(visit) ▸ answer
 *
 * Invariants: a GET changes nothing but the audit log; a route that may give out an original stands on the outer face
 * alone, which the server checks when it starts and test/unit/portal/routes.test.ts again.
 */
import type { Readable } from 'node:stream'
import type { Person, Role, Session, SignedIn } from '../people/person.ts'
import type { Scope } from '../api/scopes.ts'
import type { SafeHtml } from './html.ts'

/** Told apart by listener, not by login. */
export const FACES = ['inner', 'outer', 'admin'] as const
export type Face = (typeof FACES)[number]
export type Language = 'ja' | 'en'

type Row = {
  readonly method: 'GET' | 'POST'
  /** `/m/:publicId`; names in `params`. */
  readonly path: string
  readonly faces: readonly Face[]
  /** Its answer may hold octets of an original. */
  readonly givesOriginal?: true
  /** A second factor shown minutes ago. */
  readonly needsStepUp?: true
  /** `files`: multipart, read by the handler piece by piece. */
  /** `octets`: as they come, read by the handler. */
  readonly body?: 'form' | 'files' | 'json' | 'octets'
}

/** `isSessionless`: the same for everybody, so nobody is looked up (assets). */
export type OpenRoute = Row & { readonly who: 'anyone'; readonly isSessionless?: true; readonly handle: (visit: Visit) => Answer | Promise<Answer> }
/** Signed in with everything that the role asks for; `roles`: one of these is needed. */
export type SignedRoute = Row & { readonly who: 'signed-in'; readonly roles?: readonly Role[]; readonly handle: (visit: SignedVisit) => Answer | Promise<Answer> }
/** A session whose second factor is still to come, or to be set up. */
export type HalfSignedRoute = Row & { readonly who: 'half-signed-in'; readonly handle: (visit: SignedVisit) => Answer | Promise<Answer> }
/**
 * For a program with a token. It reads, and it reads what is known about mail: by this type no such route can change
 * anything, take a body, or answer with a file, a picture or a page, and its handler knows no person.
 */
export type TokenRoute = {
  readonly method: 'GET'
  readonly path: `${typeof API_PATH}${string}`
  readonly faces: readonly ApiFace[]
  readonly who: 'token'
  readonly scope: Scope
  /** What the use is called in the audit chain. */
  readonly operation: string
  readonly givesOriginal?: undefined
  readonly needsStepUp?: undefined
  readonly body?: undefined
  readonly handle: (visit: TokenVisit) => Promise<ApiAnswer>
}
export type Route = OpenRoute | SignedRoute | HalfSignedRoute | TokenRoute

export function standsOn({ faces }: Pick<Route, 'faces'>, face: Face): boolean {
  return (faces as readonly Face[]).includes(face)
}

/** Below it only programs are served, and every error is a problem (RFC 9457). */
export const API_PATH = '/api/v1/'
/** Never the outer face: its terminals are on the Internet's side. */
export type ApiFace = Exclude<Face, 'outer'>

/** Fields of a form or query. A field that was not sent is ''. Values are text of at most 100,000 characters. */
export type Fields = { get(name: string): string; all(name: string): readonly string[]; readonly names: readonly string[] }

export type UploadedFile = { readonly untrustedName: string; readonly untrustedType: string; readonly octets: Readable; /** Set once the octets have been read: the file was longer than allowed. */ readonly isCut: () => boolean; /** A plain field that stands before the file in the form; '' when there is none. */ readonly fieldBefore: (name: string) => string }

export type Visit = {
  /** Stands in the log, and on the page when something fails. */
  readonly requestId: string
  readonly face: Face
  readonly language: Language
  readonly nowMs: number
  /** Network address of the client, behind listed proxies the one that they name. */
  readonly address: string
  readonly userAgent: string
  readonly path: string
  /** `?…` as it came, '' without one. */
  readonly search: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Fields
  readonly form: Fields
  readonly json: unknown
  readonly files: () => AsyncIterable<UploadedFile>
  readonly octets: () => AsyncIterable<Uint8Array>
  readonly signedIn: SignedIn | undefined
  /** The client certificate's SHA-256 (hex) where TLS, ours or a listed proxy's, has checked one. */
  readonly certificate: string | undefined
  /** Value of the session's cookie; for ending or changing it. */
  readonly sessionCookie: string | undefined
  /** The address that was called, and whose people sign in there; who is signed in has a tenant of their own. */
  readonly origin: string
  readonly tenant: string
  readonly flowCookie: string | undefined
  /** What the page before wants to be said; see Answer.say. */
  readonly said: string | undefined
}

export type SignedVisit = Visit & { readonly signedIn: SignedIn; readonly person: Person; readonly session: Session }

/** A token in force. */
export type ApiToken = { readonly tokenId: number; readonly tenant: string; readonly name: string; readonly scopes: readonly Scope[] }

export type TokenVisit = Pick<Visit, 'requestId' | 'nowMs' | 'address' | 'params' | 'query'> & { readonly token: ApiToken }

/** Facts as JSON, or one such value a line. */
export type ApiAnswer = { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'lines'; readonly lines: AsyncIterable<unknown> }

/** Sets (or ends, with null) the session of this face. */
type SessionChange = { readonly sessionCookie?: string | null; /** Sets (or ends) what a sign-in elsewhere is known by when it comes back. */ readonly flowCookie?: string | null }

export type Page = SessionChange & {
  readonly kind: 'page'
  readonly status?: 200 | 400 | 403 | 404 | 409 | 410 | 413 | 422 | 429 | 500 | 503
  readonly title: string
  readonly body: SafeHtml
  /** A page that is not inside the frame of the signed-in person (sign-in, set-up link). */
  readonly bare?: true
  /** The second form of the page, for printing. */
  readonly wide?: true
}

export type Answer =
  | Page
  /** After a POST. `say`: key of the texts that the next page shows once. `to`: a path of ours, or for sign-in elsewhere an address from the settings. */
  | (SessionChange & { readonly kind: 'redirect'; readonly to: string; readonly say?: string; readonly language?: Language })
  /** As attachment, in a sandboxed response; never shown in the browser. */
  | { readonly kind: 'file'; readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array | Readable; readonly size?: number }
  /** A PNG that we drew. */
  | { readonly kind: 'picture'; readonly png: Uint8Array }
  | { readonly kind: 'json'; readonly status?: number; readonly value: unknown }
  | { readonly kind: 'lines'; readonly lines: AsyncIterable<unknown> }
  | { readonly kind: 'asset'; readonly mediaType: string; readonly bytes: Uint8Array }
  | { readonly kind: 'nothing' }

/** Ends a visit with a page that says what is wrong and what to do; thrown by handlers. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** Key of `problems` in texts/common.ts. */
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem)
    this.problem = problem
  }
}

/** What can go wrong on any page, and what it is called in HTTP. */
export const STATUS_OF = {
  'not-found': 404,
  'not-allowed': 403,
  'forged': 403,
  'bad-request': 400,
  'conflict': 409,
  'too-large': 413,
  'too-many': 429,
  'unavailable': 503,
} as const
export type Problem = keyof typeof STATUS_OF
