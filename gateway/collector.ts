/**
 * Hands finished syslog messages to a collector: one connection for all of them, or a datagram each.
 *
 * Over TCP and TLS the last octets are flushed and the connection closed in good order before it counts as done; a UDP
 * collector answers nothing, so there only the handing over is known.
 * Standards: RFC 5426 (UDP), RFC 6587 §3.4.1 (octet counting), RFC 5425 (TLS).
 */
import dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'

export type Collector = {
  /** `udp://`, `tcp://` or `tls://host:port`. */
  readonly address: string
  /** Who issued its certificate (PEM); '' for those that the system knows. */
  readonly caFile: string
}

const WITHIN_MS = 30_000
/** RFC 5426 §3.2: what any collector takes, and no datagram that a network cuts up. */
const LONGEST_DATAGRAM = 2048

/** Rejects when the collector cannot be reached or breaks off. Resolves with the number of messages handed over. */
export async function handOver(messages: AsyncIterable<string>, { address, caFile }: Collector): Promise<number> {
  const { protocol, hostname, port } = new URL(address)
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
  if (protocol === 'udp:') return sendDatagrams(messages, to)
  const socket = protocol === 'tls:' ? tls.connect({ ...to, servername: net.isIP(to.host) ? '' : to.host, ...(caFile === '' ? {} : { ca: readFileSync(caFile) }) }) : net.connect(to)
  try {
    return await sendStream(messages, socket, protocol === 'tls:' ? 'secureConnect' : 'connect')
  } finally {
    socket.destroy()
  }
}

type Place = { readonly host: string; readonly port: number }

async function sendDatagrams(messages: AsyncIterable<string>, { host, port }: Place): Promise<number> {
  const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4')
  let count = 0
  try {
    for await (const message of messages) {
      const octets = Buffer.from(message).subarray(0, LONGEST_DATAGRAM)
      await new Promise<void>((resolve, reject) => socket.send(octets, port, host, error => (error ? reject(error) : resolve())))
      count++
    }
    return count
  } finally {
    socket.close()
  }
}

async function sendStream(messages: AsyncIterable<string>, socket: net.Socket, ready: 'connect' | 'secureConnect'): Promise<number> {
  const failed = new Promise<never>((_, reject) => {
    socket.once('error', reject)
    socket.setTimeout(WITHIN_MS, () => reject(new Error('the collector does not answer')))
  })
  failed.catch(() => {})
  await Promise.race([once(socket, ready), failed])
  socket.resume()
  const closed = once(socket, 'close')
  let count = 0
  for await (const message of messages) {
    if (socket.destroyed || !socket.writable) throw new Error('the collector broke off')
    const octets = Buffer.from(message)
    if (!socket.write(Buffer.concat([Buffer.from(`${octets.length} `), octets]))) await Promise.race([once(socket, 'drain'), failed])
    count++
  }
  socket.end()
  await Promise.race([once(socket, 'finish'), failed])
  // The other side closes in its own time; what it has not taken shows as an error until then.
  await Promise.race([closed, failed, new Promise(resolve => setTimeout(resolve, 1_000).unref())])
  return count
}
