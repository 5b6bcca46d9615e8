/**
 * The next hop of a load run, in a process of its own: takes every mail at once and notes when which one came.
 *
 *   sends its port first; then answers 'count' with a number, 'report' with a SinkReport, and begins anew on 'reset'
 *
 * Looks at nothing but command lines, the end of data and the number in the Message-ID.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { monotonicMs } from './clock.ts'

export type SinkReport = { readonly arrivedAtMs: readonly (readonly [string, number])[]; readonly duplicates: number; readonly strangers: number }

const MESSAGE_ID = Buffer.from('\r\nMessage-ID: <')
const LONGEST_ID = 80
const END_OF_DATA = '\r\n.\r\n'

let arrivedAtMs = new Map<string, number>()
let duplicates = 0
let strangers = 0

const server = createServer({ noDelay: true }, socket => {
  socket.on('error', () => socket.destroy())
  socket.write('220 sink.example ESMTP\r\n')
  serve(socket)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

process.on('disconnect', () => process.exit())
process.on('message', (asked: 'count' | 'report' | 'reset') => {
  if (asked === 'count') process.send?.(arrivedAtMs.size)
  else if (asked === 'report') process.send?.({ arrivedAtMs: [...arrivedAtMs], duplicates, strangers } satisfies SinkReport)
  else {
    arrivedAtMs = new Map()
    duplicates = strangers = 0
    process.send?.(0)
  }
})

function serve(socket: Socket): void {
  let inData = false
  let id: string | undefined
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let replies = ''
    let quits = false
    for (;;) {
      if (inData) id ??= idIn(rest)
      const end = rest.indexOf(inData ? END_OF_DATA : '\r\n')
      if (end === -1) break
      const verb = rest.toString('latin1', 0, 4).toUpperCase()
      rest = rest.subarray(end + (inData ? END_OF_DATA.length : 2))
      replies += inData ? '250 2.0.0 taken\r\n' : replyTo(verb)
      if (inData) note(id)
      else if (verb === 'QUIT') quits = true
      inData = !inData && verb === 'DATA'
      id = undefined
    }
    // Once the number is known, only what may be the start of the end of data is of use.
    if (inData && id !== undefined) rest = rest.subarray(-(END_OF_DATA.length - 1))
    if (replies !== '') socket.write(replies)
    // A client may send QUIT together with the end of its mail: its 250 first.
    if (quits) socket.end()
  })
}

function replyTo(verb: string): string {
  if (verb === 'EHLO') return '250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 104857600\r\n'
  if (verb === 'DATA') return '354 go on\r\n'
  return verb === 'QUIT' ? '221 2.0.0 bye\r\n' : '250 2.0.0 ok\r\n'
}

function idIn(octets: Buffer): string | undefined {
  const at = octets.indexOf(MESSAGE_ID)
  if (at === -1 || octets.length < at + MESSAGE_ID.length + LONGEST_ID) return undefined
  const start = at + MESSAGE_ID.length
  return octets.toString('latin1', start, start + LONGEST_ID).split('@')[0]
}

function note(id: string | undefined): void {
  if (id === undefined) strangers++
  else if (arrivedAtMs.has(id)) duplicates++
  else arrivedAtMs.set(id, monotonicMs())
}
