/**
 * Where mail goes: routes by recipient domain, each with its next hops in order of preference.
 *
 * A route has a direction. `inward` leads to the staff, `outward` carries DSNs (and without an outward route none are
 * sent) and approved originals to mailboxes of the Internet side [outsideRoute], nothing else. The route of a message is settled by name before it is committed, so that
 * a changed domain list does not redirect mail that is already queued.
 */
import type { Mailbox } from '../../core/smtp/envelope.ts'
import { domainOf } from '../../core/smtp/mailbox.ts'

export type SmtpHop = {
  readonly kind: 'smtp'
  readonly host: string
  readonly port: number
  /**
   * `required`: STARTTLS with a verified certificate, or no delivery. `opportunistic`: encrypted when the hop
   * can, unverified, plain text otherwise. `off`: never.
   */
  readonly tls: 'off' | 'opportunistic' | 'required'
  /** PEM file of the authorities that may vouch for the hop; read at each new connection. Without it: the system's. */
  readonly caFile?: string
  /** Name that the certificate must carry; `host` when absent. */
  readonly serverName?: string
  /** What we call ourselves in EHLO. */
  readonly name: string
  /** Connections at once, where the hop wants fewer or bears more than the general limit. */
  readonly maxConnections?: number
}

export type MaildirHop = { readonly kind: 'maildir'; readonly path: string }
export type NextHop = SmtpHop | MaildirHop

export type Direction = 'inward' | 'outward'

export type Route = {
  readonly name: string
  readonly direction: Direction
  /** `town.example.jp`, `*.town.example.jp` (any name below it) or `*` (every other domain). Lower case, A-labels. */
  readonly domains: readonly string[]
  /** Tried in this order: the next one only when a hop cannot be reached or says 421. */
  readonly hops: readonly [NextHop, ...NextHop[]]
}

export type RouteTable = {
  /** `undefined` when the settings no longer have a route of this name. */
  byName(name: string): Route | undefined
  /** The most specific route of that direction, or `undefined`. */
  forMailbox(mailbox: Mailbox, direction: Direction): Route | undefined
  readonly all: readonly Route[]
}

/** Throws TypeError when two routes have one name, or two routes of one direction the same domain. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const byName = new Map<string, Route>()
  const byDomain = new Map<string, Route>()
  for (const route of routes) {
    if (byName.has(route.name)) throw new TypeError(`two routes are called '${route.name}'`)
    byName.set(route.name, route)
    for (const domain of route.domains) {
      const key = `${route.direction} ${domain}`
      if (byDomain.has(key)) throw new TypeError(`two ${route.direction} routes for '${domain}'`)
      byDomain.set(key, route)
    }
  }
  return {
    all: routes,
    byName: name => byName.get(name),
    forMailbox(mailbox, direction) {
      for (const pattern of patternsFor(domainOf(mailbox))) {
        const route = byDomain.get(`${direction} ${pattern}`)
        if (route !== undefined) return route
      }
      return undefined
    },
  }
}

/**
 * The way of an approved original to a mailbox of the Internet side: an outward route that names its domain, and leads to
 * no hop and takes no domain of an inward one. Otherwise there is none.
 */
export function outsideRoute({ all, forMailbox }: RouteTable, mailbox: Mailbox): Route | undefined {
  const route = forMailbox(mailbox, 'outward')
  if (!route?.domains.includes(domainOf(mailbox))) return undefined
  const inward = all.filter(({ direction }) => direction === 'inward')
  const inwardHops = new Set(inward.flatMap(({ hops }) => hops.map(hopLabel)))
  const isInward = inward.some(({ domains }) => domains.some(pattern => pattern !== '*' && [...patternsFor(domainOf(mailbox))].includes(pattern)))
  return isInward || route.hops.some(hop => inwardHops.has(hopLabel(hop))) ? undefined : route
}

/** `a.b.c` → `a.b.c`, `*.b.c`, `*.c`, `*`: the most specific first. */
function* patternsFor(domain: string): Generator<string> {
  yield domain
  for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) yield `*${domain.slice(dot)}`
  yield '*'
}

/** The hop's name in logs and in the queue. Never shown to senders. */
export function hopLabel(hop: NextHop): string {
  return hop.kind === 'smtp' ? `${hop.host}:${hop.port}` : `maildir:${hop.path}`
}
