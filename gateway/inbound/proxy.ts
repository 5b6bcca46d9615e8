/**
 * PROXY protocol header, versions 1 and 2, as a proxy in front of us (HAProxy, a load balancer) sends it.
 * Read only from listed hosts; from anybody else it is an SMTP command that does not exist.
 * Standard: "The PROXY protocol", HAProxy, §2.1 (version 1) and §2.2 (version 2).
 */
import { isIP, isIPv4, isIPv6, type Socket } from 'node:net'

export type ProxySource = { readonly address: string; readonly port: number }

export type ProxyHeader =
  /** The header is not complete yet. */
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly reason: string }
  /** `source` is undefined for UNKNOWN and LOCAL (health checks): the socket's own address counts. */
  | { readonly kind: 'header'; readonly length: number; readonly source: ProxySource | undefined }

const SIGNATURE_V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const START_V1 = Buffer.from('PROXY ')
/** §2.1: the longest line of version 1, CRLF included. */
const LONGEST_V1 = 107
/** Addresses and the TLVs that real proxies add; §2.2 would allow 64 KiB. */
const LONGEST_V2 = 2048
const MORE: ProxyHeader = { kind: 'more' }

/**
 * Reads the header off a fresh socket and puts back what follows it. Calls back once; after an error the socket
 * is destroyed: nobody there speaks SMTP. The caller bounds the time.
 */
export function awaitProxyHeader(socket: Socket, callback: (error: Error | null, source?: ProxySource) => void): void {
  let arrived = Buffer.alloc(0)
  const from = socket.remoteAddress
  const finish = (error: Error | null, source?: ProxySource) => {
    socket.off('readable', read).off('close', closed)
    if (error) socket.destroy()
    else socket.off('error', failed)
    callback(error, source)
  }
  const closed = () => finish(new Error(`${from}: closed before the PROXY header`))
  const failed = () => socket.destroy()
  const read = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) arrived = Buffer.concat([arrived, chunk])
    const header = readProxyHeader(arrived)
    if (header.kind === 'bad') return finish(new Error(`${from}: ${header.reason}`))
    if (header.kind === 'more') return
    if (arrived.length > header.length) socket.unshift(arrived.subarray(header.length))
    finish(null, header.source)
  }
  socket.on('readable', read).on('close', closed).on('error', failed)
}

/** Reads the header at the start of what has arrived. Pure; never throws. */
export function readProxyHeader(untrusted: Buffer): ProxyHeader {
  if (startsLike(untrusted, SIGNATURE_V2)) return untrusted.length < 16 ? MORE : readVersion2(untrusted)
  if (startsLike(untrusted, START_V1)) return readVersion1(untrusted)
  return bad('no PROXY header')
}

function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return bytes.subarray(0, length).equals(start.subarray(0, length))
}

function readVersion1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LONGEST_V1).indexOf('\r\n')
  if (end < 0) return bytes.length >= LONGEST_V1 ? bad('line too long') : MORE
  const [, family, address = '', destination = '', port = '', destinationPort = '', ...rest] = bytes
    .toString('latin1', 0, end)
    .split(' ')
  const length = end + 2
  if (family === 'UNKNOWN') return { kind: 'header', length, source: undefined }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined
  const ports = [port, destinationPort].every(text => /^\d{1,5}$/.test(text) && Number(text) <= 65_535)
  if (!isAddress?.(address) || !isAddress(destination) || !ports || rest.length > 0) return bad('malformed line')
  return { kind: 'header', length, source: { address, port: Number(port) } }
}

function readVersion2(bytes: Buffer): ProxyHeader {
  const version = bytes[12]! >> 4
  const command = bytes[12]! & 0x0f
  const length = 16 + bytes.readUInt16BE(14)
  if (version !== 2 || command > 1) return bad('unknown version or command')
  if (length > LONGEST_V2) return bad('header too long')
  if (bytes.length < length) return MORE
  if (command === 0) return { kind: 'header', length, source: undefined }
  const body = bytes.subarray(16, length)
  const family = bytes[13]
  if (family === 0x00) return { kind: 'header', length, source: undefined }
  if (family === 0x11 && body.length >= 12) return { kind: 'header', length, source: ipv4Source(body) }
  if (family === 0x21 && body.length >= 36) return { kind: 'header', length, source: ipv6Source(body) }
  return bad('address family is not TCP over IPv4 or IPv6')
}

function ipv4Source(body: Buffer): ProxySource {
  return { address: [...body.subarray(0, 4)].join('.'), port: body.readUInt16BE(8) }
}

function ipv6Source(body: Buffer): ProxySource | undefined {
  const groups = Array.from({ length: 8 }, (_, i) => body.readUInt16BE(2 * i).toString(16))
  const address = groups.join(':')
  return isIP(address) ? { address, port: body.readUInt16BE(32) } : undefined
}

function bad(reason: string): ProxyHeader {
  return { kind: 'bad', reason }
}
