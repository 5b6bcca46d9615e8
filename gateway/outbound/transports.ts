/** One transport for each distinct next hop, made when first used: routes that share a hop share its connections. */
import { type MaildirNaming, maildirTransport } from './maildir.ts'
import type { Transport } from './outcome.ts'
import { type PoolLimits, SmtpPool } from './pool.ts'
import type { NextHop, SmtpHop } from './routes.ts'
import type { SmtpSession } from './smtp-client.ts'
import { smtpTransport } from './smtp-transport.ts'

export type TransportLimits = { readonly pool: PoolLimits }

export type Transports = {
  for(hop: NextHop): Transport
  connections(): number
  /** Hops that failed are tried again at once. */
  forgetFailures(): void
  /** Drops every connection; transactions that run end as lost. */
  close(): void
}

/** Told of every connection that is ready for mail. */
export type OnGreeted = (hop: SmtpHop, session: SmtpSession) => void

export function createTransports(limits: TransportLimits, naming: MaildirNaming, onGreeted: OnGreeted): Transports {
  const transports = new Map<string, Transport>()
  const pools: SmtpPool[] = []

  const create = (hop: NextHop): Transport => {
    if (hop.kind === 'maildir') return maildirTransport(hop.path, naming)
    const pool = new SmtpPool(hop, limits.pool, session => onGreeted(hop, session))
    pools.push(pool)
    return smtpTransport(pool)
  }

  return {
    for(hop) {
      const key = JSON.stringify(hop)
      const transport = transports.get(key) ?? create(hop)
      transports.set(key, transport)
      return transport
    },
    connections: () => pools.reduce((sum, pool) => sum + pool.connections, 0),
    forgetFailures() {
      for (const pool of pools) pool.forgetFailures()
    },
    close() {
      for (const pool of pools) pool.close()
    },
  }
}
