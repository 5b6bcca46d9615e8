/**
 * A client of clamd, ClamAV's daemon: octets go out, a name or none comes back.
 *
 *   zINSTREAM\0 │ u32 length, octets │ … │ u32 0   ──▶ clamd ──▶   stream: OK\0 │ stream: NAME FOUND\0 │ … ERROR\0
 *
 * One connection per scan: it costs a millisecond beside the scan itself, and a scan that is given up leaves no
 * answer behind for the next. No more at once than clamd has threads for. Never rejects: what cannot be asked is
 * `down`, what was asked and not scanned is `refused`.
 *
 * @see clamd(8), "COMMANDS"
 */
import net from 'node:net'

export type Scan =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly name: string }
  /** It answers, but did not scan this: larger than its StreamMaxLength, for one. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'down'; readonly why: string }

export interface Scanner {
  scan(octets: AsyncIterable<Uint8Array>): Promise<Scan>
}

export type ClamdOptions = {
  /** A Unix socket (`/run/clamav/clamd.ctl`) or `host:port`. */
  readonly address: string
  /** Longest silence, and longest wait for a free connection. */
  readonly timeoutMs: number
  readonly atOnce: number
}

const MOST_REPLY_BYTES = 4096
const CHUNK_BYTES = 64 * 1024

export function createClamd({ address, timeoutMs, atOnce }: ClamdOptions): Scanner {
  const turns = new Turns(atOnce)
  return {
    scan: async octets => {
      const done = await turns.take(timeoutMs)
      if (done === undefined) return { kind: 'down', why: 'all connections are busy' }
      try {
        return await scanOnce(net.connect(target(address)), octets, timeoutMs)
      } finally {
        done()
      }
    },
  }
}

function target(address: string): net.NetConnectOpts {
  if (address.startsWith('/')) return { path: address }
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

async function scanOnce(socket: net.Socket, octets: AsyncIterable<Uint8Array>, timeoutMs: number): Promise<Scan> {
  const heard = replyOf(socket, timeoutMs)
  try {
    await send(socket, octets)
    return scanOf(await heard)
  } catch (error) {
    // It may have said why it hung up.
    const said = await heard.catch(() => '')
    return said === '' ? { kind: 'down', why: error instanceof Error ? error.message : String(error) } : scanOf(said)
  } finally {
    socket.destroy()
  }
}

/** Resolves with the first reply; rejects when the connection ends or falls silent without one. */
function replyOf(socket: net.Socket, timeoutMs: number): Promise<string> {
  const heard = new Promise<string>((resolve, reject) => {
    let said = ''
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    socket.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('latin1')).slice(0, MOST_REPLY_BYTES)
      if (said.includes('\0')) resolve(said.slice(0, said.indexOf('\0')))
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection ended without an answer')))
  })
  heard.catch(() => {})
  return heard
}

async function send(socket: net.Socket, octets: AsyncIterable<Uint8Array>): Promise<void> {
  socket.write('zINSTREAM\0')
  for await (const chunk of octets) {
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
      const piece = chunk.subarray(at, at + CHUNK_BYTES)
      if (socket.destroyed) throw new Error('the connection ended')
      socket.write(lengthOf(piece.length))
      if (!socket.write(piece)) await drained(socket)
    }
  }
  socket.write(lengthOf(0))
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes)
  return length
}

function drained(socket: net.Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle)
      if (socket.destroyed) reject(new Error('the connection ended'))
      else resolve()
    }
    socket.on('drain', settle).on('close', settle)
  })
}

function scanOf(reply: string): Scan {
  if (reply === 'stream: OK') return { kind: 'clean' }
  const [, name] = /^stream: (.+) FOUND$/.exec(reply) ?? []
  const shown = (name ?? reply).replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
  return name === undefined ? { kind: 'refused', why: shown } : { kind: 'found', name: shown }
}

/** Turns for a bounded number at once, in order. */
class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves with what ends the turn, or undefined when none came in time. */
  async take(withinMs: number): Promise<(() => void) | undefined> {
    if (this.#free > 0) this.#free--
    else if (!(await this.#wait(withinMs))) return undefined
    return () => this.#pass()
  }

  #wait(withinMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const go = () => {
      clearTimeout(timer)
      resolve(true)
    }
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(go), 1)
      resolve(false)
    }, withinMs)
    this.#waiting.push(go)
    return promise
  }

  #pass(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}
