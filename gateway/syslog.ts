/**
 * Lines to a syslog server, for alarms and heartbeats: a path that is not this hop and outlives it.
 *
 * One datagram, or one connection, for each line: there are few, and none is held back by the one before. Unix
 * datagram sockets (/dev/log) are beyond Node; a local daemon listens on udp://127.0.0.1:514, and the journal has
 * our standard error.
 * Standards: RFC 5424 (format), RFC 5426 (UDP), RFC 6587 §3.4.1 (octet counting over TCP).
 */
import dgram from 'node:dgram'
import net from 'node:net'

export type SyslogSeverity = 'critical' | 'error' | 'warning' | 'info'
export type SyslogLine = { readonly severity: SyslogSeverity; readonly messageId: string; readonly text: string; readonly atMs: number }

export type Syslog = { send(line: SyslogLine): Promise<void> }

/** RFC 5424 §6.2.1: facility 2 is the mail system. */
const MAIL_FACILITY = 2
const NUMBERS: Readonly<Record<SyslogSeverity, number>> = { critical: 2, error: 3, warning: 4, info: 6 }
const SEND_WITHIN_MS = 10_000
/** Says that UTF-8 follows (RFC 5424 §6.4). */
const UTF8_MARK = '\ufeff'

/** `address` is udp://host:port or tcp://host:port. `send` rejects when the line cannot be handed over. */
export function openSyslog(address: string, hostname: string): Syslog {
  const { protocol, hostname: host, port } = new URL(address)
  const to = { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
  const send = protocol === 'tcp:' ? sendByTcp : sendByUdp
  return { send: line => send(Buffer.from(formatSyslog(line, hostname)), to) }
}

export function formatSyslog({ severity, messageId, text, atMs }: SyslogLine, hostname: string): string {
  const priority = MAIL_FACILITY * 8 + NUMBERS[severity]
  const name = hostname.replace(/[^\x21-\x7e]/g, '') || '-'
  return `<${priority}>1 ${new Date(atMs).toISOString()} ${name} sekisho ${process.pid} ${messageId} - ${UTF8_MARK}${text}`
}

type Place = { readonly host: string; readonly port: number }

function sendByUdp(line: Buffer, { host, port }: Place): Promise<void> {
  const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4')
  return new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.send(line, port, host, error => (error ? reject(error) : resolve()))
  }).finally(() => socket.close())
}

function sendByTcp(line: Buffer, { host, port }: Place): Promise<void> {
  const socket = net.connect({ host, port })
  return new Promise<void>((resolve, reject) => {
    socket.setTimeout(SEND_WITHIN_MS, () => reject(new Error('no answer in time')))
    socket.on('error', reject)
    socket.on('close', () => resolve())
    socket.resume()
    socket.end(Buffer.concat([Buffer.from(`${line.length} `), line]))
  }).finally(() => socket.destroy())
}
