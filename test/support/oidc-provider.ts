/**
 * A real OpenID provider (oidc-provider) as a process of its own, for tests of signing in. Whoever types a name is that account;
 * an account `x+mfa` proves two factors. What it is to do wrongly is told by POST /control.
 *
 *   node test/support/oidc-provider.ts <origin of the portal> [<key> <certificate>]      prints its issuer
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** What is used of it; the package brings no types. */
type Package = { readonly default: new (issuer: string, settings: object) => { on(event: string, told: (ctx: unknown, error: Error) => void): void; callback(): RequestListener; interactionFinished(incoming: IncomingMessage, reply: ServerResponse, result: object): Promise<void> } }
type Context = { readonly oidc: { readonly client: { readonly clientId: string }; readonly session: { readonly accountId: string }; readonly provider: { readonly Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<string> } } } }
const { default: Provider } = (await import('oidc-provider' as string)) as Package

const [, , portal = '', keyFile, certificateFile] = process.argv
/** How long codes are good, and how far its clock is ahead, in seconds. */
const good = { codeS: 60, aheadS: 0 }
const realNow = Date.now
Date.now = () => realNow() + good.aheadS * 1000

const listener: RequestListener = (incoming, reply) => void answer(incoming, reply).catch((error: unknown) => reply.writeHead(500).end(String(error)))
const server = keyFile && certificateFile ? createTlsServer({ key: readFileSync(keyFile), cert: readFileSync(certificateFile) }, listener) : createServer(listener)
server.listen(0, '127.0.0.1')
await new Promise(resolve => server.once('listening', resolve))
const issuer = `${keyFile ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`

const provider = new Provider(issuer, {
  clients: [{ client_id: 'sekisho', client_secret: 'a secret of ours', redirect_uris: [`${portal}/sign-in/oidc/back`], post_logout_redirect_uris: [`${portal}/sign-in`], grant_types: ['authorization_code'], response_types: ['code'] }],
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub', 'amr', 'acr'], email: ['email', 'email_verified'], profile: ['preferred_username', 'name'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx: unknown, interaction: { readonly uid: string }) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx: unknown, sub: string) => {
    const login = sub.replace(/[+!].*$/, '')
    return { accountId: sub, claims: async () => ({ sub, email: `${login}@town.example.jp`, email_verified: !sub.endsWith('!unverified'), preferred_username: login, name: login }) }
  },
  loadExistingGrant: async ({ oidc }: Context) => {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
    grant.addOIDCScope('openid email profile')
    await grant.save()
    return grant
  },
  ttl: { AuthorizationCode: () => good.codeS, IdToken: 300 },
})
provider.on('server_error', (_ctx, error) => process.stderr.write(`${error.stack}\n`))
const serve = provider.callback()
process.stdout.write(`${issuer}\n`)

async function answer(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
  if (incoming.url === '/control') {
    Object.assign(good, JSON.parse(await bodyOf(incoming)) as Partial<typeof good>)
    return void reply.writeHead(204).end()
  }
  if (!incoming.url?.startsWith('/interaction/')) return void serve(incoming, reply)
  if (incoming.method !== 'POST') {
    reply.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    return void reply.end('<!doctype html><html lang="ja"><title>認証</title><main><h1>認証</h1><form method="post"><label for="account">account</label><input id="account" name="account"><button>go</button></form></main></html>')
  }
  const account = new URLSearchParams(await bodyOf(incoming)).get('account') ?? ''
  const login = { accountId: account, amr: account.endsWith('+mfa') ? ['pwd', 'mfa'] : ['pwd'] }
  await provider.interactionFinished(incoming, reply, account === 'refuse' ? { error: 'access_denied', error_description: 'the person said no' } : { login })
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}
