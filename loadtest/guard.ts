/**
 * Where load may go: to addresses that cannot belong to a stranger, unless somebody says otherwise.
 *
 * A name is resolved once and every address it has must be inside; the load then goes to the address, not to the name, so
 * that another answer of the resolver changes nothing.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { Address } from './line.ts'

/** Loopback, private (RFC 1918, RFC 4193), link-local, shared (RFC 6598), benchmarking (RFC 2544). */
const INSIDE: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['127.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
]

const inside = new BlockList()
for (const [net, prefix, family] of INSIDE) inside.addSubnet(net, prefix, family)

export function isInside(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const plain = mapped ?? address.replace(/%.*$/, '')
  return isIP(plain) !== 0 && inside.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6')
}

export type Resolve = (name: string) => Promise<readonly string[]>

const resolveAll: Resolve = async name => (await lookup(name, { all: true })).map(({ address }) => address)

/** `host:port`, `[::1]:25`, `host` (port 25). Undefined when it is none of these. */
export function parseHostPort(text: string, usualPort = 25): { host: string; port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.%a-z]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const host = bracketed ?? plain
  const port = digits === undefined ? usualPort : Number(digits)
  return host === undefined || port > 65535 ? undefined : { host, port }
}

/** The address to use, or what is wrong with it. */
export async function resolveTarget(
  target: { readonly host: string; readonly port: number },
  allowPublic: boolean,
  resolve: Resolve = resolveAll,
): Promise<Address | { readonly problem: string }> {
  let addresses: readonly string[]
  try {
    addresses = isIP(target.host.replace(/%.*$/, '')) ? [target.host] : await resolve(target.host)
  } catch (error) {
    return {
      problem: `${target.host} has no address: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
    }
  }
  const outside = addresses.find(address => !isInside(address))
  if (outside !== undefined && !allowPublic)
    return {
      problem: `${target.host === outside ? '' : `${target.host} is `}${outside}, which is no private or loopback address; a load test there may be an attack on somebody. If it is yours: --allow-public`,
    }
  if (addresses.length === 0) return { problem: `${target.host} has no address` }
  return { host: addresses[0]!, port: target.port, name: target.host }
}
