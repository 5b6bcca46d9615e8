/**
 * Signing in at the organisation's own provider (OpenID Connect): code flow with PKCE, state and nonce.
 *
 *   /sign-in/oidc ─▶ provider ─▶ /sign-in/oidc/back ─▶ tokens, checked ─▶ claims
 *
 * What belongs to one visit (state, nonce, verifier, where to) travels in a cookie that only we can read or make, so nothing is
 * kept for visitors who never come back, and an answer counts in the browser that asked. It holds for minutes. Whatever does
 * not fit is a refusal; a provider that cannot be reached is `unavailable`. Never without TLS, except to this host.
 *
 * Standards: OpenID Connect Core 1.0; RFC 7636 (PKCE); RFC 9207 (iss); OpenID Connect RP-Initiated Logout 1.0.
 */
import { request } from 'node:https'
import { Readable } from 'node:stream'
import * as client from 'openid-client'
import type { SecretBox } from './secret-box.ts'

export type OidcSettings = {
  /** Whose people it knows. */
  readonly tenant: string
  readonly issuer: string
  readonly clientId: string
  /** '' for a client without one. */
  readonly clientSecret: string
  /** Certificates (PEM) to trust instead of the system's; '' for those. */
  readonly ca: string
  readonly scopes: readonly string[]
  /** How a person is found at the first sign-in; `subject`: only by a link that was made before. */
  readonly personBy: 'subject' | 'email' | 'login'
  readonly loginClaim: string
  /** Values of acr and amr that say that the provider has asked for two factors. */
  readonly twoFactorAcr: readonly string[]
  readonly twoFactorAmr: readonly string[]
}

/** What a visit to the provider is for. */
export type Errand = { readonly to: string; /** Undefined: to sign in. Else: to link this person. */ readonly linkPersonId: number | undefined }

export type OidcClaims = { readonly subject: string; readonly email: string; readonly isEmailVerified: boolean; readonly login: string; readonly isTwoFactor: boolean }

export type OidcAnswer = { readonly kind: 'right'; readonly claims: OidcClaims; readonly errand: Errand } | { readonly kind: 'wrong'; readonly why: string } | { readonly kind: 'unavailable'; readonly why: string }

type Flow = Errand & { readonly state: string; readonly nonce: string; readonly verifier: string; readonly redirectUri: string; readonly atMs: number }

const FLOW_OWNER = 'oidc flow'
const FLOW_MS = 10 * 60_000
const TIMEOUT_S = 8
const METADATA_MS = 3_600_000
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
const LARGEST_ANSWER = 1 << 20

export class OidcProvider {
  readonly settings: OidcSettings
  readonly #box: SecretBox
  readonly #nowMs: () => number
  #known: { readonly config: client.Configuration; readonly untilMs: number } | undefined

  constructor(settings: OidcSettings, box: SecretBox, nowMs: () => number) {
    this.settings = settings
    this.#box = box
    this.#nowMs = nowMs
  }

  /** Where to send the visitor, and the cookie that the answer must come with. */
  async begin(redirectUri: string, errand: Errand): Promise<{ readonly kind: 'go'; readonly address: string; readonly flowCookie: string } | Extract<OidcAnswer, { kind: 'unavailable' }>> {
    try {
      const config = await this.#config()
      const flow: Flow = { ...errand, redirectUri, state: client.randomState(), nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier(), atMs: this.#nowMs() }
      const { scopes, twoFactorAcr } = this.settings
      const address = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: [...new Set(['openid', ...scopes])].join(' '),
        code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
        code_challenge_method: 'S256',
        state: flow.state,
        nonce: flow.nonce,
        ...(twoFactorAcr.length > 0 ? { acr_values: twoFactorAcr.join(' ') } : {}),
      })
      const flowCookie = Buffer.from(this.#box.seal(Buffer.from(JSON.stringify(flow)), FLOW_OWNER)).toString('base64url')
      return { kind: 'go', address: address.href, flowCookie }
    } catch (error) {
      return { kind: 'unavailable', why: messageOf(error) }
    }
  }

  /** Never rejects. `query`: as the provider's redirect came. */
  async finish(untrustedFlow: string | undefined, redirectUri: string, query: string): Promise<OidcAnswer> {
    const flow = this.#flowOf(untrustedFlow)
    if (!flow || flow.redirectUri !== redirectUri || this.#nowMs() - flow.atMs > FLOW_MS) return { kind: 'wrong', why: 'no sign-in was begun here, or too long ago' }
    let config: client.Configuration
    try {
      config = await this.#config()
    } catch (error) {
      return { kind: 'unavailable', why: messageOf(error) }
    }
    try {
      const tokens = await client.authorizationCodeGrant(config, new URL(`${redirectUri}${query}`), { pkceCodeVerifier: flow.verifier, expectedState: flow.state, expectedNonce: flow.nonce, idTokenExpected: true })
      return { kind: 'right', claims: await this.#claimsOf(config, tokens), errand: { to: flow.to, linkPersonId: flow.linkPersonId } }
    } catch (error) {
      return isOutage(error) ? { kind: 'unavailable', why: messageOf(error) } : { kind: 'wrong', why: messageOf(error) }
    }
  }

  /** Where the visitor ends the session at the provider, too; undefined where it has no such place, or cannot be asked. */
  async endAddress(back: string): Promise<string | undefined> {
    try {
      const config = await this.#config()
      return config.serverMetadata().end_session_endpoint === undefined ? undefined : client.buildEndSessionUrl(config, { post_logout_redirect_uri: back }).href
    } catch {
      return undefined
    }
  }

  /** What the identity token does not say, the provider is asked for. */
  async #claimsOf(config: client.Configuration, tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers): Promise<OidcClaims> {
    const said = tokens.claims()!
    const { personBy, loginClaim, twoFactorAcr, twoFactorAmr } = this.settings
    const needed = personBy === 'email' ? 'email' : personBy === 'login' ? loginClaim : 'sub'
    const more = said[needed] === undefined && config.serverMetadata().userinfo_endpoint !== undefined ? await client.fetchUserInfo(config, tokens.access_token, said.sub) : {}
    const all: Readonly<Record<string, unknown>> = { ...more, ...said }
    const text = (name: string) => (typeof all[name] === 'string' ? all[name].slice(0, 320) : '')
    const amr = Array.isArray(said['amr']) ? said['amr'].map(String) : []
    return {
      subject: said.sub,
      email: text('email').toLowerCase(),
      isEmailVerified: all['email_verified'] === true,
      login: text(loginClaim).normalize('NFKC').trim().toLowerCase(),
      isTwoFactor: twoFactorAcr.includes(String(said['acr'] ?? '')) || amr.some(each => twoFactorAmr.includes(each)),
    }
  }

  #flowOf(untrusted: string | undefined): Flow | undefined {
    if (untrusted === undefined || untrusted.length > 4_000) return undefined
    const bytes = this.#box.open(Buffer.from(untrusted, 'base64url'), FLOW_OWNER)
    return bytes && (JSON.parse(Buffer.from(bytes).toString()) as Flow)
  }

  /** The provider's own description, looked at again each hour; a failure is not remembered. */
  async #config(): Promise<client.Configuration> {
    if (this.#known && this.#known.untilMs > this.#nowMs()) return this.#known.config
    const { issuer, clientId, clientSecret, ca } = this.settings
    const address = new URL(issuer)
    const isHere = address.protocol === 'http:' && LOOPBACK.includes(address.hostname)
    const trust = ca === '' ? {} : { [client.customFetch]: fetchTrusting(ca) }
    const execute = isHere ? [client.allowInsecureRequests] : []
    const found = await client.discovery(address, clientId, undefined, client.None(), { execute, timeout: TIMEOUT_S, ...trust })
    const ways = found.serverMetadata().token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const proof = clientSecret === '' ? client.None() : ways.includes('client_secret_basic') ? client.ClientSecretBasic(clientSecret) : client.ClientSecretPost(clientSecret)
    const config = new client.Configuration(found.serverMetadata(), clientId, undefined, proof)
    config.timeout = TIMEOUT_S
    if (isHere) client.allowInsecureRequests(config)
    if (ca !== '') config[client.customFetch] = fetchTrusting(ca)
    this.#known = { config, untilMs: this.#nowMs() + METADATA_MS }
    return config
  }
}

/** The runtime's fetch knows the system's certificates alone. */
function fetchTrusting(ca: string): client.CustomFetch {
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const asking = request(url, { method, headers, ca, ...(signal ? { signal } : {}) }, reply => {
        const pairs = Object.entries(reply.headers).flatMap(([name, value]) => [value ?? []].flat().map(each => [name, each] as [string, string]))
        resolve(new Response(Readable.toWeb(bounded(reply)) as ReadableStream<Uint8Array>, { status: reply.statusCode ?? 500, headers: pairs }))
      })
      asking.on('error', reject)
      asking.end(body === undefined || body === null ? undefined : String(body))
    })
}

function bounded(reply: Readable): Readable {
  let octets = 0
  reply.on('data', (chunk: Buffer) => {
    octets += chunk.length
    if (octets > LARGEST_ANSWER) reply.destroy(new Error('the provider says too much'))
  })
  return reply
}

/** The provider did not answer, or not in its own language; not: it said no. */
function isOutage(error: unknown): boolean {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown }
  return name === 'TimeoutError' || name === 'AbortError' || code === 'OAUTH_TIMEOUT' || (error instanceof TypeError && error.message === 'fetch failed')
}

function messageOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown }
  const said = typeof cause === 'object' && cause !== null && 'error' in cause ? ` (${String(cause.error)})` : ''
  return `${error instanceof Error ? error.message : 'failed'}${said}`.slice(0, 200)
}
