/** What the command line asks about tokens, over the portal's socket. The secret goes out in the one answer that made it. */
import { actParam, BadRequest, choiceParam, countParam, listParam, optionalTextParam, type Params, textParam } from '../../rpc/params.ts'
import type { RpcMethods } from '../../rpc/server.ts'
import { SCOPE_NAMES } from './scopes.ts'
import type { ApiTokens, TokenRecord } from './tokens.ts'

export type TokenAdded = { readonly token: TokenRecord; readonly secret: string }

const PROBLEMS = {
  name: 'the name must have 1 to 60 visible characters',
  scopes: 'at least one scope is needed',
  networks: 'networks must be like 192.0.2.0/24 or 2001:db8::1',
  days: 'a token is good for 1 to 366 days',
  rate: 'the rate must be 1 to 6000 requests a minute',
  'too-many': 'there are 100 tokens already: revoke one that is not used',
} as const

export function tokenMethods(tokens: ApiTokens): RpcMethods {
  return {
    'token.list': async params => tokens.list(tenantParam(params)),
    'token.add': async params => add(tokens, params),
    'token.revoke': async params => tokens.revoke(tenantParam(params), countParam(params, 'tokenId'), actParam(params)),
  }
}

function add(tokens: ApiTokens, params: Params): TokenAdded {
  const made = tokens.make(
    {
      tenant: tenantParam(params),
      name: textParam(params, 'name'),
      scopes: listParam(params, 'scopes', (each, name) => choiceParam(each, name, SCOPE_NAMES)),
      networks: listParam(params, 'networks', textParam),
      requestsPerMinute: countParam(params, 'requestsPerMinute'),
      days: countParam(params, 'days'),
    },
    actParam(params),
  )
  if (made.kind === 'problem') throw new BadRequest(PROBLEMS[made.problem])
  return { token: made.token, secret: made.secret }
}

function tenantParam(params: Params): string {
  return optionalTextParam(params, 'tenant') ?? 'default'
}
