/**
 * A small authoritative DNS server on loopback (UDP) that knows a table and keeps what it was asked.
 * Standards: RFC 1035 §4.1 (message format). Answers carry no name compression but the pointer to the question.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export type DnsServer = {
  /** As `auth.resolvers` wants it. */
  readonly address: string
  /** `TXT name` of every question so far, in lower case. */
  readonly asked: string[]
  /** Records by `TYPE name`. A name of another type has no data; an unknown one does not exist. */
  readonly records: Map<string, readonly string[]>
  /** While false, questions are taken and never answered. */
  answers: boolean
  close(): Promise<void>
}

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 12: 'PTR', 15: 'MX', 16: 'TXT', 28: 'AAAA' }
const POINTER_TO_QUESTION = 0xc00c
const TTL_SECONDS = 60

export async function startDnsServer(records: Readonly<Record<string, readonly string[]>>): Promise<DnsServer> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const server: DnsServer = {
    address: `127.0.0.1:${socket.address().port}`,
    asked: [],
    records: new Map(Object.entries(records)),
    answers: true,
    close: () => new Promise(resolve => socket.close(() => resolve())),
  }
  socket.on('message', (query, from) => {
    const question = readQuestion(query)
    server.asked.push(`${question.type} ${question.name}`)
    if (server.answers) socket.send(answerTo(query, question, server.records), from.port, from.address)
  })
  return server
}

type Question = { readonly name: string; readonly type: string; readonly typeCode: number; readonly end: number }

function readQuestion(query: Buffer): Question {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const typeCode = query.readUInt16BE(at + 1)
  return { name: labels.join('.').toLowerCase(), type: TYPES[typeCode] ?? String(typeCode), typeCode, end: at + 5 }
}

function answerTo(query: Buffer, { name, type, typeCode, end }: Question, records: DnsServer['records']): Buffer {
  const found = records.get(`${type} ${name}`) ?? []
  const exists = [...records.keys()].some(key => key.endsWith(` ${name}`))
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(exists ? 0x8580 : 0x8583, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(found.length, 6)
  return Buffer.concat([header, query.subarray(12, end), ...found.map(text => resource(typeCode, text))])
}

function resource(typeCode: number, text: string): Buffer {
  const data = typeCode === 1 ? Buffer.from(text.split('.').map(Number)) : characterStrings(text)
  const fixed = Buffer.alloc(12)
  fixed.writeUInt16BE(POINTER_TO_QUESTION, 0)
  fixed.writeUInt16BE(typeCode, 2)
  fixed.writeUInt16BE(1, 4)
  fixed.writeUInt32BE(TTL_SECONDS, 6)
  fixed.writeUInt16BE(data.length, 10)
  return Buffer.concat([fixed, data])
}

/** A TXT record in pieces of 255 octets (RFC 1035 §3.3.14). */
function characterStrings(text: string): Buffer {
  const pieces = text.match(/[\s\S]{1,255}/g) ?? ['']
  return Buffer.concat(pieces.map(piece => Buffer.concat([Buffer.from([piece.length]), Buffer.from(piece, 'latin1')])))
}
