/** A client without manners: raw octets from an address of its choice, whatever the other side says. */
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from './processes.ts'

export class RawClient {
  readonly socket: net.Socket
  said = ''
  closed = false

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('error', () => undefined)
    socket.on('close', () => (this.closed = true))
  }

  /** `reads: false`: never takes a reply off the wire. */
  static async connect(port: number, from: string, { reads = true } = {}): Promise<RawClient> {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: from })
    const client = new RawClient(socket)
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined)
    if (reads) socket.on('data', text => void (client.said = (client.said + text.toString('latin1')).slice(-1_000_000)))
    else socket.pause()
    return client
  }

  /** Waits for the greeting, as whoever wants to be taken for a client. */
  static async greeted(port: number, from: string): Promise<RawClient> {
    const client = await RawClient.connect(port, from)
    await until('a greeting', 10_000, () => client.said !== '' || client.closed)
    return client
  }

  /** Octets that have left this process. */
  get takenBytes(): number {
    return this.socket.bytesWritten - this.socket.writableLength
  }

  /** Says it and goes on; nothing is waited for but room. */
  async write(bytes: string | Buffer): Promise<void> {
    if (this.closed || this.socket.write(bytes)) return
    const changed = new AbortController()
    const options = { signal: changed.signal }
    await Promise.race([once(this.socket, 'drain', options), once(this.socket, 'close', options), delay(1_000)])
      .catch(() => undefined)
      .finally(() => changed.abort())
  }

  /** The same again until the connection is closed, so many octets are written, or the time is over. */
  async flood(piece: string, { bytes, ms }: { readonly bytes: number; readonly ms: number }): Promise<void> {
    const chunk = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)))
    const endMs = Date.now() + ms
    while (!this.closed && this.takenBytes < bytes && Date.now() < endMs) {
      if (this.socket.writableLength < 4 * chunk.length) await this.write(chunk)
      else await delay(20)
    }
  }

  async untilClosed(limitMs: number): Promise<boolean> {
    const endMs = Date.now() + limitMs
    while (!this.closed && Date.now() < endMs) await delay(50)
    return this.closed
  }

  end(): void {
    this.socket.destroy()
  }
}
