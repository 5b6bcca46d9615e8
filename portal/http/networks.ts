/** Lists of networks as settings and forms write them: `192.0.2.0/24`, `2001:db8::1`. */
import { BlockList, isIP } from 'node:net'

const LONGEST_PREFIX = { 4: 32, 6: 128 } as const

export function isNetwork(written: string): boolean {
  const [address = '', prefix, ...more] = written.split('/')
  const version = isIP(address) as 0 | 4 | 6
  return version !== 0 && more.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= LONGEST_PREFIX[version]))
}

export function networksOf(written: readonly string[]): BlockList {
  const networks = new BlockList()
  for (const network of written) {
    const [address = '', prefix] = network.split('/')
    const version = address.includes(':') ? 6 : 4
    networks.addSubnet(address, prefix === undefined ? LONGEST_PREFIX[version] : Number(prefix), `ipv${version}`)
  }
  return networks
}

/** An IPv4 address that came over an IPv6 socket counts as what it is. */
export function isWithin(networks: BlockList, address: string): boolean {
  const bare = address.replace(/^::ffff:(?=\d+\.)/, '')
  return isIP(bare) !== 0 && networks.check(bare, bare.includes(':') ? 'ipv6' : 'ipv4')
}
