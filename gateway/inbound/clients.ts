/**
 * Who is at the other end: a listed upstream (the security cloud, a relay of ours) or a stranger, and how many of
 * them there are at once. The only door to ipaddr.js.
 *
 * The difference decides a lot: an upstream cannot be told "fix your line ends", and a 5xx makes it bounce to a
 * forged sender, so its mail is normalised and quarantined where a stranger's is refused.
 */
import ipaddr from 'ipaddr.js'

/** A set of CIDR networks; IPv4-mapped IPv6 addresses match their IPv4 entries. */
export type Networks = { contains(address: string): boolean }

export type Upstream = {
  /** CIDRs or single addresses. */
  readonly networks: readonly string[]
  /** authserv-ids of its Authentication-Results that are believed (RFC 8601 §2.5). */
  readonly authservIds: readonly string[]
}

/** What is known of a client by its address alone. */
export type ClientKind = { readonly listedUpstream: boolean; readonly trustedAuthservIds: readonly string[] }

const STRANGER: ClientKind = { listedUpstream: false, trustedAuthservIds: [] }

/** Throws on text that is neither an address nor a CIDR: configuration, not hostile input. */
export function parseNetworks(texts: readonly string[]): Networks {
  const ranges = texts.map(text => (text.includes('/') ? ipaddr.parseCIDR(text) : hostRange(text)))
  return {
    contains(address) {
      const parsed = parseAddress(address)
      return parsed !== undefined && ranges.some(range => range[0].kind() === parsed.kind() && parsed.match(range))
    },
  }
}

/** Later groups are asked only when no earlier one lists the address. */
export function clientClassifier(upstreams: readonly Upstream[]): (address: string) => ClientKind {
  const groups = upstreams.map(upstream => ({
    networks: parseNetworks(upstream.networks),
    kind: { listedUpstream: true, trustedAuthservIds: upstream.authservIds },
  }))
  return address => groups.find(group => group.networks.contains(address))?.kind ?? STRANGER
}

/** One client for counting: the address, or the /64 of an IPv6 address, which one host owns whole. */
export function clientKey(address: string): string {
  const parsed = parseAddress(address)
  if (parsed?.kind() !== 'ipv6') return address
  return `${parsed.toNormalizedString().split(':').slice(0, 4).join(':')}::/64`
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** The same clients come again and again, and each connection is looked up in several lists. */
const MOST_REMEMBERED = 1_000
const parsedBefore = new Map<string, Address | undefined>()

function parseAddress(text: string): Address | undefined {
  if (parsedBefore.has(text)) return parsedBefore.get(text)
  const parsed = ipaddr.isValid(text) ? ipaddr.process(text) : undefined
  if (parsedBefore.size >= MOST_REMEMBERED) parsedBefore.clear()
  parsedBefore.set(text, parsed)
  return parsed
}

function hostRange(text: string): [Address, number] {
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** Open connections, in all and per client. Listed upstreams count in all only: one relay opens many. */
export class ConnectionCount {
  #max: number
  #maxPerClient: number
  #upstreamsShare: number
  readonly #perClient = new Map<string, number>()
  #all = 0

  /** Strangers may take `max` less the share of upstreams. */
  constructor(max: number, maxPerClient: number, upstreamsShare: number) {
    this.#max = max
    this.#maxPerClient = maxPerClient
    this.#upstreamsShare = upstreamsShare
  }

  /** Connections that are open already stay. */
  setLimits(max: number, maxPerClient: number, upstreamsShare: number): void {
    this.#max = max
    this.#maxPerClient = maxPerClient
    this.#upstreamsShare = upstreamsShare
  }

  get all(): number {
    return this.#all
  }

  /** Returns the function that gives the place back, or undefined when there is none. */
  enter(address: string, listedUpstream: boolean): (() => void) | undefined {
    const key = clientKey(address)
    const mine = this.#perClient.get(key) ?? 0
    const max = listedUpstream ? this.#max : this.#max - Math.floor(this.#max * this.#upstreamsShare)
    if (this.#all >= max || (!listedUpstream && mine >= this.#maxPerClient)) return undefined
    this.#all++
    this.#perClient.set(key, mine + 1)
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      this.#all--
      const left = (this.#perClient.get(key) ?? 1) - 1
      if (left > 0) this.#perClient.set(key, left)
      else this.#perClient.delete(key)
    }
  }
}
