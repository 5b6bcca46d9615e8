/** A clamd that finds EICAR in what it is sent, refuses what is large, or misbehaves as it is told. */
import { once } from 'node:events'
import net from 'node:net'

export type ClamdMood = 'well' | 'silent' | 'hangs-up' | 'nonsense'
export type FakeClamd = { readonly address: string; mood: ClamdMood; readonly scanned: string[]; mostAtOnce: number; close(): Promise<void> }

const MOST_BYTES = 200_000

export async function startFakeClamd(): Promise<FakeClamd> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    fake.mostAtOnce = Math.max(fake.mostAtOnce, sockets.size)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    if (fake.mood === 'hangs-up') return void socket.destroy()
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const content = contentOf(bytes)
      if (fake.mood === 'silent') return
      if (content === 'too large') socket.end('INSTREAM size limit exceeded. ERROR\0')
      else if (content !== undefined) {
        fake.scanned.push(content)
        socket.write(fake.mood === 'nonsense' ? 'what?\0' : `stream: ${content.includes('EICAR') ? 'Test.Eicar FOUND' : 'OK'}\0`)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fake: FakeClamd = {
    address: `127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    mood: 'well',
    scanned: [],
    mostAtOnce: 0,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return fake
}

/** Undefined until the last chunk is here. */
function contentOf(bytes: Buffer): string | undefined {
  const command = 'zINSTREAM\0'
  if (bytes.toString('latin1', 0, command.length) !== command) return undefined
  const pieces: Buffer[] = []
  let total = 0
  for (let at = command.length; bytes.length >= at + 4; ) {
    const length = bytes.readUInt32BE(at)
    if (length === 0) return Buffer.concat(pieces).toString('latin1')
    total += length
    if (total > MOST_BYTES) return 'too large'
    pieces.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return undefined
}
