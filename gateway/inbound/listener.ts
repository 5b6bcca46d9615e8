/**
 * The SMTP port. The only door to smtp-server: its server is extended here, the two other classes in connection.ts and stream.ts, and nothing else knows it.
 *
 *   socket ──▶ InboundServer (PROXY) ──▶ InboundConnection (commands, replies) ──▶ InboundStream (lines, data)
 *
 * The library accepts and limits connections. Ours are PROXY version 2, new settings while it runs, and an orderly end.
 * Standards: RFC 5321, 1870, 6152, 6531.
 */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'
import { UnderWay } from '../../core/under-way.ts'
import { asError, libraryOptions } from './commands.ts'
import { InboundConnection, inboundOf, type ServerOfConnections } from './connection.ts'
import type { Listener, ListenerOptions, OnMessage } from './options.ts'
import { awaitProxyHeader, type ProxySource } from './proxy.ts'
import { adopt, createShared, type Shared } from './session.ts'
import { loadTls, type TlsMaterial } from './tls.ts'

type ProxyCallback = Parameters<SMTPServer['_handleProxy']>[1]

/** Resolves when the port is open. Rejects when it, or the certificate, cannot be had. */
export async function startListener(options: ListenerOptions, onMessage: OnMessage): Promise<Listener> {
  const shared = createShared(options, onMessage)
  const server = new InboundServer(shared, options.tls && (await loadTls(options.tls)))
  server.listen(options.port, options.address)
  await once(server.server, 'listening')
  const { address: host, port } = server.server.address() as AddressInfo
  return {
    address: { host, port },
    get connections() { return shared.count.all },
    get bytesInFlight() { return shared.budget.all },
    reload: async files => server.updateSecureContext(await loadTls(files)),
    adopt: next => server.adopt(next), stopAccepting: () => void server.server.close(),
    close: graceMs => server.shutDown(graceMs),
  }
}

class InboundServer extends SMTPServer implements ServerOfConnections {
  readonly shared: Shared
  readonly #sweep: NodeJS.Timeout
  draining = false
  /** By id, until the socket is closed. In place of the library's own set, which forgets a connection when it begins to close. */
  readonly open = new UnderWay<string, InboundConnection>()

  constructor(shared: Shared, tls: TlsMaterial | undefined) {
    super(libraryOptions(shared.options, tls))
    this.shared = shared
    const callbacks: Pick<SMTPServer, 'onMailFrom' | 'onRcptTo' | 'onConnect' | 'onSecure' | 'onClose'> = {
      onMailFrom: ({ address, args }, session, done) => done(asError(inboundOf(session).mail(address, args || {}))),
      onRcptTo: ({ address, args }, session, done) => {
        const answer = inboundOf(session).recipient(address, args || {})
        if (answer instanceof Promise) void answer.then(name => done(asError(name)))
        else done(asError(answer))
      },
      onConnect: (_session, done) => done(),
      onSecure: (_socket, _session, done) => done(),
      onClose: session => shared.options.events.disconnected(session.id),
    }
    Object.assign(this, callbacks)
    this.on('error', error => shared.options.events.error('listener', error))
    this.#sweep = setInterval(() => {
      for (const connection of this.open.values()) connection.sweep(shared.options.nowMs())
    }, shared.options.limits.sweepMs).unref()
  }

  override connect(socket: Socket, socketOptions: SMTPConnectionOptions = {}): void {
    const connection = new InboundConnection(this, socket, socketOptions)
    this.open.set(connection.id, connection)
    connection.on('error', error => this.shared.options.events.network(connection.remoteAddress, error))
    connection.init()
  }

  override _expectsProxyHeader(socket: Socket): boolean {
    return this.shared.expectsProxy(socket.remoteAddress ?? '')
  }

  override _handleProxy(socket: Socket, callback: ProxyCallback): void {
    const done = (error: Error | null, source?: ProxySource) => {
      if (error) this.shared.options.events.network(socket.remoteAddress ?? '', error)
      // Without an id of ours the library makes one.
      callback(error, { id: '', ...(source && { remoteAddress: source.address, remotePort: source.port }) })
    }
    if (this._expectsProxyHeader(socket)) awaitProxyHeader(socket, done)
    else done(null)
  }

  adopt(options: ListenerOptions): void {
    adopt(this.shared, options)
    Object.assign(this.options, { size: options.limits.messageBytes, maxClients: options.limits.connections })
  }

  async shutDown(graceMs: number): Promise<void> {
    this.draining = true
    for (const socket of this._pendingSockets.values()) socket.destroy()
    for (const connection of this.open.values()) connection.leaveIfIdle()
    await new Promise<void>(resolve => {
      const cut = setTimeout(() => {
        for (const connection of this.open.values()) connection._socket.destroy()
        resolve()
      }, graceMs)
      this.server.close(() => resolve(clearTimeout(cut)))
    })
    clearInterval(this.#sweep)
  }
}
